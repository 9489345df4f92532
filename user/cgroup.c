/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "mountinfo.h"
#include "util.h"

#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h: the handle is the 64-bit id of the node */
#define KEPT_PATHS 64

/* Takes the slashes at the end away, so that "/" becomes "". */
static void trim_slashes(char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		path[--len] = '\0';
}

static int copy(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(out, text, len + 1);
	return 0;
}

int ew_cgroup_parse_mounts(FILE *mountinfo, struct ew_cgroup_mount *mount)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int err = -ENODEV;

	while (getline(&line, &room, mountinfo) > 0) {
		char *save = NULL, *type = strstr(line, " - "), *root, *point;

		if (!type || strncmp(type + 3, "cgroup2 ", 8) != 0)
			continue;
		/* id, parent, device, root, mount point */
		strtok_r(line, " ", &save);
		strtok_r(NULL, " ", &save);
		strtok_r(NULL, " ", &save);
		root = strtok_r(NULL, " ", &save);
		point = strtok_r(NULL, " ", &save);
		if (!root || !point)
			continue;
		ew_mountinfo_unmangle(root);
		ew_mountinfo_unmangle(point);
		trim_slashes(root);
		trim_slashes(point);
		if ((!err && *root) || strlen(root) >= sizeof(mount->root) || strlen(point) >= sizeof(mount->point))
			continue;
		strcpy(mount->root, root);
		strcpy(mount->point, point);
		err = 0;
		if (!*root)
			break;
	}
	return err;
}

/* Copies PATH without doubled slashes and without one at its end: "/" becomes "". */
static int normalise(const char *path, char *out, size_t size)
{
	size_t used = 0;

	if (*path != '/')
		return -EINVAL;
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return -EINVAL;
		if (used + len + 2 > size)
			return -ENAMETOOLONG;
		if (len)
			out[used++] = '/';
		memcpy(out + used, path, len);
		used += len;
		path += len;
	}
	if (!size)
		return -ENAMETOOLONG;
	out[used] = '\0';
	return 0;
}

/* What follows the directory PREFIX ("" is the root) in PATH: "" or "/...". NULL when PATH is not at or below it. */
static const char *below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

/* PATH without the prefix FROM, behind the prefix TO. */
static int rebase(const char *path, const char *from, const char *to, char *out, size_t size)
{
	char plain[EW_PATH_MAX];
	const char *rest;
	int err = normalise(path, plain, sizeof(plain));

	if (err)
		return err;
	rest = below(plain, from);
	if (!rest)
		return -EXDEV;
	if (!*rest && !*to)
		rest = "/";
	return (size_t)snprintf(out, size, "%s%s", to, rest) < size ? 0 : -ENAMETOOLONG;
}

int ew_cgroup_to_fs(const struct ew_cgroup_mount *mount, const char *path, char *out, size_t size)
{
	return rebase(path, mount->root, mount->point, out, size);
}

int ew_cgroup_from_fs(const struct ew_cgroup_mount *mount, const char *path, char *out, size_t size)
{
	return rebase(path, mount->point, mount->root, out, size);
}

/* The mount of this process, looked for once: it stays where it is. */
static int get_mount(const struct ew_cgroup_mount **out)
{
	static struct ew_cgroup_mount mount;
	static bool known;

	if (!known) {
		_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
		int err = f ? ew_cgroup_parse_mounts(f, &mount) : -errno;

		if (err)
			return err;
		known = true;
	}
	*out = &mount;
	return 0;
}

/* A directory at PATH, if it is a cgroup of the v2 hierarchy; -ENOENT if it is no cgroup at all. */
static int open_directory(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs))
		return -errno;
	if (fs.f_type == CGROUP_SUPER_MAGIC)
		return -EMEDIUMTYPE;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOENT;
	return TAKE_FD(fd);
}

int ew_cgroup_open(const char *path)
{
	const struct ew_cgroup_mount *mount;
	char plain[EW_PATH_MAX], fs_path[EW_PATH_MAX];
	bool in_fs = false;
	int err = normalise(path, plain, sizeof(plain)), fd;

	if (err)
		return err;
	err = get_mount(&mount);
	if (!err) {
		in_fs = below(plain, mount->point) != NULL;
		err = in_fs ? copy(fs_path, sizeof(fs_path), plain)
			    : ew_cgroup_to_fs(mount, path, fs_path, sizeof(fs_path));
	}
	fd = err ? err : open_directory(fs_path);
	if ((fd == -ENOENT || fd == -ENODEV) && !in_fs) {
		/* A path of the file system after all, into a v1 hierarchy or another mount of v2? */
		int other = open_directory(plain);

		if (other >= 0 || other == -EMEDIUMTYPE)
			return other;
	}
	return fd;
}

/* struct file_handle with room for the one kind of handle that is of use here. */
union kernfs_handle {
	struct file_handle handle;
	unsigned char room[sizeof(struct file_handle) + sizeof(__u64)];
};

static int id_at(int dir, const char *path, int flags, __u64 *id)
{
	union kernfs_handle h = {.handle.handle_bytes = sizeof(*id)};
	int mount_id;

	if (name_to_handle_at(dir, path, &h.handle, &mount_id, flags))
		return errno == EOVERFLOW ? -EBADF : -errno;
	if (h.handle.handle_bytes != sizeof(*id) || h.handle.handle_type != FILEID_KERNFS)
		return -EBADF;
	memcpy(id, h.room + offsetof(struct file_handle, f_handle), sizeof(*id));
	return 0;
}

int ew_cgroup_id(int fd, __u64 *id)
{
	return id_at(fd, "", AT_EMPTY_PATH, id);
}

/* The name of what FD is open on, in the file system. */
static int path_of_fd(int fd, char *out, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	out[n] = '\0';
	return 0;
}

int ew_cgroup_path_of_id(__u64 id, char *out, size_t size)
{
	static const char deleted[] = " (deleted)";
	union kernfs_handle h = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	const struct ew_cgroup_mount *mount;
	_cleanup_close_ int dir = -1, fd = -1;
	char path[EW_PATH_MAX];
	size_t len;
	int err = get_mount(&mount);

	if (err)
		return err;
	/* open_by_handle_at(2) takes any descriptor in the mount, but none that is O_PATH */
	dir = open(*mount->point ? mount->point : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	memcpy(h.room + offsetof(struct file_handle, f_handle), &id, sizeof(id));
	fd = open_by_handle_at(dir, &h.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = path_of_fd(fd, path, sizeof(path));
	if (err)
		return err;
	/* Removed since it was opened, unless its name really ends so. */
	len = strlen(path);
	if (len >= strlen(deleted) && EW_STREQ(path + len - strlen(deleted), deleted)) {
		__u64 found = 0;

		if (id_at(AT_FDCWD, path, 0, &found) || found != id)
			return -ESTALE;
	}
	return ew_cgroup_from_fs(mount, path, out, size);
}

int ew_cgroup_path_had(__u64 id, char *out, size_t size)
{
	static struct {
		__u64 id, used;
		char *path;
	} kept[KEPT_PATHS];
	static __u64 now;
	size_t oldest = 0;
	int err;

	now++;
	for (size_t i = 0; i < KEPT_PATHS; i++) {
		if (kept[i].path && kept[i].id == id) {
			kept[i].used = now;
			return copy(out, size, kept[i].path);
		}
		if (kept[i].used < kept[oldest].used)
			oldest = i;
	}
	err = ew_cgroup_path_of_id(id, out, size);
	if (err)
		return err;
	free(kept[oldest].path);
	kept[oldest].path = strdup(out);
	kept[oldest].id = id;
	kept[oldest].used = now;
	return 0;
}
