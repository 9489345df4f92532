/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_FEED_H
#define EW_TOP_FEED_H

#include "pins.h"
#include "profile_names.h"
#include "reader.h"
#include "top.h"
#include "top_lines.h"
#include "top_screen.h"

/* Where `top` has its records from: the kernel, as `trace` has, or JSON Lines. */
struct ew_top_feed {
	struct ew_top_lines lines; /* its `from` is NULL: the kernel */
	char title[256];
	/* what is from the kernel */
	bool all;      /* untagged tasks too */
	size_t buffer; /* of the reader, bytes */
	struct ew_pins pins;
	struct ew_stream *stream;
	struct ew_profile_names profiles;
	struct ew_record_names names;
	struct ew_record_view view;
	struct ew_top *model; /* that is being filled */
	__u64 bad;	      /* records of the kernel that could not be read */
};

void ew_top_feed_init(struct ew_top_feed *feed);

/* Returns 0 or, logged, a negative errno; in both cases ew_top_feed_close() gives all back. */
int ew_top_feed_open(struct ew_top_feed *feed);
void ew_top_feed_close(struct ew_top_feed *feed);

/* Becomes readable when there are records; -1: there will be none. */
int ew_top_feed_fd(const struct ew_top_feed *feed);

/*
 * Counts what there is, some hundreds of records at most, without waiting. Returns 1; 0: there was little, so it is
 * cheaper to look again after a while than to be woken by each; or a negative errno.
 */
int ew_top_feed_read(struct ew_top_feed *feed, struct ew_top *model);

/* Tells MODEL what time it is, and NOTES what is not in it. */
void ew_top_feed_notes(struct ew_top_feed *feed, struct ew_top *model, struct ew_top_notes *notes);

/* How events of this feed are shown. */
struct ew_top_source ew_top_feed_source(struct ew_top_feed *feed);

#endif
