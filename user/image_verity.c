/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ew_identity ew_image_identity_of_verity(const __u8 digest[EW_VERITY_SIZE])
{
	struct ew_identity identity = {.dev = EW_VERITY_DEV};

	memcpy(&identity.ino, digest, sizeof(identity.ino));
	return identity;
}

int ew_image_add_verity(struct ew_image *image, const __u8 digest[EW_VERITY_SIZE], const char *file, unsigned int line)
{
	struct ew_image_verity *grown, verity = {.line = line, .file = file};

	for (size_t i = 0; i < image->n_verities; i++) {
		const __u8 *other = image->verities[i].digest;

		if (memcmp(other, digest, EW_VERITY_SIZE) == 0)
			return 0;
		if (memcmp(other, digest, sizeof(__u64)) == 0)
			return -EEXIST;
	}
	if (image->n_verities == EW_VERITIES_MAX)
		return -E2BIG;
	grown = reallocarray(image->verities, image->n_verities + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memcpy(verity.digest, digest, sizeof(verity.digest));
	image->verities = grown;
	image->verities[image->n_verities++] = verity;
	return 0;
}
