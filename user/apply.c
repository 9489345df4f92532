/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "apply.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "log.h"

#define ROOT_CGROUP_ID 1 /* the first node of the hierarchy (kernfs_create_root(), fs/kernfs/dir.c) */

static void remove_exceptions(const struct ew_pins *pins, const struct ew_image *image, size_t n, __u32 generation)
{
	for (size_t i = 0; i < n; i++) {
		struct ew_exception_key key = image->exceptions[i].key;

		key.generation = generation;
		bpf_map_delete_elem(pins->exceptions_fd, &key);
	}
}

/* The map of a policy's profiles, filled. Returns its descriptor or a negative errno. */
static int make_profiles(const struct ew_image *image, __u32 generation)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_profiles", sizeof(__u32),
						sizeof(struct ew_profile), EW_PROFILES_MAX, NULL);

	if (fd < 0)
		return ew_error_ret(-errno, "the map of profiles cannot be made: %s", strerror(errno));
	/* every slot: ew_path_patterns() in bpf/paths.h looks at the first for the generation */
	for (__u32 slot = 0; slot < EW_PROFILES_MAX; slot++) {
		struct ew_profile profile = image->profiles[slot];

		profile.generation = generation;
		if (bpf_map_update_elem(fd, &slot, &profile, BPF_ANY) < 0)
			return ew_error_ret(-errno, "profile \"%s\" cannot be stored: %s", profile.name,
					    strerror(errno));
	}
	return TAKE_FD(fd);
}

static void remove_patterns(const struct ew_pins *pins, __u32 generation)
{
	__u32 place = generation & 1;

	bpf_map_delete_elem(pins->patterns_fd, &place);
}

