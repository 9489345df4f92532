/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <stdio.h>

#include "escape.h"
#include "record_json.h"
#include "record_origin.h"
#include "record_text.h"

/* Where an exec comes from: the script, the arguments and the parents of a record, checked and printed. */

/* What follows the names of groups in the record's JSON. The caller frees it. */
static char *json_of(const struct sample *s)
{
	struct ew_record_view view;
	_cleanup_free_ char *line = NULL;
	char *tail;

	assert_int_equal(sample_view(s, &view), 0);
	line = ew_record_json(&view, &names, OFFSET);
	assert_non_null(line);
	tail = strstr(line, "\"groups\":{\"0\":\"root\"}");
	assert_non_null(tail);
	return strdup(tail + strlen("\"groups\":{\"0\":\"root\"}"));
}

static void assert_json(const struct sample *s, const char *expected)
{
	_cleanup_free_ char *json = json_of(s);

	assert_string_equal(json, expected);
}

static struct sample with_args(const char *args, size_t len, __u32 flags)
{
	struct sample s = sample_make();

	s.record.args = flags;
	s.args = args;
	s.args_len = len;
	return s;
}

#define ARGS(text) (text), sizeof(text)

static void test_args(void **state)
{
	struct sample s = with_args(ARGS("sudo\0-u\0\0root user"), EW_ARGS_IMAGE);

	(void)state;
	assert_json(&s, ",\"argv\":{\"from\":\"image\",\"truncated\":false,\"list\":[\"sudo\",\"-u\",\"\","
			"\"root user\"]},\"parents\":[]}");
	s = with_args(ARGS("sh\0-c"), EW_ARGS_CALLER | EW_ARGS_TRUNCATED);
	assert_json(&s, ",\"argv\":{\"from\":\"caller\",\"truncated\":true,\"list\":[\"sh\",\"-c\"]},"
			"\"parents\":[]}");
	/* there are none, and they are not known */
	s = with_args(NULL, 0, EW_ARGS_CALLER);
	assert_json(&s, ",\"argv\":{\"from\":\"caller\",\"truncated\":false,\"list\":[]},\"parents\":[]}");
	s = with_args(NULL, 0, 0);
	assert_json(&s, ",\"parents\":[]}");
}

static void test_bad_args(void **state)
{
	static const __u32 flags[] = {0, EW_ARGS_TRUNCATED, EW_ARGS_IMAGE | EW_ARGS_CALLER, EW_ARGS_FLAGS + 1,
				      UINT32_MAX};
	struct sample s = with_args("sh", 2, EW_ARGS_IMAGE);
	struct ew_record_view view;
	char most[EW_ARGS_SIZE + 1] = "", many[EW_ARGS_MAX + 1] = "";

	(void)state;
	assert_int_equal(sample_view(&s, &view), -EBADMSG); /* no end */
	for (size_t i = 0; i < EW_ARRAY_SIZE(flags); i++) {
		s = with_args(ARGS("sh"), flags[i]);
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
	}
	memset(most, 'a', EW_ARGS_SIZE - 1);
	s = with_args(most, EW_ARGS_SIZE, EW_ARGS_IMAGE);
	assert_int_equal(sample_view(&s, &view), 0);
	memset(most, 'a', EW_ARGS_SIZE);
	s = with_args(most, EW_ARGS_SIZE + 1, EW_ARGS_IMAGE);
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s = with_args(many, EW_ARGS_MAX, EW_ARGS_IMAGE);
	assert_int_equal(sample_view(&s, &view), 0);
	s = with_args(many, EW_ARGS_MAX + 1, EW_ARGS_IMAGE);
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s = with_args(ARGS("sh"), EW_ARGS_IMAGE);
	s.record.args_len = UINT32_MAX;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
}

static struct sample with_parents(void)
{
	struct sample s = sample_make();

	s.parents[0].pid = 700;
	s.parents[0].marks = EW_FD_PATH;
	s.parents[0].text = "dash/bin/usr/";
	s.parents[1].pid = 2;
	s.parents[1].text = "";
	return s;
}

