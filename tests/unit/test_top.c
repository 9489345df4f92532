/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "top_shown.h"
#include "util.h"

#define SECOND 1000000000ULL
#define GAIN (1 << EW_TOP_GAINS)
#define DENIAL (1 << EW_TOP_DENIALS)

static char *name(void *ctx)
{
	return ctx ? strdup(ctx) : NULL;
}

static void add(struct ew_top *top, __u64 key, __u64 second, __u64 counts, const char *text)
{
	char cgroup[32];
	struct ew_top_exec exec = {key, second * SECOND + 999, counts, text, strlen(text) + 1};

	snprintf(cgroup, sizeof(cgroup), "/%c", (char)('a' + key));
	ew_top_add(top, &exec, name, cgroup);
}

/* The names of the rows in order, without their slashes. */
static const char *order(struct ew_top *top, enum ew_top_sort sort)
{
	struct ew_top_shown shown = {.sort = sort};
	static char text[64];

	ew_top_shown_rows(&shown, top);
	for (size_t n = 0; n < shown.n; n++)
		text[n] = shown.lines[n].name[1];
	text[shown.n] = '\0';
	ew_top_shown_clear(&shown);
	return text;
}

static struct ew_top_row *row(struct ew_top *top, __u64 key)
{
	for (size_t i = 0; i < top->n; i++)
		if (top->rows[i].key == key)
			return &top->rows[i];
	fail();
	return NULL;
}

static void rates_are_of_the_last_seconds(void **state)
{
	struct ew_top top = {0};

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		add(&top, 0, 100 + i, i >= 15 ? GAIN : 0, "x");
	add(&top, 1, 119, 0, "x");
	order(&top, EW_TOP_BY_EXECS);
	assert_int_equal(ew_top_window(&top), EW_TOP_WINDOW);
	assert_int_equal(row(&top, 0)->rate_in[0], 10);
	assert_int_equal(row(&top, 0)->rate_in[1], 5);
	assert_int_equal(row(&top, 1)->rate_in[0], 1);
	assert_int_equal(top.all.rate_in[0], 11);
	/* time goes on without them */
	ew_top_tick(&top, 126 * SECOND);
	order(&top, EW_TOP_BY_EXECS);
	assert_int_equal(row(&top, 0)->rate_in[0], 3);
	ew_top_tick(&top, 1000 * SECOND);
	order(&top, EW_TOP_BY_EXECS);
	assert_int_equal(row(&top, 0)->rate_in[0], 0);
	assert_int_equal(row(&top, 0)->rate_in[1], 0);
	assert_int_equal(row(&top, 0)->total[EW_TOP_EXECS], 20);
	/* a little late counts where it belongs, long ago in the sums alone */
	add(&top, 0, 998, 0, "x");
	add(&top, 0, 900, 0, "x");
	order(&top, EW_TOP_BY_EXECS);
	assert_int_equal(row(&top, 0)->rate_in[0], 1);
	assert_int_equal(row(&top, 0)->total[EW_TOP_EXECS], 22);
	ew_top_clear(&top);
}

static void window_grows(void **state)
{
	struct ew_top top = {0};

	(void)state;
	assert_int_equal(ew_top_window(&top), 1);
	add(&top, 0, 100, 0, "x");
	assert_int_equal(ew_top_window(&top), 1);
	ew_top_tick(&top, 103 * SECOND);
	assert_int_equal(ew_top_window(&top), 4);
	ew_top_tick(&top, 101 * SECOND); /* does not go back */
	assert_int_equal(ew_top_window(&top), 4);
	ew_top_clear(&top);
}

static void rows_are_sorted(void **state)
{
	struct ew_top top = {0};

	(void)state;
	assert_string_equal(order(&top, EW_TOP_BY_EXECS), "");
	add(&top, 3, 100, DENIAL, "x");
	add(&top, 2, 100, GAIN, "x");
	add(&top, 2, 100, GAIN, "x");
	add(&top, 1, 110, 1 << EW_TOP_AUDITS | GAIN, "x");
	add(&top, 0, 110, 1 << EW_TOP_LEAKS, "x");
	add(&top, 0, 110, 0, "x");
	assert_string_equal(order(&top, EW_TOP_BY_EXECS), "abcd");
	/* what happens now is before what happened, and that before nothing */
	assert_string_equal(order(&top, EW_TOP_BY_GAINS), "bcad");
	assert_string_equal(order(&top, EW_TOP_BY_DENIALS), "dabc");
	assert_string_equal(order(&top, EW_TOP_BY_AUDITS), "bacd");
	assert_string_equal(order(&top, EW_TOP_BY_LEAKS), "abcd");
	assert_string_equal(order(&top, EW_TOP_BY_NAME), "abcd");
	ew_top_clear(&top);
}

