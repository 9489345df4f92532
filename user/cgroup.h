/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CGROUP_H
#define EW_CGROUP_H

#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

#include <execward/limits.h>

/*
 * Cgroups of the v2 hierarchy (Documentation/admin-guide/cgroup-v2.rst): paths, ids and units. A path in the hierarchy
 * starts with "/", which is the root cgroup; a file system path is one below the mount point.
 *
 * The id of a cgroup is the 64-bit number of its kernfs node. Its low half comes from a cyclic allocator and its high
 * half grows whenever that wraps (__kernfs_new_node(), fs/kernfs/dir.c), so no id comes back before a reboot; and
 * cgroup v2 has no rename (cgroup_kf_syscall_ops, kernel/cgroup/cgroup.c). So an id has one path as long as it has any.
 */

/* Where the hierarchy is mounted, and which part of it. */
struct ew_cgroup_mount {
	char point[EW_PATH_MAX]; /* of the mount, no "/" at its end */
	char root[EW_PATH_MAX];	 /* the cgroup that is mounted there: "" for the root, else "/PATH" */
};

/*
 * ew_cgroup_parse_mounts - finds the cgroup2 mount in MOUNTINFO (proc(5), /proc/PID/mountinfo)
 *
 * Prefers a mount of the whole hierarchy, then the first. Returns 0, or -ENODEV when there is none.
 */
int ew_cgroup_parse_mounts(FILE *mountinfo, struct ew_cgroup_mount *mount);

/*
 * ew_cgroup_to_fs, ew_cgroup_from_fs - from a path in the hierarchy to one in the file system, and back
 *
 * Pure functions of strings; a slash too many goes. Return 0, or -EINVAL for a path that does not start with "/" or has
 * a "." or ".." component, -EXDEV for one outside of the mount, -ENAMETOOLONG. OUT is undefined on failure.
 */
int ew_cgroup_to_fs(const struct ew_cgroup_mount *mount, const char *path, char *out, size_t size);
int ew_cgroup_from_fs(const struct ew_cgroup_mount *mount, const char *path, char *out, size_t size);

/*
 * ew_cgroup_open - opens the cgroup at PATH, of the hierarchy or of the file system
 *
 * PATH is taken for a file system path if it is at or below the mount point, else for one in the hierarchy. Returns a
 * descriptor of the directory, which the caller closes, or: -ENOENT there is no such cgroup; -EMEDIUMTYPE it is one of
 * cgroup v1; -ENODEV no cgroup2 is mounted; -ENOTDIR it is a file in a cgroup; -EINVAL, -ENAMETOOLONG as above; else
 * what open(2) failed with.
 */
int ew_cgroup_open(const char *path);

/* The id of the cgroup that FD is open on. Returns 0, or what name_to_handle_at(2) failed with; -EBADF: not kernfs. */
int ew_cgroup_id(int fd, __u64 *id);

/*
 * ew_cgroup_path_of_id - the path of cgroup ID in the hierarchy, asked of the kernel each time
 *
 * Returns 0, or: -ESTALE no cgroup has the id (any more); -EPERM no CAP_DAC_READ_SEARCH; -ENODEV no cgroup2 is mounted;
 * -EXDEV it is outside of what is mounted; -ENAMETOOLONG. OUT is undefined on failure.
 */
int ew_cgroup_path_of_id(__u64 id, char *out, size_t size);

/*
 * ew_cgroup_path_had - the path that cgroup ID has, or had while it lived
 *
 * For records, which tell of a moment gone by: a short-lived cgroup is often removed before its record is read. Answers
 * from the last 64 found; as ids do not come back and cgroups do not move, such an answer is never another cgroup's.
 * -ESTALE only when it was not looked at while it lived. Otherwise as ew_cgroup_path_of_id(). Not for several threads.
 */
int ew_cgroup_path_had(__u64 id, char *out, size_t size);

/*
 * ew_cgroup_of_unit - the path in the hierarchy of systemd unit UNIT, asked of systemctl(1)
 *
 * A name without a unit type's suffix gets ".service". Logs its own errors. Returns 0, or: -EINVAL not a unit's name;
 * -EHOSTDOWN systemd is not running; -ENOENT no such unit; -ENODATA it is not running or its type has no cgroup;
 * -ENAMETOOLONG; -EIO systemctl failed. OUT is undefined on failure.
 */
int ew_cgroup_of_unit(const char *unit, char *out, size_t size);

/* UNIT with its suffix. Returns 0, -EINVAL for what systemd does not take for the name of one unit, -ENAMETOOLONG. */
int ew_cgroup_unit_name(const char *unit, char *out, size_t size);

#endif
