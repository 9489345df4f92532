/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory.h"

#include <errno.h>
#include <search.h>
#include <string.h>

#include "inventory_tree.h"
#include "util.h"

/* In which order the mounts are looked through, and what of them. */

struct order {
	const struct ew_mount_point *mount;
	size_t index;
};

/* First where set-id bits count, then whole file systems, so that a path is told by which a program has its effect. */
static int compare_order(const void *left, const void *right)
{
	const struct order *l = left, *r = right;
	size_t l_len = strlen(l->mount->root), r_len = strlen(r->mount->root);

	if (l->mount->nosuid != r->mount->nosuid)
		return l->mount->nosuid - r->mount->nosuid;
	if (l_len != r_len)
		return (l_len > r_len) - (l_len < r_len);
	return (l->index > r->index) - (l->index < r->index);
}

/* Whether another mount of the same file system was given up: the wait for one is long enough. */
static bool is_given_up(const struct ew_mount_points *mounts, const struct ew_inventory *out, const struct order *order,
			size_t n, __u64 dev)
{
	for (size_t i = 0; i < n; i++)
		if (mounts->list[order[i].index].dev == dev && out->states[order[i].index] == EW_INVENTORY_MUTE)
			return true;
	return false;
}

/* Who goes to PATH comes through the root of MOUNT. */
static bool is_at_or_below(const char *path, const struct ew_mount_point *mount)
{
	size_t len = EW_STREQ(mount->point, "/") ? 0 : strlen(mount->point);

	return strncmp(path, mount->point, len) == 0 && (path[len] == '/' || !path[len]);
}

/* What was found on the way of a file system that was given up stays found, but nobody can say more of it. */
static void mark_mute(const struct ew_mount_points *mounts, const struct order *order, struct ew_inventory *out)
{
	for (size_t m = 0; m < mounts->n; m++) {
		if (!is_given_up(mounts, out, order, mounts->n, mounts->list[m].dev))
			continue;
		for (size_t i = 0; i < out->n; i++)
			out->items[i].mute |= is_at_or_below(out->items[i].path, &mounts->list[m]);
	}
}

void ew_inventory_past_clear(struct ew_inventory_past *past)
{
	while (past->covered) {
		struct ew_inventory_covered *covered = past->covered;

		past->covered = covered->next;
		free(covered->path);
		free(covered);
	}
	tdestroy(past->seen, free);
	past->seen = NULL;
}

int ew_inventory_walk(const struct ew_mount_points *mounts, const struct ew_inventory_effort *effort,
		      struct ew_inventory *out)
{
	_cleanup_free_ struct order *order = calloc(mounts->n + 1, sizeof(*order));
	EW_CLEANUP(ew_inventory_past_clear) struct ew_inventory_past past = {0};
	bool any_given_up = false;
	int err = 0;

	*out = (struct ew_inventory){.states = calloc(mounts->n + 1, sizeof(*out->states))};
	if (!order || !out->states)
		return -ENOMEM;
	for (size_t i = 0; i < mounts->n; i++)
		order[i] = (struct order){&mounts->list[i], i};
	qsort(order, mounts->n, sizeof(*order), compare_order);
	for (size_t i = 0; i < mounts->n && err == 0; i++) {
		enum ew_inventory_state *state = &out->states[order[i].index];

		*state = EW_INVENTORY_VIRTUAL;
		if (order[i].mount->virtual)
			continue;
		if (any_given_up && is_given_up(mounts, out, order, i, order[i].mount->dev)) {
			*state = EW_INVENTORY_MUTE;
			err = ew_inventory_fail(out, strdup(order[i].mount->point), ETIMEDOUT);
			continue;
		}
		err = ew_inventory_tree(mounts, order[i].index, effort, &past, out, state);
		any_given_up |= *state == EW_INVENTORY_MUTE;
	}
	if (any_given_up)
		mark_mute(mounts, order, out);
	ew_inventory_sort(out);
	return err;
}
