/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_IMAGE_H
#define EW_IMAGE_H

#include <stddef.h>

#include <execward/pattern.h>
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
	char *path;	   /* absolute in the v2 hierarchy, "/" for its root; or a pattern (pattern.h) */
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
	struct ew_image_cgroup *cgroups; /* literal paths */
	size_t n_patterns;
	struct ew_image_cgroup *patterns;
	size_t n_pattern_states; /* of the automaton that the patterns make; 0 without patterns */
	struct ew_pattern_state *pattern_states;
};

void ew_image_free(struct ew_image **image);

#endif
