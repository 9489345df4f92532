/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TAG_USERS_H
#define EW_TAG_USERS_H

#include <sys/types.h>

#include "halves.h"
#include "image.h"
#include "pins.h"
#include "user_ranges.h"

/* The map of users' tags. Callers that write hold the lock. Errors are logged here. */

/*
 * ew_tag_users_apply - makes the table of policy GENERATION: what IMAGE says, and what commands put on users so far
 *
 * CURRENT is the policy in force. Nobody looks at the table before the new one is. Returns 0 or a negative errno.
 */
int ew_tag_users_apply(struct ew_halves *tables, __u32 current, const struct ew_image *image, __u32 generation);

/* Gives the other half the table that GENERATION has, or none. Returns 0 or a negative errno. */
int ew_tag_users_alike(struct ew_halves *tables, __u32 generation);

/*
 * ew_tag_users_read - the tagged users of the policy in force, disjoint and in order
 *
 * Returns their number, 0 also when nothing ever was tagged, or a negative errno. *OUT is the caller's, to be freed.
 */
ssize_t ew_tag_users_read(const struct ew_pins *pins, struct ew_user_span **out);

/*
 * ew_tag_users_add - puts the users FIRST to LAST under PROFILES, on behalf of a command
 * ew_tag_users_remove - takes them away, whoever put them there; *POLICY are those that a policy did
 *
 * One store each: an exec sees all of it or nothing. WHAT is for messages. Return 0 or a negative errno; -ENOENT: there
 * was no such tag.
 */
int ew_tag_users_add(const struct ew_pins *pins, __u32 first, __u32 last, __u64 profiles, const char *what);
int ew_tag_users_remove(const struct ew_pins *pins, __u32 first, __u32 last, __u64 profiles, const char *what,
			__u64 *policy);

#endif
