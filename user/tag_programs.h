/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TAG_PROGRAMS_H
#define EW_TAG_PROGRAMS_H

#include <sys/types.h>

#include "image.h"
#include "pins.h"

/* The map of tagged programs. Callers that write hold the lock. Errors are logged here. */

/*
 * ew_tag_programs_apply - adds the programs of IMAGE as those of policy GENERATION
 * ew_tag_programs_sweep - drops those of every other policy than GENERATION
 *
 * Nobody looks at them before that policy is in force. Returns 0 or a negative errno; what was stored by then is left
 * to ew_tag_programs_sweep().
 */
int ew_tag_programs_apply(const struct ew_pins *pins, const struct ew_image *image, __u32 generation);
void ew_tag_programs_sweep(const struct ew_pins *pins, __u32 generation);

struct ew_tagged_program {
	struct ew_program_key key; /* generation EW_GENERATION_COMMAND: of a command, else of the policy in force */
	struct ew_program_tag tag;
};

/* The tagged programs in force, in no order. Returns their number or a negative errno; *OUT is to be freed. */
ssize_t ew_tag_programs_read(const struct ew_pins *pins, struct ew_tagged_program **out);

/*
 * ew_tag_programs_add - puts who execs the program at PATH under PROFILES, on behalf of a command
 * ew_tag_programs_remove - takes them away, whoever put them there; *POLICY are those that a policy did
 *
 * Removal also finds a file that was tagged at PATH and is gone from there. Return 0 or a negative errno; -ENOENT:
 * there was no such tag.
 */
int ew_tag_programs_add(const struct ew_pins *pins, const char *path, __u64 profiles);
int ew_tag_programs_remove(const struct ew_pins *pins, const char *path, __u64 profiles, __u64 *policy);

#endif
