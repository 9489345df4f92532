/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <json.h>

#include "record_fds.h"
#include "record_json.h"
#include "record_parse.h"
#include "record_text.h"

static struct ew_parsed parsed;

/* JSON without what is not taken from it: neither a filter nor a line for people has that. */
static char *taken(const char *json)
{
	static const char *const others[] = {"users", "groups", "argv", "parents"};
	json_object *root = json_tokener_parse(json);
	char *line;

	assert_non_null(root);
	for (size_t i = 0; i < EW_ARRAY_SIZE(others); i++)
		json_object_object_del(root, others[i]);
	line = strdup(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return line;
}

/* What VIEW is as JSON, and what that is when it was parsed, are the same. */
static void assert_returns(const struct ew_record_view *view)
{
	static const struct ew_record_text_options plain = {};
	_cleanup_free_ char *json = ew_record_json(view, &names, OFFSET), *again = NULL, *want = NULL, *got = NULL;
	_cleanup_free_ char *text = ew_record_text(view, &names, OFFSET, &plain), *text_again = NULL;
	json_object *root = json_tokener_parse(json);
	const char *why;

	assert_int_equal(ew_record_parse(root, &parsed, &why), 0);
	again = ew_record_json(&parsed.view, &parsed.names, 0);
	want = taken(json);
	got = taken(again);
	assert_string_equal(got, want);
	text_again = ew_record_text(&parsed.view, &parsed.names, 0, &plain);
	assert_string_equal(text_again, text);
	json_object_put(root);
}

static void test_returns(void **state)
{
	struct sample s = sample_make();
	struct ew_record_view view;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	assert_returns(&view);
	/* no profile */
	s.record.profiles = 0;
	s.record.profile[0] = s.record.rule_file[0] = '\0';
	s.record.verdict = EW_VERDICT_ALLOW;
	s.record.reason = EW_REASON_UNTAGGED;
	assert_int_equal(sample_view(&s, &view), 0);
	assert_returns(&view);
	/* what is withheld; a group without a name; every capability */
	s = sample_make();
	s.record.gains = 0;
	s.record.caps_gained = 0;
	s.record.withheld =
		(struct ew_withheld){.kinds = EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS),
				     .gid = 1234,
				     .caps = ALL_CAPS};
	assert_int_equal(sample_view(&s, &view), 0);
	assert_returns(&view);
	/* a script */
	s = sample_make();
	s.script_path = "/usr/local/bin/a script";
	s.script_len = strlen(s.script_path);
	assert_int_equal(sample_view(&s, &view), 0);
	assert_returns(&view);
	/* nothing is known */
	s = sample_make();
	s.record.script_path_len = -ENOENT;
	s.record.cgroup_id = 1;
	s.record.profiles = 3;
	s.file_len = s.exe_len = 0;
	s.record.file_path_len = s.record.exe_path_len = -ENOENT;
	assert_int_equal(sample_view(&s, &view), 0);
	assert_returns(&view);
}

static void test_words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		struct sample s = sample_make();
		struct ew_record_view view;

		sample_reason(&s, i % EW_REASON_MAX);
		if (s.record.verdict != EW_VERDICT_ALLOW)
			s.record.verdict = EW_VERDICT_AUDIT + i % (EW_VERDICT_MAX - EW_VERDICT_AUDIT);
		s.record.causes = EW_BIT(i % EW_CAUSE_MAX);
		s.record.shapes = EW_BIT(i % EW_SHAPE_MAX);
		s.record.gains = EW_BIT(EW_GAIN_CAPS) | EW_BIT(EW_GAIN_LABEL);
		s.record.caps_gained = 1ULL << i;
		assert_int_equal(sample_view(&s, &view), 0);
		assert_returns(&view);
	}
}

static void test_hostile(void **state)
{
	char path[4096];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(hostile); i++) {
		struct sample s = sample_hostile(hostile[i], path);
		struct ew_record_view view;

		assert_int_equal(sample_view(&s, &view), 0);
		assert_returns(&view);
	}
	hostile_name = NULL;
}

struct target {
	const char *kind, *path;
};

static void check_target(void *ctx, const struct ew_fd_view *fd)
{
	_cleanup_free_ char *path = ew_fd_target(fd, 0);

	assert_string_equal(path, ((const struct target *)ctx)->path);
}

