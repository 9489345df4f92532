/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "apply.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cgroup.h"
#include "log.h"
#include "tag_programs.h"
#include "tag_users.h"
#include "verity.h"

#define BATCH 4096U
#define ROOT_CGROUP_ID 1 /* the first node of the hierarchy (kernfs_create_root(), fs/kernfs/dir.c) */

/* The map of profiles that HALF has. Returns a descriptor or a negative errno; -ENOENT: there is none yet. */
static int open_profiles(const struct ew_pins *pins, __u32 half)
{
	__u32 id;
	int fd = bpf_map_lookup_elem(pins->policies_fd, &half, &id) < 0 ? -1 : bpf_map_get_fd_by_id(id);

	return fd < 0 ? -errno : fd;
}

static int fill_profiles(int fd, const struct ew_image *image, __u32 generation)
{
	struct ew_profile profiles[EW_PROFILES_MAX];
	__u32 slots[EW_PROFILES_MAX], n = EW_PROFILES_MAX;
	__u64 sticky = ew_image_sticky(image), fds = ew_image_fds(image, false), always = ew_image_fds(image, true);

	for (__u32 slot = 0; slot < EW_PROFILES_MAX; slot++) {
		slots[slot] = slot;
		profiles[slot] = image->profiles[slot];
		profiles[slot].generation = generation;
		profiles[slot].sticky = sticky;
		profiles[slot].fds = fds;
		profiles[slot].fds_always = always;
	}
	if (bpf_map_update_batch(fd, slots, profiles, &n, NULL) < 0)
		return ew_error_ret(-errno, "the profiles cannot be stored: %s", strerror(errno));
	return 0;
}

/*
 * Putting another map into the map of maps waits until every program that is running has ended
 * (maybe_wait_bpf_programs(), kernel/bpf/syscall.c). A map that no program sees is written as it is.
 */
static int write_profiles(const struct ew_pins *pins, const struct ew_image *image, __u32 generation, bool idle)
{
	__u32 half = EW_HALF(generation);
	_cleanup_close_ int fd = idle ? open_profiles(pins, half) : -ENOENT;
	int err;

	if (fd >= 0)
		return fill_profiles(fd, image, generation);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_profiles", sizeof(__u32), sizeof(struct ew_profile),
			    EW_PROFILES_MAX, NULL);
	if (fd < 0)
		return ew_error_ret(-errno, "the map of profiles cannot be made: %s", strerror(errno));
	err = fill_profiles(fd, image, generation);
	if (err == 0 && bpf_map_update_elem(pins->policies_fd, &half, &fd, BPF_ANY) < 0)
		err = ew_error_ret(-errno, "the profiles cannot be stored: %s", strerror(errno));
	return err;
}

static int write_exceptions(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct ew_exception *values = calloc(BATCH, sizeof(*values));
	__u32 n;

	if (!keys || !values)
		return ew_error_ret(-ENOMEM, "the exceptions cannot be stored: %s", strerror(ENOMEM));
	for (size_t i = 0; i < image->n_exceptions; i += n) {
		for (n = 0; n < BATCH && i + n < image->n_exceptions; n++) {
			keys[n] = image->exceptions[i + n].key;
			keys[n].generation = generation;
			values[n] = image->exceptions[i + n].value;
		}
		if (bpf_map_update_batch(pins->exceptions_fd, keys, values, &n, NULL) < 0)
			return ew_error_ret(-errno, "the exceptions cannot be stored: %s%s", strerror(errno),
					    errno == E2BIG ? "; the map of exceptions is full" : "");
	}
	return 0;
}

int ew_apply_image(const struct ew_pins *pins, const struct ew_image *image, __u32 generation, bool idle)
{
	int err = write_exceptions(pins, image, generation);

	if (err == 0)
		err = ew_tag_programs_apply(pins, image, generation);
	if (err == 0)
		err = ew_tag_users_apply(pins, image, generation);
	if (err == 0)
		err = ew_verity_apply(pins, image, generation);
	return err ?: write_profiles(pins, image, generation, idle);
}

