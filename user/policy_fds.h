/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_FDS_H
#define EW_POLICY_FDS_H

#include <stdio.h>

#include <execward/policy.h>

#include "diagnostics.h"
#include "policy_schema.h"

/* What a policy says of descriptors (`fds`). */

/* Mistakes in the `fds` of PROFILE, in the file called PATH, go to DIAG. */
void ew_policy_check_fds(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag);

/* Prints ", fds ..." if the compiled PROFILE minds descriptors, and else nothing. */
void ew_fds_put(FILE *out, const struct ew_profile *profile);

/* Prints WHAT and the KINDS by name, a bit each, with a blank before each name. */
void ew_fds_put_kinds(FILE *out, const char *what, __u64 kinds);

#endif
