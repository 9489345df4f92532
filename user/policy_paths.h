/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_PATHS_H
#define EW_POLICY_PATHS_H

#include "policy_read.h"

/*
 * ew_policy_program_paths - the paths of the programs that POLICY names, some more than once
 *
 * Into PATHS, unless that is NULL; they are the policy's. Returns their number.
 */
size_t ew_policy_program_paths(const struct ew_policy *policy, const char **paths);

#endif
