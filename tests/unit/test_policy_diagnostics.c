/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

static char *json_of(const struct ew_diagnostics *diag)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	ew_diagnostics_print_json(diag, f);
	fclose(f);
	return text;
}

static void sorted_by_place(void **state)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {0};
	_cleanup_free_ char *text = NULL;

	(void)state;
	ew_diagnose_error(&diag, "z.yaml", 2, 1, "%s", "third");
	ew_diagnose_warning(&diag, "a.yaml", 1, 1, "fifth");
	ew_diagnose_error(&diag, "z.yaml", 1, 10, "second");
	ew_diagnose_error(&diag, "z.yaml", 1, 9, "first");
	ew_diagnose_error(&diag, "z.yaml", 2, 1, "fourth");
	ew_diagnose_error(&diag, "z.yaml", 0, 0, "before all");
	ew_diagnostics_sort(&diag);
	text = diagnostics_text(&diag);
	assert_string_equal(text, "z.yaml: error: before all\n"
				  "z.yaml:1:9: error: first\n"
				  "z.yaml:1:10: error: second\n"
				  "z.yaml:2:1: error: third\n"
				  "z.yaml:2:1: error: fourth\n"
				  "a.yaml:1:1: warning: fifth\n");
	assert_int_equal(diag.n_errors, 5);
	assert_int_equal(diag.n_warnings, 1);
}

static void as_json(void **state)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {0};
	_cleanup_free_ char *text = json_of(&diag);

	(void)state;
	assert_string_equal(text, "[]");
	free(text);
	ew_diagnose_error(&diag, "a\"\\\n.yaml", 2, 1, "unknown \"\x1b\xff\xc3\xa4\"");
	ew_diagnose_warning(&diag, "b", 0, 0, "w");
	text = json_of(&diag);
	assert_string_equal(text,
			    "[{\"severity\":\"error\",\"file\":\"a\\\"\\\\\\\\\\\\x0a.yaml\",\"line\":2,\"column\":1,"
			    "\"text\":\"unknown \\\"\\\\x1b\\\\xff\xc3\xa4\\\"\"},"
			    "{\"severity\":\"warning\",\"file\":\"b\",\"line\":null,\"column\":null,\"text\":\"w\"}]");
}

static void all_are_counted(void **state)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {0};
	_cleanup_free_ char *text = NULL;

	(void)state;
	for (unsigned int i = 0; i < EW_DIAGNOSTICS_STORED_MAX + 5; i++)
		ew_diagnose_error(&diag, "a", i + 1, 1, "x");
	ew_diagnose_warning(&diag, "a", 1, 1, "x");
	assert_int_equal(diag.n, EW_DIAGNOSTICS_STORED_MAX);
	assert_int_equal(diag.n_errors, EW_DIAGNOSTICS_STORED_MAX + 5);
	text = diagnostics_text(&diag);
	assert_non_null(strstr(text, "a:1000:1: error: x\n6 more not listed\n"));
}

static void shown_texts(void **state)
{
	struct ew_shown shown;
	char text[EW_SHOWN_MAX + 8] = "";

	(void)state;
	assert_string_equal(ew_shown("", &shown), "");
	memset(text, 'x', EW_SHOWN_MAX);
	assert_string_equal(ew_shown(text, &shown), text);
	strcat(text, "y");
	assert_int_equal(strlen(ew_shown(text, &shown)), EW_SHOWN_MAX + 3);
	assert_string_equal(ew_shown(text, &shown) + EW_SHOWN_MAX - 1, "x...");
	/* Continuation bytes without a beginning, which no policy has but a file name may. */
	memset(text, '\x80', EW_SHOWN_MAX + 1);
	assert_string_equal(ew_shown(text, &shown), "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_by_place),
		cmocka_unit_test(as_json),
		cmocka_unit_test(all_are_counted),
		cmocka_unit_test(shown_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
