/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_INTERN_H
#define EW_INTERN_H

#include <stddef.h>

#include <linux/types.h>

struct ew_interned_item {
	__u64 hash;
	size_t len;
	char *bytes; /* a NUL behind them */
};

/*
 * Byte strings, each kept once and known by a number from 0 on: names that come again and again in records, and keys
 * of what is counted by them. All zero, but for the limits, is empty.
 */
struct ew_interned {
	size_t n_max, bytes_max; /* more are not taken: whoever writes records chooses how many there are */
	size_t n, bytes;
	struct ew_interned_item *items;
	/* Where the bytes are: in few large blocks, or what is allocated between them would never fit together again.
	 */
	struct ew_interned_block *blocks;
	size_t left;  /* unused, at the end of the first */
	__u32 *table; /* places of numbers from 1 on; at most half full */
	size_t room;  /* of it, a power of two */
};

/* The number of the LEN bytes at BYTES, a new one if need be; or -E2BIG, past a limit; or -ENOMEM. */
int ew_intern(struct ew_interned *set, const void *bytes, size_t len);

/* The number that they have, or -ENOENT. */
int ew_intern_find(const struct ew_interned *set, const void *bytes, size_t len);

/* The bytes of NUMBER, which are the set's. */
static inline const char *ew_interned(const struct ew_interned *set, size_t number)
{
	return set->items[number].bytes;
}

void ew_intern_clear(struct ew_interned *set);

#endif
