/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_FOLLOW_H
#define EW_BPF_FOLLOW_H

#include "exec.h"
#include "judge.h"
#include "tags.h"
#include "task.h"

/* An exec as it goes from hook to hook: where that begins and ends, and by which policy it is judged. */

/*
 * An exec is followed from hook to hook only if something is to be remembered of it: a reader wants its record, its
 * file has a shape, it may gain. Task storage costs more than all the rest, and most execs need none.
 */
static __always_inline struct ew_exec *ew_exec_followed(struct task_struct *current, const struct ew_state *st)
{
	struct ew_exec *x;

	if (!st->execs)
		return NULL;
	x = bpf_task_storage_get(&execs, current, 0, 0);
	return x && x->active ? x : NULL;
}

/* From here on X is judged by the policy GENERATION, under which SET applies. */
static __always_inline void ew_exec_judge_under(struct ew_exec *x, __u32 generation, __u64 set, __u64 starting)
{
	__builtin_memset(&x->decision, 0, sizeof(x->decision));
	x->generation = generation;
	x->set = set;
	x->starting = starting;
	x->decision.slot = EW_PROFILES_MAX;
	x->decision.reason = set ? EW_REASON_NO_GAIN : EW_REASON_UNTAGGED;
}

/* NULL when there is no memory. */
static __always_inline struct ew_exec *ew_exec_follow(struct task_struct *current, struct ew_state *st,
						      __u32 generation, __u64 set, __u64 starting)
{
	struct ew_exec *x = EW_STORAGE_MAKE(&execs, current);

	if (!x)
		return NULL;
	if (!x->active)
		__sync_fetch_and_add(&st->execs, 1);
	__builtin_memset(x, 0, EW_EXEC_CLEARED);
	x->active = 1;
	ew_exec_judge_under(x, generation, set, starting);
	return x;
}

static __always_inline void ew_exec_end(struct ew_state *st, struct ew_exec *x)
{
	x->active = 0;
	__sync_fetch_and_sub(&st->execs, 1);
}

/* The profiles that the files so far put the process under, under another policy than they were looked up for. */
static __always_inline __u64 ew_exec_enters(const struct ew_exec *x, const struct ew_state *st, __u32 generation)
{
	__u64 enters = 0;

	if (!st->programs || !st->in_force)
		return 0;
	for (__u32 i = 0; i < EW_LEVELS; i++) {
		if (i >= x->n_levels)
			break;
		enters |= ew_tags_of_identity(st, &x->levels[i], generation);
	}
	return enters;
}

/*
 * A hook that finds another policy in force than the hook before judges by the new one, and from the beginning: no exec
 * may pass by the lenient halves of two policies. Returns whether it was another.
 */
static __always_inline bool ew_exec_renew(struct ew_exec *x, struct task_struct *current, const struct ew_state *st,
					  __u32 generation)
{
	__u64 set, starting;

	if (x->generation == generation)
		return false;
	set = ew_tags_of_task(st, current, generation, &starting);
	ew_exec_judge_under(x, generation, set, starting);
	x->enters = ew_exec_enters(x, st, generation);
	return true;
}

#endif
