/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "top_lines.h"
#include "util.h"

static struct ew_top_lines lines;
static struct ew_top top;
static FILE *file;

static const char *head; /* what a record begins with: as it is written, or as it is not */

/* A record of PID in cgroup ID, whose path is in CGROUP, or is not known; it gains if GAIN is a list of gains. */
static void put(unsigned int pid, const char *verdict, const char *gain, unsigned int id, const char *cgroup)
{
	const char *quote = cgroup ? "\"" : "";

	fprintf(file,
		"%s\"v\":1,\"type\":\"exec\",\"time\":\"2026-11-22T18:30:%02u.000000000Z\",\"verdict\":\"%s\","
		"\"reason\":\"gain\",\"task\":{\"pid\":%u,\"tid\":%u,\"ppid\":1,\"comm\":\"sh\",\"exe\":null},"
		"\"file\":{\"path\":\"/x\",\"dev\":\"0:2\",\"ino\":%u,\"mode\":\"4755\",\"uid\":0,\"gid\":0},"
		"\"gain\":[%s],\"cause\":[],\"shape\":[],",
		head, pid % 60, verdict, pid, pid, pid + 7, gain);
	for (unsigned int i = 0; i < 2; i++)
		fprintf(file,
			"\"%s\":{\"uid\":1,\"euid\":1,\"suid\":1,\"gid\":1,\"egid\":1,\"sgid\":1,"
			"\"permitted\":\"0000000000000000\"},",
			i ? "after" : "before");
	fprintf(file, "\"cgroup\":{\"id\":%u,\"path\":%s%s%s}}\n", id, quote, cgroup ?: "null", quote);
}

static int begin(void **state)
{
	static char name[64];

	(void)state;
	file = tmpfile();
	head = "{";
	snprintf(name, sizeof(name), "/dev/fd/%d", fileno(file));
	lines = (struct ew_top_lines){.from = name, .fd = -1};
	return 0;
}

static int end(void **state)
{
	(void)state;
	ew_top_lines_close(&lines);
	ew_top_clear(&top);
	fclose(file);
	return 0;
}

static void read_all(void)
{
	fflush(file);
	assert_int_equal(ew_top_lines_open(&lines), 0);
	while (lines.fd >= 0)
		assert_true(ew_top_lines_read(&lines, &top) >= 0);
}

static const struct ew_top_row *row(const char *name)
{
	for (size_t i = 0; i < top.n; i++)
		if (EW_STREQ(top.rows[i].name, name))
			return &top.rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

/* Each is counted where it belongs, whether it can be skimmed or has to be parsed. */
static void are_counted(void **state)
{
	struct ew_top other = {0};

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		head = i % 2 ? "{" : "{ ";
		put(10 + i, "allow", "", 5, "/a");
		put(20 + i, "deny", "\"uid:root\"", 5, "/a");
		put(30 + i, "audit", "\"uid:root\"", 6, "/b");
	}
	read_all();
	assert_int_equal(lines.lines.bad, 0);
	assert_int_equal(top.n, 2);
	assert_int_equal(row("/a")->total[EW_TOP_EXECS], 20);
	assert_int_equal(row("/a")->total[EW_TOP_GAINS], 10);
	assert_int_equal(row("/a")->total[EW_TOP_DENIALS], 10);
	assert_int_equal(row("/a")->total[EW_TOP_AUDITS], 0);
	assert_int_equal(row("/b")->total[EW_TOP_AUDITS], 10);
	assert_int_equal(top.second - top.first, 29);
	lines.model = &other;
	for (unsigned int back = 0; back < 30; back++) {
		const struct ew_top_event *event = ew_top_event(&top, back);
		const struct ew_parsed *parsed = ew_top_lines_parse(&lines, event);

		assert_non_null(parsed);
		assert_int_equal(parsed->view.record.pid, (3 - back % 3) * 10 + 9 - back / 3);
		assert_int_equal(lines.lines.skim(&lines, event->data, event->len - 1), back / 3 % 2 ? -EAGAIN : 0);
	}
	ew_top_clear(&other);
}

/* Without a path the number is what a cgroup is known by. */
static void numbers_are_cgroups(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		head = i < 5 ? "{" : "{ ";
		put(10 + i, "allow", "", 32 + i % 2, NULL);
	}
	read_all();
	assert_int_equal(top.n, 2);
	assert_int_equal(row("(cgroup 32)")->total[EW_TOP_EXECS], 5);
	assert_int_equal(row("(cgroup 33)")->total[EW_TOP_EXECS], 5);
}

static void bad_lines_are_left_out(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		put(10 + i, "allow", "", 5, "/a");
		put(10 + i, "nonsense", "", 5, "/a");
		fputs("no record\n", file);
	}
	fputs("{\"v\":1,\"type\":\"lost\"}\n", file);
	read_all();
	assert_int_equal(lines.lines.bad, 6);
	assert_int_equal(top.all.total[EW_TOP_EXECS], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(are_counted, begin, end),
		cmocka_unit_test_setup_teardown(numbers_are_cgroups, begin, end),
		cmocka_unit_test_setup_teardown(bad_lines_are_left_out, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
