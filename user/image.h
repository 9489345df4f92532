/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_IMAGE_H
#define EW_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/policy.h>

/*
 * The compiled policy: exactly what apply.c writes into the maps, made by policy_compile.c without a kernel. All
 * memory belongs to the image; ew_image_free() releases it and clears the pointer.
 */

struct ew_image_exception {
	struct ew_exception_key key; /* generation 0: apply.c sets it */
	struct ew_exception value;
};

struct ew_image_cgroup {
	char *path;	   /* absolute in the v2 hierarchy, "/" for its root */
	__u64 set;	   /* profile slots */
	unsigned int line; /* of its first mention, in `file` */
	const char *file;  /* owned by the image */
};

struct ew_image {
	unsigned int n_profiles;
	struct ew_profile profiles[EW_PROFILES_MAX]; /* slots in order of files and of lines; generation 0 */
	size_t n_exceptions;
	struct ew_image_exception *exceptions;
	size_t n_cgroups;
	struct ew_image_cgroup *cgroups;
};

/* Does a profile have FLAG, one of EW_PROFILE_*? */
static inline bool ew_image_has(const struct ew_image *image, __u32 flag)
{
	for (unsigned int i = 0; i < image->n_profiles; i++)
		if (image->profiles[i].flags & flag)
			return true;
	return false;
}

void ew_image_free(struct ew_image **image);

#endif
