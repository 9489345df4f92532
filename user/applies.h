/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_APPLIES_H
#define EW_APPLIES_H

#include "caller.h"
#include "pins.h"
#include "util.h"

/*
 * Which profiles apply to a task, and why: asked of the maps where a policy is in force, and worked out from the
 * compiled policy files where none is.
 */

struct ew_applies_reason {
	unsigned int slot;
	bool entered; /* of `enters`, not of `set` */
	char *text;   /* such as "cgroup /a, pattern /a*", escaped */
};

struct ew_applies {
	const struct ew_pins *pins; /* NULL: nothing is in force, IMAGE is all there is */
	const struct ew_image *image;
	__u32 generation;
	__u64 set;    /* the profiles that apply */
	__u64 enters; /* those that the process is put under once the exec has succeeded */
	size_t n;
	struct ew_applies_reason *reasons; /* owned; at least one for each profile of SET and ENTERS */
	bool no_cgroup;			   /* there is no such cgroup now, and its path has decided */
};

/*
 * ew_applies_find - fills APPLIES, whose first three members are set, for CALLER and the FILES that it executes
 *
 * CGROUP, if not NULL, is a path of a cgroup that the caller is to be in. Logs its errors. Returns 0 or a negative
 * errno; in both cases ew_applies_clear() gives the memory back.
 */
int ew_applies_find(struct ew_applies *applies, const struct ew_caller *caller, const char *cgroup,
		    const struct ew_exec_files *files);

/* Adds a reason for every profile that SET has, for `set`. Returns 0 or -ENOMEM. */
int ew_applies_add(struct ew_applies *applies, __u64 set, const char *fmt, ...) EW_PRINTF(3, 4);

void ew_applies_clear(struct ew_applies *applies);

#endif
