/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory.h"

#include <errno.h>
#include <string.h>

#include "util.h"

int ew_inventory_add(struct ew_inventory *inventory, char *path, __u32 mode, bool caps)
{
	struct ew_inventory_item *items = reallocarray(inventory->items, inventory->n + 1, sizeof(*items));

	if (items)
		inventory->items = items;
	if (!items || !path) {
		free(path);
		return -ENOMEM;
	}
	items[inventory->n++] = (struct ew_inventory_item){.path = path, .mode = mode, .caps = caps};
	return 0;
}

int ew_inventory_fail(struct ew_inventory *inventory, char *path, int err)
{
	struct ew_inventory_failure *failures =
		reallocarray(inventory->failures, inventory->n_failures + 1, sizeof(*failures));

	if (failures)
		inventory->failures = failures;
	if (!failures || !path) {
		free(path);
		return -ENOMEM;
	}
	failures[inventory->n_failures++] = (struct ew_inventory_failure){path, err};
	return 0;
}

const char *ew_inventory_why(int err)
{
	return err == ETIMEDOUT ? "it does not answer"
	       : err == EXDEV	? "a file system was mounted there meanwhile"
				: strerror(err);
}

bool ew_inventory_is_stuck(const struct ew_inventory *inventory, size_t n_mounts)
{
	for (size_t i = 0; inventory->states && i < n_mounts; i++)
		if (inventory->states[i] == EW_INVENTORY_MUTE)
			return true;
	return false;
}

static int compare_items(const void *left, const void *right)
{
	return strcmp(((const struct ew_inventory_item *)left)->path, ((const struct ew_inventory_item *)right)->path);
}

static int compare_failures(const void *left, const void *right)
{
	return strcmp(((const struct ew_inventory_failure *)left)->path,
		      ((const struct ew_inventory_failure *)right)->path);
}

void ew_inventory_sort(struct ew_inventory *inventory)
{
	size_t n = 0;

	if (inventory->n_failures)
		qsort(inventory->failures, inventory->n_failures, sizeof(*inventory->failures), compare_failures);
	if (inventory->n)
		qsort(inventory->items, inventory->n, sizeof(*inventory->items), compare_items);
	/* a file with another one mounted over it is met in its directory and as a mount */
	for (size_t i = 0; i < inventory->n; i++) {
		if (n && EW_STREQ(inventory->items[n - 1].path, inventory->items[i].path))
			free(inventory->items[i].path);
		else
			inventory->items[n++] = inventory->items[i];
	}
	inventory->n = n;
}

void ew_inventory_clear(struct ew_inventory *inventory)
{
	for (size_t i = 0; i < inventory->n; i++) {
		free(inventory->items[i].path);
		free(inventory->items[i].package);
	}
	for (size_t i = 0; i < inventory->n_failures; i++)
		free(inventory->failures[i].path);
	free(inventory->items);
	free(inventory->failures);
	free(inventory->states);
	*inventory = (struct ew_inventory){0};
}
