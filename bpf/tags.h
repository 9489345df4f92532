/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_TAGS_H
#define EW_BPF_TAGS_H

#include "maps.h"
#include "subject.h"

/* Which profiles apply to the current task. */

struct ew_ancestors {
	__u64 set;
	__u32 half;
};

static long ew_tags_of_ancestor(__u32 level, struct ew_ancestors *found)
{
	__u64 id = bpf_get_current_ancestor_cgroup_id(level);
	struct ew_cgroup_tag *tag;

	if (!id)
		return 1;
	tag = bpf_map_lookup_elem(&cgroups, &id);
	if (tag)
		found->set |= tag->set.of[EW_HALF(found->half)];
	return 0;
}

/*
 * One look-up at any depth. Once an entry could not be stored no entry can be trusted to have all that it should have
 * inherited, and every exec asks all the cgroups above.
 */
static __always_inline __u64 ew_tags_of_cgroup(const struct ew_state *st, __u32 generation)
{
	__u64 id = bpf_get_current_cgroup_id();
	struct ew_ancestors found = {.half = EW_HALF(generation)};
	struct ew_cgroup_tag *tag;

	if (!st->in_force)
		return 0;
	if (!st->cgroups_incomplete) {
		tag = bpf_map_lookup_elem(&cgroups, &id);
		return tag ? tag->set.of[EW_HALF(generation)] : 0;
	}
	bpf_loop(EW_CGROUP_DEPTH_MAX, ew_tags_of_ancestor, &found, 0);
	return found.set;
}

/* The process tag of the current task, all zero if it has none. */
static __always_inline void ew_tags_of_process(const struct ew_state *st, struct task_struct *current,
					       struct ew_task_tag *out)
{
	struct ew_task_tag *tag = NULL;

	if (st->process_tags && st->in_force)
		tag = bpf_task_storage_get(&task_tags, current->group_leader, 0, 0);
	out->set = tag ? tag->set : 0;
	out->starting = tag ? tag->starting : 0;
	out->scan = tag ? tag->scan : 0;
}

/*
 * Every profile that applies to the current task under the policy GENERATION. In *STARTING those whose `exec: none`
 * does not hold yet.
 */
static __always_inline __u64 ew_tags_of_task(const struct ew_state *st, struct task_struct *current, __u32 generation,
					     __u64 *starting)
{
	struct ew_task_tag tag;

	ew_tags_of_process(st, current, &tag);
	*starting = tag.starting;
	return tag.set | ew_tags_of_cgroup(st, generation) | ew_tags_of_user(st, current, generation);
}

/*
 * The process tag lives with the thread-group leader; a thread that is not the leader becomes it in de_thread()
 * (fs/exec.c), so the tag is put into its own storage before that, and an old copy there is undone.
 *
 * Returns 0, or -1 when the tag could not be copied.
 */
static __always_inline int ew_tags_move(const struct ew_state *st, struct task_struct *current, struct ew_task_tag *out)
{
	struct ew_task_tag *own, *tag;

	ew_tags_of_process(st, current, out);
	if (!st->process_tags || current->pid == current->tgid)
		return 0;
	own = out->set | out->scan ? EW_STORAGE_MAKE(&task_tags, current)
				   : bpf_task_storage_get(&task_tags, current, 0, 0);
	if (own) {
		__u64 first = out->set, scan = out->scan;

		/*
		 * `tag --pid` writes to the leader, then walks over the threads (ew_task_walk). The exchange is a full
		 * barrier: either that walk sees this entry, or the second look sees what was written to the leader.
		 * What the walk stores in between is newer than this look, and stays.
		 */
		own->starting = out->starting;
		own->scan = scan;
		__sync_lock_test_and_set(&own->set, first);
		ew_tags_of_process(st, current, out);
		if (out->set != first)
			__sync_val_compare_and_swap(&own->set, first, out->set);
		if (out->scan != scan)
			__sync_val_compare_and_swap(&own->scan, scan, out->scan);
		tag = bpf_task_storage_get(&task_tags, current->group_leader, 0, 0);
		if (tag)
			__builtin_memcpy(own->by, tag->by, sizeof(own->by));
	}
	return own || !out->set ? 0 : -1;
}

#endif
