/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "json_get.h"
#include "util.h"

/* What records that are alike come to, in a number. */
struct exec {
	unsigned int verdict;
	bool gained;
	int flow; /* a number of report->flows; -1: it is only counted */
};

static __u64 pack(const struct exec *exec)
{
	return exec->verdict | (__u64)exec->gained << 8 | (__u64)(exec->flow + 1) << 16;
}

static struct exec unpack(__u64 value)
{
	return (struct exec){.verdict = value & 0xff, .gained = value >> 8 & 1, .flow = (int)(value >> 16) - 1};
}

int ew_report_init(struct ew_report *report)
{
	*report = (struct ew_report){.parsed = malloc(sizeof(*report->parsed))};
	if (!report->parsed || ew_alike_init(&report->alike) < 0)
		return -ENOMEM;
	return ew_flows_init(&report->flows);
}

void ew_report_clear(struct ew_report *report)
{
	ew_flows_clear(&report->flows);
	ew_leaks_clear(&report->leaks.leaks);
	ew_alike_clear(&report->alike);
	free(report->parsed);
	report->parsed = NULL;
}

static void count(struct ew_report *report, const struct exec *exec, __u64 time)
{
	__u64 before = 0;

	for (unsigned int i = 0; i < EW_VERDICT_MAX; i++)
		before += report->verdicts[i];
	if (!before || time < report->first)
		report->first = time;
	if (time > report->last)
		report->last = time;
	report->verdicts[exec->verdict]++;
	report->gained += exec->gained && exec->verdict == EW_VERDICT_ALLOW;
	ew_time_strip_count(&report->strip, time, exec->verdict);
	if (exec->flow >= 0)
		ew_flows_count(&report->flows, (size_t)exec->flow, time);
}

/* Of a record that was parsed. Returns 0 or -ENOMEM. */
static int exec_of(struct ew_report *report, const char *line, struct exec *exec)
{
	const struct ew_record *r = &report->parsed->view.record;

	*exec = (struct exec){.verdict = r->verdict, .flow = -1, .gained = r->gains != 0};
	if (!ew_flows_wants(r))
		return 0;
	exec->flow = ew_flows_find(&report->flows, report->parsed, line);
	return exec->flow < 0 ? -ENOMEM : 0;
}

static int take_exec(struct ew_report *report, json_object *root, const char *line, const char **why)
{
	struct exec exec;
	int err = ew_record_parse(root, report->parsed, why);

	err = err ?: ew_leak_sum_take(&report->leaks, root, why);
	err = err ?: exec_of(report, line, &exec);
	if (err < 0)
		return err;
	count(report, &exec, report->parsed->view.record.time);
	/* descriptors are counted one by one */
	return ew_json_object(root, "fds") ? 0 : ew_alike_remember(&report->alike, line, pack(&exec));
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
	__u64 value, time;
	struct exec exec;

	if (!ew_alike_find(&report->alike, line, len, &value, &time))
		return false;
	exec = unpack(value);
	count(report, &exec, time);
	return true;
}

int ew_report_read(struct ew_report *report, int n, char **names)
{
	report->lines.known = take_alike;
	return ew_record_lines_read(&report->lines, n, names, ew_report_take, report);
}
