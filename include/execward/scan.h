/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_SCAN_H
#define EXECWARD_SCAN_H

#include <linux/types.h>

/* `tag --pid` and `untag --pid`: one process and all its descendants, while they fork and end (bpf/scan.bpf.c). */

/* What the one under way does, written by the tool; one at a time, as it has the lock. */
struct ew_scan {
	__u64 number; /* counts them, from 1. A process whose tag has it is done, and its later children with it */
	__u64 set, clear;
	__u64 incomplete; /* processes that there was no memory for; counted in the kernel */
	__u64 beginning;  /* 1: the walk is over the process itself. Taken back in the kernel when that is visited */
};

/* A descendant whose parent ended meanwhile: nothing else leads to it any more. */
struct ew_orphan {
	__u64 start_time; /* nanoseconds since boot, task->start_boottime */
	__u32 pid;	  /* in the initial namespace */
	__u32 pad;
};

#define EW_ORPHANS_MAX 65536

/* What the walk writes for each process (or thread, for the last) that it did something about. */
#define EW_WALK_CHANGED '+'
#define EW_WALK_VISITED '.' /* the tag was right already */
#define EW_WALK_FAILED '!'

_Static_assert(sizeof(struct ew_orphan) == 16, "a key with holes would never be found");

#endif
