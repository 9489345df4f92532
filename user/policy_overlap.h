/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_OVERLAP_H
#define EW_POLICY_OVERLAP_H

#include "policy_read.h"

/*
 * ew_policy_check_overlaps - rules that say the same twice, or that another rule keeps from having any effect
 *
 * Adds a warning to DIAG for each, with both places; for `check`, as a policy with them is none the worse. DIAG is left
 * sorted. Returns 0 or -ENOMEM.
 */
int ew_policy_check_overlaps(const struct ew_policy *policy, struct ew_diagnostics *diag);

#endif
