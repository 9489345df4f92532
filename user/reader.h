/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_USER_READER_H
#define EW_USER_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/record.h>

#include "util.h"

/*
 * The consuming side of a reader: a slot in `state` (struct ew_reader), a ring buffer of its own at the same index of
 * the map `readers`, and a bit in ew_state.readers that makes the programs write to it.
 *
 * Order. Opening: the buffer goes into the map, then the slot is filled and its counters zeroed, then the bits are set;
 * so a program that sees the bit finds buffer and zeroed counters. Closing: the bits go first, then the buffer leaves
 * the map, then the pid is cleared, which frees the slot. Whoever dies in between leaves a slot with its pid and start
 * time, which the next reader or ew_readers_reap() finds dead and frees in the same order. Slots are claimed and reaped
 * under the tool's lock (ew_lock_take()); closing one's own needs no lock.
 *
 * Pids are those of the caller's pid namespace: all readers have to be in the same.
 */

/*
 * Bytes. A buffer counts twice in its reader's resident memory, as it is mapped two times in a row and all at once
 * (bpf_ringbuf_area_alloc(), kernel/bpf/ringbuf.c): with this one `trace` takes 7 MiB on kernel 7.3. It holds about
 * 3,500 usual records.
 */
#define EW_READER_BUFFER_SIZE (2U << 20)
#define EW_READER_BUFFER_SIZE_MAX (1U << 30)

#define EW_READER_ROUND 256

/* TEXT, "512K" or "4M" or a number of bytes, as the size of a buffer. False: it is none, or over the greatest. */
bool ew_reader_size_parse(const char *text, size_t *out);

struct ew_stream;

/*
 * ew_reader_open - claims a slot and begins to receive
 *
 * READERS_FD and STATE_FD are the pinned maps, which stay the caller's. FLAGS are EW_READER_*. FILTER tells the
 * programs what to send; NULL: everything. SIZE is the buffer's, in bytes; it is rounded up to a power of two and a
 * page. The caller holds the lock, and closes the stream with ew_reader_close(). *OUT is untouched on failure.
 *
 * Returns 0, or: -EUSERS all EW_READERS_MAX slots are taken by live readers; -EPROTO a map has another layout than this
 * tool's; -EINVAL SIZE over EW_READER_BUFFER_SIZE_MAX; -EPERM, -ENOMEM and what else bpf(2) and mmap(2) fail with.
 */
int ew_reader_open(struct ew_stream **out, int readers_fd, int state_fd, unsigned int flags,
		   const struct ew_reader_filter *filter, size_t size);

/*
 * From here on only records to which one of PROFILES applies, a bit for each slot of the policy GENERATION; those of
 * another policy come all the same.
 */
void ew_reader_ask_profiles(struct ew_stream *stream, __u64 profiles, __u32 generation);

/* Is given each record as it came, unchecked and only until it returns. A value other than 0 stops the delivery. */
typedef int (*ew_reader_fn)(void *ctx, const void *data, size_t len);

/*
 * ew_reader_poll - waits up to TIMEOUT_MS milliseconds (-1: for ever, 0: not) and delivers what there is
 *
 * Delivers EW_READER_ROUND records at most, so that a caller whom a flood of records reaches still sees its signals.
 * Returns 0, the value that FN stopped with (its record is consumed), or a negative errno, -EINTR among them.
 */
int ew_reader_poll(struct ew_stream *stream, int timeout_ms, ew_reader_fn fn, void *ctx);

/*
 * Becomes readable when there are records: for poll(2), then ew_reader_poll() with no timeout. The stream keeps it.
 *
 * A record wakes who waits only if it comes EW_WAKE_NSEC after the last one that did. For the others there is a timer
 * in it, which runs from each delivery on until one finds nothing.
 */
int ew_reader_fd(const struct ew_stream *stream);

/*
 * How many records this reader has lost, exactly: in all, or (LOST not NULL) also by cause. Never goes down while the
 * stream is open.
 */
__u64 ew_reader_lost(const struct ew_stream *stream, __u64 lost[EW_LOSS_MAX]);

/* Whether the programs that write to it are in force; false for good once they were unloaded. */
bool ew_reader_in_force(const struct ew_stream *stream);

/*
 * ew_reader_stop - no new records from here on; what is in the buffer can still be had
 *
 * To read to the end: stop, then ew_reader_drain(), ew_reader_lost(), and close. A second stop does nothing.
 */
void ew_reader_stop(struct ew_stream *stream);

/* Delivers what is in the buffer without waiting for a wake-up. As ew_reader_poll(), but to the end. */
int ew_reader_drain(struct ew_stream *stream, ew_reader_fn fn, void *ctx);

/* Stops, frees the slot and the buffer, and clears *STREAM, which may be NULL. */
void ew_reader_close(struct ew_stream **stream);
#define _cleanup_stream_ EW_CLEANUP(ew_reader_close)

/*
 * ew_readers_reap - frees the slots of readers that are no more
 *
 * The caller holds the lock. Returns how many it freed, or a negative errno: -EPROTO, or what mmap(2) failed with.
 */
int ew_readers_reap(int readers_fd, int state_fd);

#endif
