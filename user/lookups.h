/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LOOKUPS_H
#define EW_LOOKUPS_H

#include <stddef.h>

#include <execward/policy.h>

/* What looking at a path gave. */
struct ew_lookup {
	const char *path; /* the caller's */
	__u64 hash;
	int err;
	struct ew_identity identity; /* if there is no error */
};

/* The paths that a policy names, each looked at once. All zero is empty. */
struct ew_lookups {
	size_t n, room;
	struct ew_lookup *items;
	__u32 *table; /* number of the item, from 1, by hash; twice as long as `room` */
};

/*
 * ew_lookups_get - what is known of PATH, which has to outlive LOOKUPS
 *
 * Returns the item, good until the next call; a new one has the error -EINPROGRESS, which the caller replaces. NULL for
 * want of memory.
 */
struct ew_lookup *ew_lookups_get(struct ew_lookups *lookups, const char *path);

void ew_lookups_clear(struct ew_lookups *lookups);

#endif
