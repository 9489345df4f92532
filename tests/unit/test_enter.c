/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <execward/enter.h>
#include <execward/limits.h>

/* The public header where nothing is loaded, and bad arguments, which never get to the kernel. */

_Static_assert(EXECWARD_PROFILE_NAME_MAX == EW_PROFILE_NAME_MAX, "the public header and the limits agree");

static void not_loaded(void **state)
{
	(void)state;
	assert_int_equal(execward_enter("web"), -ENOSYS);
	assert_int_equal(execward_enter(""), -ENOSYS);
	assert_int_equal(execward_enter_flags("web", EXECWARD_ENTER_STARTING), -ENOSYS);
}

static void bad_names(void **state)
{
	char name[EXECWARD_PROFILE_NAME_MAX + 1];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[EXECWARD_PROFILE_NAME_MAX] = '\0';
	assert_int_equal(execward_enter(name), -ENAMETOOLONG);
	name[EXECWARD_PROFILE_NAME_MAX - 1] = '\0';
	assert_int_equal(execward_enter(name), -ENOSYS);
	assert_int_equal(execward_enter(NULL), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_loaded),
		cmocka_unit_test(bad_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
