/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_DECIDE_H
#define EW_BPF_DECIDE_H

#include <execward/policy.h>

#include "gain.h"

/* What one profile says to a transition. Pure: the unit tests compile the same lines. */

struct ew_decision {
	__u32 verdict;	 /* enum ew_verdict */
	__u32 reason;	 /* enum ew_reason */
	__u32 slot;	 /* the profile that decided; EW_PROFILES_MAX: none */
	__u32 rule_line; /* of that profile, or of its exception */
};

static inline _Bool ew_reason_refuses(__u32 reason)
{
	return reason >= EW_REASON_GAIN;
}

/* The capabilities among the gain that the profile minds. */
static inline __u64 ew_decide_caps(const struct ew_profile *profile, const struct ew_gain *gain)
{
	return profile->gains & EW_BIT(EW_GAIN_CAPS) ? gain->caps & ~profile->allow_caps : 0;
}

/* What the gain means to the profile before its exceptions are looked at. */
static inline __u32 ew_decide_gain(const struct ew_profile *profile, const struct ew_gain *gain, __u32 userns_level)
{
	if (!gain->kinds)
		return EW_REASON_NO_GAIN;
	if (userns_level && profile->flags & EW_PROFILE_USERNS_INITIAL)
		return EW_REASON_USERNS;
	if (!(gain->kinds & profile->gains & ~EW_BIT(EW_GAIN_CAPS)) && !ew_decide_caps(profile, gain))
		return EW_REASON_NOT_CONTROLLED;
	return EW_REASON_GAIN;
}

static inline _Bool ew_exception_lists(const __u32 *ids, __u32 n, __u32 id)
{
	for (__u32 i = 0; i < EW_EXCEPTION_IDS_MAX; i++)
		if (i < n && ids[i] == id)
			return 1;
	return 0;
}

/* Every gain that the profile controls has to be listed. Inline, or there would be one function of BPF too many
 * (docs/design.md). */
static __attribute__((always_inline)) inline _Bool ew_exception_covers(const struct ew_exception *exception,
								       const struct ew_profile *profile,
								       const struct ew_gain *gain,
								       const struct ew_creds *after)
{
	__u32 left = gain->kinds & profile->gains & ~exception->kinds;

	if (left & EW_BIT(EW_GAIN_UID) && !ew_exception_lists(exception->uids, exception->n_uids, after->euid))
		return 0;
	if (left & EW_BIT(EW_GAIN_GID) && !ew_exception_lists(exception->gids, exception->n_gids, after->egid))
		return 0;
	if (left & EW_BIT(EW_GAIN_CAPS) && ew_decide_caps(profile, gain) & ~exception->caps)
		return 0;
	return !(left & EW_BIT(EW_GAIN_LABEL)) || gain->labels & exception->labels;
}

static inline __u32 ew_decide_verdict(const struct ew_profile *profile, __u32 reason)
{
	return ew_reason_refuses(reason) ? profile->mode : EW_VERDICT_ALLOW;
}

/*
 * Does the profile mind descriptors in an exec that gained something (or not), of a child of the service manager (or
 * not)? LEAST: the mode from which on it is asked.
 */
static inline _Bool ew_decide_fds_minds(const struct ew_profile *profile, __u32 least, _Bool gained, _Bool manager)
{
	return profile->fd_mode >= least && (gained || !(profile->fd_flags & EW_FDS_WHEN_GAIN)) &&
	       !(manager && profile->fd_flags & EW_FDS_IGNORE_LISTEN);
}

/* Of COUNT descriptors of these KINDS, is one not ALLOWED? Kinds are only known where some are allowed. */
static inline _Bool ew_decide_fds_refuses(__u64 allowed, __u64 kinds, __u32 count)
{
	return allowed ? (kinds & ~allowed) != 0 : count != 0;
}

/* Past the point of no return nothing can be refused. */
static inline __u32 ew_decide_fds_verdict(const struct ew_profile *profile, _Bool late)
{
	return late && profile->fd_mode == EW_VERDICT_DENY ? EW_VERDICT_KILL : profile->fd_mode;
}

/* The strictest verdict stands; among equals the first that gives a reason to speak of. */
static inline _Bool ew_decision_outranks(const struct ew_decision *a, const struct ew_decision *b)
{
	return a->verdict != b->verdict ? a->verdict > b->verdict : a->reason > b->reason;
}

#endif
