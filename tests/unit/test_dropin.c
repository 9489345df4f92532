/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dropin.h"
#include "util.h"

#define PROGRAM "/usr/sbin/execward"
/* as systemd.service(5) has it: $$ is a dollar, %n the unit's name, 255 a failure and no mere skip */
#define LINE "ExecCondition=+/bin/sh -c '\"$$0\" tag --unit \"$$1\" -- \"$$2\" || exit 255' " PROGRAM " %n "

static void test_text(void **state)
{
	struct ew_dropin dropin = {};
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_int_equal(ew_dropin_add(&dropin, "web"), 1);
	assert_int_equal(ew_dropin_add(&dropin, "see.all-2"), 1);
	assert_int_equal(ew_dropin_add(&dropin, "web"), 0);
	text = ew_dropin_text(&dropin, PROGRAM);
	assert_non_null(text);
	assert_non_null(strstr(text, "\n[Unit]\nWants=execward.service\nAfter=execward.service\n"));
	assert_non_null(strstr(text, "\n[Service]\n"));
	assert_non_null(strstr(text, "\n" LINE "web\n" LINE "see.all-2\n"));
}

static void test_back_and_forth(void **state)
{
	struct ew_dropin dropin = {}, read;
	char name[EW_PROFILE_NAME_MAX];
	_cleanup_free_ char *text = NULL, *again = NULL;

	(void)state;
	for (int i = 0; i < EW_PROFILES_MAX; i++) {
		snprintf(name, sizeof(name), "%062d", i);
		assert_int_equal(ew_dropin_add(&dropin, name), 1);
	}
	assert_int_equal(ew_dropin_add(&dropin, "more"), -ENOSPC);
	text = ew_dropin_text(&dropin, PROGRAM);
	assert_non_null(text);
	assert_int_equal(ew_dropin_parse(text, &read), 0);
	assert_int_equal(read.n, EW_PROFILES_MAX);
	again = ew_dropin_text(&read, PROGRAM);
	assert_non_null(again);
	assert_string_equal(text, again);
}

static void test_remove(void **state)
{
	struct ew_dropin dropin = {};

	(void)state;
	ew_dropin_add(&dropin, "a");
	ew_dropin_add(&dropin, "b");
	ew_dropin_add(&dropin, "c");
	assert_int_equal(ew_dropin_remove(&dropin, "other"), 0);
	assert_int_equal(ew_dropin_remove(&dropin, "b"), 1);
	assert_int_equal(dropin.n, 2);
	assert_string_equal(dropin.profiles[0], "a");
	assert_string_equal(dropin.profiles[1], "c");
	assert_int_equal(ew_dropin_remove(&dropin, NULL), 2);
	assert_int_equal(ew_dropin_remove(&dropin, NULL), 0);
}

static void test_bad(void **state)
{
	/* a blank, a specifier, a variable or a quote in the path would change what systemd runs */
	static const char *const programs[] = {"execward", "", "/a b", "/a%n", "/a$b", "/a'b", "/a\nb", "/a\\b", "/ü"};
	struct ew_dropin dropin = {}, read;
	_cleanup_free_ char *text = NULL;
	char *line;

	(void)state;
	ew_dropin_add(&dropin, "web");
	for (size_t i = 0; i < EW_ARRAY_SIZE(programs); i++) {
		errno = 0;
		assert_null(ew_dropin_text(&dropin, programs[i]));
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(ew_dropin_parse("", &read), -EINVAL);
	assert_int_equal(ew_dropin_parse("[Service]\n" LINE "web\n", &read), -EINVAL);
	/* cut within its last line */
	text = ew_dropin_text(&dropin, PROGRAM);
	line = strstr(text, "%n web");
	line[3] = '\0';
	assert_int_equal(ew_dropin_parse(text, &read), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_back_and_forth),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
