/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

/* MINORBITS of the kernel (include/linux/kdev_t.h): how a dev_t is encoded there, unlike makedev(3). */
#define KERNEL_MINOR_BITS 20

/* Is WORD among the comma-separated options of a mount, the sixth field of its LINE? */
static bool has_option(const char *line, const char *word)
{
	size_t len = strlen(word);
	int start = 0;

	sscanf(line, "%*s %*s %*s %*s %*s %n", &start);
	for (const char *at = line + start; *at && *at != ' '; at += strcspn(at, ", "), at += *at == ',')
		if (strncmp(at, word, len) == 0 && strchr(", \n", at[len]))
			return true;
	return false;
}

/* The device of the superblock of mount MOUNT_ID: the third field of its line. */
static int device_of_mount(const char *mountinfo, uint64_t mount_id, __u32 *out, bool *idmapped)
{
	_cleanup_fclose_ FILE *f = fopen(mountinfo, "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	if (!f)
		return -errno;
	/* A line can be longer than any buffer: a mount point alone can have PATH_MAX bytes, each four when escaped. */
	while (errno = 0, getline(&line, &room, f) >= 0) {
		unsigned int major, minor;
		uint64_t id;

		if (sscanf(line, "%" SCNu64 " %*u %u:%u", &id, &major, &minor) == 3 && id == mount_id) {
			*out = major << KERNEL_MINOR_BITS | minor;
			*idmapped = has_option(line, "idmapped");
			return 0;
		}
	}
	return errno ? -errno : -ENODATA;
}

/* Fills ST; 0 or a negative errno, also for what is not a regular file. */
static int stat_program(int fd, const char *path, struct statx *st)
{
	if (statx(fd, path, fd == AT_FDCWD ? 0 : AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_MNT_ID, st))
		return -errno;
	if (S_ISDIR(st->stx_mode))
		return -EISDIR;
	if (!S_ISREG(st->stx_mode))
		return -EINVAL;
	return st->stx_mask & STATX_MNT_ID ? 0 : -EOPNOTSUPP;
}

static const struct ew_mount *known(const struct ew_mounts *mounts, __u64 id)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->items[i].id == id)
			return &mounts->items[i];
	return NULL;
}

int ew_identity_of_fd(int fd, const char *mountinfo, struct ew_identity *out, bool *idmapped)
{
	struct statx st;
	__u32 dev = 0;
	int err = stat_program(fd, "", &st);

	if (!err)
		err = device_of_mount(mountinfo, st.stx_mnt_id, &dev, idmapped);
	if (!err)
		*out = (struct ew_identity){.ino = st.stx_ino, .dev = dev};
	return err;
}

int ew_identity_find(struct ew_mounts *mounts, const char *path, struct ew_identity *out)
{
	/* Held open until the end: while it is, its mount keeps its number. O_PATH neither needs nor does anything
	 * else. */
	_cleanup_close_ int fd = -1;
	const struct ew_mount *mount;
	struct statx st;
	bool idmapped;
	int err = stat_program(AT_FDCWD, path, &st);

	if (err)
		return err;
	mount = known(mounts, st.stx_mnt_id);
	if (mount) {
		*out = (struct ew_identity){.ino = st.stx_ino, .dev = mount->dev};
		return 0;
	}
	fd = open(path, O_PATH | O_CLOEXEC);
	/* the path may lead elsewhere by now */
	err = fd < 0 ? -errno : stat_program(fd, "", &st);
	if (!err)
		err = ew_identity_of_fd(fd, "/proc/self/mountinfo", out, &idmapped);
	if (!err && mounts->n < EW_ARRAY_SIZE(mounts->items))
		mounts->items[mounts->n++] = (struct ew_mount){.id = st.stx_mnt_id, .dev = out->dev, .fd = TAKE_FD(fd)};
	return err;
}

void ew_mounts_clear(struct ew_mounts *mounts)
{
	while (mounts->n)
		ew_closep(&mounts->items[--mounts->n].fd);
}

int ew_identity_of_path(const char *path, struct ew_identity *out)
{
	EW_CLEANUP(ew_mounts_clear) struct ew_mounts mounts = {};

	return ew_identity_find(&mounts, path, out);
}
