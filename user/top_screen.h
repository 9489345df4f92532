/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_SCREEN_H
#define EW_TOP_SCREEN_H

#include <stdio.h>

#include "record_view.h"
#include "top.h"

/* `top` on a terminal, by ncursesw(3). One at a time, as that library has one terminal. */

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

struct ew_top_notes {
	__u64 lost, bad; /* records */
	bool over;	 /* nothing more will come */
};

#define EW_TOP_COLUMNS_MIN 60
#define EW_TOP_LINES_MIN 10

/*
 * ew_top_screen_open - takes the terminal that OUT and IN are
 *
 * Returns 0, or -ENOTSUP: what TERM names is not known. ew_top_screen_close() gives it back, as it was.
 */
int ew_top_screen_open(FILE *out, FILE *in, enum ew_top_sort sort, const struct ew_top_source *source);
void ew_top_screen_close(void);

/* Takes in what is new in TOP, unless that is paused, and draws. */
void ew_top_screen_refresh(struct ew_top *top, const struct ew_top_notes *notes);

/* Takes the keys that were pressed. Returns whether to go on. */
bool ew_top_screen_keys(struct ew_top *top, const struct ew_top_notes *notes);

#endif
