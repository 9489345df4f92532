/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_PATHS_H
#define EW_BPF_PATHS_H

#include "maps.h"
#include "match.h"
#include "subject.h"

/* What the policies say of a cgroup's path: the profiles of the literal path, and those of every pattern that matches.
 */

#define EW_NAME_ROOM 256   /* NAME_MAX and the NUL, linux/limits.h */
#define EW_WALK_LEVELS 512 /* at a level further down every path is cut, as a name has at least one byte */

/* A path, or a label (label.h), on its way through the automaton. */
struct ew_path_match {
	__u64 set;
	__u32 state;
	char path[EW_CGROUP_TRACE_MAX + EW_NAME_ROOM + 1]; /* with room for one name more */
};

/*
 * One is enough, as everything here runs under cgroup_mutex. Decisions of ew_path_step() are kept here and not on its
 * caller's stack (struct ew_judge says why).
 */
struct ew_path_work {
	char key[EW_CGROUP_PATH_MAX];  /* as cgroup_paths has it: padded with zeroes */
	__u16 lengths[EW_WALK_LEVELS]; /* of a walk: of the path at each level */
	__u32 cut;		       /* 1: the path that was looked at last is cut, and is to be told (cut.h) */
	struct ew_path_match match;
	struct ew_change_record change;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_path_work);
} path_works SEC(".maps");

struct ew_path_walk {
	struct ew_path_match *match;
	void *states;
};

static long ew_path_step(__u32 index, struct ew_path_walk *walk)
{
	struct ew_path_match *match = walk->match;
	struct ew_pattern_state *at = bpf_map_lookup_elem(walk->states, &match->state);

	return !at || !ew_match_step(at, match->path[index & (EW_CGROUP_TRACE_MAX - 1)], &match->state, &match->set);
}

/* The profiles of the patterns of HALF that match match->path, of LENGTH bytes. */
static __always_inline __u64 ew_path_matched(struct ew_path_match *match, __u32 length, __u32 half)
{
	struct ew_path_walk walk = {.match = match, .states = ew_array_at(&patterns, half)};
	struct ew_pattern_state *cut;

	if (!walk.states)
		return 0;
	if (!ew_match_is_cut(length)) {
		match->state = EW_PATTERN_START;
		match->set = 0;
		bpf_loop(EW_CGROUP_TRACE_MAX, ew_path_step, &walk, 0);
		return match->set;
	}
	/* nobody can tell which patterns match: those whose profiles refuse do */
	cut = ew_array_at(walk.states, EW_PATTERN_CUT);
	return cut ? cut->set : 0;
}

/* Counts a path that is cut, if there are patterns that it could match. */
static __always_inline void ew_path_count_cut(struct ew_path_work *work)
{
	struct ew_state *st = ew_array_at(&state, 0);

	if (st && ew_counts(st) && (ew_array_at(&patterns, 0) || ew_array_at(&patterns, 1))) {
		__sync_fetch_and_add(&st->cgroup_paths_cut, 1);
		work->cut = 1;
	}
}

/* The profiles of the literal path at PATH. What does not fit is longer than any that a policy can name. */
static __always_inline struct ew_sets ew_path_named(struct ew_path_work *work, const char *path)
{
	struct ew_sets *sets, none = {};

	__builtin_memset(work->key, 0, sizeof(work->key));
	if (bpf_probe_read_kernel_str(work->key, sizeof(work->key), path) >= (long)sizeof(work->key))
		return none;
	sets = bpf_map_lookup_elem(&cgroup_paths, work->key);
	return sets ? *sets : none;
}

/* What the policies of HALVES say of work->match.path, of LENGTH bytes; PATH is the same path, for literal ones. */
static __always_inline struct ew_sets ew_path_sets(struct ew_path_work *work, __u32 length, const char *path,
						   __u64 halves, bool count_cut)
{
	struct ew_sets sets = {};

	work->cut = 0;
	if (!ew_match_is_cut(length))
		sets = ew_path_named(work, path);
	else if (count_cut)
		ew_path_count_cut(work);
	if (halves & 1)
		sets.of[0] |= ew_path_matched(&work->match, length, 0);
	if (halves & 2)
		sets.of[1] |= ew_path_matched(&work->match, length, 1);
	return sets;
}

/* What the policies say of a new cgroup, by the path that the tracepoint has. */
static __always_inline struct ew_sets ew_path_policy(const char *path)
{
	struct ew_path_work *work = ew_array_at(&path_works, 0);
	struct ew_sets none = {};
	long size;

	if (!work)
		return none;
	size = bpf_probe_read_kernel_str(work->match.path, EW_CGROUP_TRACE_MAX, path);
	/* nothing to be read is as good as a path that is cut */
	return ew_path_sets(work, size > 0 ? size - 1 : EW_CGROUP_TRACE_MAX, path, EW_HALVES_ALL, true);
}

/*
 * The same for a cgroup that a walk from the root of the hierarchy comes to. The walk comes to parents first, and to
 * everything below a cgroup before the next one beside it: so the path of the parent is still in work->match.path.
 */
static __always_inline struct ew_sets ew_path_policy_of_walked(struct cgroup *cgrp, __u64 halves, bool count_cut)
{
	__u32 level = BPF_CORE_READ(cgrp, level), above;
	struct ew_path_work *work = ew_array_at(&path_works, 0);
	const char *name = BPF_CORE_READ(cgrp, kn, name);
	struct ew_sets none = {};
	long size;

	if (!work)
		return none;
	if (level == 0) {
		/* the root is no match of a pattern */
		work->lengths[0] = 0;
		work->cut = 0;
		return ew_path_named(work, "/");
	}
	if (level >= EW_WALK_LEVELS)
		return ew_path_sets(work, EW_CGROUP_TRACE_MAX, work->match.path, halves, count_cut);
	/* or the compiler leaves out the masks, and the verifier of Linux 6.1 forgets the comparison */
	asm volatile("" : "+r"(level));
	above = work->lengths[(level - 1) & (EW_WALK_LEVELS - 1)];
	/* of a path that is cut already nothing is to be written over what is above */
	if (!ew_match_is_cut(above)) {
		char *at = &work->match.path[above & (EW_CGROUP_TRACE_MAX - 1)];

		*at = '/';
		size = bpf_probe_read_kernel_str(at + 1, EW_NAME_ROOM, name);
		above = size > 0 ? above + size : EW_CGROUP_TRACE_MAX;
	}
	work->lengths[level & (EW_WALK_LEVELS - 1)] = above;
	return ew_path_sets(work, above, work->match.path, halves, count_cut);
}

#endif
