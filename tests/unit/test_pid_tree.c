/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pid_tree.h"

/* parents[pid]; 0: it has gone */
static __u32 parents[100];

static __u32 parent_of(__u32 pid)
{
	return pid < 100 ? parents[pid] : 0;
}

static void descendants(void **state)
{
	struct ew_pid_tree tree;

	(void)state;
	parents[10] = 1;
	parents[11] = 10; /* never execs itself */
	parents[20] = 1;
	assert_int_equal(ew_pid_tree_init(&tree, 10, parent_of), 0);
	assert_true(ew_pid_tree_has(&tree, 10, 1));
	assert_true(ew_pid_tree_has(&tree, 12, 11));
	assert_false(ew_pid_tree_has(&tree, 1, 0));
	assert_false(ew_pid_tree_has(&tree, 20, 1));
	assert_false(ew_pid_tree_has(&tree, 21, 20));
	/* its parents go, and it stays; what comes after them is found through it */
	parents[11] = parents[10] = 0;
	assert_true(ew_pid_tree_has(&tree, 12, 1));
	assert_true(ew_pid_tree_has(&tree, 13, 12));
	assert_false(ew_pid_tree_has(&tree, 14, 11));
	ew_pid_tree_clear(&tree);
}

static void many(void **state)
{
	struct ew_pid_tree tree;

	(void)state;
	assert_int_equal(ew_pid_tree_init(&tree, 5000, parent_of), 0);
	for (__u32 pid = 6000; pid > 5000; pid--)
		assert_true(ew_pid_tree_has(&tree, pid, 5000));
	for (__u32 pid = 5000; pid <= 6000; pid++)
		assert_true(ew_pid_tree_has(&tree, pid, 1));
	assert_int_equal(tree.n, 1001);
	assert_false(ew_pid_tree_has(&tree, 6001, 1));
	ew_pid_tree_clear(&tree);
}

/* What is said to be its own ancestor, while the tree changes, ends. */
static void loop(void **state)
{
	struct ew_pid_tree tree;

	(void)state;
	parents[30] = 31;
	parents[31] = 30;
	assert_int_equal(ew_pid_tree_init(&tree, 10, parent_of), 0);
	assert_false(ew_pid_tree_has(&tree, 32, 30));
	ew_pid_tree_clear(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descendants),
		cmocka_unit_test(many),
		cmocka_unit_test(loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