int ew_apply_wait(const struct ew_pins *pins, __u32 generation)
{
	__u32 half = EW_HALF(generation);
	_cleanup_close_ int profiles = open_profiles(pins, half);

	/* storing what is there already waits, as in write_profiles() */
	if (profiles < 0)
		return profiles;
	return bpf_map_update_elem(pins->policies_fd, &half, &profiles, BPF_ANY) < 0 ? -errno : 0;
}

int ew_apply_sweep_of(const struct ew_pins *pins, const struct ew_image *image, __u32 gone, __u32 generation)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(BATCH, sizeof(*keys));
	__u32 n;

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_exceptions; i += n) {
		for (n = 0; n < BATCH && i + n < image->n_exceptions; n++) {
			keys[n] = image->exceptions[i + n].key;
			keys[n].generation = gone;
		}
		if (bpf_map_delete_batch(pins->exceptions_fd, keys, &n, NULL) < 0)
			return -errno;
	}
	ew_tag_programs_sweep(pins, generation);
	ew_verity_sweep(pins, generation);
	return 0;
}

int ew_apply_sweep(const struct ew_pins *pins, __u32 generation)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(BATCH, sizeof(*keys)), *stale = NULL;
	_cleanup_free_ struct ew_exception *values = calloc(BATCH, sizeof(*values));
	__u32 token = 0, n, done;
	size_t n_stale = 0;
	bool first = true;
	int err = 0;

	stale = calloc(2 * EW_EXCEPTIONS_MAX + BATCH, sizeof(*stale));
	if (!keys || !values || !stale)
		return -ENOMEM;
	for (; err == 0; first = false) {
		n = BATCH;
		if (bpf_map_lookup_batch(pins->exceptions_fd, first ? NULL : &token, &token, keys, values, &n, NULL) <
		    0)
			err = -errno;
		for (__u32 i = 0; (err == 0 || err == -ENOENT) && i < n && n_stale <= 2 * EW_EXCEPTIONS_MAX; i++)
			if (keys[i].generation != generation)
				stale[n_stale++] = keys[i];
	}
	if (err != -ENOENT)
		return err;
	ew_tag_programs_sweep(pins, generation);
	ew_verity_sweep(pins, generation);
	for (size_t i = 0; i < n_stale; i += done) {
		done = n_stale - i < BATCH ? (__u32)(n_stale - i) : BATCH;
		if (bpf_map_delete_batch(pins->exceptions_fd, stale + i, &done, NULL) < 0)
			return -errno;
	}
	return 0;
}

static const struct ew_image_cgroup *find_in(const struct ew_image_cgroup *list, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (EW_STREQ(list[i].path, path))
			return &list[i];
	return NULL;
}

/* Does the image name it, literally or as a pattern? */
static bool names(const struct ew_image *image, const char *path)
{
	return find_in(image->cgroups, image->n_cgroups, path) || find_in(image->patterns, image->n_patterns, path);
}

/* Puts SET into HALVES of SETS. Returns whether that changed anything. */
static bool sets_put(struct ew_sets *sets, unsigned int halves, __u64 set)
{
	bool changed = false;

	for (unsigned int half = 0; half < EW_HALVES; half++) {
		if (!(halves >> half & 1) || sets->of[half] == set)
			continue;
		sets->of[half] = set;
		changed = true;
	}
	return changed;
}

/* A path of the map, one after the other; KEY is what the call before gave, NULL at first. False at the end. */
static bool next_path(const struct ew_pins *pins, const char *key, char next[EW_CGROUP_PATH_MAX])
{
	return bpf_map_get_next_key(pins->cgroup_paths_fd, key, next) == 0;
}

/* Paths that IMAGE does not have any more stay in the map, without profiles, for ew_apply_cgroups(). */
static int forget_paths(const struct ew_pins *pins, const struct ew_image *image, unsigned int halves)
{
	char key[EW_CGROUP_PATH_MAX], *previous = NULL, next[EW_CGROUP_PATH_MAX];
	struct ew_sets sets;

	while (next_path(pins, previous, next)) {
		memcpy(key, next, sizeof(key));
		previous = key;
		if (!names(image, key) && bpf_map_lookup_elem(pins->cgroup_paths_fd, key, &sets) == 0 &&
		    sets_put(&sets, halves, 0) && bpf_map_update_elem(pins->cgroup_paths_fd, key, &sets, BPF_EXIST) < 0)
			return -errno;
	}
	return 0;
}

