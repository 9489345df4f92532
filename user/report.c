/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "json_get.h"
#include "record_skim.h"
#include "util.h"

/* What every record of a shape comes to. */
struct ew_report_shape {
	__u32 verdict;
	int flow;    /* a number of report->flows; -1: it is only counted */
	bool gained; /* whatever the verdict */
};

int ew_report_init(struct ew_report *report)
{
	*report = (struct ew_report){
		.shapes = {.n_max = EW_REPORT_SHAPES_MAX, .bytes_max = EW_REPORT_SHAPES_BYTES},
		.skimmed = malloc(EW_RECORD_LINE_MAX),
		.parsed = malloc(sizeof(*report->parsed)),
	};
	return report->skimmed && report->parsed ? ew_flows_init(&report->flows) : -ENOMEM;
}

void ew_report_clear(struct ew_report *report)
{
	ew_flows_clear(&report->flows);
	ew_leaks_clear(&report->leaks.leaks);
	ew_intern_clear(&report->shapes);
	free(report->shape);
	free(report->skimmed);
	free(report->parsed);
}

static void count(struct ew_report *report, const struct ew_report_shape *shape, __u64 time)
{
	__u64 execs = 0;

	for (unsigned int i = 0; i < EW_VERDICT_MAX; i++)
		execs += report->verdicts[i];
	if (!execs || time < report->first)
		report->first = time;
	if (time > report->last)
		report->last = time;
	report->verdicts[shape->verdict]++;
	report->gained += shape->gained && shape->verdict == EW_VERDICT_ALLOW;
	ew_time_strip_count(&report->strip, time, shape->verdict);
	if (shape->flow >= 0)
		ew_flows_count(&report->flows, (size_t)shape->flow, time);
}

/* Of a record that was parsed. Returns 0 or -ENOMEM. */
static int shape_of(struct ew_report *report, const char *line, struct ew_report_shape *shape)
{
	const struct ew_record *r = &report->parsed->view.record;

	*shape = (struct ew_report_shape){.verdict = r->verdict, .flow = -1, .gained = r->gains != 0};
	if (!ew_flows_wants(r))
		return 0;
	shape->flow = ew_flows_find(&report->flows, report->parsed, line);
	return shape->flow < 0 ? -ENOMEM : 0;
}

/* Remembers it for those that are alike, while there is room. Returns 0 or -ENOMEM. */
static int remember(struct ew_report *report, const char *line, const struct ew_report_shape *shape)
{
	size_t room = report->shape_room ? report->shape_room * 2 : 64, len;
	struct ew_report_shape *list;
	__u64 time;
	int number;

	len = ew_record_skim(line, strlen(line), report->skimmed, &time);
	number = len ? ew_intern(&report->shapes, report->skimmed, len) : -E2BIG;
	if (number < 0)
		return number == -E2BIG ? 0 : number;
	if ((size_t)number >= report->shape_room) {
		list = reallocarray(report->shape, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		report->shape = list;
		report->shape_room = room;
	}
	report->shape[number] = *shape;
	return 0;
}

static int take_exec(struct ew_report *report, json_object *root, const char *line, const char **why)
{
	struct ew_report_shape shape;
	int err = ew_record_parse(root, report->parsed, why);

	err = err ?: ew_leak_sum_take(&report->leaks, root, why);
	err = err ?: shape_of(report, line, &shape);
	if (err < 0)
		return err;
	count(report, &shape, report->parsed->view.record.time);
	/* descriptors are counted one by one */
	return ew_json_object(root, "fds") ? 0 : remember(report, line, &shape);
}

int ew_report_take(void *ctx, json_object *root, const char *line, const char **why)
{
	const char *type = ew_json_string(root, "type");
	struct ew_report *report = ctx;

	if (EW_STREQ(type, "exec"))
		return take_exec(report, root, line, why);
	if (EW_STREQ(type, "lost"))
		report->lost += ew_json_number(root, "count");
	else if (EW_STREQ(type, "tag") || EW_STREQ(type, "policy"))
		report->changes++;
	else
		return ew_leak_sum_take(&report->leaks, root, why);
	return 0;
}

/* One that is like one that was parsed before. */
static bool take_alike(void *ctx, const char *line, size_t len)
{
	struct ew_report *report = ctx;
	__u64 time;
	size_t skimmed = ew_record_skim(line, len, report->skimmed, &time);
	int number = skimmed ? ew_intern_find(&report->shapes, report->skimmed, skimmed) : -ENOENT;

	if (number >= 0)
		count(report, &report->shape[number], time);
	return number >= 0;
}

int ew_report_read(struct ew_report *report, int n, char **names)
{
	report->lines.known = take_alike;
	return ew_record_lines_read(&report->lines, n, names, ew_report_take, report);
}
