/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_UPGRADE_H
#define EW_UPGRADE_H

#include <stdbool.h>

#include "pins.h"

/*
 * Programs of this build in place of those that are loaded, with the same maps and all that is in them: policy, tags,
 * counters, readers. Callers hold ew_lock_take().
 */

/* Are the programs that are loaded this build's? */
bool ew_upgrade_is_current(const struct ew_pins *pins);

/*
 * ew_upgrade - attaches this build's programs beside those that are loaded, gives them their place, and lets go of the
 * others
 *
 * From the first to the last moment at least one of both is attached to each hook. PINS are of the programs before, and
 * are to be opened anew. Returns 0 or a negative errno after logging it; -EPROTO: the maps that are loaded are made
 * otherwise than this build's. On failure, and if this process dies in the middle, what was in force is, or what takes
 * its place is, whole.
 */
int ew_upgrade(const struct ew_pins *pins);

/*
 * ew_upgrade_mend - takes away what an upgrade that was killed left beside what has the name EW_PIN_DIR
 *
 * Returns whether there was anything.
 */
bool ew_upgrade_mend(const struct ew_pins *pins);

#endif
