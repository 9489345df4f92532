/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_SUBJECT_H
#define EW_BPF_SUBJECT_H

#include "maps.h"
#include "task.h"

/* Tags by user and by program, and tags of cgroups that stick. Each costs nothing until the first is set. */

/* EW_FAULT_*: set before loading, for the tests */
const volatile __u32 ew_fault = 0;

/* ew_meta.number of these programs: set before loading. */
const volatile __u32 ew_number = 0;

/*
 * Do these programs count what others may be counting, too? During an upgrade two sets of programs do the same for the
 * same exec, on the same maps, and one of them counts that it began. What is counted where an exec ends is counted once
 * anyway: who refuses it keeps it from the others, who commits it takes its state away.
 */
static __always_inline bool ew_counts(const struct ew_state *st)
{
	return st->loaded == ew_number;
}

/* What holds for the whole policy GENERATION: slot 0, used or not. */
static __always_inline struct ew_profile *ew_policy_head(__u32 generation)
{
	void *profiles = ew_array_at(&policies, EW_HALF(generation));

	return profiles ? ew_array_at(profiles, 0) : NULL;
}

/* All ones if FIRST is at most UID, else 0. Not a branch, so that the verifier does not follow both ways at each step.
 */
static __always_inline __u32 ew_user_from(__u32 first, __u32 uid)
{
	return (__u32)(((__s64)first - (__s64)uid - 1) >> 63);
}

/*
 * The last range that begins at or before the user: as many steps for one tagged user as for all there can be. Not
 * static, so that it is verified once in each program (ew_fds_scan()).
 */
__noinline __u64 ew_tags_of_uid(__u32 uid, __u32 generation)
{
	void *table = ew_array_at(&user_tables, EW_HALF(generation));
	struct ew_user_range *range;
	__u64 at = 0;

	if (!table)
		return 0;
#pragma unroll
	for (__u32 step = EW_USER_RANGES / 2; step; step /= 2) {
		range = ew_array_at(table, at | step);
		if (!range)
			return 0;
		at |= step & ew_user_from(range->first, uid);
	}
	range = ew_array_at(table, at);
	return range ? range->policy | range->command : 0;
}

/* By real user id, under the policy GENERATION; as the initial user namespace has it. */
static __always_inline __u64 ew_tags_of_user(const struct ew_state *st, struct task_struct *current, __u32 generation)
{
	return st->users && st->in_force ? ew_tags_of_uid(current->cred->uid.val, generation) : 0;
}

static __always_inline __u64 ew_tags_of_program_in(const struct ew_identity *program, __u32 generation)
{
	struct ew_program_key key = {.program = *program, .generation = generation};
	struct ew_program_tag *tag = bpf_map_lookup_elem(&programs, &key);

	return tag ? tag->set : 0;
}

static __always_inline __u64 ew_tags_of_identity(const struct ew_state *st, const struct ew_identity *program,
						 __u32 generation)
{
	__u64 set = 0;

	if (st->programs & EW_PROGRAMS_COMMAND)
		set = ew_tags_of_program_in(program, EW_GENERATION_COMMAND);
	if (st->programs & EW_PROGRAMS_POLICY)
		set |= ew_tags_of_program_in(program, generation);
	return set;
}

/* The profiles that an exec of FILE puts the process under. */
static __always_inline __u64 ew_tags_of_program(const struct ew_state *st, const struct file *file, __u32 generation)
{
	struct ew_identity program;

	if (!st->programs || !st->in_force)
		return 0;
	ew_identity_read(file, &program);
	return ew_tags_of_identity(st, &program, generation);
}

/* Adds SET, which came BY that way, to the process tag. Returns 0, or -1 when there is no memory for it. */
static __always_inline int ew_tags_join(struct task_struct *leader, __u64 set, enum ew_task_by by)
{
	struct ew_task_tag *tag = bpf_task_storage_get(&task_tags, leader, 0, 0);

	if (tag && (tag->set & set) == set)
		return 0;
	if (!(ew_fault & EW_FAULT_EXEC))
		tag = EW_STORAGE_MAKE(&task_tags, leader);
	else
		tag = NULL;
	if (!tag)
		return -1;
	set &= ~__sync_fetch_and_or(&tag->set, set);
	__sync_fetch_and_or(&tag->by[by], set);
	return 0;
}

/*
 * Those profiles of the cgroup's that are sticky become the process's own: called when the task forks or execs there,
 * so that leaving the cgroup is of no use from then on. Returns the profiles that could not be stored.
 */
static __always_inline __u64 ew_tags_stick(const struct ew_state *st, struct task_struct *current, __u64 of_cgroup,
					   __u32 generation)
{
	struct ew_profile *head = st->sticky && of_cgroup ? ew_policy_head(generation) : NULL;
	__u64 stick = head ? of_cgroup & head->sticky : 0;

	return stick && ew_tags_join(current->group_leader, stick, EW_BY_STICKY) < 0 ? stick : 0;
}

#endif
