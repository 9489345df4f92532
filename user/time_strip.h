/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TIME_STRIP_H
#define EW_TIME_STRIP_H

#include <linux/types.h>

#include <execward/words.h>

/* How many of each verdict there were in each part of a time that is not known beforehand. */

#define EW_STRIP_PARTS 240

/* All zero is empty. */
struct ew_time_strip {
	unsigned int shift; /* a part is 1 << (EW_STRIP_SHIFT + shift) nanoseconds long */
	__u64 first;	    /* the number of the first part since the epoch */
	unsigned int n;	    /* parts from there on that are used */
	__u64 counts[EW_STRIP_PARTS][EW_VERDICT_MAX];
};

#define EW_STRIP_SHIFT 26 /* 67 milliseconds */

/* Counts one of VERDICT at TIME, nanoseconds since the epoch, in any order of times. */
void ew_time_strip_count(struct ew_time_strip *strip, __u64 time, unsigned int verdict);

/* Nanoseconds: where the part I begins, or, for I of n, ends. */
__u64 ew_time_strip_start(const struct ew_time_strip *strip, unsigned int i);

#endif
