/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_get.h"
#include "learn_help.h"

/* What was learned, as a document. */

static json_object *document(void)
{
	_cleanup_free_ char *line = NULL, *text = finish();
	json_object *root;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	assert_int_equal(ew_learn_print_json(&learn, 20, 3, f), 0);
	fclose(f);
	/* one line */
	assert_ptr_equal(strchr(line, '\n'), line + size - 1);
	root = json_tokener_parse(line);
	assert_non_null(root);
	return root;
}

/* The value at KEY of O, as JSON. */
static void assert_json(json_object *o, const char *key, const char *expected)
{
	json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no %s", key);
	assert_string_equal(
		json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		expected);
}

static json_object *at(json_object *root, const char *key, size_t i, size_t n)
{
	json_object *list = ew_json_array(root, key);

	assert_non_null(list);
	assert_int_equal(json_object_array_length(list), n);
	return json_object_array_get_idx(list, i);
}

static void learned(void **state)
{
	json_object *root, *o;

	(void)state;
	begin(WEB "    gains: [uid, gid, caps, label]\n    shapes: [memfd]\n    except:\n"
		  "      - {program: /usr/bin/man, gain: [cap_net_raw], from: [/usr/bin/dash]}\n");
	take((struct line){0}, 3);
	take((struct line){.exe = "\"/usr/bin/bash\""}, 1);
	take((struct line){.path = "\"/usr/bin/man\"",
			   .gain = "\"label:x\"",
			   .label = "\"x\"",
			   .after = "\"uid\":33,\"euid\":33,\"suid\":33,\"gid\":33,\"egid\":33,\"sgid\":33",
			   .permitted = "0000000000000000"},
	     1);
	take((struct line){.reason = "shape", .shape = "\"memfd\",\"setid\"", .gain = "", .path = "null"}, 2);
	take((struct line){.profile = "unheard", .profiles = "\"unheard\"", .exe = "null", .cgroup = "null"}, 1);
	take((struct line){.verdict = "allow", .reason = "no-gain", .gain = ""}, 4);
	learn.lost = 5;
	root = document();
	assert_json(root, "v", "1");
	assert_json(root, "lines", "{\"read\":20,\"bad\":3}");
	assert_json(root, "records", "12");
	assert_json(root, "refused", "8");
	assert_json(root, "allowed_now", "0");
	assert_json(root, "not_apart", "0");
	assert_json(root, "lost", "5");
	assert_json(root, "replay", "{\"pass\":6,\"refused\":2,\"each_needed\":true}");

	o = at(root, "exceptions", 0, 3);
	assert_json(o, "profile", "\"web\"");
	assert_json(o, "rule", "\"web.yaml:3\"");
	assert_json(o, "program", "\"/usr/bin/sudo\"");
	assert_json(o, "from", "[\"/usr/bin/dash\",\"/usr/bin/bash\"]");
	assert_json(o, "gain", "[\"uid:root\",\"cap_sys_admin\"]");
	assert_json(o, "risk",
		    "{\"level\":\"critical\",\"score\":100,\"gain\":\"uid:root\",\"why\":\"becomes root, who "
		    "owns the system's files and processes\"}");
	assert_json(o, "count", "4");
	assert_json(o, "needed_by", "4");
	assert_json(o, "cgroup", "\"/a.service\"");
	assert_json(o, "replaces_line", "null");
	assert_string_equal(ew_json_string(o, "text"),
			    "      - program: /usr/bin/sudo\n        gain: [\"uid:root\", cap_sys_admin]\n"
			    "        from: [/usr/bin/dash, /usr/bin/bash]\n");
	o = at(root, "exceptions", 1, 3);
	assert_json(o, "profile", "\"unheard\"");
	assert_json(o, "rule", "null");
	assert_json(o, "from", "null");
	assert_json(o, "cgroup", "null");
	o = at(root, "exceptions", 2, 3);
	assert_json(o, "gain", "[\"label:x\",\"cap_net_raw\"]");
	assert_json(o, "replaces_line", "8");
	assert_json(ew_json_object(o, "risk"), "level", "\"medium\"");
	o = at(root, "unlearned", 0, 1);
	assert_json(o, "profile", "\"web\"");
	assert_json(o, "rule", "\"web.yaml:3\"");
	assert_json(o, "reason", "\"shape\"");
	assert_json(o, "shape", "[\"memfd\"]");
	assert_json(o, "program", "null");
	assert_json(o, "count", "2");
	assert_json(o, "why", "\"run it from an ordinary file, or take the shape out of the profile's `shapes`\"");
	json_object_put(root);
	ew_learn_clear(&learn);
}

/* Names are escaped as in records; the text is policy that names just that. */
static void hostile(void **state)
{
	json_object *root, *o;

	(void)state;
	begin(WEB);
	take((struct line){.path = "\"/a\\\"\\\\xe2\\\\x80\\\\xae\\\\\\\\\"",
			   .exe = "\"/b]: {\\\\xe2\\\\x80\\\\xae\"",
			   .cgroup = "\"/c\\\\x0a\\\"}\""},
	     1);
	take((struct line){.path = "\"/bad\\\\xff\""}, 1);
	root = document();
	o = at(root, "exceptions", 0, 1);
	assert_json(o, "program", "\"/a\\\"\\\\xe2\\\\x80\\\\xae\\\\\\\\\"");
	assert_json(o, "from", "[\"/b]: {\\\\xe2\\\\x80\\\\xae\"]");
	assert_json(o, "cgroup", "\"/c\\\\x0a\\\"}\"");
	assert_string_equal(ew_json_string(o, "text"),
			    "      - program: \"/a\\\"\\u202e\\\\\"\n        gain: [\"uid:root\", cap_sys_admin]\n"
			    "        from: [\"/b]: {\\u202e\"]\n");
	o = at(root, "unlearned", 0, 1);
	assert_json(o, "program", "\"/bad\\\\xff\"");
	assert_json(o, "why", "\"a path of it cannot be written in a policy\"");
	json_object_put(root);
	ew_learn_clear(&learn);
}

/* What the document says of the proof is what was counted. */
static void not_needed(void **state)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	json_object *root;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	(void)state;
	begin(WEB);
	take((struct line){0}, 1);
	text = finish();
	learn.learned[0].needed_by = 0;
	assert_int_equal(ew_learn_print_json(&learn, 1, 0, f), 0);
	fclose(f);
	root = json_tokener_parse(line);
	assert_json(root, "replay", "{\"pass\":1,\"refused\":0,\"each_needed\":false}");
	json_object_put(root);
	ew_learn_clear(&learn);
}

static void nothing(void **state)
{
	json_object *root;

	(void)state;
	begin(NULL);
	root = document();
	assert_json(root, "exceptions", "[]");
	assert_json(root, "unlearned", "[]");
	assert_json(root, "replay", "{\"pass\":0,\"refused\":0,\"each_needed\":true}");
	json_object_put(root);
	ew_learn_clear(&learn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learned),
		cmocka_unit_test(hostile),
		cmocka_unit_test(not_needed),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
