/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user_ranges.h"
#include "util.h"

/* Ranges of users: every table against the spans it was made of, asked one user at a time. */

#define LAST (EW_USER_NONE - 1)

/* The search as ew_tags_of_uid() of bpf/subject.h does it. */
static const struct ew_user_range *search(const struct ew_user_range *table, __u32 uid)
{
	__u32 at = 0;

	for (__u32 step = EW_USER_RANGES / 2; step; step /= 2)
		if (table[at | step].first <= uid)
			at |= step;
	return &table[at];
}

static void assert_table(const struct ew_user_range *table, const struct ew_user_span *spans, size_t n, __u32 uid)
{
	const struct ew_user_range *found = search(table, uid);
	__u64 policy = 0, command = 0;

	for (size_t i = 0; i < n; i++) {
		if (uid < spans[i].first || uid > spans[i].last)
			continue;
		policy |= spans[i].policy;
		command |= spans[i].command;
	}
	assert_true(found->policy == policy);
	assert_true(found->command == command);
}

/* At each end of each span, and beside it. */
static void assert_spans(const struct ew_user_range *table, const struct ew_user_span *spans, size_t n)
{
	assert_table(table, spans, n, 0);
	assert_table(table, spans, n, LAST);
	for (size_t i = 0; i < n; i++) {
		assert_table(table, spans, n, spans[i].first);
		assert_table(table, spans, n, spans[i].last);
		if (spans[i].first)
			assert_table(table, spans, n, spans[i].first - 1);
		if (spans[i].last < LAST)
			assert_table(table, spans, n, spans[i].last + 1);
	}
	for (size_t i = 1; i < EW_USER_RANGES; i++)
		assert_true(table[i].first > table[i - 1].first ||
			    (table[i].first == EW_USER_NONE && table[i - 1].first == EW_USER_NONE));
}

static struct ew_user_range *make(const struct ew_user_span *spans, size_t n)
{
	struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));

	assert_non_null(table);
	assert_int_equal(ew_user_ranges_build(spans, n, table), 0);
	assert_spans(table, spans, n);
	return table;
}

static void shapes(void **state)
{
	static const struct {
		size_t n;
		struct ew_user_span spans[4];
		size_t entries;
	} cases[] = {
		{0, {{0}}, 1},
		{1, {{0, 0, 1, 0}}, 2},
		{1, {{0, LAST, 1, 0}}, 1},
		{1, {{LAST, LAST, 0, 1}}, 2},
		{1, {{1000, 60000, 1, 0}}, 3},
		/* side by side, with the same profile and with another */
		{2, {{1, 2, 1, 0}, {3, 4, 1, 0}}, 3},
		{2, {{1, 2, 1, 0}, {3, 4, 2, 0}}, 4},
		{2, {{1, 2, 1, 0}, {3, 4, 0, 1}}, 4},
		/* one within another, twice the same, crosswise */
		{2, {{1, 9, 1, 0}, {4, 5, 2, 0}}, 5},
		{2, {{1, 9, 1, 0}, {4, 5, 1, 0}}, 3},
		{2, {{1, 9, 1, 0}, {1, 9, 1, 0}}, 3},
		{3, {{1, 9, 1, 0}, {5, 20, 2, 0}, {9, 9, 1ULL << 63, 1ULL << 63}}, 6},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct ew_user_range *table = make(cases[i].spans, cases[i].n);
		size_t used = 0;

		while (used < EW_USER_RANGES && table[used].first != EW_USER_NONE)
			used++;
		assert_int_equal(used, cases[i].entries);
	}
}

static void there_and_back(void **state)
{
	struct ew_user_span back[EW_USER_RANGES];

	(void)state;
	srandom(7);
	for (int round = 0; round < 200; round++) {
		struct ew_user_span spans[40];
		size_t n = (size_t)random() % EW_ARRAY_SIZE(spans);
		_cleanup_free_ struct ew_user_range *table = NULL, *again = NULL;
		_cleanup_free_ struct ew_user_span *disjoint = NULL;

		for (size_t i = 0; i < n; i++) {
			__u32 first = (__u32)random() % 500, length = (__u32)random() % 60;

			spans[i] = (struct ew_user_span){first, first + length, 1ULL << random() % 4,
							 (__u64)(random() % 2) << random() % 4};
		}
		table = make(spans, n);
		for (__u32 uid = 0; uid < 600; uid++)
			assert_table(table, spans, n, uid);
		assert_int_equal(ew_user_ranges_disjoin(spans, n, &disjoint), ew_user_ranges_spans(table, back));
		for (size_t i = 0; i < ew_user_ranges_spans(table, back); i++)
			assert_memory_equal(&disjoint[i], &back[i], sizeof(*back));
		again = make(back, ew_user_ranges_spans(table, back));
		assert_memory_equal(again, table, EW_USER_RANGES * sizeof(*table));
	}
}

static void limits(void **state)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES, sizeof(*spans));
	_cleanup_free_ struct ew_user_range *table = NULL;
	_cleanup_free_ struct ew_user_span *list = NULL;
	struct ew_user_range untouched = {.first = 5};
	size_t most = EW_USER_RANGES / 2;

	(void)state;
	/* from user 0 on, each beside a gap: two entries for each */
	for (__u32 i = 0; i <= most; i++)
		spans[i] = (struct ew_user_span){2 * i, 2 * i, 1, 0};
	table = make(spans, most);
	assert_int_equal(table[EW_USER_RANGES - 1].first, EW_USER_RANGES - 1);
	assert_int_equal(ew_user_ranges_build(spans, most + 1, &untouched), -28);
	assert_int_equal(untouched.first, 5);
	/* a list has no such limit */
	assert_int_equal(ew_user_ranges_disjoin(spans, most + 1, &list), most + 1);
	assert_true(list[most].first == 2 * most && list[most].last == 2 * most && list[most].policy == 1);
	/* what policy and commands can have at most, apart from one another and not from 0 on */
	for (__u32 i = 0; i < 2 * EW_USERS_MAX; i++)
		spans[i] = (struct ew_user_span){2 * i + 1, 2 * i + 1, i % 2, !(i % 2)};
	free(table);
	table = make(spans, 2 * EW_USERS_MAX);
}

static void clearing(void **state)
{
	struct ew_user_span spans[8] = {{10, 19, 1, 2}, {20, 20, 0, 4}, {30, 39, 2, 0}}, cleared = {0};
	size_t n;

	(void)state;
	n = ew_user_ranges_clear(spans, 3, 15, 33, 2, &cleared);
	assert_int_equal(n, 5);
	assert_true(cleared.command == 2 && cleared.policy == 2);
	{
		_cleanup_free_ struct ew_user_range *table = make(spans, n);

		assert_true(search(table, 14)->policy == 1 && search(table, 14)->command == 2);
		assert_true(search(table, 15)->policy == 1 && search(table, 15)->command == 0);
		assert_true(search(table, 20)->command == 4);
		assert_true(search(table, 33)->policy == 0);
		assert_true(search(table, 34)->policy == 2);
	}
	cleared = (struct ew_user_span){0};
	assert_int_equal(ew_user_ranges_clear(spans, n, 100, 200, ~0ULL, &cleared), n);
	assert_true(cleared.command == 0 && cleared.policy == 0);
	assert_int_equal(ew_user_ranges_clear(spans, n, 0, LAST, ~0ULL, &cleared), n);
	assert_true(cleared.command == 6 && cleared.policy == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(limits),
		cmocka_unit_test(clearing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
