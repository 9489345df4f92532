/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "json_get.h"
#include "record_skim.h"
#include "util.h"

int ew_report_init(struct ew_report *report)
{
	*report = (struct ew_report){.parsed = malloc(sizeof(*report->parsed))};
	return report->parsed ? ew_flows_init(&report->flows) : -ENOMEM;
}

void ew_report_clear(struct ew_report *report)
{
	ew_flows_clear(&report->flows);
	ew_leaks_clear(&report->leaks.leaks);
	free(report->parsed);
	report->parsed = NULL;
}

/* The record that was parsed from LINE. Returns 0 or -ENOMEM. */
static int count(struct ew_report *report, const char *line)
{
	const struct ew_record *r = &report->parsed->view.record;
	int flow = ew_flows_wants(r) ? ew_flows_find(&report->flows, report->parsed, line) : -ENOENT;
	__u64 before = 0;

	if (flow == -ENOMEM)
		return flow;
	if (flow >= 0)
		ew_flows_count(&report->flows, (size_t)flow, r->time);
	for (unsigned int i = 0; i < EW_VERDICT_MAX; i++)
		before += report->verdicts[i];
	if (!before || r->time < report->first)
		report->first = r->time;
	if (r->time > report->last)
		report->last = r->time;
	report->verdicts[r->verdict]++;
	report->gained += r->gains && r->verdict == EW_VERDICT_ALLOW;
	ew_time_strip_count(&report->strip, r->time, r->verdict);
	return 0;
}

static int take_exec(struct ew_report *report, json_object *root, const char *line, const char **why)
{
	int err = ew_record_parse(root, report->parsed, why);

	err = err ?: ew_leak_sum_take(&report->leaks, root, why);
	return err ?: count(report, line);
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

int ew_report_skim(void *ctx, const char *line, size_t len)
{
	struct ew_report *report = ctx;
	int err;

	if (!ew_record_skim(line, len, report->parsed))
		return -EAGAIN;
	err = ew_leak_sum_take_skimmed(&report->leaks, report->parsed);
	return err ?: count(report, line);
}

int ew_report_read(struct ew_report *report, int n, char **names)
{
	report->lines.skim = ew_report_skim;
	return ew_record_lines_read(&report->lines, n, names, ew_report_take, report);
}
