/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LOADER_H
#define EW_LOADER_H

#include "image.h"
#include "pins.h"

/*
 * ew_loader_load - loads the programs, puts IMAGE in force, attaches, and pins it all under EW_PIN_DIR
 *
 * All or nothing: the programs let everything pass until the last step, one store. The caller holds ew_lock_take() and
 * has seen that nothing is loaded. Returns 0 or a negative errno after logging it.
 */
int ew_loader_load(const struct ew_image *image);

/*
 * ew_loader_unload - puts the programs out of force, detaches them, and removes every pin
 *
 * PINS is what ew_pins_try() could open. Returns 0, -ENOENT when nothing is loaded, or a negative errno
 * after logging it.
 */
int ew_loader_unload(const struct ew_pins *pins);

#endif
