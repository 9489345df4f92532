/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include "record_json.h"
#include "record_label.h"
#include "record_parse.h"

/* Labels of security modules in records: as they come, as JSON, and back. */

static struct sample labelled(const char *before, const char *after)
{
	struct sample s = sample_make();

	s.record.gains = EW_BIT(EW_GAIN_LABEL);
	s.record.caps_gained = 0;
	s.record.causes = EW_BIT(EW_CAUSE_LABEL);
	s.record.label_module = EW_LABEL_APPARMOR;
	s.label_before = before;
	s.label_after = after;
	return s;
}

/* The record as JSON has GAIN and LABEL, and is the same after it was read back. */
static void assert_record(const struct sample *s, const char *gain, const char *label)
{
	struct ew_parsed *parsed = calloc(1, sizeof(*parsed));
	struct ew_record_view view;
	_cleanup_free_ char *json = NULL, *again = NULL;
	json_object *root, *value;
	const char *why;

	assert_int_equal(sample_view(s, &view), 0);
	json = ew_record_json(&view, &names, OFFSET);
	root = json_tokener_parse(json);
	assert_true(json_object_object_get_ex(root, "gain", &value));
	assert_string_equal(json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE), gain);
	assert_true(json_object_object_get_ex(root, "label", &value));
	assert_string_equal(json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE), label);
	assert_int_equal(ew_record_parse(root, parsed, &why), 0);
	again = ew_record_json(&parsed->view, &names, 0);
	assert_non_null(strstr(again, gain));
	assert_non_null(strstr(again, label));
	json_object_put(root);
	free(parsed);
}

static void records(void **state)
{
	struct sample s = labelled("unconfined", "/usr/bin/x//&y");
	char longest[EW_LABEL_MAX];

	(void)state;
	assert_record(&s, "[\"label:/usr/bin/x//&y\"]",
		      "{\"module\":\"apparmor\",\"before\":\"unconfined\",\"after\":\"/usr/bin/x//&y\"}");
	s.record.label_module = EW_LABEL_SELINUX;
	s.record.sid_before = 1;
	s.record.sid_after = UINT32_MAX;
	assert_record(&s, "[\"label:/usr/bin/x//&y\"]",
		      "{\"module\":\"selinux\",\"before\":\"unconfined\",\"after\":\"/usr/bin/x//&y\",\"sid_before\":1,"
		      "\"sid_after\":4294967295}");
	/* neither is known */
	s = labelled(NULL, NULL);
	s.record.label_before_len = s.record.label_after_len = EW_LABEL_CUT;
	assert_record(&s, "[\"label\"]", "{\"module\":\"apparmor\",\"before\":null,\"after\":null,\"truncated\":true}");
	/* what is not known whole is no name */
	s = labelled("a", "b");
	s.record.label_before_len = s.record.label_after_len = EW_LABEL_CUT;
	assert_record(&s, "[\"label\"]",
		      "{\"module\":\"apparmor\",\"before\":\"a\",\"after\":\"b\",\"truncated\":true}");
	/* the one after is, where only the one before is not */
	s = labelled("a", "b");
	s.record.label_before_len = EW_LABEL_CUT;
	assert_record(&s, "[\"label:b\"]",
		      "{\"module\":\"apparmor\",\"before\":\"a\",\"after\":\"b\",\"truncated\":true}");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	s = labelled("a\nb", longest);
	{
		_cleanup_free_ char *gain = NULL, *label = NULL;

		assert_true(asprintf(&gain, "[\"label:%s\"]", longest) > 0);
		assert_true(asprintf(&label, "{\"module\":\"apparmor\",\"before\":\"a\\\\x0ab\",\"after\":\"%s\"}",
				     longest) > 0);
		assert_record(&s, gain, label);
	}
}

static void wrong_records(void **state)
{
	struct sample s = labelled("a", "b");
	struct ew_record_view view;

	(void)state;
	s.record.label_module = EW_LABEL_MODULE_MAX;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s = labelled("a", NULL);
	s.record.label_after_len = 1;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s.record.label_after_len = EW_LABEL_MAX;
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
}

/* No label of a kernel has a byte of value 0, and none is longer than EW_LABEL_MAX. */
static void wrong_json(void **state)
{
	static const char *const labels[] = {
		"{\"module\":\"apparmor\",\"before\":null,\"after\":\"a\\\\x00b\"}",
		"{\"module\":\"apparmor\",\"before\":\"\\\\x00\",\"after\":\"b\"}",
		"{\"module\":\"smack\",\"before\":null,\"after\":\"b\"}",
		"{\"module\":\"selinux\",\"before\":null,\"after\":\"b\",\"sid_before\":4294967296}",
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(labels); i++) {
		struct ew_record r = {0};
		char text[2 * EW_LABEL_MAX];
		json_object *root = json_object_new_object();
		const char *why = NULL;

		json_object_object_add(root, "label", json_tokener_parse(labels[i]));
		ew_label_parse(root, &r, text, &why);
		if (!why)
			fail_msg("taken: %s", labels[i]);
		json_object_put(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(wrong_records),
		cmocka_unit_test(wrong_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
