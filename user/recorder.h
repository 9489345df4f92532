/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORDER_H
#define EW_RECORDER_H

#include <poll.h>

#include "leaks.h"
#include "profile_names.h"
#include "reader.h"
#include "record_sink.h"
#include "record_view.h"

/*
 * The daemon's reader: writes each record to its sink. It reads no more than the sink takes, so that what is too much
 * is lost in its own buffer in the kernel, where it is counted; the loss is told as an entry of its own. A record that
 * tells of nothing but leaked descriptors that were told of in the same period is counted, and told of as a number at
 * the end of it. Its pointers lead into itself: not to be copied once it is open.
 */
struct ew_recorder {
	struct ew_sink sink;
	struct ew_pins pins;	  /* what it reads from */
	__u32 state_id;		  /* of the map, as the kernel numbers it */
	struct ew_stream *stream; /* NULL: it does not read */
	struct ew_profile_names profiles;
	struct ew_record_names names;
	struct ew_record_view view;
	size_t buffer; /* of the reader, bytes */
	__u64 told;    /* losses, of this stream */
	unsigned long bad;
	bool failed;	       /* and that was logged */
	struct ew_leaks leaks; /* told of in their period */
	__u64 period;	       /* nanoseconds; 0: each record is written */
	__u64 settled;	       /* when periods were last ended, CLOCK_BOOTTIME, nanoseconds */
};

void ew_recorder_init(struct ew_recorder *recorder);

/*
 * ew_recorder_open - WHERE: "journal", "none", "-" for standard output, else the name of a file; NULL: the journal
 * where there is one, else standard output
 *
 * Of standard output it takes what is there; messages that would have gone there go to standard error from then on.
 * BUFFER is the size of the reader's, bytes; PERIOD that in which a leak is written once, seconds, 0: each time. WHERE
 * has to stay. Returns 0 or, logged, a negative errno.
 */
int ew_recorder_open(struct ew_recorder *recorder, const char *where, size_t buffer, __u64 period);

/* Whether it reads from what is pinned now, or has tried to, or is not to read. If not, ew_recorder_attach(). */
bool ew_recorder_follows(const struct ew_recorder *recorder, const struct ew_pins *pins);

/* Whether it tried, and could not: then, from here on, it does not follow. To be asked now and then. */
bool ew_recorder_retries(struct ew_recorder *recorder);

/*
 * ew_recorder_attach - reads from what is pinned now, after what is left of what it read from
 *
 * The caller holds the lock. That it cannot be done is logged, and no reason to end: enforcement needs no records.
 */
void ew_recorder_attach(struct ew_recorder *recorder);

/* What to wait for: fills FDS, one, and returns how long to wait at most, milliseconds, or -1. */
int ew_recorder_poll(const struct ew_recorder *recorder, struct pollfd *fd);

/* Writes what there is, at most a round of it, and tells of losses. */
void ew_recorder_work(struct ew_recorder *recorder);

/* Writes to the end, for two seconds at most, and gives all back. */
void ew_recorder_close(struct ew_recorder *recorder);

#endif
