/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_SCREEN_H
#define EW_TOP_SCREEN_H

#include <stdio.h>

#include "top_shown.h"

/* `top` on a terminal, by ncursesw(3). One at a time, as that library has one terminal. */

struct ew_top_notes {
	__u64 lost, bad; /* records */
	bool over;	 /* nothing more will come */
	bool unloaded;	 /* nor here, as the programs are gone */
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
