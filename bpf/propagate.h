/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_PROPAGATE_H
#define EW_BPF_PROPAGATE_H

#include <execward/cgroup.h>

/*
 * How tags go down the tree of cgroups: what applies in a cgroup is what it has itself and what applies in its parent.
 * Parents are visited before their children. Pure: the unit tests compile the same lines.
 */

/* A walk visits cgroup ID, whose entry is OLD (all zero if it has none). */
static inline struct ew_cgroup_tag ew_propagate_walk(const struct ew_cgroup_apply *apply, __u64 id,
						     const struct ew_cgroup_tag *old, __u64 inherited)
{
	struct ew_cgroup_tag tag = *old;

	if (id == apply->root) {
		tag.policy = apply->policy;
		tag.command = apply->command;
	}
	tag.set = tag.policy | tag.command | inherited;
	return tag;
}

/* A walk by path: the policy says POLICY of the cgroup whose entry is OLD. */
static inline struct ew_cgroup_tag ew_propagate_path(__u64 policy, const struct ew_cgroup_tag *old, __u64 inherited)
{
	struct ew_cgroup_tag tag = {.policy = policy, .command = old->command};

	tag.set = tag.policy | tag.command | inherited;
	return tag;
}

/* A cgroup is made; the policy says POLICY of its path. */
static inline struct ew_cgroup_tag ew_propagate_new(__u64 policy, __u64 inherited)
{
	struct ew_cgroup_tag tag = {.policy = policy, .set = policy | inherited};

	return tag;
}

#endif
