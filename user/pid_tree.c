/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pid_tree.h"

#include <errno.h>
#include <string.h>

#include "util.h"

/* More ancestors than any process has; the tree can change while it is climbed. */
#define CLIMB_MAX 4096

/* Where PID is, or would be. */
static size_t place_of(const struct ew_pid_tree *tree, __u32 pid)
{
	size_t low = 0, high = tree->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tree->pids[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_known(const struct ew_pid_tree *tree, __u32 pid)
{
	size_t at = place_of(tree, pid);

	return at < tree->n && tree->pids[at] == pid;
}

static int add(struct ew_pid_tree *tree, __u32 pid)
{
	size_t at = place_of(tree, pid);

	if (tree->n == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 64;
		__u32 *pids = reallocarray(tree->pids, room, sizeof(*pids));

		if (!pids)
			return -ENOMEM;
		tree->pids = pids;
		tree->room = room;
	}
	memmove(&tree->pids[at + 1], &tree->pids[at], (tree->n - at) * sizeof(*tree->pids));
	tree->pids[at] = pid;
	tree->n++;
	return 0;
}

int ew_pid_tree_init(struct ew_pid_tree *tree, __u32 root, __u32 (*parent_of)(__u32 pid))
{
	*tree = (struct ew_pid_tree){.parent_of = parent_of};
	return add(tree, root);
}

void ew_pid_tree_clear(struct ew_pid_tree *tree)
{
	free(tree->pids);
	*tree = (struct ew_pid_tree){0};
}

bool ew_pid_tree_has(struct ew_pid_tree *tree, __u32 pid, __u32 ppid)
{
	__u32 above = ppid;

	if (is_known(tree, pid))
		return true;
	for (int i = 0; above && i < CLIMB_MAX; i++) {
		if (is_known(tree, above))
			return add(tree, pid) == 0;
		above = tree->parent_of(above);
	}
	return false;
}
