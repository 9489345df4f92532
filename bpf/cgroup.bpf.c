// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ew_cgroup_mkdir - a new cgroup gets what its parent has, and what the policy says of its path; readers are told of a
 *                   path that is too long for that
 * ew_cgroup_rmdir - forgets a dead one
 * ew_cgroup_walk  - tags a cgroup and all below it, or every cgroup by its path, on behalf of a tool
 *
 * All three run under cgroup_mutex (kernel/cgroup/cgroup.c, kernel/bpf/cgroup_iter.c), so none sees the others' work
 * half done, and one buffer for paths is enough. mkdir's tracepoint comes before the directory can be seen: nobody is
 * in the cgroup yet.
 */
#include "exec.h"
#include "core.h"
#include "cut.h"
#include "maps.h"
#include "paths.h"
#include "propagate.h"

static __always_inline __u64 ew_cgroup_id(struct cgroup *cgrp)
{
	return BPF_CORE_READ(cgrp, kn, id);
}

static __always_inline struct ew_sets ew_cgroup_inherited(struct cgroup *cgrp)
{
	struct ew_sets none = {};
	__u64 parent = BPF_CORE_READ(cgrp, self.parent, cgroup, kn, id);
	struct ew_cgroup_tag *tag = parent ? bpf_map_lookup_elem(&cgroups, &parent) : NULL;

	return tag ? tag->set : none;
}

/* Stores the entry, or drops it when it says nothing. Returns 0 or the map's error. */
static __always_inline long ew_cgroup_store(__u64 id, const struct ew_cgroup_tag *new)
{
	struct ew_cgroup_tag *old = bpf_map_lookup_elem(&cgroups, &id);

	if (!ew_propagate_any(new)) {
		if (old)
			bpf_map_delete_elem(&cgroups, &id);
		return 0;
	}
	if (old) {
		*old = *new;
		return 0;
	}
	return bpf_map_update_elem(&cgroups, &id, new, BPF_ANY);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(ew_cgroup_mkdir, struct cgroup *cgrp, const char *path)
{
	struct ew_sets policy, inherited;
	struct ew_state *st = ew_array_at(&state, 0);
	struct ew_cgroup_tag tag;

	if (!st || !ew_core_cgroup_is_v2(cgrp))
		return 0;
	policy = ew_path_policy(path);
	inherited = ew_cgroup_inherited(cgrp);
	tag = ew_propagate_new(&policy, &inherited);
	if (ew_propagate_any(&tag) && ew_cgroup_store(ew_cgroup_id(cgrp), &tag))
		st->cgroups_incomplete = 1;
	ew_cut_tell(ew_cgroup_id(cgrp), ew_generation(st), &policy);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(ew_cgroup_rmdir, struct cgroup *cgrp, const char *path)
{
	__u64 id = ew_cgroup_id(cgrp);

	if (ew_core_cgroup_is_v2(cgrp))
		bpf_map_delete_elem(&cgroups, &id);
	return 0;
}

SEC("iter/cgroup")
int ew_cgroup_walk(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *cgrp = ctx->cgroup;
	struct ew_cgroup_tag tag, none = {}, *old;
	struct ew_sets policy, inherited;
	struct ew_cgroup_apply *apply;
	__u64 id;

	apply = ew_array_at(&cgroup_applies, 0);
	if (!cgrp || !apply)
		return 0;
	id = ew_cgroup_id(cgrp);
	old = bpf_map_lookup_elem(&cgroups, &id);
	if (!old)
		old = &none;
	inherited = ew_cgroup_inherited(cgrp);
	if (apply->alike) {
		tag = ew_propagate_alike(apply->by_path, old, &inherited);
	} else if (apply->by_path) {
		policy = ew_path_policy_of_walked(cgrp, apply->by_path, apply->count_cut);
		tag = ew_propagate_path(&policy, apply->by_path, old, &inherited);
	} else {
		tag = ew_propagate_walk(apply, id, old, &inherited);
	}
	apply->seen++;
	if (ew_cgroup_store(id, &tag))
		apply->failed++;
	if (apply->count_cut)
		ew_cut_tell(id, apply->generation, &tag.policy);
	return 0;
}
