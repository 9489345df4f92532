/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_RULES_H
#define EW_POLICY_RULES_H

#include "policy_read.h"

/*
 * What the values of a policy mean together: contradictions within a profile, and names and limits across files. Each
 * function adds what it finds to DIAG and returns 0, or -ENOMEM.
 */

/* One profile of the file at PATH. */
int ew_policy_check_profile(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag);

/* All files; also counts POLICY's profiles and exceptions. */
int ew_policy_check_merged(struct ew_policy *policy, struct ew_diagnostics *diag);

#endif