/* The map of an automaton, filled. Returns its descriptor or a negative errno. */
static int make_patterns(const struct ew_image *image)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	__u32 n = (__u32)image->n_pattern_states;
	_cleanup_free_ __u32 *keys = calloc(n, sizeof(*keys));
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_patterns", sizeof(__u32),
						sizeof(struct ew_pattern_state), n, &opts);

	if (fd < 0)
		return -errno;
	if (!keys)
		return -ENOMEM;
	for (__u32 i = 0; i < n; i++)
		keys[i] = i;
	if (bpf_map_update_batch(fd, keys, image->pattern_states, &n, NULL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int ew_apply_patterns(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	_cleanup_close_ int fd = -1;
	__u32 place = generation & 1;

	remove_patterns(pins, generation);
	if (!image->n_pattern_states)
		return 0;
	fd = make_patterns(image);
	if (fd >= 0 && bpf_map_update_elem(pins->patterns_fd, &place, &fd, BPF_ANY) == 0)
		return 0;
	return ew_error_ret(fd < 0 ? fd : -errno, "the %zu cgroup patterns (%zu states) cannot be stored: %s",
			    image->n_patterns, image->n_pattern_states, strerror(fd < 0 ? -fd : errno));
}

void ew_apply_sweep_patterns(const struct ew_pins *pins, __u32 generation)
{
	remove_patterns(pins, generation - 1);
}

int ew_apply_image(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	_cleanup_close_ int profiles = make_profiles(image, generation);
	__u32 zero = 0;
	size_t i;
	int err;

	if (profiles < 0)
		return profiles;
	err = ew_apply_patterns(pins, image, generation);
	if (err < 0)
		return err;
	for (i = 0; i < image->n_exceptions; i++) {
		struct ew_exception_key key = image->exceptions[i].key;
		const struct ew_profile *profile = &image->profiles[key.profile];

		key.generation = generation;
		if (bpf_map_update_elem(pins->exceptions_fd, &key, &image->exceptions[i].value, BPF_ANY) < 0) {
			err = -errno;
			ew_error("%s:%u: the exception cannot be stored: %s%s", profile->file,
				 image->exceptions[i].value.line, strerror(-err),
				 err == -E2BIG ? "; the map of exceptions is full" : "");
			remove_exceptions(pins, image, i, generation);
			remove_patterns(pins, generation);
			return err;
		}
	}
	if (bpf_map_update_elem(pins->policies_fd, &zero, &profiles, BPF_ANY) < 0) {
		err = -errno;
		remove_exceptions(pins, image, i, generation);
		remove_patterns(pins, generation);
		return ew_error_ret(err, "the policy cannot be put in force: %s", strerror(-err));
	}
	return 0;
}

int ew_apply_cgroup_paths(const struct ew_pins *pins, const struct ew_image *image)
{
	for (size_t i = 0; i < image->n_cgroups; i++) {
		char key[EW_CGROUP_PATH_MAX] = {};

		strncpy(key, image->cgroups[i].path, sizeof(key) - 1);
		if (bpf_map_update_elem(pins->cgroup_paths_fd, key, &image->cgroups[i].set, BPF_ANY) < 0)
			return ew_error_ret(-errno, "%s:%u: cgroup %s cannot be stored: %s%s", image->cgroups[i].file,
					    image->cgroups[i].line, key, strerror(errno),
					    errno == E2BIG ? "; the map of cgroup paths is full" : "");
	}
	return 0;
}

int ew_apply_cgroup_get(const struct ew_pins *pins, __u64 id, struct ew_cgroup_tag *out)
{
	struct ew_cgroup_tag tag = {};

	if (bpf_map_lookup_elem(pins->cgroups_fd, &id, &tag) < 0 && errno != ENOENT)
		return -errno;
	*out = tag;
	return 0;
}

/* One walk of the cgroup and all below it, by ew_cgroup_walk in bpf/cgroup.bpf.c. */
static int walk(const struct ew_pins *pins, int cgroup_fd, struct ew_cgroup_apply *apply)
{
	union bpf_iter_link_info info = {
		.cgroup = {.order = BPF_CGROUP_ITER_DESCENDANTS_PRE, .cgroup_fd = (__u32)cgroup_fd},
	};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &info, .iter_info_len = sizeof(info));
	_cleanup_close_ int link = -1, iter = -1;
	__u32 zero = 0;
	char buf[64];
	ssize_t n;

	if (bpf_map_update_elem(pins->cgroup_applies_fd, &zero, apply, BPF_ANY) < 0)
		return -errno;
	link = bpf_link_create(pins->ew_cgroup_walk_prog_fd, 0, BPF_TRACE_ITER, &opts);
	if (link < 0)
		return -errno;
	iter = bpf_iter_create(link);
	if (iter < 0)
		return -errno;
	/* the program prints nothing; EAGAIN ends a read after a million cgroups (bpf_seq_read(),
	 * kernel/bpf/bpf_iter.c) */
	do
		n = read(iter, buf, sizeof(buf));
	while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	if (n < 0)
		return -errno;
	return bpf_map_lookup_elem(pins->cgroup_applies_fd, &zero, apply) < 0 ? -errno : 0;
}

int ew_apply_cgroup(const struct ew_pins *pins, int cgroup_fd, const char *path, __u64 policy, __u64 command)
{
	struct ew_cgroup_apply apply = {.policy = policy, .command = command};
	struct ew_cgroup_tag before;
	int err;

	err = ew_cgroup_id(cgroup_fd, &apply.root);
	if (err == 0)
		err = ew_apply_cgroup_get(pins, apply.root, &before);
	if (err < 0)
		return ew_error_ret(err, "cgroup %s: its tag cannot be read: %s", path, strerror(-err));
	err = walk(pins, cgroup_fd, &apply);
	if (err == 0 && apply.seen == 0)
		return ew_error_ret(-ENOENT, "cgroup %s was removed meanwhile", path);
	if (err == 0 && apply.failed)
		err = -ENOSPC;
	if (err == 0)
		return 0;
	if (err == -ENOSPC)
		ew_error("cgroup %s cannot be tagged: the map of tagged cgroups is full, it holds %d; tag fewer "
			 "cgroups, or "
			 "one further up",
			 path, EW_CGROUPS_MAX);
	else
		ew_error("cgroup %s cannot be tagged: %s", path, strerror(-err));
	apply = (struct ew_cgroup_apply){.policy = before.policy, .command = before.command, .root = apply.root};
	if (walk(pins, cgroup_fd, &apply) < 0)
		ew_error("cgroup %s: its former tags could not be put back; unload and load again", path);
	return err;
}

int ew_apply_cgroups_by_path(const struct ew_pins *pins)
{
	struct ew_cgroup_apply apply = {.by_path = 1};
	_cleanup_close_ int fd = ew_cgroup_open("/");
	__u64 id = 0;
	int err = fd < 0 ? fd : ew_cgroup_id(fd, &id);

	if (err == -EXDEV || (err >= 0 && id != ROOT_CGROUP_ID))
		return ew_error_ret(-EXDEV,
				    "cgroups cannot be matched with patterns: only a part of the cgroup2 hierarchy is "
				    "to be seen here; load where all of it is mounted, outside of containers");
	if (err >= 0)
		err = walk(pins, fd, &apply);
	if (err >= 0 && apply.failed)
		return ew_error_ret(-ENOSPC,
				    "%llu cgroups cannot be tagged: the map of tagged cgroups is full, it holds %d; "
				    "name fewer in the policy",
				    (unsigned long long)apply.failed, EW_CGROUPS_MAX);
	if (err < 0)
		return ew_error_ret(err, "the cgroups cannot be tagged by their paths: %s", strerror(-err));
	return 0;
}

int ew_apply_cgroups(const struct ew_pins *pins, const struct ew_image *image)
{
	/* one walk for all, literal paths too */
	if (image->n_patterns)
		return ew_apply_cgroups_by_path(pins);
	for (size_t i = 0; i < image->n_cgroups; i++) {
		const struct ew_image_cgroup *cgroup = &image->cgroups[i];
		_cleanup_close_ int fd = ew_cgroup_open(cgroup->path);
		int err;

		if (fd == -ENOENT)
			continue; /* ew_cgroup_mkdir tags it when it is made */
		if (fd < 0)
			return ew_error_ret(fd, "%s:%u: cgroup %s cannot be opened: %s", cgroup->file, cgroup->line,
					    cgroup->path, strerror(-fd));
		err = ew_apply_cgroup(pins, fd, cgroup->path, cgroup->set, 0);
		if (err < 0 && err != -ENOENT)
			return err;
	}
	return 0;
}