static void test_parents(void **state)
{
	struct sample s = with_parents();

	(void)state;
	assert_json(&s, ",\"parents\":[{\"pid\":700,\"exe\":\"/usr/bin/dash\"},{\"pid\":2,\"exe\":null}]}");
	s.parents[1].marks = EW_FD_PATH | EW_FD_DELETED | EW_FD_TRUNCATED;
	s.parents[1].text = "x/y/";
	assert_json(&s, ",\"parents\":[{\"pid\":700,\"exe\":\"/usr/bin/dash\"},"
			"{\"pid\":2,\"exe\":\".../y/x\",\"deleted\":true,\"truncated\":true}]}");
}

static void test_bad_parents(void **state)
{
	static char longest[EW_FD_PATH_MAX + 2];
	struct sample s = with_parents();
	struct ew_record_view view;

	(void)state;
	memset(longest, 'p', EW_FD_PATH_MAX + 1);
	s.parents[1].text = longest + 1;
	assert_int_equal(sample_view(&s, &view), 0);
	s.parents[1].text = longest;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s = with_parents();
	s.parents[1].marks = EW_FD_MARKS + 1;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s = sample_make();
	for (size_t n = 1; n <= EW_PARENTS_MAX + 1; n++) {
		s.parents[n - 1].pid = 1;
		s.parents[n - 1].marks = EW_FD_PATH;
		s.parents[n - 1].text = "a/";
		assert_int_equal(sample_view(&s, &view), n <= EW_PARENTS_MAX ? 0 : -EBADMSG);
	}
	/* a length that ends amid one */
	s = with_parents();
	s.args = "";
	for (__u32 len = 1; len < 2 * sizeof(struct ew_parent) + strlen("dash/bin/usr/"); len++) {
		s.record.parents_len = len;
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
	}
	s.record.parents_len = UINT32_MAX;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
}

static void test_script(void **state)
{
	static const struct ew_record_text_options ascii = {.ascii = true};
	struct sample s = sample_make();
	struct ew_record_view view;
	_cleanup_free_ char *text = NULL;

	(void)state;
	s.script_path = "/opt/run.sh";
	s.script_len = strlen(s.script_path);
	assert_json(&s, ",\"script\":\"/opt/run.sh\",\"parents\":[]}");
	assert_int_equal(sample_view(&s, &view), 0);
	text = ew_record_text(&view, &names, OFFSET, &ascii);
	assert_non_null(strstr(text, " -> /usr/bin/sudo /opt/run.sh  +uid:root"));
	s.script_len = 0;
	s.record.script_path_len = -ENAMETOOLONG;
	assert_json(&s, ",\"script\":null,\"parents\":[]}");
	s.record.script_path_len = EW_PATH_MAX + 1;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s.record.script_path_len = -4096;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s.record.script_path_len = 100;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
}

/* Names to fear, in every place. */
static void test_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(hostile); i++) {
		static const struct ew_record_text_options plain = {0};
		char path[4095];
		struct sample s = sample_hostile(hostile[i], path);
		_cleanup_free_ char *line = NULL, *text = NULL;
		struct ew_record_view view;

		assert_int_equal(sample_view(&s, &view), 0);
		line = ew_record_json(&view, &names, OFFSET);
		text = ew_record_text(&view, &names, OFFSET, &plain);
		assert_non_null(line);
		assert_non_null(text);
		for (const unsigned char *p = (const unsigned char *)line; *p; p++)
			assert_true(*p >= 0x20 && *p != 0x7f);
		for (const unsigned char *p = (const unsigned char *)text; *p; p++)
			assert_true(*p >= 0x20 && *p != 0x7f);
	}
	hostile_name = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args),	    cmocka_unit_test(test_bad_args), cmocka_unit_test(test_parents),
		cmocka_unit_test(test_bad_parents), cmocka_unit_test(test_script),   cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
