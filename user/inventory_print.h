/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_INVENTORY_PRINT_H
#define EW_INVENTORY_PRINT_H

#include "inventory_judge.h"

/* All that `scan` has found out, and how it is told. */
struct ew_scanned {
	struct ew_mount_points mounts;
	struct ew_inventory inventory;
	struct ew_inventory_judged *judged; /* of each item */
	const struct ew_image *image;
	__u64 set;	       /* profiles that were asked */
	const char *user;      /* who executes, of --as; NULL: one of those who may */
	unsigned int patience; /* seconds after which a mount was given up */
	const char *unloaded;  /* why the policy is that of the files; NULL: it is the one in force */
};

/* As a table for people, with what could not be looked at on standard error; or as one JSON document. Return 0 or
 * -ENOMEM. */
int ew_scanned_print(const struct ew_scanned *scanned, FILE *out);
int ew_scanned_print_json(const struct ew_scanned *scanned, FILE *out);

/* What could not be looked at, mounts and the first few of all others by name, on standard error. */
void ew_scanned_tell_failures(const struct ew_scanned *scanned);

#endif
