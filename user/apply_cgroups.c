/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "apply.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cgroup.h"
#include "log.h"
#include "map_batch.h"

/* Cgroups: the paths that policies name, and the tags of those that there are. */

#define ROOT_CGROUP_ID 1 /* the first node of the hierarchy (kernfs_create_root(), fs/kernfs/dir.c) */

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

/* An entry of the map of paths, there or to be. */
struct path {
	char key[EW_CGROUP_PATH_MAX]; /* padded with zeroes */
	struct ew_sets sets;
	const struct ew_image_cgroup *rule; /* what names it, if anything does */
};

struct paths {
	struct path *items;
	size_t n, room;
};

static void paths_clear(struct paths *paths)
{
	free(paths->items);
}

static int paths_add(struct paths *paths, const char *key, const struct ew_sets *sets,
		     const struct ew_image_cgroup *rule)
{
	struct path *path;

	if (paths->n == paths->room) {
		size_t room = paths->room ? 2 * paths->room : 64;
		struct path *items = reallocarray(paths->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		paths->items = items;
		paths->room = room;
	}
	path = &paths->items[paths->n++];
	*path = (struct path){.sets = *sets, .rule = rule};
	strncpy(path->key, key, sizeof(path->key) - 1);
	return 0;
}

static int visit_path(void *context, const void *key, const void *value)
{
	return paths_add(context, key, value, NULL);
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(((const struct path *)left)->key, ((const struct path *)right)->key);
}

/* What the map has, in order. */
static int paths_read(const struct ew_pins *pins, struct paths *paths)
{
	int err = ew_map_each(pins->cgroup_paths_fd, EW_CGROUP_PATH_MAX, sizeof(struct ew_sets), visit_path, paths);

	if (paths->n)
		qsort(paths->items, paths->n, sizeof(*paths->items), compare_paths);
	return err;
}

/* Has each of the N rules in LIST what it names among PATHS, of which the first N_SORTED are in order. */
static int paths_name(struct paths *paths, size_t n_sorted, const struct ew_image_cgroup *list, size_t n)
{
	static const struct ew_sets none;

	for (size_t i = 0; i < n; i++) {
		struct path key = {}, *found = NULL;
		int err;

		strncpy(key.key, list[i].path, sizeof(key.key) - 1);
		if (n_sorted)
			found = bsearch(&key, paths->items, n_sorted, sizeof(key), compare_paths);
		if (found) {
			found->rule = &list[i];
			continue;
		}
		err = paths_add(paths, list[i].path, &none, &list[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static int refuse_path(const struct path *path, int err)
{
	const struct ew_image_cgroup *rule = path->rule;

	return ew_error_ret(err, "%s:%u: cgroup %s cannot be stored: %s%s", rule && rule->file ? rule->file : "policy",
			    rule ? rule->line : 0, path->key, strerror(-err),
			    err == -E2BIG ? "; the map of cgroup paths is full" : "");
}

/* Stores those of which HALVES change. One that nothing names stays, without profiles, for ew_apply_cgroups(). */
static int paths_store(const struct ew_pins *pins, struct paths *paths, unsigned int halves)
{
	_cleanup_free_ char *keys = calloc(paths->n + 1, EW_CGROUP_PATH_MAX);
	_cleanup_free_ struct ew_sets *values = calloc(paths->n + 1, sizeof(*values));
	_cleanup_free_ size_t *from = calloc(paths->n + 1, sizeof(*from));
	__u32 n = 0;

	if (!keys || !values || !from)
		return ew_error_ret(-ENOMEM, "the paths of cgroups cannot be stored: %s", strerror(ENOMEM));
	for (size_t i = 0; i < paths->n; i++) {
		struct path *path = &paths->items[i];

		if (!sets_put(&path->sets, halves, path->rule ? path->rule->set : 0))
			continue;
		memcpy(keys + (size_t)n * EW_CGROUP_PATH_MAX, path->key, EW_CGROUP_PATH_MAX);
		values[n] = path->sets;
		from[n++] = i;
	}
	/* how many were stored is told in N, also when it fails */
	if (n && bpf_map_update_batch(pins->cgroup_paths_fd, keys, values, &n, NULL) < 0)
		return refuse_path(&paths->items[from[n]], -errno);
	return 0;
}

int ew_apply_cgroup_paths(const struct ew_pins *pins, const struct ew_image *image, unsigned int halves)
{
	EW_CLEANUP(paths_clear) struct paths paths = {};
	int err = paths_read(pins, &paths);
	size_t n = paths.n;

	if (err == 0)
		err = paths_name(&paths, n, image->cgroups, image->n_cgroups);
	if (err == 0)
		err = paths_name(&paths, n, image->patterns, image->n_patterns);
	if (err == 0)
		err = paths_name(&paths, n, image->labels, image->n_labels);
	if (err < 0)
		return ew_error_ret(err, "the paths of cgroups cannot be changed: %s", strerror(-err));
	return paths_store(pins, &paths, halves);
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
		ew_error("cgroup %s cannot be tagged: %s; see: execward doctor", path, strerror(-err));
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
static int apply_by_path(struct ew_apply *a, unsigned int halves, bool alike)
{
	/* a policy with patterns that is in force has had the paths counted that are cut */
	bool count = !alike && !ew_apply_patterns_in(a, ~halves & EW_HALVES_ALL);
	__u32 now = ew_pins_generation(a->pins);
	struct ew_cgroup_apply apply = {
		.by_path = halves, .alike = alike, .count_cut = count, .generation = now + !(halves & EW_HALF_OF(now))};
	_cleanup_close_ int fd = ew_cgroup_open("/");
	__u64 id = 0;
	int err = fd < 0 ? fd : ew_cgroup_id(fd, &id);

	if (err == -EXDEV || (err >= 0 && id != ROOT_CGROUP_ID))
		return ew_error_ret(-EXDEV,
				    "cgroups cannot be matched with patterns: only a part of the cgroup2 hierarchy is "
				    "to be seen here; load where all of it is mounted, outside of containers");
	if (err >= 0)
		err = walk(a->pins, fd, BPF_CGROUP_ITER_DESCENDANTS_PRE, &apply);
	if (err >= 0 && apply.failed)
		return ew_error_ret(-ENOSPC,
				    "%llu cgroups cannot be tagged: the map of tagged cgroups is full, it holds %d; "
				    "name fewer in the policy",
				    (unsigned long long)apply.failed, EW_CGROUPS_MAX);
	if (err < 0)
		return ew_error_ret(err, "the cgroups cannot be tagged by their paths: %s", strerror(-err));
	return 0;
}

/* Takes away the paths that no policy names. It does no harm if they stay. */
static void forget_paths(const struct ew_pins *pins, const struct paths *paths)
{
	_cleanup_free_ char *keys = calloc(paths->n + 1, EW_CGROUP_PATH_MAX);
	__u32 n = 0;

	for (size_t i = 0; keys && i < paths->n; i++)
		if (!paths->items[i].sets.of[0] && !paths->items[i].sets.of[1])
			memcpy(keys + (size_t)n++ * EW_CGROUP_PATH_MAX, paths->items[i].key, EW_CGROUP_PATH_MAX);
	if (n)
		bpf_map_delete_batch(pins->cgroup_paths_fd, keys, &n, NULL);
}

static int apply_each_path(const struct ew_pins *pins, const struct paths *paths, unsigned int halves)
{
	int err = wait_for_mkdirs(pins);

	if (err < 0)
		return ew_error_ret(err, "the cgroups cannot be tagged: %s", strerror(-err));
	for (size_t i = 0; i < paths->n && err == 0; i++)
		err = apply_path(pins, paths->items[i].key, &paths->items[i].sets, halves);
	return err;
}

static int apply_cgroups(struct ew_apply *apply, unsigned int halves, bool alike)
{
	EW_CLEANUP(paths_clear) struct paths paths = {};
	int err = paths_read(apply->pins, &paths);

	if (err < 0)
		return ew_error_ret(err, "the paths of cgroups cannot be read: %s", strerror(-err));
	err = ew_apply_patterns_in(apply, halves) ? apply_by_path(apply, halves, alike)
						  : apply_each_path(apply->pins, &paths, halves);
	if (err < 0)
		return err;
	forget_paths(apply->pins, &paths);
	ew_apply_patterns_drop(apply, halves);
	return 0;
}

int ew_apply_cgroups(struct ew_apply *apply, unsigned int halves)
{
	return apply_cgroups(apply, halves, false);
}

int ew_apply_cgroups_alike(struct ew_apply *apply, unsigned int halves)
{
	return apply_cgroups(apply, halves, true);
}
