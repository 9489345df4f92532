/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_CGROUP_H
#define EXECWARD_CGROUP_H

#include <linux/types.h>

#include <execward/limits.h>

/* Profiles, a bit each, under the policies of both halves (EW_HALF()). */
struct ew_sets {
	__u64 of[EW_HALVES];
};

/* One entry for each v2 cgroup that is tagged or below a tagged one, by cgroup id. */
struct ew_cgroup_tag {
	struct ew_sets policy; /* profiles that a policy puts on this cgroup itself */
	__u64 command;	       /* profiles that `execward tag` put on this cgroup itself */
	struct ew_sets set;    /* policy | command | the parent's set: what an exec in the cgroup looks at */
};

/*
 * What a walk of the cgroup iterator is to do: give the cgroup where the walk starts these tags of its own, and work
 * out anew what everything below inherits. The walk holds cgroup_mutex, so no cgroup is made or moved meanwhile.
 *
 * With `by_path`, which starts at the root of the hierarchy, every cgroup gets what the policies of these halves say of
 * its path in place of what was there, and keeps what the other half has and what a command did; `policy`, `command`
 * and `root` are 0. With `alike`, too, it gets what the other half has instead, and no path is looked at.
 */
struct ew_cgroup_apply {
	__u64 by_path; /* halves, EW_HALF_OF() */
	__u32 alike;
	__u32 count_cut;  /* paths that are cut have not been counted yet, nor told to readers */
	__u32 generation; /* the policy as of which they are told */
	__u32 pad;
	struct ew_sets policy;
	__u64 command;
	__u64 root;   /* id of the cgroup where the walk starts */
	__u64 seen;   /* result: cgroups visited */
	__u64 failed; /* result: entries that could not be stored */
};

#endif
