/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tag_programs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "identity.h"
#include "log.h"
#include "map_batch.h"
#include "pins_need.h"

/* The end of a path tells more than its beginning. */
static void set_path(struct ew_program_tag *tag, const char *path)
{
	size_t len = strlen(path), room = sizeof(tag->path) - 1;

	memset(tag->path, 0, sizeof(tag->path));
	if (len <= room)
		memcpy(tag->path, path, len);
	else
		snprintf(tag->path, sizeof(tag->path), "...%s", path + len - room + 3);
}

int ew_tag_programs_apply(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	_cleanup_free_ struct ew_program_key *keys = calloc(image->n_programs + 1, sizeof(*keys));
	_cleanup_free_ struct ew_program_tag *tags = calloc(image->n_programs + 1, sizeof(*tags));
	__u32 n = (__u32)image->n_programs;

	if (!keys || !tags)
		return ew_error_ret(-ENOMEM, "the programs cannot be stored: %s", strerror(ENOMEM));
	for (size_t i = 0; i < image->n_programs; i++) {
		keys[i] = image->programs[i].key;
		keys[i].generation = generation;
		tags[i].set = image->programs[i].set;
		set_path(&tags[i], image->programs[i].path);
	}
	/* how many were stored is told in N, also when it fails */
	if (n && bpf_map_update_batch(pins->programs_fd, keys, tags, &n, NULL) < 0) {
		const struct ew_image_program *program = &image->programs[n < image->n_programs ? n : 0];

		return ew_error_ret(-errno, "%s:%u: program %s cannot be stored: %s%s", program->file, program->line,
				    program->path, strerror(errno),
				    errno == E2BIG ? "; the map of tagged programs is full" : "");
	}
	return 0;
}

struct programs {
	struct ew_tagged_program *list;
	size_t n, room;
	__u32 generation;
	bool stale; /* those of other policies, instead of what is in force */
};

