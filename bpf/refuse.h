/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_REFUSE_H
#define EW_BPF_REFUSE_H

#include "exec.h"
#include "count.h"
#include "emit.h"
#include "follow.h"
#include "judge.h"

/* A refusal: counted, recorded, and what the hook returns for it. */

/* Counts and records a refusal and yields what the hook is to return. FDS is as for ew_emit(). */
static __always_inline int ew_refuse(struct ew_state *st, struct task_struct *current, struct file *file,
				     struct ew_exec *x, bool fds)
{
	ew_count(&x->decision, x->gain.kinds);
	if (ew_wanted(st, x->set))
		ew_emit(st, current, file, x, fds, NULL);
	ew_exec_end(st, x);
	if (x->decision.verdict == EW_VERDICT_KILL)
		bpf_send_signal(EW_SIGKILL);
	return -EW_EPERM;
}

/* A governed exec that cannot be followed: refused, unless every profile only audits. Counted, but not recorded. */
static __always_inline int ew_refuse_as(struct ew_state *st, __u64 set, __u32 verdict)
{
	struct ew_decision d = {
		.verdict = verdict,
		.reason = EW_REASON_UNEVALUABLE,
		.slot = EW_PROFILES_MAX,
	};

	ew_count(&d, 0);
	ew_emit_lost(st, set);
	if (d.verdict == EW_VERDICT_KILL)
		bpf_send_signal(EW_SIGKILL);
	return d.verdict >= EW_VERDICT_DENY ? -EW_EPERM : 0;
}

static __always_inline int ew_refuse_unevaluable(struct ew_state *st, __u32 generation, __u64 set)
{
	return ew_refuse_as(st, set, ew_judge_unevaluable(generation, set, true));
}

/* The same where only the profiles MINDED could have refused. */
static __always_inline int ew_refuse_fds_unevaluable(struct ew_state *st, __u32 generation, __u64 set, __u64 minded)
{
	return ew_refuse_as(st, set, ew_judge_fds_unevaluable(generation, minded));
}

#endif
