/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verity.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel_btf.h"
#include "log.h"

bool ew_verity_supported(void)
{
	bool supported;

	ew_kernel_has((const char *const[]){"bpf_get_fsverity_digest"}, &supported, 1);
	return supported;
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
