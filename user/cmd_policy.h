/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_POLICY_H
#define EW_CMD_POLICY_H

#include "policy_read.h"

/* Reads the directories of the command line, or of the system, as ew_policy_read_dirs() does. */
int ew_cmd_policy_read(unsigned int flags, struct ew_policy **out, struct ew_diagnostics *diag);

#endif