static int write_path(const struct ew_pins *pins, const struct ew_image_cgroup *cgroup, unsigned int halves)
{
	char key[EW_CGROUP_PATH_MAX] = {};
	struct ew_sets sets = {};

	strncpy(key, cgroup->path, sizeof(key) - 1);
	if (bpf_map_lookup_elem(pins->cgroup_paths_fd, key, &sets) < 0 && errno != ENOENT)
		return ew_error_ret(-errno, "cgroup %s cannot be looked up: %s", key, strerror(errno));
	if (sets_put(&sets, halves, cgroup->set) && bpf_map_update_elem(pins->cgroup_paths_fd, key, &sets, BPF_ANY) < 0)
		return ew_error_ret(-errno, "%s:%u: cgroup %s cannot be stored: %s%s", cgroup->file ?: "policy",
				    cgroup->line, key, strerror(errno),
				    errno == E2BIG ? "; the map of cgroup paths is full" : "");
	return 0;
}

int ew_apply_cgroup_paths(const struct ew_pins *pins, const struct ew_image *image, unsigned int halves)
{
	int err = forget_paths(pins, image, halves);

	if (err < 0)
		return ew_error_ret(err, "the paths of cgroups cannot be changed: %s", strerror(-err));
	for (size_t i = 0; i < image->n_cgroups && err == 0; i++)
		err = write_path(pins, &image->cgroups[i], halves);
	for (size_t i = 0; i < image->n_patterns && err == 0; i++)
		err = write_path(pins, &image->patterns[i], halves);
	return err;
}

int ew_apply_cgroup_get(const struct ew_pins *pins, __u64 id, struct ew_cgroup_tag *out)
{
	struct ew_cgroup_tag tag = {};

	if (bpf_map_lookup_elem(pins->cgroups_fd, &id, &tag) < 0 && errno != ENOENT)
		return -errno;
	*out = tag;
	return 0;
}

