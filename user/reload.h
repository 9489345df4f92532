/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RELOAD_H
#define EW_RELOAD_H

#include <stdbool.h>

#include "pins.h"
#include "policy_diff.h"
#include "policy_read.h"

/* Replacing the policy in force by another, in one step. */

struct ew_reload {
	bool dry_run; /* change nothing */
	bool force;   /* keep profiles that went but are still in use, for those that have them */
	/* results */
	unsigned int n_profiles;
	size_t n_exceptions, n_cgroups, n_patterns;
	struct ew_diff diff;
};

/*
 * ew_reload - puts POLICY in force in place of what is
 *
 * The caller holds the lock. Returns 0; -EINVAL when there is an error in DIAG; -EBUSY, logged, when a profile that
 * POLICY does not have is still on processes or cgroups; or another negative errno, logged. On failure what was in
 * force is, whole, and so it is when this process dies in the middle. r->diff is there on -EBUSY, too; ew_diff_clear()
 * releases it.
 */
int ew_reload(const struct ew_pins *pins, const struct ew_policy *policy, struct ew_reload *r,
	      struct ew_diagnostics *diag);

#endif