static void events_are_kept(void **state)
{
	struct ew_top top = {0};
	char text[16];

	(void)state;
	assert_null(ew_top_event(&top, 0));
	add(&top, 0, 100, GAIN, "gain");
	add(&top, 0, 100, 0, "plain");
	add(&top, 1, 100, 0, "first");
	add(&top, 1, 100, 0, "second");
	/* of a cgroup the last that was more than an exec, if there was one */
	assert_string_equal(row(&top, 0)->last.data, "gain");
	assert_true(row(&top, 0)->notable);
	assert_string_equal(row(&top, 1)->last.data, "second");
	assert_false(row(&top, 1)->notable);
	assert_string_equal(ew_top_event(&top, 0)->data, "second");
	assert_string_equal(ew_top_event(&top, 3)->data, "gain");
	assert_null(ew_top_event(&top, 4));
	for (unsigned int i = 0; i < 2 * EW_TOP_EVENTS_MAX; i++) {
		snprintf(text, sizeof(text), "%u", i);
		add(&top, 0, 100, 0, text);
	}
	assert_string_equal(ew_top_event(&top, 0)->data, "127");
	assert_string_equal(ew_top_event(&top, EW_TOP_EVENTS_MAX - 1)->data, "64");
	assert_null(ew_top_event(&top, EW_TOP_EVENTS_MAX));
	ew_top_clear(&top);
}

/* More cgroups than fit, and those whose name there is no memory for, are one line together. */
static void others_are_counted(void **state)
{
	struct ew_top top = {0};
	struct ew_top_exec exec = {.time = SECOND, .data = "x", .len = 2, .counts = DENIAL};

	(void)state;
	for (exec.key = EW_TOP_ROWS_MAX + 3; exec.key; exec.key--)
		ew_top_add(&top, &exec, name, (char *)"/x");
	assert_int_equal(top.n, EW_TOP_ROWS_MAX);
	assert_int_equal(top.others.total[EW_TOP_DENIALS], 3);
	assert_int_equal(top.all.total[EW_TOP_EXECS], EW_TOP_ROWS_MAX + 3);
	exec.key = EW_TOP_ROWS_MAX;
	ew_top_add(&top, &exec, name, NULL);
	assert_int_equal(row(&top, EW_TOP_ROWS_MAX)->total[EW_TOP_EXECS], 2);
	ew_top_clear(&top);
	ew_top_add(&top, &exec, name, NULL);
	assert_int_equal(top.n, 0);
	assert_string_equal(order(&top, EW_TOP_BY_NAME), "o");
	ew_top_clear(&top);
}

/* What is sorted anew is what was taken, and the selection stays on its cgroup. */
static void shown_stands_still(void **state)
{
	struct ew_top_shown shown = {0};
	struct ew_top top = {0};

	(void)state;
	add(&top, 0, 100, GAIN, "x");
	for (unsigned int i = 0; i < 3; i++)
		add(&top, 1 + (i > 0), 100, GAIN, "x");
	add(&top, 1, 100, DENIAL, "x");
	add(&top, 2, 100, 0, "x");
	ew_top_shown_rows(&shown, &top);
	assert_int_equal(shown.n, 3);
	assert_string_equal(shown.lines[0].name, "/c");
	assert_string_equal(shown.lines[1].name, "/b");
	shown.selected = 1;
	for (unsigned int i = 0; i < 100; i++)
		add(&top, i % 4, 100, DENIAL, "x");
	ew_top_shown_sort(&shown, EW_TOP_BY_GAINS);
	assert_int_equal(shown.n, 3);
	assert_string_equal(shown.lines[1].name, "/a");
	assert_int_equal(shown.lines[1].total[EW_TOP_EXECS], 1);
	assert_string_equal(shown.lines[2].name, "/b");
	assert_int_equal(shown.lines[2].total[EW_TOP_DENIALS], 1);
	assert_int_equal(shown.selected, 2);
	assert_true(shown.rate[0] == 6);
	ew_top_shown_rows(&shown, &top);
	assert_int_equal(shown.n, 4);
	assert_string_equal(shown.lines[shown.selected].name, "/b");
	assert_int_equal(shown.lines[shown.selected].total[EW_TOP_EXECS], 27);
	assert_true(shown.rate[0] == 106);
	ew_top_shown_clear(&shown);
	ew_top_clear(&top);
}

static unsigned int opened;

static const struct ew_record_view *open_none(void *ctx, const struct ew_top_event *event,
					      const struct ew_record_names **names, __s64 *offset)
{
	(void)ctx;
	(void)event;
	(void)names;
	(void)offset;
	opened++;
	return NULL;
}

/* Events become words when they are shown, and once. */
static void events_are_opened_once(void **state)
{
	const struct ew_top_source source = {.open = open_none};
	struct ew_top_shown shown = {.source = &source};
	struct ew_top top = {0};

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		add(&top, 0, 100, 0, "x");
	ew_top_shown_events(&shown, &top, 6, 80);
	assert_int_equal(opened, 6);
	ew_top_shown_events(&shown, &top, 6, 80);
	ew_top_shown_events(&shown, &top, 4, 80);
	assert_int_equal(opened, 6);
	ew_top_shown_events(&shown, &top, 6, 100); /* wider */
	assert_int_equal(opened, 12);
	ew_top_shown_events(&shown, &top, 1000, 100); /* more of them */
	assert_int_equal(opened, 12 + EW_TOP_EVENTS_MAX);
	add(&top, 0, 100, 0, "x");
	ew_top_shown_events(&shown, &top, 6, 100);
	assert_int_equal(opened, 18 + EW_TOP_EVENTS_MAX);
	ew_top_shown_clear(&shown);
	ew_top_clear(&top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_of_the_last_seconds),
		cmocka_unit_test(window_grows),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(events_are_kept),
		cmocka_unit_test(others_are_counted),
		cmocka_unit_test(shown_stands_still),
		cmocka_unit_test(events_are_opened_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
