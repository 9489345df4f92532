/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "image_read.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "pattern.h"
#include "tag_programs.h"
#include "tag_users.h"

#define BATCH 4096U

static int read_profiles(const struct ew_pins *pins, struct ew_image *image)
{
	int err = ew_pins_profiles(pins, image->profiles);

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		image->n_profiles += image->profiles[slot].flags != 0;
	return err;
}

static int read_exceptions(const struct ew_pins *pins, __u32 generation, struct ew_image *image, bool *stale)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct ew_exception *values = calloc(BATCH, sizeof(*values));
	__u32 token = 0, n;
	bool first = true;
	int err = 0;

	/* those of two generations fit into the map */
	image->exceptions = calloc(2 * EW_EXCEPTIONS_MAX, sizeof(*image->exceptions));
	if (!keys || !values || !image->exceptions)
		return -ENOMEM;
	for (; err == 0; first = false) {
		n = BATCH;
		if (bpf_map_lookup_batch(pins->exceptions_fd, first ? NULL : &token, &token, keys, values, &n, NULL) <
		    0)
			err = -errno;
		for (__u32 i = 0; (err == 0 || err == -ENOENT) && i < n; i++) {
			if (keys[i].generation != generation || image->n_exceptions == 2 * EW_EXCEPTIONS_MAX) {
				*stale = true;
				continue;
			}
			image->exceptions[image->n_exceptions] = (struct ew_image_exception){keys[i], values[i]};
			image->exceptions[image->n_exceptions++].key.generation = 0;
		}
	}
	return err == -ENOENT ? 0 : err;
}

static int read_cgroups(const struct ew_pins *pins, __u32 half, struct ew_image *image)
{
	char key[EW_CGROUP_PATH_MAX], *previous = NULL, next[EW_CGROUP_PATH_MAX];

	image->cgroups = calloc(2 * EW_CGROUP_PATHS_MAX, sizeof(*image->cgroups));
	image->patterns = calloc(2 * EW_PATTERNS_MAX, sizeof(*image->patterns));
	if (!image->cgroups || !image->patterns)
		return -ENOMEM;
	while (image->n_cgroups < 2 * EW_CGROUP_PATHS_MAX && image->n_patterns < 2 * EW_PATTERNS_MAX &&
	       bpf_map_get_next_key(pins->cgroup_paths_fd, previous, next) == 0) {
		bool pattern = ew_pattern_is(next);
		struct ew_image_cgroup *cgroup =
			pattern ? &image->patterns[image->n_patterns] : &image->cgroups[image->n_cgroups];
		struct ew_sets sets;

		memcpy(key, next, sizeof(key));
		previous = key;
		if (bpf_map_lookup_elem(pins->cgroup_paths_fd, key, &sets) < 0 || !sets.of[half])
			continue;
		*cgroup = (struct ew_image_cgroup){.path = strndup(key, sizeof(key)), .set = sets.of[half]};
		if (!cgroup->path)
			return -ENOMEM;
		if (pattern)
			image->n_patterns++;
		else
			image->n_cgroups++;
	}
	return 0;
}

/* What commands put on users goes its own way; where it cut the policy's ranges they are one again. */
static int read_users(const struct ew_pins *pins, struct ew_image *image)
{
	_cleanup_free_ struct ew_user_span *spans = NULL, *policy = NULL;
	ssize_t n = ew_tag_users_read(pins, &spans);

	for (ssize_t i = 0; i < n; i++)
		spans[i].command = 0;
	if (n > 0)
		n = ew_user_ranges_disjoin(spans, (size_t)n, &policy);
	if (n < 0)
		return (int)n;
	image->users = calloc((size_t)n + 1, sizeof(*image->users));
	if (!image->users)
		return -ENOMEM;
	for (ssize_t i = 0; i < n; i++)
		image->users[image->n_users++] = (struct ew_image_user){
			.first = policy[i].first,
			.last = policy[i].last,
			.set = policy[i].policy,
		};
	return 0;
}

static int read_programs(const struct ew_pins *pins, struct ew_image *image)
{
	_cleanup_free_ struct ew_tagged_program *list = NULL;
	ssize_t n = ew_tag_programs_read(pins, &list);

	if (n < 0)
		return (int)n;
	image->programs = calloc((size_t)n + 1, sizeof(*image->programs));
	if (!image->programs)
		return -ENOMEM;
	for (ssize_t i = 0; i < n; i++) {
		struct ew_image_program *program = &image->programs[image->n_programs];

		if (list[i].key.generation == EW_GENERATION_COMMAND)
			continue;
		*program = (struct ew_image_program){
			.key = {.program = list[i].key.program},
			.set = list[i].tag.set,
			.path = strndup(list[i].tag.path, sizeof(list[i].tag.path)),
		};
		if (!program->path)
			return -ENOMEM;
		image->n_programs++;
	}
	return 0;
}

int ew_image_read(const struct ew_pins *pins, struct ew_image **out, bool *stale)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = calloc(1, sizeof(*image));
	__u32 generation = ew_pins_generation(pins);
	int err;

	if (!image)
		return -ENOMEM;
	*stale = false;
	err = read_profiles(pins, image);
	if (err == 0)
		err = read_exceptions(pins, generation, image, stale);
	if (err == 0)
		err = read_cgroups(pins, EW_HALF(generation), image);
	if (err == 0)
		err = read_users(pins, image);
	if (err == 0)
		err = read_programs(pins, image);
	if (err == 0)
		*out = TAKE_PTR(image);
	return err;
}

int ew_image_read_cgroups(const struct ew_pins *pins, struct ew_image **out)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = calloc(1, sizeof(*image));
	int err = image ? read_profiles(pins, image) : -ENOMEM;

	if (err == 0)
		err = read_cgroups(pins, EW_HALF(ew_pins_generation(pins)), image);
	if (err == 0)
		*out = TAKE_PTR(image);
	return err;
}
