/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <json-c/json.h>

#include "change.h"
#include "escape.h"
#include "journal_entry.h"
#include "record_ecs.h"

static int name_of_slot(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	(void)ctx;
	if (slot != 2)
		return -1;
	snprintf(out, EW_PROFILE_NAME_MAX, "web");
	return 0;
}

static const struct ew_record_names by_slot = {.profile = name_of_slot};

/* A tag on a cgroup whose name is hostile. */
static struct ew_change_record tag_make(void)
{
	static const char path[] = "/a\033[2J\n\"\\\xff";
	struct ew_change_record c = {
		.type = EW_RECORD_TAG,
		.generation = 7,
		.time = 123456789,
		.pid = 301,
		.comm = "execward",
		.action = EW_ACTION_TAG,
		.subject = EW_SUBJECT_CGROUP,
		.command = "tag",
		.profiles = 1 << 2 | 1 << 5,
		.id = 4711,
		.object_len = sizeof(path) - 1,
	};

	memcpy(c.object, path, sizeof(path) - 1);
	return c;
}

static struct ew_change_record policy_make(void)
{
	return (struct ew_change_record){
		.type = EW_RECORD_POLICY,
		.generation = 8,
		.pid = 302,
		.comm = "execward",
		.action = EW_ACTION_RELOAD,
		.command = "reload",
		.policy_hash = 0x3f1c2a49d5be687,
		.n_profiles = 3,
		.n_exceptions = 12,
		.n_cgroups = 4,
		.n_patterns = 1,
	};
}

static void test_json(void **state)
{
	struct ew_change_record tag = tag_make(), policy = policy_make();
	_cleanup_free_ char *one = ew_change_json(&tag, &by_slot, OFFSET),
			    *two = ew_change_json(&policy, &by_slot, OFFSET);

	(void)state;
	assert_non_null(strstr(one, "\"type\":\"tag\",\"time\":\"2026-11-22T"));
	assert_non_null(
		strstr(one, "\"action\":\"tag\",\"generation\":7,\"subject\":{\"kind\":\"cgroup\",\"id\":4711,\"path\":"
			    "\"/a\\\\x1b[2J\\\\x0a\\\"\\\\\\\\\\\\xff\"},\"profiles\":[\"web\",\"#5\"],\"by\":{"
			    "\"pid\":301,\"uid\":0,\"comm\":\"execward\",\"command\":\"tag\"}}"));
	assert_non_null(
		strstr(two, "\"action\":\"reload\",\"generation\":8,\"hash\":\"03f1c2a49d5be687\",\"profile_count\":3,"
			    "\"exception_count\":12,\"cgroup_count\":4,\"pattern_count\":1,\"by\":{"));
}

static void test_text(void **state)
{
	static const struct ew_record_text_options plain = {.ascii = true}, narrow = {.width = 40};
	struct ew_change_record tag = tag_make(), policy = policy_make();
	_cleanup_free_ char *one = ew_change_text(&tag, &by_slot, OFFSET, &plain);
	_cleanup_free_ char *two = ew_change_text(&policy, &by_slot, OFFSET, &narrow);
	_cleanup_free_ char *three = ew_change_message(&tag, &by_slot);

	(void)state;
	assert_non_null(strstr(one, " TAG   execward[301] "));
	assert_non_null(strstr(one, " -> cgroup /a\\x1b[2J\\x0a\"\\\\\\xff  +web +#5"));
	assert_null(strchr(one, '\033'));
	assert_true(ew_text_width(two) <= 40);
	assert_non_null(strstr(two, "RELOAD"));
	assert_string_equal(three, "tag: cgroup /a\\x1b[2J\\x0a\"\\\\\\xff: +web +#5, by execward[301] of user id 0");
}

