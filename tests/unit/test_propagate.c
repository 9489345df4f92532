/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tags going down a tree of cgroups, against the plain definition: the union of all own tags from here to the root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "propagate.h"

#define NODES 64

struct node {
	size_t parent; /* below its own index; node 0 is the root and its own parent */
	struct ew_cgroup_tag tag;
};

static const struct ew_sets *inherited(const struct node *nodes, size_t i)
{
	static const struct ew_sets none;

	return i ? &nodes[nodes[i].parent].tag.set : &none;
}

/* A policy in half 0; half 1 has the same profiles turned by seven bits, to be told apart. */
static __u64 other(__u64 set)
{
	return set << 7 | set >> 57;
}

static struct ew_sets sets(__u64 set)
{
	return (struct ew_sets){{set, other(set)}};
}

static int below(const struct node *nodes, size_t i, size_t root)
{
	while (i != root && i != 0)
		i = nodes[i].parent;
	return i == root;
}

/* What ew_cgroup_walk does: every node of the subtree, parents first. Ids are indexes plus one. */
static void walk(struct node *nodes, size_t n, size_t root, __u64 policy, __u64 command)
{
	struct ew_cgroup_apply apply = {.policy = sets(policy), .command = command, .root = root + 1};

	for (size_t i = root; i < n; i++)
		if (below(nodes, i, root))
			nodes[i].tag = ew_propagate_walk(&apply, i + 1, &nodes[i].tag, inherited(nodes, i));
}

/* The same by_path and alike: every node gets in HALF what it has in the other. */
static void walk_alike(struct node *nodes, size_t n, int half)
{
	for (size_t i = 0; i < n; i++)
		nodes[i].tag = ew_propagate_alike(1U << half, &nodes[i].tag, inherited(nodes, i));
}

static __u64 expected(const struct node *nodes, size_t i, int half)
{
	__u64 set = nodes[i].tag.policy.of[half] | nodes[i].tag.command;

	while (i) {
		i = nodes[i].parent;
		set |= nodes[i].tag.policy.of[half] | nodes[i].tag.command;
	}
	return set;
}

static void chain(struct node *nodes, size_t n)
{
	memset(nodes, 0, n * sizeof(*nodes));
	for (size_t i = 1; i < n; i++)
		nodes[i].parent = i - 1;
}

static void test_tag_covers_all_below_at_any_depth(void **state)
{
	struct node nodes[NODES];

	(void)state;
	chain(nodes, NODES);
	walk(nodes, NODES, 5, 0, 1);
	assert_int_equal(nodes[4].tag.set.of[0], 0);
	assert_int_equal(nodes[5].tag.command, 1);
	for (size_t i = 5; i < NODES; i++)
		assert_int_equal(nodes[i].tag.set.of[0], 1);
	assert_int_equal(nodes[6].tag.command, 0);
}

static void test_untag_leaves_what_others_gave(void **state)
{
	struct node nodes[NODES];

	(void)state;
	chain(nodes, NODES);
	walk(nodes, NODES, 2, 0, 1);
	walk(nodes, NODES, 4, 0, 2);
	walk(nodes, NODES, 6, 4, 1);
	assert_int_equal(nodes[NODES - 1].tag.set.of[0], 7);
	walk(nodes, NODES, 2, 0, 0);
	assert_int_equal(nodes[3].tag.set.of[0], 0);
	assert_int_equal(nodes[5].tag.set.of[0], 2);
	/* profile 0 stays where it was given once more */
	assert_int_equal(nodes[6].tag.set.of[0], 7);
	walk(nodes, NODES, 6, 4, 0);
	assert_int_equal(nodes[NODES - 1].tag.set.of[0], 6);
}

static void test_new_cgroup_inherits_and_gets_its_own(void **state)
{
	const struct ew_sets none = {}, two = {{2, 0}}, parent = {{5, 8}};
	struct ew_cgroup_tag tag = ew_propagate_new(&none, &none);

	(void)state;
	assert_false(ew_propagate_any(&tag));
	assert_int_equal(tag.command, 0);
	tag = ew_propagate_new(&two, &none);
	assert_true(ew_propagate_any(&tag));
	assert_int_equal(tag.set.of[0], 2);
	assert_int_equal(tag.policy.of[0], 2);
	tag = ew_propagate_new(&two, &parent);
	assert_int_equal(tag.set.of[0], 7);
	assert_int_equal(tag.set.of[1], 8);
	assert_int_equal(tag.policy.of[0], 2);
	assert_int_equal(tag.command, 0);
	tag = ew_propagate_new(&none, &(struct ew_sets){{0, 8}});
	assert_true(ew_propagate_any(&tag));
}

