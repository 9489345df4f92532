/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_INVENTORY_WORK_H
#define EW_INVENTORY_WORK_H

#include <pthread.h>

#include "inventory_tree.h"

/* Between inventory_tree.c, which keeps the threads of a mount, and inventory_work.c, which is what each does. */

#define EW_TREE_THREADS_MAX 64
#define EW_TREE_BUFFER (64 * 1024) /* bytes of directory entries at once */

struct ew_tree_place {
	char *rel; /* below the mount; "": its root */
	struct ew_tree_place *next;
};

/* A directory that was looked at. */
struct ew_tree_seen {
	__u64 dev, ino;
};

/* Each has its cache line: they count all the time. */
struct ew_tree_worker {
	struct ew_tree *tree;
	const char *at; /* what it looks at */
	char *buffer;
	unsigned long answers; /* of the file system; read by others, without the lock */
} __attribute__((aligned(64)));

struct ew_tree {
	pthread_mutex_t lock; /* of all that follows, but where something else is said */
	pthread_cond_t more, ended;
	unsigned int references, threads, n_workers, working, busy, idle;
	struct ew_tree_place *places;
	enum ew_inventory_state state;
	bool rooted;	/* its root was looked at, and told what there is to do */
	bool abandoned; /* the following pointers must not be used any more */
	int err;	/* the walk ends: no memory */

	const struct ew_mount_points *mounts;
	const struct ew_mount_point *mount;
	struct ew_inventory_past *past;
	struct ew_inventory *out;

	/* never changed, so without the lock */
	__u64 id; /* of the mount */
	char *point;
	bool shared;	 /* other mounts show the same file system */
	char **triggers; /* below the mount: where an autofs is */
	size_t n_triggers;
	int fd; /* the root; set before there is a second worker */

	struct ew_tree_worker workers[EW_TREE_THREADS_MAX];
};

/* With the lock, and of a tree that is not abandoned. */

/* REL, as a user would name it, or NULL: no memory. Needs no lock. */
char *ew_tree_path(const struct ew_tree *tree, const char *rel);
void ew_tree_fail(struct ew_tree *tree, const char *rel, int err);
/* Takes REL over, a directory that is to be looked at. */
void ew_tree_push(struct ew_tree *tree, char *rel);
/* One worker more, if there may be one. */
void ew_tree_employ(struct ew_tree *tree);
bool ew_tree_is_new(struct ew_tree *tree, const struct ew_tree_seen *seen);
/* Another mount lies over REL: who shows the directory at another place has to look at it. */
void ew_tree_cover(struct ew_tree *tree, const char *rel);
/* Whether there was a mount at REL when the list of mounts was made. */
bool ew_tree_is_listed(const struct ew_tree *tree, const char *rel);
/* What other mounts cover, and this one maybe does not. */
void ew_tree_push_covered(struct ew_tree *tree);

/* Without the lock: does all that is to be done for REL. */
void ew_tree_work(struct ew_tree_worker *worker, const char *rel);

#endif
