/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_COUNT_H
#define EW_BPF_COUNT_H

#include "exec.h"
#include "judge.h"

/* The counters of execs: in all, and of the profile that decided. Nothing here changes a verdict. */

static __always_inline void ew_count_in(__u32 slot, const struct ew_decision *d)
{
	struct ew_counters *c = ew_counters_get(slot);

	if (!c)
		return;
	if (d->verdict != EW_VERDICT_ALLOW)
		EW_COUNT(c->verdicts[d->verdict & (EW_VERDICT_MAX - 1)]);
	if (d->reason > EW_REASON_NO_GAIN)
		EW_COUNT(c->reasons[d->reason & (EW_REASONS_ROOM - 1)]);
}

/*
 * What an exec gained, or would have. Once, not for each profile: whose exec it was says the verdict's counter. Adds
 * what may be 0 in place of asking for each kind, as branches would be paths for the verifier.
 */
static __always_inline void ew_count_gains(const struct ew_decision *d, __u32 kinds)
{
	struct ew_counters *c = kinds ? ew_counters_get(EW_PROFILES_MAX) : NULL;

	if (!c)
		return;
	for (__u32 kind = 0; kind < EW_GAIN_MAX; kind++)
		__sync_fetch_and_add(&c->gains[d->verdict & (EW_VERDICT_MAX - 1)][kind], kinds >> kind & 1);
}

/* An exec that came to its end, or was refused. GAINS: as far as they are known by then. */
static __always_inline void ew_count(const struct ew_decision *d, __u32 gains)
{
	ew_count_in(EW_PROFILES_MAX, d);
	if (d->slot < EW_PROFILES_MAX)
		ew_count_in(d->slot, d);
	ew_count_gains(d, gains);
}
_Static_assert((EW_VERDICT_MAX & (EW_VERDICT_MAX - 1)) == 0, "verdicts are masked into their array");

static __always_inline void ew_count_check(void)
{
	struct ew_counters *c = ew_counters_get(EW_PROFILES_MAX);

	if (c)
		EW_COUNT(c->checks_refused);
}

#endif
