/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_ANNOUNCE_H
#define EW_ANNOUNCE_H

#include <execward/change.h>

#include "image.h"
#include "pins.h"

/*
 * ew_announce - tells every reader of a change that was made
 *
 * CHANGE has its action, its subject or counts, and command. The caller holds the lock. That nobody could be told is
 * logged and counted (ew_state.changes_untold), and undoes nothing.
 */
void ew_announce(const struct ew_pins *pins, struct ew_change_record *change);

/* TEXT, or its first EW_PATH_MAX - 1 bytes, as the object of CHANGE. */
void ew_announce_object(struct ew_change_record *change, const char *text);

/* Fills CHANGE: COMMAND did ACTION to the policy, which is IMAGE; NULL: there is none. */
void ew_announce_image(struct ew_change_record *change, enum ew_action action, const struct ew_image *image,
		       const char *command);

#endif
