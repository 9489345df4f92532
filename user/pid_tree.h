/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PID_TREE_H
#define EW_PID_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * A process and its descendants, as far as they were seen: who is found to belong stays, whatever becomes of its
 * parents. A process that neither was seen nor has its parents any more when it is asked about is not found.
 */
struct ew_pid_tree {
	/* The parent of a living process; 0 for one that is not there (any more). */
	__u32 (*parent_of)(__u32 pid);
	size_t n, room;
	__u32 *pids; /* in order */
};

/* Makes ROOT, which need not live, the only one. Returns 0 or -ENOMEM; ew_pid_tree_clear() gives the memory back. */
int ew_pid_tree_init(struct ew_pid_tree *tree, __u32 root, __u32 (*parent_of)(__u32 pid));
void ew_pid_tree_clear(struct ew_pid_tree *tree);

/* Does PID, a child of PPID, belong? Remembers it if so. For want of memory: not, unless that was known already. */
bool ew_pid_tree_has(struct ew_pid_tree *tree, __u32 pid, __u32 ppid);

#endif