/* Descriptors are printed as they were. */
static void test_targets(void **state)
{
	static const struct target targets[] = {
		{"regular", "/etc/hosts"},
		{"regular", ".../long/name"},
		{"directory", "/"},
		{"regular", "/a b/\\x0a\\\\"},
		{"memfd", "/memfd:secret"},
		{"namespace", "mnt:[4026531841]"},
		{"eventfd", "anon_inode:[eventfd]"},
		{"socket", "socket:[4711]"},
		{"fifo", "pipe:[12]"},
		{"fifo", "/run/fifo"},
	};
	struct sample s = sample_make();
	struct ew_record_view view;
	_cleanup_free_ char *json = NULL;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	json = ew_record_json(&view, &names, OFFSET);
	for (size_t i = 0; i < EW_ARRAY_SIZE(targets); i++) {
		json_object *root = json_tokener_parse(json), *fds = json_object_new_object();
		json_object *list = json_object_new_array(), *fd = json_object_new_object();
		const char *number = strchr(targets[i].path, '[');
		const char *why = NULL;

		json_object_object_add(fd, "fd", json_object_new_int(3));
		json_object_object_add(fd, "kind", json_object_new_string(targets[i].kind));
		json_object_object_add(fd, "access", json_object_new_string("rw"));
		json_object_object_add(fd, "path", json_object_new_string(targets[i].path));
		json_object_object_add(fd, "ino", json_object_new_int64(number ? atoll(number + 1) : 1));
		json_object_array_add(list, fd);
		json_object_object_add(fds, "count", json_object_new_int(2));
		json_object_object_add(fds, "list", list);
		json_object_object_add(root, "fds", fds);
		assert_int_equal(ew_record_parse(root, &parsed, &why), 0);
		ew_record_each_fd(&parsed.view, check_target, (void *)&targets[i]);
		json_object_object_add(fd, "kind", json_object_new_string("new"));
		assert_int_equal(ew_record_parse(root, &parsed, &why), -EBADMSG);
		assert_string_equal(why, "descriptors of the record are not known here");
		json_object_put(root);
	}
}

/* Each key taken away, and each replaced by another type: refused, or as if it were not there; never anything worse. */
static void test_bad(void **state)
{
	static const char *const needed[] = {"verdict", "reason", "time", "task", "file", "before", "after", "cgroup"};
	static const char *const values[] = {"null",	    "7",
					     "-1",	    "\"x\"",
					     "\"\\\\x00\"", "[]",
					     "[7]",	    "{}",
					     "1e99",	    "99999999999999999999",
					     "[null]",	    "{\"list\":[{}]}"};
	struct sample s = sample_make();
	struct ew_record_view view;
	_cleanup_free_ char *json = NULL;
	const char *why;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	json = ew_record_json(&view, &names, OFFSET);
	for (size_t i = 0; i < EW_ARRAY_SIZE(needed); i++) {
		json_object *root = json_tokener_parse(json);

		why = NULL;
		json_object_object_del(root, needed[i]);
		assert_int_equal(ew_record_parse(root, &parsed, &why), -EBADMSG);
		assert_non_null(why);
		json_object_put(root);
	}
	for (size_t v = 0; v < EW_ARRAY_SIZE(values); v++) {
		static const char *const keys[] = {"verdict", "reason",	  "time", "task",    "file",  "before",
						   "after",   "cgroup",	  "gain", "cause",   "shape", "rule",
						   "profile", "profiles", "fds",  "withheld"};

		for (size_t i = 0; i < EW_ARRAY_SIZE(keys); i++) {
			json_object *root = json_tokener_parse(json);

			json_object_object_add(root, keys[i], json_tokener_parse(values[v]));
			ew_record_parse(root, &parsed, &why);
			json_object_put(root);
		}
	}
}

static void test_time(void **state)
{
	static const char *const bad[] = {"",
					  "2026-11-22",
					  "2026-11-22T16:00:00Z",
					  "2026-11-22T16:00:00.123456789",
					  "2026-11-22T16:00:00.123456789Zx",
					  "1815-11-22T16:00:00.123456789Z"};
	__u64 time;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(bad); i++) {
		json_object *root = json_object_new_object();

		json_object_object_add(root, "time", json_object_new_string(bad[i]));
		assert_false(ew_record_parse_time(root, &time));
		json_object_put(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_returns), cmocka_unit_test(test_words), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_targets), cmocka_unit_test(test_bad),   cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
