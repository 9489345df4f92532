/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "intern.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "distinct.h"
#include "util.h"

#define BLOCK_SIZE 65536

struct ew_interned_block {
	struct ew_interned_block *next;
	size_t size; /* of bytes[] */
	char bytes[];
};

/* Room for LEN bytes, which is the set's; NULL: there is no memory. */
static char *take_room(struct ew_interned *set, size_t len)
{
	struct ew_interned_block *block = set->blocks;

	if (!block || len > set->left) {
		size_t size = len > BLOCK_SIZE ? len : BLOCK_SIZE;

		block = malloc(sizeof(*block) + size);
		if (!block)
			return NULL;
		block->next = set->blocks;
		block->size = size;
		set->blocks = block;
		set->left = size;
	}
	set->left -= len;
	return block->bytes + block->size - set->left - len;
}

/* The place in the table of what has HASH, or where it would be. */
static __u32 *place(const struct ew_interned *set, __u64 hash, const void *bytes, size_t len)
{
	size_t at = hash & (set->room - 1);

	for (; set->table[at]; at = (at + 1) & (set->room - 1)) {
		const struct ew_interned_item *item = &set->items[set->table[at] - 1];

		if (item->hash == hash && item->len == len && !memcmp(item->bytes, bytes, len))
			break;
	}
	return &set->table[at];
}

/* Room for one more, in both arrays. */
static int grow(struct ew_interned *set)
{
	size_t room = set->room ? set->room * 2 : 64;
	struct ew_interned_item *items;
	__u32 *table;

	if (2 * (set->n + 1) <= set->room)
		return 0;
	items = reallocarray(set->items, room / 2, sizeof(*items));
	if (!items)
		return -ENOMEM;
	set->items = items;
	table = calloc(room, sizeof(*table));
	if (!table)
		return -ENOMEM;
	free(set->table);
	set->table = table;
	set->room = room;
	for (size_t i = 0; i < set->n; i++)
		*place(set, items[i].hash, items[i].bytes, items[i].len) = (__u32)i + 1;
	return 0;
}

int ew_intern_find(const struct ew_interned *set, const void *bytes, size_t len)
{
	__u32 number = set->room ? *place(set, ew_hash(0, bytes, len), bytes, len) : 0;

	return number ? (int)number - 1 : -ENOENT;
}

int ew_intern(struct ew_interned *set, const void *bytes, size_t len)
{
	int number = ew_intern_find(set, bytes, len);
	__u64 hash;
	char *copy;

	if (number >= 0)
		return number;
	if (set->n >= set->n_max || set->n >= INT_MAX || len > set->bytes_max - set->bytes)
		return -E2BIG;
	copy = grow(set) < 0 ? NULL : take_room(set, len + 1);
	if (!copy)
		return -ENOMEM;
	hash = ew_hash(0, bytes, len);
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	set->items[set->n] = (struct ew_interned_item){.hash = hash, .len = len, .bytes = copy};
	*place(set, hash, bytes, len) = (__u32)++set->n;
	set->bytes += len;
	return (int)set->n - 1;
}

void ew_intern_clear(struct ew_interned *set)
{
	for (struct ew_interned_block *block = set->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(set->items);
	free(set->table);
	*set = (struct ew_interned){.n_max = set->n_max, .bytes_max = set->bytes_max};
}
