/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_VERITY_H
#define EW_VERITY_H

#include <stdbool.h>

#include "image.h"
#include "pins.h"

/* The map of fs-verity digests that exceptions name. Callers hold the lock. Errors are logged here. */

/* Whether this kernel tells BPF programs the digest of a file: from 6.8 on, if it was built with fs-verity. */
bool ew_verity_supported(void);

/*
 * ew_verity_need - from here on digests are looked at, if IMAGE has any; before it is in force
 *
 * Returns 0, or -EOPNOTSUPP where the kernel told none when execward was loaded.
 */
int ew_verity_need(struct ew_state *state, const struct ew_image *image);

/* Logs why IMAGE, which has digests, cannot be put in force by a kernel that tells none; yields -EOPNOTSUPP. */
int ew_verity_refuse(const struct ew_image *image);

/* Writes the digests of IMAGE as those of policy number GENERATION. Returns 0 or a negative errno. */
int ew_verity_apply(const struct ew_pins *pins, const struct ew_image *image, __u32 generation);

/* Takes those of all other policies away. */
void ew_verity_sweep(const struct ew_pins *pins, __u32 generation);

/* Adds the digests of the policy in force, number GENERATION, to IMAGE, which keeps some of its exceptions. */
int ew_verity_carry(const struct ew_pins *pins, __u32 generation, struct ew_image *image);

#endif
