/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "image.h"

#include <string.h>

#include "distinct.h"

static __u64 hash_cgroups(__u64 hash, const struct ew_image_cgroup *list, size_t n)
{
	hash = ew_hash(hash, &n, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		hash = ew_hash(hash, list[i].path, strlen(list[i].path));
		hash = ew_hash(hash, &list[i].set, sizeof(list[i].set));
	}
	return hash;
}

__u64 ew_image_hash(const struct ew_image *image)
{
	__u64 hash = ew_hash(image->hash, image->profiles, sizeof(image->profiles));

	for (size_t i = 0; i < image->n_exceptions; i++) {
		hash = ew_hash(hash, &image->exceptions[i].key, sizeof(image->exceptions[i].key));
		hash = ew_hash(hash, &image->exceptions[i].value, sizeof(image->exceptions[i].value));
	}
	hash = hash_cgroups(hash, image->cgroups, image->n_cgroups);
	hash = hash_cgroups(hash, image->patterns, image->n_patterns);
	hash = hash_cgroups(hash, image->labels, image->n_labels);
	for (size_t i = 0; i < image->n_users; i++) {
		const __u64 user[] = {image->users[i].first, image->users[i].last, image->users[i].set};

		hash = ew_hash(hash, user, sizeof(user));
	}
	for (size_t i = 0; i < image->n_verities; i++)
		hash = ew_hash(hash, image->verities[i].digest, sizeof(image->verities[i].digest));
	for (size_t i = 0; i < image->n_programs; i++) {
		hash = ew_hash(hash, &image->programs[i].key, sizeof(image->programs[i].key));
		hash = ew_hash(hash, &image->programs[i].set, sizeof(image->programs[i].set));
	}
	return hash ?: 1;
}
