/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_entries.h"
#include "policy_help.h"

/* The places of a policy's cgroups, users and programs, and which of them is that of a tag. */

#define HEAD "version: 1\nprofiles:\n"

static struct ew_policy *read_text(const char *text)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;

	assert_int_equal(ew_policy_read_buffer("dir/p.yaml", text, strlen(text), &policy, &diag), 0);
	ew_diagnostics_clear(&diag);
	return policy;
}

/* The line of ENTRY, which is in p.yaml; 0 for none. */
static unsigned int line_of(const struct ew_entry *entry)
{
	if (!entry)
		return 0;
	assert_string_equal(entry->file, "p.yaml");
	return entry->line;
}

static void cgroups(void **state)
{
	EW_CLEANUP(ew_policy_free)
	struct ew_policy *policy = read_text(HEAD "- name: a\n  mode: deny\n  cgroups:\n  - /x\n  - \"/x/*\"\n"
						  "- {name: b, mode: deny, cgroups: [/y, /x]}\n");
	EW_CLEANUP(ew_entries_clear) struct ew_entries entries = {0};

	(void)state;
	assert_int_equal(ew_entries_make(policy, &fake_machine, &entries), 0);
	assert_int_equal(entries.n, 4);
	assert_int_equal(line_of(ew_entry_of_cgroup(&entries, "a", "/x")), 6);
	assert_int_equal(line_of(ew_entry_of_cgroup(&entries, "a", "/x/*")), 7);
	assert_int_equal(line_of(ew_entry_of_cgroup(&entries, "b", "/x")), 8);
	assert_int_equal(line_of(ew_entry_of_cgroup(&entries, "a", "/y")), 0);
	assert_int_equal(line_of(ew_entry_of_cgroup(&entries, "a", "/x/y")), 0);
	assert_int_equal(line_of(ew_entry_of_cgroup(&entries, "c", "/x")), 0);
}

static void users(void **state)
{
	EW_CLEANUP(ew_policy_free)
	struct ew_policy *policy = read_text(HEAD "- name: a\n  mode: deny\n  users:\n  - www-data\n  - 1000-1999\n"
						  "  - 2000-2999\n  - 1200-1300\n  - no-such-user\n  - 0-10\n"
						  "- {name: b, mode: deny, users: [1000-1999]}\n");
	EW_CLEANUP(ew_entries_clear) struct ew_entries entries = {0};

	(void)state;
	assert_int_equal(ew_entries_make(policy, &fake_machine, &entries), 0);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 33, 33)), 6);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 1000, 1999)), 7);
	/* the first of two that cover it, and the first of two that do together */
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 1250, 1250)), 7);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 1000, 2999)), 7);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 2999, 2999)), 8);
	/* one that nobody knows is not user 0, nor 1 */
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 0, 1)), 11);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 0, 0)), 11);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 1, 1)), 11);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "a", 3000, 4000)), 0);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "b", 1000, 1000)), 12);
	assert_int_equal(line_of(ew_entry_of_users(&entries, "b", 33, 33)), 0);
}

static void programs(void **state)
{
	EW_CLEANUP(ew_policy_free)
	struct ew_policy *policy = read_text(HEAD "- name: a\n  mode: deny\n  programs:\n  - /p/q\n  - /same/one\n"
						  "  - /missing/x\n"
						  "- {name: b, mode: deny, programs: [/same/two]}\n");
	EW_CLEANUP(ew_entries_clear) struct ew_entries entries = {0};
	struct ew_identity q = {0}, same = {0}, other = {.ino = 1, .dev = 2};

	(void)state;
	fake_program(NULL, "/p/q", &q);
	fake_program(NULL, "/same/three", &same);
	assert_int_equal(ew_entries_make(policy, &fake_machine, &entries), 0);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "a", &q, "/elsewhere")), 6);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "a", &same, "/same/three")), 7);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "b", &same, "/same/three")), 9);
	/* replaced meanwhile: by its path, of which the beginning may be missing */
	assert_int_equal(line_of(ew_entry_of_program(&entries, "a", &other, "/p/q")), 6);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "a", &other, ".../q")), 6);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "a", &other, ".../x")), 8);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "a", &other, "/q")), 0);
	assert_int_equal(line_of(ew_entry_of_program(&entries, "b", &other, "/p/q")), 0);
}

static void nothing(void **state)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = read_text("version: 1\nprofiles: []\n");
	EW_CLEANUP(ew_entries_clear) struct ew_entries entries = {0};

	(void)state;
	assert_int_equal(ew_entries_make(policy, &fake_machine, &entries), 0);
	assert_int_equal(entries.n, 0);
	assert_null(ew_entry_of_cgroup(&entries, "a", "/x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroups),
		cmocka_unit_test(users),
		cmocka_unit_test(programs),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
