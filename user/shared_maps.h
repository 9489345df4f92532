/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_SHARED_MAPS_H
#define EW_SHARED_MAPS_H

#include <linux/types.h>

#include "light.h"

/*
 * Maps that are loaded already, for the programs of another version to go on with: only if they are what the loader of
 * that version would make. Where they are not, both functions yield -EPROTO, after logging what differs and what to do.
 */

/* Descriptors from here on are no standard ones; a descriptor of 0 is none where the skeletons have them. */
#define EW_STANDARD_FDS 3

/*
 * ew_shared_map_open - the map that is pinned as NAME, in place of the one that LOADER would make at INDEX
 *
 * MAX_ENTRIES: what the skeleton was told; 0: nothing. Returns a descriptor, to be closed by the caller, not one of the
 * standard ones; or a negative errno after logging it, but for want of descriptors.
 */
int ew_shared_map_open(const struct ew_light *loader, int index, __u32 max_entries, const char *name);

/* Is LAYOUT that of the loaded maps, all together? Returns 0 or a negative errno after logging it. */
int ew_shared_maps_check(__u32 layout);

#endif
