/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_SCRATCH_H
#define EW_BPF_SCRATCH_H

#include "exec.h"
#include "judge.h"

/*
 * Where a record is built, and a path on its way into storage. It is too large for the stack, so a place of this CPU is
 * claimed for as long as it takes.
 */

/* A place on this CPU that no preempted task is using; programs that are not sleepable do not migrate. */
static __always_inline struct ew_scratch *ew_scratch_claim(void)
{
	for (__u32 i = 0; i < EW_SCRATCHES; i++) {
		struct ew_scratch *scratch = ew_of_cpu(&scratches, EW_SCRATCHES, i);

		if (scratch && __sync_val_compare_and_swap(&scratch->busy, 0, 1) == 0)
			return scratch;
	}
	return NULL;
}

static __always_inline void ew_scratch_release(struct ew_scratch *scratch)
{
	__sync_lock_test_and_set(&scratch->busy, 0);
}

#endif
