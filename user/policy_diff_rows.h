/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_DIFF_ROWS_H
#define EW_POLICY_DIFF_ROWS_H

#include "policy_diff.h"

/* What the kinds of rules that policy_diff.c compares have in common. Nobody else includes this. */

/*
 * ew_diff_add - adds a change of KIND, unless it says the same before and after
 *
 * Takes the texts over. One that is NULL although there has to be one (`what` and `origin` always, `before` and `after`
 * if HAS_BEFORE, HAS_AFTER) is for want of memory, and sets out_of_memory.
 */
void ew_diff_add(struct ew_diff *diff, const char *kind, struct ew_change change, bool has_before, bool has_after);

/* Whether a set of profiles BEFORE and one AFTER are the same ones. */
bool ew_diff_same(const struct ew_diff *diff, __u64 before, __u64 after);

/* FILE:LINE, "" where FILE is NULL. Memory that the caller frees, or NULL. */
char *ew_diff_origin(const char *file, unsigned int line);

/* The names of the profiles of a set, sorted. Memory that the caller frees, or NULL. */
char *ew_diff_names(const struct ew_image *image, __u64 set);

/* Rows of the table (policy_diff_exceptions.c, policy_diff_subjects.c). */
void ew_diff_exceptions(const char *kind, const struct ew_image *before, const struct ew_image *after,
			struct ew_diff *diff);
void ew_diff_cgroups(const char *kind, const struct ew_image *before, const struct ew_image *after,
		     struct ew_diff *diff);
void ew_diff_patterns(const char *kind, const struct ew_image *before, const struct ew_image *after,
		      struct ew_diff *diff);
void ew_diff_users(const char *kind, const struct ew_image *before, const struct ew_image *after, struct ew_diff *diff);
void ew_diff_programs(const char *kind, const struct ew_image *before, const struct ew_image *after,
		      struct ew_diff *diff);

#endif
