/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"
#include "policy_paths.h"

/* The programs of a policy, which the daemon follows: every key that takes a path, of every profile of every file. */

static struct ew_policy *policy_of(const char *text)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;

	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	ew_diagnostics_clear(&diag);
	return policy;
}

static void every_key(void **state)
{
	static const char *const expected[] = {"/p1", "/p2", "/e1", "/e2", "/f1", "/f2", "/a1", "/b"};
	EW_CLEANUP(ew_policy_free)
	struct ew_policy *policy =
		policy_of("version: 1\nprofiles:\n- name: a\n  mode: deny\n  programs: [/p1, /p2]\n  except:\n"
			  "  - {program: /e1, gain: [uid]}\n  - {program: /e2, gain: [uid], from: [/f1, /f2]}\n"
			  "  fds: {mode: deny, allow: [{kind: fifo}, {kind: socket, program: /a1}]}\n"
			  "- {name: none, mode: deny}\n"
			  "- {name: b, mode: deny, programs: [/b]}\n");
	const char *paths[EW_ARRAY_SIZE(expected)];

	(void)state;
	assert_int_equal(ew_policy_program_paths(policy, NULL), EW_ARRAY_SIZE(expected));
	assert_int_equal(ew_policy_program_paths(policy, paths), EW_ARRAY_SIZE(expected));
	for (size_t i = 0; i < EW_ARRAY_SIZE(expected); i++)
		assert_string_equal(paths[i], expected[i]);
}

static void none(void **state)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = policy_of("version: 1\nprofiles: []\n");

	(void)state;
	assert_int_equal(ew_policy_program_paths(policy, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
