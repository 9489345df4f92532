/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_IDENTITY_H
#define EW_IDENTITY_H

#include <stdbool.h>

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

/*
 * ew_identity_of_fd - the same for the file that FD is open on, whose mount MOUNTINFO (/proc/PID/mountinfo) has
 *
 * FD may be opened with O_PATH. *IDMAPPED tells whether the mount maps ids (mount_setattr(2)).
 */
int ew_identity_of_fd(int fd, const char *mountinfo, struct ew_identity *out, bool *idmapped);

#endif
