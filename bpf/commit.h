/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_COMMIT_H
#define EW_BPF_COMMIT_H

#include "caller.h"
#include "exec.h"
#include "fds_judge.h"
#include "readers.h"
#include "tags.h"

/* What is left to do past the point of no return, where nothing can be refused any more. */

/*
 * The process goes under the profiles of its program. It cannot be refused any more: where the tag cannot be stored and
 * not all of them only audit, it is killed before its first instruction.
 */
static __always_inline void ew_enter(struct task_struct *current, struct ew_exec *x)
{
	struct ew_decision d = {.reason = EW_REASON_UNEVALUABLE, .slot = EW_PROFILES_MAX};
	struct ew_counters *c;

	/* current leads its thread group by now */
	if (ew_tags_join(current, x->enters, EW_BY_PROGRAM) == 0)
		return;
	d.verdict = ew_judge_unevaluable(x->generation, x->enters, true);
	if (d.verdict >= EW_VERDICT_DENY) {
		d.verdict = EW_VERDICT_KILL;
		bpf_send_signal(EW_SIGKILL);
	} else {
		c = ew_counters_get(EW_PROFILES_MAX);
		if (c)
			EW_COUNT(c->tags_lost);
	}
	x->decision = d;
	x->set |= x->enters;
}

/*
 * What crosses for certain: close-on-exec is done, and the table is the task's own. What should not is not new unless
 * somebody who shared the table opened it, or took its close-on-exec away, since ew_creds_from_file looked; then the
 * task is killed. Should there be another policy since then, that one is asked.
 */
static __always_inline void ew_fds_cross(const struct ew_state *st, struct task_struct *current, struct ew_exec *x)
{
	__u32 generation = ew_generation(st);
	__u64 starting, set = x->set;

	if (generation != x->generation)
		set = ew_tags_of_task(st, current, generation, &starting);
	ew_fds_judge(st, current, x, set, generation, true);
	if (x->decision.reason != EW_REASON_FDS && x->decision.reason != EW_REASON_UNEVALUABLE)
		return;
	if (ew_wanted(st, x->set))
		ew_caller_decided(current, x, generation);
	if (x->decision.verdict == EW_VERDICT_KILL)
		bpf_send_signal(EW_SIGKILL);
}

#endif
