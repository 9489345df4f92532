/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_PATHS_H
#define EW_BPF_PATHS_H

#include "maps.h"
#include "match.h"

/* What the policy says of a cgroup's path: the profiles of the literal path, and those of every pattern that matches.
 */

#define EW_NAME_ROOM 256   /* NAME_MAX and the NUL, linux/limits.h */
#define EW_WALK_LEVELS 512 /* at a level further down every path is cut, as a name has at least one byte */

/*
 * One is enough, as everything here runs under cgroup_mutex. Decisions of ew_path_step() are kept here and not on its
 * caller's stack (struct ew_judge says why).
 */
struct ew_path_work {
	char key[EW_CGROUP_PATH_MAX];			   /* as cgroup_paths has it: padded with zeroes */
	char path[EW_CGROUP_TRACE_MAX + EW_NAME_ROOM + 1]; /* with room for one name more */
	__u16 lengths[EW_WALK_LEVELS];			   /* of a walk: of the path at each level */
	__u32 state;
	__u64 set;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_path_work);
} path_works SEC(".maps");

struct ew_path_walk {
	struct ew_path_work *work;
	void *states;
};

static long ew_path_step(__u32 index, struct ew_path_walk *walk)
{
	struct ew_path_work *work = walk->work;
	struct ew_pattern_state *at = bpf_map_lookup_elem(walk->states, &work->state);

	return !at || !ew_match_step(at, work->path[index & (EW_CGROUP_TRACE_MAX - 1)], &work->state, &work->set);
}

/* The automaton of the policy in force, or NULL. Every entry of its profiles has its generation, used or not. */
static __always_inline void *ew_path_patterns(void)
{
	__u32 key = 0;
	void *profiles = bpf_map_lookup_elem(&policies, &key);
	struct ew_profile *profile = profiles ? bpf_map_lookup_elem(profiles, &key) : NULL;

	if (!profile)
		return NULL;
	key = profile->generation & 1;
	return bpf_map_lookup_elem(&patterns, &key);
}

/* The profiles of the patterns that match work->path, of LENGTH bytes. */
static __always_inline __u64 ew_path_matched(struct ew_path_work *work, __u32 length)
{
	struct ew_path_walk walk = {.work = work, .states = ew_path_patterns()};
	__u32 key = EW_PATTERN_CUT;
	struct ew_pattern_state *cut;
	struct ew_state *st;

	if (!walk.states)
		return 0;
	if (!ew_match_is_cut(length)) {
		work->state = EW_PATTERN_START;
		work->set = 0;
		bpf_loop(EW_CGROUP_TRACE_MAX, ew_path_step, &walk, 0);
		return work->set;
	}
	/* nobody can tell which patterns match: those whose profiles refuse do */
	cut = bpf_map_lookup_elem(walk.states, &key);
	key = 0;
	st = bpf_map_lookup_elem(&state, &key);
	if (st)
		__sync_fetch_and_add(&st->cgroup_paths_cut, 1);
	return cut ? cut->set : 0;
}

/* The profiles of the literal path at PATH. What does not fit is longer than any that a policy can name. */
static __always_inline __u64 ew_path_named(struct ew_path_work *work, const char *path)
{
	__u64 *set;

	__builtin_memset(work->key, 0, sizeof(work->key));
	if (bpf_probe_read_kernel_str(work->key, sizeof(work->key), path) >= (long)sizeof(work->key))
		return 0;
	set = bpf_map_lookup_elem(&cgroup_paths, work->key);
	return set ? *set : 0;
}

/* What the policy says of a new cgroup, by the path that the tracepoint has. */
static __always_inline __u64 ew_path_policy(const char *path)
{
	__u32 zero = 0;
	struct ew_path_work *work = bpf_map_lookup_elem(&path_works, &zero);
	long size;

	if (!work)
		return 0;
	size = bpf_probe_read_kernel_str(work->path, EW_CGROUP_TRACE_MAX, path);
	/* nothing to be read is as good as a path that is cut */
	return ew_path_matched(work, size > 0 ? size - 1 : EW_CGROUP_TRACE_MAX) | ew_path_named(work, path);
}

/*
 * The same for a cgroup that a walk from the root of the hierarchy comes to. The walk comes to parents first, and to
 * everything below a cgroup before the next one beside it: so the path of the parent is still in work->path.
 */
static __always_inline __u64 ew_path_policy_of_walked(struct cgroup *cgrp)
{
	__u32 zero = 0, level = BPF_CORE_READ(cgrp, level), above;
	struct ew_path_work *work = bpf_map_lookup_elem(&path_works, &zero);
	const char *name = BPF_CORE_READ(cgrp, kn, name);
	long size;

	if (!work)
		return 0;
	if (level == 0) {
		/* the root is no match of a pattern */
		work->lengths[0] = 0;
		return ew_path_named(work, "/");
	}
	if (level >= EW_WALK_LEVELS)
		return ew_path_matched(work, EW_CGROUP_TRACE_MAX);
	above = work->lengths[(level - 1) & (EW_WALK_LEVELS - 1)];
	/* of a path that is cut already nothing is to be written over what is above */
	if (!ew_match_is_cut(above)) {
		char *at = &work->path[above & (EW_CGROUP_TRACE_MAX - 1)];

		*at = '/';
		size = bpf_probe_read_kernel_str(at + 1, EW_NAME_ROOM, name);
		above = size > 0 ? above + size : EW_CGROUP_TRACE_MAX;
	}
	work->lengths[level & (EW_WALK_LEVELS - 1)] = above;
	return ew_path_matched(work, above) | (ew_match_is_cut(above) ? 0 : ew_path_named(work, work->path));
}

#endif