static int visit_program(void *context, const void *key, const void *value)
{
	struct programs *programs = context;
	struct ew_tagged_program program;
	bool in_force;

	memcpy(&program.key, key, sizeof(program.key));
	memcpy(&program.tag, value, sizeof(program.tag));
	in_force = program.key.generation == programs->generation || program.key.generation == EW_GENERATION_COMMAND;
	if (programs->stale ? in_force : !in_force || !program.tag.set)
		return 0;
	if (programs->n == programs->room) {
		size_t room = programs->room ? 2 * programs->room : 64;
		struct ew_tagged_program *list = reallocarray(programs->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		programs->list = list;
		programs->room = room;
	}
	programs->list[programs->n++] = program;
	return 0;
}

/* PROGRAMS->list is to be freed, also on failure. */
static int read_programs(const struct ew_pins *pins, struct programs *programs)
{
	return ew_map_each(pins->programs_fd, sizeof(struct ew_program_key), sizeof(struct ew_program_tag),
			   visit_program, programs);
}

void ew_tag_programs_sweep(const struct ew_pins *pins, __u32 generation)
{
	struct programs programs = {.generation = generation, .stale = true};
	int err = read_programs(pins, &programs);
	_cleanup_free_ struct ew_tagged_program *list = programs.list;
	_cleanup_free_ struct ew_program_key *keys = calloc(programs.n + 1, sizeof(*keys));
	__u32 n = (__u32)programs.n;

	for (size_t i = 0; keys && i < programs.n; i++)
		keys[i] = list[i].key;
	if (keys && n && err == 0)
		bpf_map_delete_batch(pins->programs_fd, keys, &n, NULL);
}

ssize_t ew_tag_programs_read(const struct ew_pins *pins, struct ew_tagged_program **out)
{
	struct programs programs = {.generation = ew_pins_generation(pins)};
	int err = read_programs(pins, &programs);
	_cleanup_free_ struct ew_tagged_program *list = programs.list;

	if (err < 0)
		return err;
	*out = TAKE_PTR(list);
	return (ssize_t)programs.n;
}

static size_t count_commands(const struct ew_tagged_program *list, ssize_t n)
{
	size_t count = 0;

	for (ssize_t i = 0; i < n; i++)
		count += list[i].key.generation == EW_GENERATION_COMMAND;
	return count;
}

int ew_tag_programs_add(const struct ew_pins *pins, const char *path, __u64 profiles)
{
	_cleanup_free_ struct ew_tagged_program *list = NULL;
	_cleanup_free_ char *full = realpath(path, NULL);
	struct ew_program_key key = {.generation = EW_GENERATION_COMMAND};
	struct ew_program_tag tag = {};
	ssize_t n;
	int err = full ? ew_identity_of_path(full, &key.program) : -errno;

	if (err == -EISDIR || err == -EINVAL)
		return ew_error_ret(err, "program %s cannot be tagged: it is not a regular file", path);
	if (err == -ENOENT)
		return ew_error_ret(
			err, "program %s cannot be tagged: there is no such file; name an executable file by its path",
			path);
	if (err < 0)
		return ew_error_ret(err, "program %s cannot be tagged: %s", path, strerror(-err));
	n = ew_tag_programs_read(pins, &list);
	if (n < 0)
		return ew_error_ret((int)n, "the tagged programs cannot be read: %s", strerror((int)-n));
	if (bpf_map_lookup_elem(pins->programs_fd, &key, &tag) < 0 && count_commands(list, n) >= EW_PROGRAMS_MAX)
		return ew_error_ret(-ENOSPC,
				    "program %s cannot be tagged: commands have tagged %d programs, which is all there "
				    "can be; untag some, or name them in the policy",
				    path, EW_PROGRAMS_MAX);
	if (ew_pins_need_programs(pins, EW_PROGRAMS_COMMAND) < 0)
		return -EIO;
	tag.set |= profiles;
	set_path(&tag, full);
	if (bpf_map_update_elem(pins->programs_fd, &key, &tag, BPF_ANY) < 0)
		return ew_error_ret(-errno, "program %s cannot be tagged: %s", path, strerror(errno));
	return 0;
}

static int remove_one(const struct ew_pins *pins, const struct ew_tagged_program *program, __u64 profiles)
{
	struct ew_program_tag tag = program->tag;
	int err;

	tag.set &= ~profiles;
	if (tag.set)
		err = bpf_map_update_elem(pins->programs_fd, &program->key, &tag, BPF_ANY);
	else
		err = bpf_map_delete_elem(pins->programs_fd, &program->key);
	return err < 0 ? -errno : 0;
}

int ew_tag_programs_remove(const struct ew_pins *pins, const char *path, __u64 profiles, __u64 *policy)
{
	_cleanup_free_ struct ew_tagged_program *list = NULL;
	_cleanup_free_ char *full = realpath(path, NULL);
	struct ew_program_tag named = {};
	struct ew_identity identity = {};
	bool exists = full && ew_identity_of_path(full, &identity) == 0, any = false;
	__u64 from_policy = 0;
	ssize_t n = ew_tag_programs_read(pins, &list);
	int err = n < 0 ? (int)n : 0;

	set_path(&named, full ?: path);
	for (ssize_t i = 0; i < n && err == 0; i++) {
		const struct ew_tagged_program *program = &list[i];

		if (!(program->tag.set & profiles) ||
		    !((exists && memcmp(&program->key.program, &identity, sizeof(identity)) == 0) ||
		      EW_STREQ(program->tag.path, named.path)))
			continue;
		err = remove_one(pins, program, profiles);
		any = true;
		if (program->key.generation != EW_GENERATION_COMMAND)
			from_policy |= program->tag.set & profiles;
	}
	if (err < 0)
		return ew_error_ret(err, "program %s cannot be untagged: %s", path, strerror(-err));
	if (!any)
		return -ENOENT;
	*policy = from_policy;
	return 0;
}
