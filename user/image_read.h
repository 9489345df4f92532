/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_IMAGE_READ_H
#define EW_IMAGE_READ_H

#include "image.h"
#include "pins.h"
#include "util.h"

/*
 * ew_image_read - the policy in force, as the maps have it
 *
 * *STALE tells whether there are exceptions of another, which an interrupted reload left.
 *
 * They know the files of exceptions by identity alone, so the image has no paths of them, and no origin of a cgroup, a
 * user or a program. Users are disjoint, in order. Returns 0 and an image in *OUT, which ew_image_free() releases, or a
 * negative errno.
 */
int ew_image_read(const struct ew_pins *pins, struct ew_image **out, bool *stale);

/* The same with profiles, cgroups and patterns alone. */
int ew_image_read_cgroups(const struct ew_pins *pins, struct ew_image **out);

#endif
