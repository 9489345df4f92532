/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lookups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "distinct.h"
#include "util.h"

/* Where the item of PATH is in the table, or is to be put. */
static __u32 *place(const struct ew_lookups *lookups, const char *path, __u64 hash)
{
	size_t mask = 2 * lookups->room - 1, at = hash & mask;

	for (; lookups->table[at]; at = (at + 1) & mask) {
		const struct ew_lookup *item = &lookups->items[lookups->table[at] - 1];

		if (item->hash == hash && EW_STREQ(item->path, path))
			break;
	}
	return &lookups->table[at];
}

static int grow(struct ew_lookups *lookups)
{
	struct ew_lookups grown = {.n = lookups->n, .room = lookups->room ? 2 * lookups->room : 64};

	grown.table = calloc(2 * grown.room, sizeof(*grown.table));
	grown.items = grown.table ? reallocarray(lookups->items, grown.room, sizeof(*grown.items)) : NULL;
	if (!grown.items) {
		free(grown.table);
		return -ENOMEM;
	}
	for (size_t i = 0; i < grown.n; i++)
		*place(&grown, grown.items[i].path, grown.items[i].hash) = (__u32)i + 1;
	free(lookups->table);
	*lookups = grown;
	return 0;
}

struct ew_lookup *ew_lookups_get(struct ew_lookups *lookups, const char *path)
{
	__u64 hash = ew_hash(0, path, strlen(path));
	__u32 *at;

	if (lookups->n == lookups->room && grow(lookups) < 0)
		return NULL;
	at = place(lookups, path, hash);
	if (!*at) {
		lookups->items[lookups->n++] = (struct ew_lookup){.path = path, .hash = hash, .err = -EINPROGRESS};
		*at = (__u32)lookups->n;
	}
	return &lookups->items[*at - 1];
}

void ew_lookups_clear(struct ew_lookups *lookups)
{
	free(lookups->items);
	free(lookups->table);
	*lookups = (struct ew_lookups){};
}
