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

int ew_identity_of_path(const char *path, struct ew_identity *out)
{
	/* Held open until the end: while it is, its mount keeps its number. O_PATH neither needs nor does anything
	 * else. */
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	bool idmapped;

	return fd < 0 ? -errno : ew_identity_of_fd(fd, "/proc/self/mountinfo", out, &idmapped);
}

int ew_identity_of_fd(int fd, const char *mountinfo, struct ew_identity *out, bool *idmapped)
{
	struct statx st;
	__u32 dev = 0;
	int err;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_MNT_ID, &st))
		return -errno;
	if (S_ISDIR(st.stx_mode))
		return -EISDIR;
	if (!S_ISREG(st.stx_mode))
		return -EINVAL;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -EOPNOTSUPP;
	err = device_of_mount(mountinfo, st.stx_mnt_id, &dev, idmapped);
	if (err)
		return err;
	*out = (struct ew_identity){.ino = st.stx_ino, .dev = dev};
	return 0;
}
