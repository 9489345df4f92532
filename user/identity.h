/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_IDENTITY_H
#define EW_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/policy.h>

/*
 * ew_identity_of_path - the identity of the regular file that PATH leads to, symbolic links followed
 *
 * The device is that of the superblock, as /proc/self/mountinfo (proc(5)) tells it for the mount that statx(2) names,
 * since st_dev differs from it on btrfs and other file systems with subvolumes.
 *
 * Returns 0, or a negative errno: -EISDIR or -EINVAL for what is not a regular file, -ENODATA when the mount is not in
 * mountinfo, else what open(2), statx(2) or reading mountinfo failed with. *OUT is untouched on failure.
 */
int ew_identity_of_path(const char *path, struct ew_identity *out);

struct ew_mount {
	__u64 id;
	__u32 dev;
	int fd; /* of a file on it: while it is open, no other mount gets the number */
};

/* Mounts whose devices are known, for who looks at thousands of files. All zero is empty; more than fit are not kept.
 */
struct ew_mounts {
	size_t n;
	struct ew_mount items[32];
};

/* ew_identity_of_path(), which reads mountinfo only for mounts that MOUNTS does not have, and adds them. */
int ew_identity_find(struct ew_mounts *mounts, const char *path, struct ew_identity *out);
void ew_mounts_clear(struct ew_mounts *mounts);

/*
 * ew_identity_of_fd - the same for the file that FD is open on, whose mount MOUNTINFO (/proc/PID/mountinfo) has
 *
 * FD may be opened with O_PATH. *IDMAPPED tells whether the mount maps ids (mount_setattr(2)).
 */
int ew_identity_of_fd(int fd, const char *mountinfo, struct ew_identity *out, bool *idmapped);

#endif
