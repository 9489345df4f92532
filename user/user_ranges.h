/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_USER_RANGES_H
#define EW_USER_RANGES_H

#include <stddef.h>
#include <sys/types.h>

#include <execward/subject.h>

/* Ranges of users as they are written, which can overlap, and as the programs search them (execward/subject.h). */

struct ew_user_span {
	__u32 first, last; /* at most EW_USER_NONE - 1 */
	__u64 policy, command;
};

/*
 * ew_user_ranges_build - the table of N spans in OUT, of EW_USER_RANGES entries
 *
 * Returns 0, -ENOSPC when they do not fit, or -ENOMEM; OUT is untouched on failure.
 */
int ew_user_ranges_build(const struct ew_user_span *spans, size_t n, struct ew_user_range *out);

/*
 * ew_user_ranges_disjoin - N spans as disjoint ones, in order, of users that have the same tags each
 *
 * As many as it takes. Returns their number or -ENOMEM; *OUT is to be freed, and untouched on failure.
 */
ssize_t ew_user_ranges_disjoin(const struct ew_user_span *spans, size_t n, struct ew_user_span **out);

/* The tagged ranges of TABLE, disjoint and in order, in OUT, which has room for EW_USER_RANGES. Returns their number.
 */
size_t ew_user_ranges_spans(const struct ew_user_range *table, struct ew_user_span *out);

/*
 * ew_user_ranges_clear - takes profiles from the users FIRST to LAST of N disjoint spans
 *
 * Cuts spans in two where the range begins or ends; there has to be room for two more. Returns their number; adds to
 * *CLEARED what was taken.
 */
size_t ew_user_ranges_clear(struct ew_user_span *spans, size_t n, __u32 first, __u32 last, __u64 profiles,
			    struct ew_user_span *cleared);

#endif
