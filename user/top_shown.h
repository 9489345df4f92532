/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_SHOWN_H
#define EW_TOP_SHOWN_H

#include <stdio.h>

#include "record_view.h"
#include "top.h"

/*
 * What the screen of `top` shows: the numbers and the words as they were when they were taken, so that they stand still
 * while it is paused, and cost what is shown and not what happens. It knows no terminal.
 */

/* How an event becomes words again. */
struct ew_top_source {
	void *ctx;
	const char *title; /* what is watched, escaped */
	/* The record that EVENT is, good until the next call; NULL: it cannot be read. */
	const struct ew_record_view *(*open)(void *ctx, const struct ew_top_event *event,
					     const struct ew_record_names **names, __s64 *offset);
	/* Writes all that there is to say of RECORD. */
	void (*explain)(void *ctx, const struct ew_top_event *event, unsigned int flags, FILE *out);
};

enum ew_top_sort {
	EW_TOP_BY_EXECS,
	EW_TOP_BY_GAINS,
	EW_TOP_BY_DENIALS,
	EW_TOP_BY_AUDITS,
	EW_TOP_BY_LEAKS,
	EW_TOP_BY_NAME,
	EW_TOP_SORTS
};

/* The words of --sort. */
extern const char *const ew_top_sort_words[EW_TOP_SORTS];

struct ew_top_line {
	__u64 key;
	const char *name; /* as it came; the model's, which keeps names until it is cleared */
	double rate[2];	  /* execs and gains per second */
	__u64 total[EW_TOP_COUNTS];
};

struct ew_top_shown {
	const struct ew_top_source *source;
	unsigned int flags; /* of ew_escape() */
	enum ew_top_sort sort;
	struct ew_top_line *lines;
	size_t n, room, selected;
	double rate[2]; /* of everything */
	struct {
		char *text;
		__u32 verdict;
	} events[EW_TOP_EVENTS_MAX]; /* the last one first */
	__u64 n_events;		     /* ever, when they were taken */
	unsigned int n_taken, width;
};

/*
 * ew_top_shown_rows - the rows as they are now, sorted
 * ew_top_shown_sort - the rows that are there, by another KEY
 *
 * Most first: execs and gains by rate, then by their sum, the rest by sum; equal ones by name. The selection stays on
 * its cgroup, or, on the first line, there.
 */
void ew_top_shown_rows(struct ew_top_shown *shown, struct ew_top *top);
void ew_top_shown_sort(struct ew_top_shown *shown, enum ew_top_sort key);

/* The last N events as they are now, each as a line of WIDTH columns. Does nothing if they are there already. */
void ew_top_shown_events(struct ew_top_shown *shown, const struct ew_top *top, unsigned int n, unsigned int width);

/* What there is to say of the selected row. The caller frees it; NULL: nothing, or no memory. */
char *ew_top_shown_explain(const struct ew_top_shown *shown, const struct ew_top *top);

/* Frees what it has; what it was set up with stays. */
void ew_top_shown_clear(struct ew_top_shown *shown);

#endif
