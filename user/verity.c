/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verity.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include "log.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define CHUNK (1U << 20) /* bytes */

/* The name is looked for in the bytes of the kernel's BTF, whose strings are as they are: to parse it takes a second.
 */
bool ew_verity_supported(void)
{
	static const char name[] = "\0bpf_get_fsverity_digest"; /* with the end of the string before */
	static char buf[CHUNK + sizeof(name)];
	unsigned int major = 0, minor = 0;
	_cleanup_close_ int fd = -1;
	struct utsname kernel = {};
	size_t kept = 0;
	ssize_t n;

	/* an older kernel is not worth the reading */
	uname(&kernel);
	if (sscanf(kernel.release, "%u.%u", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 8))
		return false;
	fd = open(KERNEL_BTF, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while ((n = read(fd, buf + kept, CHUNK)) > 0) {
		size_t length = kept + (size_t)n;

		if (memmem(buf, length, name, sizeof(name)))
			return true;
		kept = length < sizeof(name) ? length : sizeof(name);
		memmove(buf, buf + length - kept, kept);
	}
	return false;
}

int ew_verity_refuse(const struct ew_image *image)
{
	const struct ew_image_verity *first = &image->verities[0];
	struct utsname kernel = {};

	uname(&kernel);
	return ew_error_ret(
		-EOPNOTSUPP,
		"%s:%u: \"verity\" cannot be enforced: this kernel (%s) does not tell the digests of files; "
		"expected Linux 6.8 or newer, built with CONFIG_FS_VERITY, or exceptions without \"verity\"",
		first->file ?: "policy", first->line, kernel.release);
}

int ew_verity_need(struct ew_state *state, const struct ew_image *image)
{
	if (!image->n_verities)
		return 0;
	if (!(state->verity & EW_VERITY_SUPPORTED))
		return ew_verity_refuse(image);
	__atomic_or_fetch(&state->verity, EW_VERITY_USED, __ATOMIC_SEQ_CST);
	return 0;
}

int ew_verity_apply(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	for (size_t i = 0; i < image->n_verities; i++) {
		struct ew_verity_key key = {.generation = generation};
		__u32 used = 1;

		memcpy(key.digest, image->verities[i].digest, sizeof(key.digest));
		if (bpf_map_update_elem(pins->verities_fd, &key, &used, BPF_ANY) < 0)
			return ew_error_ret(-errno, "%s:%u: the digest cannot be stored: %s%s",
					    image->verities[i].file ?: "policy", image->verities[i].line,
					    strerror(errno), errno == E2BIG ? "; the map of digests is full" : "");
	}
	return 0;
}

void ew_verity_sweep(const struct ew_pins *pins, __u32 generation)
{
	struct ew_verity_key key, next;
	bool more = bpf_map_get_next_key(pins->verities_fd, NULL, &next) == 0;

	while (more) {
		key = next;
		/* before this one goes */
		more = bpf_map_get_next_key(pins->verities_fd, &key, &next) == 0;
		if (key.generation != generation)
			bpf_map_delete_elem(pins->verities_fd, &key);
	}
}

int ew_verity_carry(const struct ew_pins *pins, __u32 generation, struct ew_image *image)
{
	struct ew_verity_key key, next, *previous = NULL;

	while (bpf_map_get_next_key(pins->verities_fd, previous, &next) == 0) {
		int err;

		key = next;
		previous = &key;
		err = key.generation == generation ? ew_image_add_verity(image, key.digest, NULL, 0) : 0;
		if (err < 0)
			return ew_error_ret(err, "the digests of profiles that are kept by force cannot be kept: %s",
					    strerror(-err));
	}
	return 0;
}
