/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_SKIM_H
#define EW_RECORD_SKIM_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * A record without what is another one each time: its time, numbers of processes, of inodes and cgroups, arguments and
 * parents. Of a million records most are alike but for these, and what is alike need be parsed only once.
 */

/*
 * ew_record_skim - the bytes of the LEN at LINE that matter, to OUT, which has room for LEN
 *
 * Returns how many there are; 0: LINE is no JSON, or not as records of an exec are written, and has to be parsed to
 * find out. *TIME is that of the record, nanoseconds since the epoch.
 */
size_t ew_record_skim(const char *line, size_t len, char *out, __u64 *time);

#endif