/* One walk of the cgroup and, in that ORDER, what is below it, by ew_cgroup_walk in bpf/cgroup.bpf.c. */
static int walk(const struct ew_pins *pins, int cgroup_fd, enum bpf_cgroup_iter_order order,
		struct ew_cgroup_apply *apply)
{
	union bpf_iter_link_info info = {
		.cgroup = {.order = order, .cgroup_fd = (__u32)cgroup_fd},
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

int ew_apply_cgroup(const struct ew_pins *pins, int cgroup_fd, const char *path, const struct ew_cgroup_tag *own)
{
	struct ew_cgroup_apply apply = {.policy = own->policy, .command = own->command};
	struct ew_cgroup_tag before;
	int err;

	err = ew_cgroup_id(cgroup_fd, &apply.root);
	if (err == 0)
		err = ew_apply_cgroup_get(pins, apply.root, &before);
	if (err < 0)
		return ew_error_ret(err, "cgroup %s: its tag cannot be read: %s", path, strerror(-err));
	err = walk(pins, cgroup_fd, BPF_CGROUP_ITER_DESCENDANTS_PRE, &apply);
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
	if (walk(pins, cgroup_fd, BPF_CGROUP_ITER_DESCENDANTS_PRE, &apply) < 0)
		ew_error("cgroup %s: its former tags could not be put back; unload and load again", path);
	return err;
}

/*
 * A mkdir that had looked at the paths before they changed is over, and its cgroup can be seen: the iterator waits for
 * cgroup_mutex, which mkdir holds from its tracepoint until then. Changes nothing.
 */
static int wait_for_mkdirs(const struct ew_pins *pins)
{
	_cleanup_close_ int fd = ew_cgroup_open("/");
	struct ew_cgroup_apply apply = {};

	return fd == -ENODEV ? 0 : fd < 0 ? fd : walk(pins, fd, BPF_CGROUP_ITER_SELF_ONLY, &apply);
}

/* Gives the cgroup at PATH, if there is one, what the map says of its path. */
static int apply_path(const struct ew_pins *pins, const char *path, const struct ew_sets *sets, unsigned int halves)
{
	_cleanup_close_ int fd = ew_cgroup_open(path);
	struct ew_cgroup_tag tag;
	bool changed = false;
	__u64 id;
	int err;

	if (fd == -ENOENT)
		return 0; /* ew_cgroup_mkdir tags it when it is made */
	err = fd < 0 ? fd : ew_cgroup_id(fd, &id);
	if (err == 0)
		err = ew_apply_cgroup_get(pins, id, &tag);
	if (err < 0)
		return ew_error_ret(err, "cgroup %s cannot be tagged: %s", path, strerror(-err));
	for (unsigned int half = 0; half < EW_HALVES; half++)
		changed |= sets_put(&tag.policy, halves & 1U << half, sets->of[half]);
	err = changed ? ew_apply_cgroup(pins, fd, path, &tag) : 0;
	return err == -ENOENT ? 0 : err;
}

/* Every cgroup gets what the maps say of its path, or, ALIKE, what it has in the other half. */
static int apply_by_path(const struct ew_pins *pins, unsigned int halves, bool alike)
{
	struct ew_cgroup_apply apply = {.by_path = halves, .alike = alike, .count_cut = !alike};
	_cleanup_close_ int fd = ew_cgroup_open("/");
	__u64 id = 0;
	int err = fd < 0 ? fd : ew_cgroup_id(fd, &id);

	if (err == -EXDEV || (err >= 0 && id != ROOT_CGROUP_ID))
		return ew_error_ret(-EXDEV,
				    "cgroups cannot be matched with patterns: only a part of the cgroup2 hierarchy is "
				    "to be seen here; load where all of it is mounted, outside of containers");
	/* a policy with patterns that is in force has had them counted */
	for (__u32 half = 0; half < EW_HALVES; half++)
		if (!(halves >> half & 1) && ew_apply_patterns_of(pins, half))
			apply.count_cut = 0;
	if (err >= 0)
		err = walk(pins, fd, BPF_CGROUP_ITER_DESCENDANTS_PRE, &apply);
	if (err >= 0 && apply.failed)
		return ew_error_ret(-ENOSPC,
				    "%llu cgroups cannot be tagged: the map of tagged cgroups is full, it holds %d; "
				    "name fewer in the policy",
				    (unsigned long long)apply.failed, EW_CGROUPS_MAX);
	if (err < 0)
		return ew_error_ret(err, "the cgroups cannot be tagged by their paths: %s", strerror(-err));
	return 0;
}

static int apply_cgroups(const struct ew_pins *pins, unsigned int halves, bool alike)
{
	char key[EW_CGROUP_PATH_MAX], next[EW_CGROUP_PATH_MAX];
	bool more = next_path(pins, NULL, next), patterns = false;
	struct ew_sets sets;
	int err;

	for (__u32 half = 0; half < EW_HALVES; half++)
		patterns |= halves >> half & 1 && ew_apply_patterns_of(pins, half);
	if (patterns) {
		err = apply_by_path(pins, halves, alike);
	} else {
		err = wait_for_mkdirs(pins);
		if (err < 0)
			ew_error("the cgroups cannot be tagged: %s", strerror(-err));
	}
	while (more && err == 0) {
		memcpy(key, next, sizeof(key));
		/* before this one goes */
		more = next_path(pins, key, next);
		if (bpf_map_lookup_elem(pins->cgroup_paths_fd, key, &sets) < 0)
			continue;
		if (!patterns)
			err = apply_path(pins, key, &sets, halves);
		if (err == 0 && !sets.of[0] && !sets.of[1])
			bpf_map_delete_elem(pins->cgroup_paths_fd, key);
	}
	if (err == 0)
		ew_apply_patterns_drop(pins, halves);
	return err;
}

int ew_apply_cgroups(const struct ew_pins *pins, unsigned int halves)
{
	return apply_cgroups(pins, halves, false);
}

int ew_apply_cgroups_alike(const struct ew_pins *pins, unsigned int halves)
{
	return apply_cgroups(pins, halves, true);
}
