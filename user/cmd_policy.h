/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_POLICY_H
#define EW_CMD_POLICY_H

#include <stdbool.h>

#include <execward/change.h>

#include "pins.h"
#include "policy_read.h"

/* Reads the directories of the command line, or of the system, as ew_policy_read_dirs() does. */
int ew_cmd_policy_read(unsigned int flags, struct ew_policy **out, struct ew_diagnostics *diag);

/*
 * ew_cmd_load_policy - what `load` does once it has the lock and knows that nothing is in force
 *
 * INTERRUPTED: PINS has what an interrupted load or unload left. Returns 0, the policy in *POLICY and what
 * readers are to be told in *CHANGE, or a negative errno after logging it.
 */
int ew_cmd_load_policy(struct ew_pins *pins, bool interrupted, struct ew_policy **policy,
		       struct ew_change_record *change);

/*
 * ew_cmd_load_upgrade - ew_upgrade(), and PINS opened anew, and a word about it
 *
 * Returns 0 or a negative errno after logging it; PINS may be closed then.
 */
int ew_cmd_load_upgrade(struct ew_pins *pins);

#endif
