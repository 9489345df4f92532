/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_CUT_H
#define EW_BPF_CUT_H

#include "paths.h"
#include "readers.h"

/* A cgroup that nobody can match with the patterns, as its path is cut, is told to every reader. */

static __always_inline void ew_cut_fill(struct ew_path_work *work, __u64 id, __u32 generation, __u64 profiles)
{
	struct ew_change_record *change = &work->change;
	long size = bpf_probe_read_kernel_str(change->object, EW_CGROUP_TRACE_MAX, work->match.path);

	change->type = EW_RECORD_TAG;
	change->generation = generation;
	change->time = bpf_ktime_get_boot_ns();
	change->pid = bpf_get_current_pid_tgid() >> 32;
	change->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(change->comm, sizeof(change->comm));
	change->action = EW_ACTION_TAG;
	change->subject = EW_SUBJECT_CGROUP;
	change->profiles = profiles;
	change->id = id;
	change->object_len = size > 0 ? size - 1 : 0;
	change->marks = EW_CHANGE_CUT;
}

static __always_inline void ew_cut_hand_out(struct ew_state *st, struct ew_path_work *work)
{
	__u64 size = EW_CHANGE_FIXED + (work->change.object_len & (EW_CGROUP_TRACE_MAX - 1));

	for (__u32 slot = 0; slot < EW_READERS_MAX; slot++) {
		void *buffer = st->readers >> slot & 1 ? ew_array_at(&readers, slot) : NULL;

		if (!buffer)
			continue;
		if (bpf_ringbuf_output(buffer, &work->change, size, 0) == 0)
			EW_COUNT(ew_reader_of(st, slot)->received);
		else
			ew_count_lost(ew_reader_of(st, slot), EW_LOSS_BUFFER);
	}
}

/*
 * If the path that was looked at last is cut: tells that the cgroup ID has PROFILES by POLICY under the policy
 * GENERATION.
 */
static __always_inline void ew_cut_tell(__u64 id, __u32 generation, const struct ew_sets *policy)
{
	struct ew_path_work *work = ew_array_at(&path_works, 0);
	struct ew_state *st = ew_array_at(&state, 0);

	if (!work || !st || !work->cut || !st->readers)
		return;
	work->cut = 0;
	ew_cut_fill(work, id, generation, policy->of[EW_HALF(generation)]);
	ew_cut_hand_out(st, work);
}

#endif
