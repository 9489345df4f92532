/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kernel_btf.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define CHUNK (1U << 20) /* bytes */
#define NAME_SIZE 64	 /* with the ends of the string and of the one before */

/* The names are looked for among the strings of the kernel's BTF, as they are there: to parse it all takes a second. */
void ew_kernel_has(const char *const *names, bool *has, size_t n)
{
	static char buf[CHUNK + NAME_SIZE];
	unsigned int major = 0, minor = 0;
	_cleanup_close_ int fd = -1;
	struct utsname kernel = {};
	struct btf_header header;
	size_t kept = 0, left = n;
	ssize_t got;

	memset(has, 0, n * sizeof(*has));
	/* an older kernel is not worth the reading: it has none that execward calls where it can */
	uname(&kernel);
	if (sscanf(kernel.release, "%u.%u", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 2))
		return;
	fd = open(KERNEL_BTF, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &header, sizeof(header)) != sizeof(header) || header.magic != BTF_MAGIC ||
	    lseek(fd, (off_t)header.hdr_len + header.str_off, SEEK_SET) < 0)
		return;
	while (left && (got = read(fd, buf + kept, CHUNK)) > 0) {
		size_t length = kept + (size_t)got;

		for (size_t i = 0; i < n; i++) {
			char name[NAME_SIZE] = {};
			size_t size = strlen(names[i]) + 2;

			if (has[i] || size > sizeof(name))
				continue;
			memcpy(name + 1, names[i], size - 2);
			has[i] = memmem(buf, length, name, size);
			left -= has[i];
		}
		kept = length < NAME_SIZE ? length : NAME_SIZE;
		memmove(buf, buf + length - kept, kept);
	}
}
