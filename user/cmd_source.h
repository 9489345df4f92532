/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_SOURCE_H
#define EW_CMD_SOURCE_H

#include <stdbool.h>

#include "image.h"
#include "pins.h"

/* The policy to judge by: the one in force, of which PINS are open, else, with the reason in WHY, the files'. */
struct ew_source {
	struct ew_pins pins;
	bool in_force;
	__u32 generation;
	struct ew_image *image;
	char why[512];
};

void ew_source_init(struct ew_source *source);
void ew_source_close(struct ew_source *source);

/*
 * ew_source_open - finds out which policy that is, and reads it
 * ew_source_read_again - the one in force, after a reload
 *
 * Return 0 or, logged, a negative errno.
 */
int ew_source_open(struct ew_source *source);
int ew_source_read_again(struct ew_source *source);

/* The slot of the profile called NAME, or -ENOENT, logged with the nearest name that there is. */
int ew_source_profile(const struct ew_image *image, const char *name);

#endif
