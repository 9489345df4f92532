/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_LINES_H
#define EW_TOP_LINES_H

#include "record_lines.h"
#include "record_parse.h"
#include "top.h"

/* JSON Lines for `top`, as a file or a pipe gives them. */
struct ew_top_lines {
	const char *from; /* a file's name, "-": standard input */
	int fd;		  /* -1: it is at its end */
	struct ew_record_lines lines;
	char *text; /* what there is of a line that has not ended */
	size_t len;
	struct ew_parsed parsed; /* the last record that was looked at */
	struct ew_top *model;	 /* that is being filled */
};

/* Opens LINES->from. Returns 0 or, logged, a negative errno; in both cases ew_top_lines_close() gives all back. */
int ew_top_lines_open(struct ew_top_lines *lines);
void ew_top_lines_close(struct ew_top_lines *lines);

/* Counts what can be read at once. Returns 1: there may be more by now, 0: that was little, or a negative errno. */
int ew_top_lines_read(struct ew_top_lines *lines, struct ew_top *model);

/* The record that EVENT is, good until the next that is looked at; NULL: no memory. */
const struct ew_parsed *ew_top_lines_parse(struct ew_top_lines *lines, const struct ew_top_event *event);

/* The counts of a record, struct ew_top_exec. */
__u64 ew_top_counts(const struct ew_record_view *view);

/* The name of the cgroup of a record; that of one which was removed before it was met is its number. */
struct ew_top_naming {
	const struct ew_record_names *names;
	__u64 id;
};
char *ew_top_name_cgroup(void *naming);

#endif
