// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ew_task_alloc - a child gets its parent's process tag, or is not born; what sticks becomes a process tag
 * ew_task_fork  - catches the children whose parent was tagged while they were being made; attached with the first
 *                 `tag --pid`, and where the policy has self-service
 */
#include "exec.h"
#include "judge.h"
#include "tags.h"

#define EW_CLONE_THREAD 0x00010000 /* linux/sched.h */

SEC("lsm/task_alloc")
int BPF_PROG(ew_task_alloc, struct task_struct *task, unsigned long clone_flags, int ret)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_state *st = ew_state_get();
	struct ew_task_tag *tag, *child = NULL;
	struct ew_counters *c;
	__u64 set, unstuck;
	__u32 generation;

	/* the threads of a process share the tag of its leader; task->group_leader is not set yet */
	if (ret || clone_flags & EW_CLONE_THREAD || !st || !st->process_tags)
		return ret;
	generation = ew_generation(st);
	unstuck = st->sticky ? ew_tags_stick(st, current, ew_tags_of_cgroup(st, generation), generation) : 0;
	tag = bpf_task_storage_get(&task_tags, current->group_leader, 0, 0);
	set = unstuck | (tag ? tag->set : 0);
	if (!set)
		return 0;
	if (!unstuck && !(ew_fault & EW_FAULT_FORK))
		child = bpf_task_storage_get(&task_tags, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (child) {
		child->set = set;
		child->starting = 0;
		return 0;
	}
	c = ew_counters_get(EW_PROFILES_MAX);
	if (ew_judge_unevaluable(generation, set, false) == EW_VERDICT_AUDIT) {
		if (c)
			EW_COUNT(c->tags_lost);
		return 0;
	}
	if (c)
		EW_COUNT(c->forks_failed);
	return -EW_EAGAIN;
}

/*
 * The child can be seen in /proc and has not run yet (kernel_clone(), kernel/fork.c). `tag --pid` attaches this, tags
 * the process, and looks for children: one whose ew_task_alloc came before the tag either gets here after it, or was
 * already to be seen. Under self-service (door.bpf.c) a thread tags the process while others may fork. It stays
 * attached, as there is no telling how long a fork takes: until a reader of userfaultfd(2) has taken notice of it, for
 * one. No memory: counted as a lost tag; a fork can no longer be refused here.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(ew_task_fork, struct task_struct *parent, struct task_struct *task)
{
	struct ew_state *st = ew_state_get();
	struct ew_task_tag *tag, *child;
	struct ew_counters *c;

	if (!st || !st->process_tags || task->pid != task->tgid)
		return 0;
	tag = bpf_task_storage_get(&task_tags, parent->group_leader, 0, 0);
	if (!tag || !tag->set)
		return 0;
	child = EW_STORAGE_MAKE(&task_tags, task);
	c = child ? NULL : ew_counters_get(EW_PROFILES_MAX);
	if (child)
		child->set |= tag->set;
	else if (c)
		EW_COUNT(c->tags_lost);
	return 0;
}
