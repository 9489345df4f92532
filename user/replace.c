/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int ew_replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *aside = NULL;
	_cleanup_close_ int fd = -1;
	int err;

	if (!*name)
		return -EISDIR;
	if (asprintf(&aside, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
		aside = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (err == 0 && (fchmod(fd, mode) < 0 || rename(aside, path) < 0))
		err = -errno;
	if (err < 0)
		unlink(aside);
	return err;
}
