/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include <execward/label.h>

#include "pattern.h"

static int compare_paths(const void *left, const void *right)
{
	return memcmp(&((const struct ew_image_path *)left)->identity, &((const struct ew_image_path *)right)->identity,
		      sizeof(struct ew_identity));
}

void ew_image_sort_paths(struct ew_image *image)
{
	if (image->n_paths)
		qsort(image->paths, image->n_paths, sizeof(*image->paths), compare_paths);
}

const char *ew_image_path_of(const struct ew_image *image, const struct ew_identity *identity)
{
	const struct ew_image_path key = {.identity = *identity}, *found = NULL;

	if (image->n_paths)
		found = bsearch(&key, image->paths, image->n_paths, sizeof(key), compare_paths);
	return found ? found->path : NULL;
}

__u32 ew_image_shapes(const struct ew_image *image)
{
	__u32 shapes = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		shapes |= image->profiles[slot].shapes;
	return shapes;
}

__u64 ew_image_sticky(const struct ew_image *image)
{
	__u64 set = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (image->profiles[slot].flags & EW_PROFILE_STICKY)
			set |= 1ULL << slot;
	return set;
}

__u64 ew_image_fds(const struct ew_image *image, bool always)
{
	__u64 set = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *profile = &image->profiles[slot];

		if (profile->fd_mode && !(always && profile->fd_flags & EW_FDS_WHEN_GAIN))
			set |= 1ULL << slot;
	}
	return set;
}

bool ew_image_labels(const struct ew_image *image)
{
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (image->profiles[slot].gains & EW_BIT(EW_GAIN_LABEL))
			return true;
	return false;
}

const char *ew_image_label(const struct ew_image *image, unsigned int number)
{
	for (size_t i = 0; i < image->n_labels; i++)
		if (image->labels[i].set == 1ULL << number)
			return image->labels[i].path + 1;
	return "?";
}

__u64 ew_image_label_matches(const struct ew_image *image, const char *label)
{
	char text[EW_LABEL_MAX + 1] = {EW_LABEL_MARK};

	if (!image->n_labels || !image->pattern_states || strlen(label) >= EW_LABEL_MAX)
		return 0;
	strcpy(text + 1, label);
	return ew_pattern_set(image->pattern_states, text);
}

void ew_image_free(struct ew_image **image)
{
	if (!*image)
		return;
	for (size_t i = 0; i < (*image)->n_cgroups; i++)
		free((*image)->cgroups[i].path);
	for (size_t i = 0; i < (*image)->n_patterns; i++)
		free((*image)->patterns[i].path);
	for (size_t i = 0; i < (*image)->n_paths; i++)
		free((*image)->paths[i].path);
	free((*image)->paths);
	free((*image)->cgroups);
	free((*image)->patterns);
	for (size_t i = 0; i < (*image)->n_labels; i++)
		free((*image)->labels[i].path);
	free((*image)->labels);
	free((*image)->pattern_states);
	free((*image)->users);
	for (size_t i = 0; i < (*image)->n_programs; i++)
		free((*image)->programs[i].path);
	free((*image)->programs);
	free((*image)->exceptions);
	free((*image)->verities);
	free(*image);
	*image = NULL;
}
