/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_MOUNTINFO_H
#define EW_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

/* All mounts that a process sees, as /proc/PID/mountinfo tells of them (proc(5)). */

struct ew_mount_point {
	__u64 id;    /* statx(2), stx_mnt_id */
	__u64 dev;   /* of its superblock, major << 32 | minor */
	char *root;  /* the directory of the file system that is mounted: "" for all of it, else "/PATH" */
	char *point; /* where, from the root of the process: "/", else no slash at its end */
	char *type;
	bool nosuid;
	bool virtual; /* the kernel makes up what is in it: nothing that was installed is there */
};

struct ew_mount_points {
	size_t n;
	struct ew_mount_point *list;
};

/* Reads F to its end. Returns 0 or -ENOMEM; ew_mount_points_clear() gives the memory back in both cases. */
int ew_mount_points_parse(FILE *f, struct ew_mount_points *out);
void ew_mount_points_clear(struct ew_mount_points *points);

/* Undoes the octal escapes of blank, newline and backslash that mountinfo has (fs/proc_namespace.c, mangle()). */
void ew_mountinfo_unmangle(char *text);

#endif