static void test_walk_by_path_replaces_the_policys(void **state)
{
	const struct ew_cgroup_tag old = {.policy = {{2, 16}}, .command = 4, .set = {{7, 255}}}, none = {};
	const struct ew_sets policy = {{8, 32}}, parent = {{1, 64}}, nothing = {};
	struct ew_cgroup_tag tag = ew_propagate_path(&policy, EW_HALF_OF(0), &old, &parent);

	(void)state;
	/* the other half and the command's tag stay */
	assert_int_equal(tag.policy.of[0], 8);
	assert_int_equal(tag.policy.of[1], 16);
	assert_int_equal(tag.command, 4);
	assert_int_equal(tag.set.of[0], 8 | 4 | 1);
	assert_int_equal(tag.set.of[1], 16 | 4 | 64);
	tag = ew_propagate_path(&policy, EW_HALF_OF(1), &old, &nothing);
	assert_int_equal(tag.set.of[0], 2 | 4);
	assert_int_equal(tag.set.of[1], 32 | 4);
	tag = ew_propagate_path(&nothing, EW_HALVES_ALL, &old, &nothing);
	assert_int_equal(tag.set.of[0], 4);
	assert_int_equal(tag.set.of[1], 4);
	tag = ew_propagate_path(&nothing, EW_HALVES_ALL, &none, &nothing);
	assert_false(ew_propagate_any(&tag));
}

static void test_walk_makes_a_half_alike(void **state)
{
	struct node nodes[NODES];

	(void)state;
	chain(nodes, NODES);
	walk(nodes, NODES, 7, 8, 0);
	walk(nodes, NODES, 3, 2, 1);
	assert_true(nodes[9].tag.set.of[0] == (8 | 2 | 1));
	assert_true(nodes[9].tag.set.of[1] == (other(8) | other(2) | 1));
	walk_alike(nodes, NODES, 1);
	for (size_t i = 0; i < NODES; i++) {
		assert_true(nodes[i].tag.policy.of[1] == nodes[i].tag.policy.of[0]);
		assert_true(nodes[i].tag.set.of[1] == nodes[i].tag.set.of[0]);
	}
	assert_true(nodes[9].tag.set.of[0] == (8 | 2 | 1));
	/* the other way */
	nodes[5].tag.policy.of[1] = 64;
	walk_alike(nodes, NODES, 0);
	assert_true(nodes[9].tag.set.of[0] == (8 | 2 | 1 | 64));
}

static void test_random_trees(void **state)
{
	struct node nodes[NODES];

	(void)state;
	srandom(1);
	for (int round = 0; round < 200; round++) {
		size_t n = 1;

		memset(nodes, 0, sizeof(nodes));
		walk(nodes, n, 0, (__u64)random() & 1, 0);
		for (int step = 0; step < 200; step++) {
			size_t at = (size_t)random() % n;

			if (n < NODES && random() & 1) {
				const struct ew_sets own = sets(random() % 4 ? 0 : 1ULL << (random() % 64));

				nodes[n].parent = at;
				nodes[n].tag = ew_propagate_new(&own, &nodes[at].tag.set);
				n++;
			} else {
				walk(nodes, n, at, nodes[at].tag.policy.of[0],
				     random() % 2 ? 1ULL << (random() % 64) : 0);
			}
			for (size_t i = 0; i < n; i++)
				for (int half = 0; half < EW_HALVES; half++)
					assert_true(nodes[i].tag.set.of[half] == expected(nodes, i, half));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tag_covers_all_below_at_any_depth),
		cmocka_unit_test(test_untag_leaves_what_others_gave),
		cmocka_unit_test(test_new_cgroup_inherits_and_gets_its_own),
		cmocka_unit_test(test_walk_by_path_replaces_the_policys),
		cmocka_unit_test(test_walk_makes_a_half_alike),
		cmocka_unit_test(test_random_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
