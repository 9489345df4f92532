/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "image_read.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include <execward/label.h>

#include "map_batch.h"
#include "pattern.h"
#include "tag_programs.h"
#include "tag_users.h"

static int read_profiles(const struct ew_pins *pins, struct ew_image *image)
{
	int err = ew_pins_profiles(pins, image->profiles);

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		image->n_profiles += image->profiles[slot].flags != 0;
	return err;
}

struct reading {
	struct ew_image *image;
	__u32 generation;
	bool *stale; /* set where there are exceptions of another generation */
};

static int visit_exception(void *context, const void *key, const void *value)
{
	struct reading *reading = context;
	struct ew_image *image = reading->image;
	struct ew_image_exception exception;

	memcpy(&exception.key, key, sizeof(exception.key));
	memcpy(&exception.value, value, sizeof(exception.value));
	if (exception.key.generation != reading->generation || image->n_exceptions == 2 * EW_EXCEPTIONS_MAX) {
		*reading->stale = true;
		return 0;
	}
	exception.key.generation = 0;
	image->exceptions[image->n_exceptions++] = exception;
	return 0;
}

static int read_exceptions(const struct ew_pins *pins, struct reading *reading)
{
	/* those of two generations fit into the map */
	reading->image->exceptions = calloc(2 * EW_EXCEPTIONS_MAX, sizeof(*reading->image->exceptions));
	if (!reading->image->exceptions)
		return -ENOMEM;
	return ew_map_each(pins->exceptions_fd, sizeof(struct ew_exception_key), sizeof(struct ew_exception),
			   visit_exception, reading);
}

static int visit_cgroup_path(void *context, const void *key, const void *value)
{
	struct reading *reading = context;
	struct ew_image *image = reading->image;
	bool label = *(const char *)key == EW_LABEL_MARK, pattern = !label && ew_pattern_is(key);
	size_t *n = label ? &image->n_labels : pattern ? &image->n_patterns : &image->n_cgroups;
	size_t room = label ? EW_LABEL_GLOBS_MAX : pattern ? EW_PATTERNS_MAX : EW_CGROUP_PATHS_MAX;
	struct ew_image_cgroup cgroup = {.set = ((const struct ew_sets *)value)->of[EW_HALF(reading->generation)]};

	if (!cgroup.set || *n == 2 * room)
		return 0;
	cgroup.path = strndup(key, EW_CGROUP_PATH_MAX);
	if (!cgroup.path)
		return -ENOMEM;
	(label ? image->labels : pattern ? image->patterns : image->cgroups)[(*n)++] = cgroup;
	return 0;
}

static int read_cgroups(const struct ew_pins *pins, struct reading *reading)
{
	struct ew_image *image = reading->image;

	image->cgroups = calloc(2 * EW_CGROUP_PATHS_MAX, sizeof(*image->cgroups));
	image->patterns = calloc(2 * EW_PATTERNS_MAX, sizeof(*image->patterns));
	image->labels = calloc(2 * EW_LABEL_GLOBS_MAX, sizeof(*image->labels));
	if (!image->cgroups || !image->patterns || !image->labels)
		return -ENOMEM;
	return ew_map_each(pins->cgroup_paths_fd, EW_CGROUP_PATH_MAX, sizeof(struct ew_sets), visit_cgroup_path,
			   reading);
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
	struct reading reading = {image, ew_pins_generation(pins), stale};
	int err;

	if (!image)
		return -ENOMEM;
	*stale = false;
	err = read_profiles(pins, image);
	if (err == 0)
		err = read_exceptions(pins, &reading);
	if (err == 0)
		err = read_cgroups(pins, &reading);
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
	struct reading reading = {.image = image, .generation = ew_pins_generation(pins)};
	int err = image ? read_profiles(pins, image) : -ENOMEM;

	if (err == 0)
		err = read_cgroups(pins, &reading);
	if (err == 0)
		*out = TAKE_PTR(image);
	return err;
}
