/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_INVENTORY_TREE_H
#define EW_INVENTORY_TREE_H

#include "inventory.h"

/* For inventory_walk.c: one mount after another, each by several threads. */

/* A directory, as a path of the file system, that another mount lies over. */
struct ew_inventory_covered {
	__u64 dev; /* as of struct ew_mount_point */
	char *path;
	struct ew_inventory_covered *next;
};

/* What is known of the mounts that were looked through before. */
struct ew_inventory_past {
	void *seen; /* tsearch(3) of directories */
	struct ew_inventory_covered *covered;
};

/*
 * ew_inventory_tree - looks through the mount MOUNTS->list[INDEX]
 *
 * PAST and OUT are added to, OUT's states excepted. Returns 0 and the mount's state in *STATE, or -ENOMEM. After
 * EW_INVENTORY_MUTE there is a thread that waits for an answer, maybe for ever, but uses nothing of the caller's any
 * more.
 */
int ew_inventory_tree(const struct ew_mount_points *mounts, size_t index, const struct ew_inventory_effort *effort,
		      struct ew_inventory_past *past, struct ew_inventory *out, enum ew_inventory_state *state);

void ew_inventory_past_clear(struct ew_inventory_past *past);

#endif
