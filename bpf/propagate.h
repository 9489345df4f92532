/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_PROPAGATE_H
#define EW_BPF_PROPAGATE_H

#include <execward/cgroup.h>

/*
 * How tags go down the tree of cgroups: what applies in a cgroup is what it has itself and what applies in its parent.
 * Parents are visited before their children. Pure: the unit tests compile the same lines.
 */

/* What applies in a cgroup that inherits from PARENT (all zero at the top). */
static inline void ew_propagate_sum(struct ew_cgroup_tag *tag, const struct ew_sets *parent)
{
	for (int half = 0; half < EW_HALVES; half++)
		tag->set.of[half] = tag->policy.of[half] | tag->command | parent->of[half];
}

/* A walk visits cgroup ID, whose entry is OLD (all zero if it has none). */
static inline struct ew_cgroup_tag ew_propagate_walk(const struct ew_cgroup_apply *apply, __u64 id,
						     const struct ew_cgroup_tag *old, const struct ew_sets *parent)
{
	struct ew_cgroup_tag tag = *old;

	if (id == apply->root) {
		tag.policy = apply->policy;
		tag.command = apply->command;
	}
	ew_propagate_sum(&tag, parent);
	return tag;
}

/* A walk by path: the policies of HALVES say POLICY of the cgroup whose entry is OLD (all zero if it has none). */
static inline struct ew_cgroup_tag ew_propagate_path(const struct ew_sets *policy, __u64 halves,
						     const struct ew_cgroup_tag *old, const struct ew_sets *parent)
{
	struct ew_cgroup_tag tag = *old;

	for (int half = 0; half < EW_HALVES; half++)
		if (halves >> half & 1)
			tag.policy.of[half] = policy->of[half];
	ew_propagate_sum(&tag, parent);
	return tag;
}

/* A walk that makes HALVES what the other one is already. */
static inline struct ew_cgroup_tag ew_propagate_alike(__u64 halves, const struct ew_cgroup_tag *old,
						      const struct ew_sets *parent)
{
	const struct ew_sets other = {{old->policy.of[1], old->policy.of[0]}};

	return ew_propagate_path(&other, halves, old, parent);
}

/* A cgroup is made; the policies say POLICY of its path. */
static inline struct ew_cgroup_tag ew_propagate_new(const struct ew_sets *policy, const struct ew_sets *parent)
{
	struct ew_cgroup_tag tag = {.policy = *policy};

	ew_propagate_sum(&tag, parent);
	return tag;
}

/* Whether anything applies, so that there has to be an entry. */
static inline _Bool ew_propagate_any(const struct ew_cgroup_tag *tag)
{
	return tag->set.of[0] | tag->set.of[1];
}

#endif
