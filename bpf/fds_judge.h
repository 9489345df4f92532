/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_FDS_JUDGE_H
#define EW_BPF_FDS_JUDGE_H

#include "exec.h"
#include "fds.h"
#include "judge.h"

/*
 * Whether a profile minds the descriptors that cross an exec. That is asked twice: before the point of no return by
 * those that refuse, and after it, when close-on-exec is done, by all.
 */

/* Do the kinds that were found tell whether one from MIN on is not ALLOWED? */
static __always_inline bool ew_fds_known(const struct ew_fd_table *table, __u32 min, __u64 allowed)
{
	return table->allowed && table->looked_from == min && (table->kinds & ~allowed || !ew_fds_minded_kind(table));
}

/* Counts what crosses from MIN on and looks what kinds there are, until one is not ALLOWED. */
static __always_inline void ew_fds_look(struct ew_fd_table *table, __u32 min, __u64 allowed)
{
	table->allowed = allowed;
	table->kinds = 0;
	table->sb = 0;
	table->anon_op = 0;
	ew_fds_scan(table, NULL, min, 1);
	table->min = min;
	table->looked_from = min;
	table->looked_count = table->count;
}

/* Counts what crosses from MIN on and, if some kinds are ALLOWED, knows afterwards whether there are others. */
static __always_inline void ew_fds_count(struct ew_fd_table *table, __u32 min, __u64 allowed)
{
	bool look = allowed && !ew_fds_known(table, min, allowed);

	if (!look && table->min != min) {
		ew_fds_scan(table, NULL, min, 0);
		table->min = min;
		look = allowed && table->count != table->looked_count;
	}
	if (look)
		ew_fds_look(table, min, allowed);
}

/*
 * Whether the current task is a child of the service manager that has not got a program of its own yet: it descends
 * from PID 1 directly and still runs its image, or that of the manager's executor, EXECUTOR, as its first exec. A copy
 * of PID 1 has had as many execs, and has its memory map as well, whose place was drawn by lot; who only runs the same
 * program as PID 1 has had more, until PID 1 execs itself, and has another. Nor has who was left to PID 1 and executes
 * the executor had a parent with as many execs as PID 1.
 */
static __always_inline bool ew_fds_of_manager(struct task_struct *current, const struct ew_identity *executor)
{
	struct task_struct___fds *task = (void *)EW_SEEN(task_struct, current), *parent = task->real_parent;
	struct ew_identity own, first;

	if (parent->tgid != 1 || !parent->mm || !parent->mm->exe_file)
		return false;
	ew_identity_read(task->mm->exe_file, &own);
	if (executor->ino && own.ino == executor->ino && own.dev == executor->dev)
		return task->parent_exec_id == parent->self_exec_id && task->self_exec_id == parent->self_exec_id + 1;
	ew_identity_read(parent->mm->exe_file, &first);
	return own.ino == first.ino && own.dev == first.dev && task->self_exec_id == parent->self_exec_id &&
	       task->mm->mmap_base == parent->mm->mmap_base;
}

struct ew_fds_judge {
	struct ew_exec *x; /* in a map (struct ew_judge says why) */
	__u64 left;	   /* profiles still to be asked */
	__u32 generation;
	__u32 least; /* modes below are not asked */
	bool late;
	bool manager;
};

/* The kinds that may cross into the program of X by the profile's `allow`. */
static __always_inline __u64 ew_fds_allowed(const struct ew_exec *x, const struct ew_profile *profile, __u32 slot)
{
	struct ew_exception_key key = {
		.program = x->program,
		.from.pad = EW_FROM_FDS,
		.generation = profile->generation,
		.profile = slot,
	};
	struct ew_exception *allow = NULL;

	if (profile->fd_flags & EW_FDS_ALLOW_PROGRAMS)
		allow = bpf_map_lookup_elem(&exceptions, &key);
	return profile->fd_allow | (allow ? allow->fds : 0);
}

static long ew_fds_judge_slot(__u32 index, struct ew_fds_judge *judge)
{
	struct ew_exec *x = judge->x;
	struct ew_decision d = {.reason = EW_REASON_FDS};
	struct ew_profile *profile;
	__u64 allowed;

	if (!judge->left)
		return 1;
	d.slot = ew_first_slot(judge->left);
	judge->left &= judge->left - 1;
	profile = ew_profile_get(judge->generation, d.slot);
	if (!profile || !ew_decide_fds_minds(profile, judge->least, x->gain.kinds, judge->manager))
		return 0;
	if (!x->fds || profile->fd_min < x->fds - 1)
		x->fds = profile->fd_min + 1;
	allowed = ew_fds_allowed(x, profile, d.slot);
	ew_fds_count(&x->table, profile->fd_min, allowed);
	if (x->table.failed)
		d.reason = EW_REASON_UNEVALUABLE;
	else if (!ew_decide_fds_refuses(allowed, x->table.kinds, x->table.count))
		return 0;
	d.rule_line = profile->fd_line;
	d.verdict = ew_decide_fds_verdict(profile, judge->late);
	if (x->decision.slot >= EW_PROFILES_MAX || ew_decision_outranks(&d, &x->decision))
		x->decision = d;
	return 0;
}

/* The profiles of SET that mind descriptors; with ALWAYS, whatever the exec gains. */
static __always_inline __u64 ew_fds_minded(const struct ew_state *st, __u64 set, __u32 generation, bool always)
{
	struct ew_profile *head = set && st->fds ? ew_policy_head(generation) : NULL;

	if (!head)
		return 0;
	return set & (always ? head->fds_always : head->fds);
}

/* Asks the profiles of SET under the policy GENERATION; the answer goes into x->decision. */
static __always_inline void ew_fds_judge(const struct ew_state *st, struct task_struct *current, struct ew_exec *x,
					 __u64 set, __u32 generation, bool late)
{
	struct ew_fds_judge judge = {
		.x = x,
		.left = ew_fds_minded(st, set, generation, false),
		.generation = generation,
		.least = late ? EW_VERDICT_AUDIT : EW_VERDICT_DENY,
		.late = late,
	};
	x->fds = 0;
	if (!late)
		x->own = 0;
	if (!judge.left)
		return;
	if (!late && ew_fault & EW_FAULT_FDS)
		return;
	ew_fds_find(current, &x->table);
	/* past the point of no return the task has its new image */
	if (!late)
		x->manager = ew_fds_of_manager(current, &st->executor);
	EW_READ_AGAIN();
	judge.manager = x->manager;
	/* of a table that nobody else had the kinds stay; it is counted again all the same */
	if (!x->own)
		x->table.allowed = 0;
	/* a full barrier on every architecture: what who had the table did to it is seen from here on */
	if (!late && ew_fds_own(current))
		__sync_val_compare_and_swap(&x->own, 0, 1);
	bpf_loop(EW_PROFILES_MAX, ew_fds_judge_slot, &judge, 0);
}

#endif
