/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_REPORT_H
#define EW_REPORT_H

#include <stdio.h>

#include "flows.h"
#include "leak_sum.h"
#include "record_lines.h"
#include "time_strip.h"

/* What a report shows of records, gathered in bounded memory. Large: not for the stack. */
struct ew_report {
	struct ew_record_lines lines;
	struct ew_flows flows;
	struct ew_time_strip strip;
	struct ew_leak_sum leaks;
	__u64 verdicts[EW_VERDICT_MAX]; /* execs */
	__u64 gained;			/* of those that were allowed */
	__u64 lost;			/* that a reader told it had lost */
	__u64 changes;			/* of tags and policy */
	__u64 first, last;		/* execs, nanoseconds since the epoch */

	struct ew_parsed *parsed;
};

/* Returns 0 or -ENOMEM; ew_report_clear() gives the memory back in any case. */
int ew_report_init(struct ew_report *report);
void ew_report_clear(struct ew_report *report);

/* Takes the lines of N files, as ew_record_lines_read() does. Returns 0, or a negative errno, logged. */
int ew_report_read(struct ew_report *report, int n, char **names);

/* Takes a record. As an ew_record_line_fn; CTX is the report. */
int ew_report_take(void *ctx, json_object *root, const char *line, const char **why);

/* The same of a line that need not be parsed for it. As `skim` of struct ew_record_lines. */
int ew_report_skim(void *ctx, const char *line, size_t len);

/* The whole page. Returns 0 or -ENOMEM. */
int ew_report_print(const struct ew_report *report, FILE *out);

/* --- its parts --- */

#define EW_REPORT_DETAILS_MAX 400 /* kinds of exec of which one is shown whole */

/* LIST as ew_flows_sorted() makes it. Return 0 or -ENOMEM. */
int ew_report_picture(const struct ew_report *report, const struct ew_flow *const *list, FILE *out);
int ew_report_details(const struct ew_report *report, const struct ew_flow *const *list, FILE *out);
void ew_report_strip(const struct ew_report *report, FILE *out);

/* "2026-11-22 16:00:00" (UTC) */
void ew_report_time(__u64 time, FILE *out);

/* A class of the style for a verdict, which is also its word. */
const char *ew_report_class(unsigned int verdict);

#endif
