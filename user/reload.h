/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RELOAD_H
#define EW_RELOAD_H

#include <stdbool.h>

#include "pins.h"
#include "policy_diff.h"
#include "policy_read.h"

/* Replacing the policy in force by another, in one step. */

struct ew_reload {
	bool dry_run;	     /* change nothing */
	bool force;	     /* keep profiles that went but are still in use, for those that have them */
	const char *command; /* the verb, for readers, who are told of what is put in force */
	/*
	 * Nothing is done if this is r->compiled of the reload before, and the policy means the same as then, to the
	 * last inode and line. 0: it is put in force in any case.
	 */
	__u64 unless;
	/*
	 * What is in force, where the caller knows it from the reload before and nobody has reloaded since; NULL: it is
	 * read from the maps, which takes a look at each of 131,072 places of one. Afterwards what is in force, or
	 * NULL; ew_image_free() releases it.
	 */
	struct ew_image *in_force;
	/* results */
	__u64 compiled; /* ew_image_hash() of what was put in force */
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