/* What is tagged, in words. */
static void test_subjects(void **state)
{
	static const struct {
		__u32 subject;
		__u64 id;
		const char *expected;
	} cases[] = {
		{EW_SUBJECT_PROCESS, 4711, "tag: process 4711: "},
		{EW_SUBJECT_USERS, 1999ULL << 32 | 1000, "tag: users 1000-1999: "},
		{EW_SUBJECT_USERS, 7ULL << 32 | 7, "tag: users 7: "},
		{EW_SUBJECT_PROGRAM, 7, "tag: program /a\\x1b"},
	};
	struct ew_change_record policy = policy_make();
	_cleanup_free_ char *line = ew_change_message(&policy, &by_slot);

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		struct ew_change_record c = tag_make();
		_cleanup_free_ char *message = NULL;

		c.subject = cases[i].subject;
		c.id = cases[i].id;
		message = ew_change_message(&c, &by_slot);
		if (strncmp(message, cases[i].expected, strlen(cases[i].expected)))
			fail_msg("\"%s\" does not begin with \"%s\"", message, cases[i].expected);
	}
	assert_string_equal(
		line,
		"reload: policy 8: profiles 3, exceptions 12, cgroups 4, patterns 1, by execward[302] of user id 0");
}

/* A cgroup that mkdir(1) made, with a path that the kernel has cut. */
static struct ew_change_record cut_make(void)
{
	struct ew_change_record c = tag_make();

	c.marks = EW_CHANGE_CUT;
	c.uid = 1000;
	memset(c.comm, 0, sizeof(c.comm));
	memset(c.command, 0, sizeof(c.command));
	memcpy(c.comm, "mkdir", 5);
	return c;
}

static void test_cut(void **state)
{
	static const struct ew_record_text_options plain = {.ascii = true};
	struct ew_change_record cut = cut_make();
	_cleanup_free_ char *json = ew_change_json(&cut, &by_slot, 0),
			    *text = ew_change_text(&cut, &by_slot, 0, &plain),
			    *message = ew_change_message(&cut, &by_slot), *again = NULL, *entry = NULL;
	json_object *root = json_tokener_parse(json);
	struct ew_change_parsed parsed;
	const char *why = NULL;
	size_t len;

	(void)state;
	assert_non_null(strstr(json, "\\xff\",\"truncated\":true},\"profiles\":[\"web\",\"#5\"],\"by\":{\"pid\":301,"
				     "\"uid\":1000,\"comm\":\"mkdir\"}}"));
	assert_non_null(strstr(text, " TAG   mkdir[301] "));
	assert_non_null(strstr(text, "  path too long to be matched"));
	assert_string_equal(message,
			    "tag: cgroup /a\\x1b[2J\\x0a\"\\\\\\xff: +web +#5, path too long to be matched, by "
			    "mkdir[301] of user id 1000");
	entry = ew_journal_entry_change(&cut, &by_slot, 0, &len);
	assert_non_null(strstr(entry, ew_message_id(EW_MESSAGE_CUT)));
	assert_non_null(strstr(entry, "\nEXECWARD_PROFILE=web\n"));
	assert_null(strstr(entry, "EXECWARD_COMMAND="));
	assert_int_equal(ew_change_parse(root, &parsed, &why), 0);
	again = ew_change_json(&parsed.change, &parsed.names, 0);
	assert_string_equal(again, json);
	json_object_put(root);
}

/* What was written is read back as it was, whoever was tagged. */
static void test_parse(void **state)
{
	struct ew_change_record all[] = {tag_make(), tag_make(), tag_make(), tag_make(), policy_make()};

	(void)state;
	for (unsigned int i = 0; i < EW_SUBJECT_MAX; i++)
		all[i].subject = i;
	all[EW_SUBJECT_USERS].id = 1999ULL << 32 | 1000;
	all[EW_SUBJECT_PROCESS].action = EW_ACTION_UNTAG;
	for (unsigned int i = 0; i < EW_ARRAY_SIZE(all); i++) {
		_cleanup_free_ char *json = ew_change_json(&all[i], &by_slot, 0), *again = NULL, *entry = NULL,
				    *ecs = NULL;
		json_object *root = json_tokener_parse(json);
		struct ew_change_parsed parsed;
		const char *why = NULL;
		size_t len;

		assert_int_equal(ew_change_parse(root, &parsed, &why), 0);
		again = ew_change_json(&parsed.change, &parsed.names, 0);
		/* the hash is for those who compare, and is not kept */
		if (i < EW_SUBJECT_MAX)
			assert_string_equal(again, json);
		entry = ew_journal_entry_change(&all[i], &by_slot, 0, &len);
		assert_non_null(
			strstr(entry, i < EW_SUBJECT_MAX ? "\nEXECWARD_PROFILE=web\n" : "\nEXECWARD_ACTION=reload\n"));
		ecs = ew_record_ecs(json, &by_slot);
		assert_non_null(strstr(ecs, "\"category\":[\"configuration\"],\"type\":[\"change\"]"));
		json_object_put(root);
	}
}

