/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PROCESS_H
#define EW_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "pins.h"

/* Processes as /proc shows them (proc(5)), and their tags. Who sets one has called ew_pins_need_process_tags(). */

struct ew_process {
	pid_t pid, ppid;
	bool kernel;		       /* a kernel thread: PF_KTHREAD, include/linux/sched.h */
	unsigned long long start_time; /* clock ticks since boot; with the pid it names a process for good */
	char comm[64];
};

/* Returns 0, -ESRCH when there is no such process (any more), or what reading failed with. */
int ew_process_get(pid_t pid, struct ew_process *out);

/* The process that PID, which may be a thread's id, belongs to. Returns it, -ESRCH, or what reading failed with. */
pid_t ew_process_of_thread(pid_t pid);

/* All processes there are; the caller frees *OUT. Returns their number or a negative errno. */
ssize_t ew_process_list(struct ew_process **out);

/* The tag in the process's storage. Returns 0, with *OUT all zero where there is none, or a negative errno. */
int ew_process_tag_get(const struct ew_pins *pins, pid_t pid, struct ew_task_tag *out);

/*
 * ew_process_tag_tree - sets and clears profiles of a process and all its descendants
 *
 * Those who are descendants when it begins, and all who are born to them meanwhile, whoever of them ends
 * (bpf/scan.bpf.c). ew_task_fork is attached before, for good: a fork can take longer than this. Returns the number of
 * processes changed, or a negative errno after logging it.
 */
int ew_process_tag_tree(const struct ew_pins *pins, pid_t pid, __u64 set, __u64 clear);

/* Adds to the tag of the calling process alone; `starting` as in struct ew_task_tag. Returns 0 or a negative errno. */
int ew_process_tag_self(const struct ew_pins *pins, __u64 set, __u64 starting);

#endif
