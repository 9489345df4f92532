/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_JOURNAL_READ_H
#define EW_JOURNAL_READ_H

#include <stdbool.h>

#include <linux/types.h>

#include "record_lines.h"

/*
 * ew_journal_read - the records in this machine's journal, oldest first
 *
 * Only those that came from root: anybody can write an entry that looks like one. SINCE is the time of the first one,
 * nanoseconds since the epoch. FOLLOW: and those that come from then on, which ends with what
 * ew_record_lines_wait() returns. Returns 0, what FN ended with, or, logged, a negative errno.
 */
int ew_journal_read(struct ew_record_lines *lines, __u64 since, bool follow, ew_record_line_fn fn, void *ctx);

#endif
