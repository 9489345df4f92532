/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LOADER_H
#define EW_LOADER_H

#include "image.h"

/*
 * ew_loader_load - loads the programs, puts IMAGE in force, attaches, and pins it all under EW_PIN_DIR
 *
 * All or nothing: the directory appears as the last step, and before that everything goes when this process does. The
 * caller holds ew_lock_take() and has seen that nothing is loaded. Returns 0 or a negative errno after logging it.
 */
int ew_loader_load(const struct ew_image *image);

/*
 * ew_loader_unload - detaches the programs and removes every pin
 *
 * Returns 0, -ENOENT when nothing is loaded, or a negative errno
 * after logging it.
 */
int ew_loader_unload(void);

#endif