/* Each of these was a whole one, but for one thing. */
static void test_parse_bad(void **state)
{
	static const char *const bad[] = {
		"{\"v\":1,\"type\":\"tag\"}",
		"{\"v\":1,\"type\":\"exec\",\"action\":\"tag\"}",
		"{\"v\":1,\"type\":\"policy\",\"action\":\"tag\"}",
		"{\"v\":1,\"type\":\"tag\",\"time\":\"2026-11-22T16:00:00.123456789Z\",\"action\":\"tag\","
		"\"generation\":1,"
		"\"by\":{\"pid\":1,\"uid\":0,\"comm\":\"a\",\"command\":\"tag\"},\"profiles\":[],\"subject\":[]}",
		"{\"v\":1,\"type\":\"policy\",\"time\":\"2026-11-22T16:00:00.123456789Z\",\"action\":\"load\","
		"\"generation\":4294967296,\"by\":{\"pid\":1,\"uid\":0,\"comm\":\"a\",\"command\":\"tag\"},"
		"\"profile_count\":1,\"exception_count\":1,\"cgroup_count\":1,\"pattern_count\":1}",
	};

	(void)state;
	for (unsigned int i = 0; i < EW_ARRAY_SIZE(bad); i++) {
		json_object *root = json_tokener_parse(bad[i]);
		struct ew_change_parsed parsed;
		const char *why = NULL;

		assert_non_null(root);
		assert_int_equal(ew_change_parse(root, &parsed, &why), -EBADMSG);
		assert_non_null(why);
		json_object_put(root);
	}
}

static void test_read(void **state)
{
	struct ew_change_record c = tag_make(), out;
	size_t len = EW_CHANGE_FIXED + c.object_len;
	__u32 type = EW_RECORD_EXEC;

	(void)state;
	assert_true(ew_change_is(&c, len));
	assert_false(ew_change_is(&type, sizeof(type)));
	assert_false(ew_change_is(&c, 2));
	assert_int_equal(ew_change_read(&out, &c, len), 0);
	assert_int_equal(ew_change_read(&out, &c, len - 1), -EBADMSG);
	assert_int_equal(ew_change_read(&out, &c, len + 1), -EBADMSG);
	assert_int_equal(ew_change_read(&out, &c, EW_CHANGE_FIXED - 1), -EBADMSG);
	c.marks = EW_CHANGE_CUT << 1;
	assert_int_equal(ew_change_read(&out, &c, len), -EBADMSG);
	c = tag_make();
	c.action = EW_ACTION_LOAD;
	assert_int_equal(ew_change_read(&out, &c, len), -EBADMSG);
	c = tag_make();
	memset(c.comm, 'x', sizeof(c.comm));
	assert_int_equal(ew_change_read(&out, &c, len), -EBADMSG);
	c = tag_make();
	memset(c.command, 'x', sizeof(c.command));
	assert_int_equal(ew_change_read(&out, &c, len), -EBADMSG);
	c = tag_make();
	c.subject = EW_SUBJECT_MAX;
	assert_int_equal(ew_change_read(&out, &c, len), -EBADMSG);
	c = policy_make();
	assert_int_equal(ew_change_read(&out, &c, EW_CHANGE_FIXED), 0);
	c.action = EW_ACTION_MAX;
	assert_int_equal(ew_change_read(&out, &c, EW_CHANGE_FIXED), -EBADMSG);
	c.action = EW_ACTION_TAG;
	assert_int_equal(ew_change_read(&out, &c, EW_CHANGE_FIXED), -EBADMSG);
	c.action = EW_ACTION_LOAD;
	c.type = EW_RECORD_EXEC;
	assert_int_equal(ew_change_read(&out, &c, EW_CHANGE_FIXED), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),  cmocka_unit_test(test_text), cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_parse), cmocka_unit_test(test_cut),  cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
