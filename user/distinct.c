/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "distinct.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

#define TRIES_MAX 64 /* places looked at for one number; in a table that is half empty there are few */

static __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

__u64 ew_hash(__u64 seed, const void *bytes, size_t n)
{
	const char *p = bytes;
	__u64 hash = mix(seed, n), word;

	/* eight at a time, as there can be megabytes */
	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, p, n);
	return mix(hash, word);
}

bool ew_hashes_differ(const __u64 *hashes, size_t n)
{
	_cleanup_free_ __u64 *table = NULL;
	size_t room = 4;

	while (room < 2 * n)
		room *= 2;
	table = calloc(room, sizeof(*table));
	if (!table)
		return false;
	for (size_t i = 0; i < n; i++) {
		__u64 hash = hashes[i] ?: 1; /* 0 is an empty place */
		size_t at = hash & (room - 1);

		for (unsigned int tries = 0; table[at]; at = (at + 1) & (room - 1))
			if (table[at] == hash || ++tries == TRIES_MAX)
				return false;
		table[at] = hash;
	}
	return true;
}
