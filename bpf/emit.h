/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_EMIT_H
#define EW_BPF_EMIT_H

#include "fds.h"
#include "judge.h"
#include "task.h"

/* Counting and recording what was decided. Nothing here changes a verdict. */

static __always_inline void ew_count_in(__u32 slot, const struct ew_decision *d)
{
	struct ew_counters *c = ew_counters_get(slot);

	if (!c)
		return;
	if (d->verdict != EW_VERDICT_ALLOW)
		EW_COUNT(c->verdicts[d->verdict & (EW_VERDICT_MAX - 1)]);
	if (d->reason > EW_REASON_NO_GAIN)
		EW_COUNT(c->reasons[d->reason & (EW_REASONS_ROOM - 1)]);
}

static __always_inline void ew_count(const struct ew_decision *d)
{
	ew_count_in(EW_PROFILES_MAX, d);
	if (d->slot < EW_PROFILES_MAX)
		ew_count_in(d->slot, d);
}
_Static_assert((EW_VERDICT_MAX & (EW_VERDICT_MAX - 1)) == 0, "verdicts are masked into their array");

static __always_inline void ew_count_check(void)
{
	struct ew_counters *c = ew_counters_get(EW_PROFILES_MAX);

	if (c)
		EW_COUNT(c->checks_refused);
}

/* A place on this CPU that no preempted task is using; programs that are not sleepable do not migrate. */
static __always_inline struct ew_scratch *ew_scratch_claim(void)
{
	for (__u32 i = 0; i < EW_SCRATCHES; i++) {
		struct ew_scratch *scratch = ew_of_cpu(&scratches, EW_SCRATCHES, i);

		if (scratch && __sync_val_compare_and_swap(&scratch->busy, 0, 1) == 0)
			return scratch;
	}
	return NULL;
}

static __always_inline void ew_scratch_release(struct ew_scratch *scratch)
{
	__sync_lock_test_and_set(&scratch->busy, 0);
}

_Static_assert((EW_READERS_MAX & (EW_READERS_MAX - 1)) == 0, "slots are masked into their array");

struct ew_emission {
	struct ew_state *st;
	struct ew_record *record;
	__u64 size;
	__u32 wanted; /* readers that get it, a bit each */
};

static long ew_emit_to(__u32 slot, struct ew_emission *e)
{
	struct ew_reader *reader = &e->st->reader[slot & (EW_READERS_MAX - 1)];
	void *buffer;

	if (!(e->wanted >> slot & 1))
		return 0;
	buffer = bpf_map_lookup_elem(&readers, &slot);
	if (!buffer)
		return 0; /* the reader is just leaving: it took its bit back before its buffer */
	if (e->record && e->size <= sizeof(*e->record) && bpf_ringbuf_output(buffer, e->record, e->size, 0) == 0) {
		EW_COUNT(reader->received);
	} else {
		struct ew_counters *c = ew_counters_get(EW_PROFILES_MAX);

		EW_COUNT(reader->lost[e->record ? EW_LOSS_BUFFER : EW_LOSS_SCRATCH]);
		if (c)
			EW_COUNT(c->records_lost);
	}
	return 0;
}

/* The readers that want the record of an exec to which these profiles apply, a bit each. */
static __always_inline __u32 ew_wanted(const struct ew_state *st, __u64 set)
{
	return set ? st->readers : st->readers_all;
}

/* Which profile decided, under the policy GENERATION. */
static __always_inline void ew_caller_name(struct ew_caller *caller, const struct ew_exec *x, __u32 generation)
{
	struct ew_profile *profile;

	profile = x->decision.slot < EW_PROFILES_MAX ? ew_profile_get(generation, x->decision.slot) : NULL;
	if (profile) {
		__builtin_memcpy(caller->profile, profile->name, sizeof(caller->profile));
		__builtin_memcpy(caller->rule_file, profile->file, sizeof(caller->rule_file));
	} else {
		caller->profile[0] = '\0';
		caller->rule_file[0] = '\0';
	}
}

/* The same for a caller that is saved already. */
static __always_inline void ew_caller_decided(struct task_struct *current, const struct ew_exec *x, __u32 generation)
{
	struct ew_caller *caller = bpf_task_storage_get(&callers, current, 0, 0);

	if (caller)
		ew_caller_name(caller, x, generation);
}

/* What the hook that decided knows: the profile is looked up under the policy that it decided by. */
static __always_inline void ew_caller_save(struct task_struct *current, const struct ew_exec *x)
{
	struct file *exe = current->mm->exe_file;
	struct ew_caller *caller;

	caller = EW_STORAGE_MAKE(&callers, current);
	if (!caller)
		return;
	bpf_get_current_comm(caller->comm, sizeof(caller->comm));
	ew_caller_name(caller, x, x->generation);
	caller->path_len = exe ? bpf_d_path(&exe->f_path, caller->path, sizeof(caller->path)) : -EW_ENOENT;
}

/* Fills the record; returns how many of its bytes are used. */
static __always_inline __u64 ew_record_fill(struct ew_record *r, struct task_struct *current, struct file *file,
					    const struct ew_exec *x)
{
	struct inode *inode = file->f_inode;
	struct ew_caller *caller = bpf_task_storage_get(&callers, current, 0, 0);
	__u32 used = 0;
	long len;

	__builtin_memset(r, 0, EW_RECORD_FIXED);
	r->time = bpf_ktime_get_boot_ns();
	r->verdict = x->decision.verdict;
	r->reason = x->decision.reason;
	r->rule_line = x->decision.rule_line;
	r->gains = x->gain.kinds;
	r->causes = x->gain.causes;
	r->caps_gained = x->gain.caps;
	r->shapes = x->shapes;
	r->profiles = x->set;
	r->before = x->before;
	r->after = x->after;
	r->withheld = x->withheld;
	r->file = x->program;
	r->exe = x->from;
	r->file_mode = inode->i_mode;
	r->file_uid = inode->i_uid.val;
	r->file_gid = inode->i_gid.val;
	r->pid = current->tgid;
	r->tid = current->pid;
	r->ppid = current->real_parent->tgid;
	r->cgroup_id = bpf_get_current_cgroup_id();

	/* lengths count the NUL, which the next path overwrites */
	len = bpf_d_path(&file->f_path, r->paths, EW_PATH_MAX);
	r->file_path_len = len > 0 ? len - 1 : len;
	if (len > 0)
		used = (len - 1) & (EW_PATH_MAX - 1);
	if (!caller) {
		r->exe_path_len = -EW_ENOMEM;
		return EW_RECORD_FIXED + used;
	}
	__builtin_memcpy(r->comm, caller->comm, sizeof(r->comm));
	__builtin_memcpy(r->profile, caller->profile, sizeof(r->profile));
	__builtin_memcpy(r->rule_file, caller->rule_file, sizeof(r->rule_file));
	len = caller->path_len;
	r->exe_path_len = len > 0 ? len - 1 : len;
	if (len > 0) {
		__u32 copied = (len - 1) & (EW_PATH_MAX - 1);

		bpf_probe_read_kernel(r->paths + used, copied, caller->path);
		used += copied;
	}
	return EW_RECORD_FIXED + used;
}

/* Counts a record that could not even be begun as lost, for every reader that wanted it. */
static __always_inline void ew_emit_lost(struct ew_state *st, __u64 set)
{
	struct ew_emission e = {.st = st, .wanted = ew_wanted(st, set)};

	if (e.wanted)
		bpf_loop(EW_READERS_MAX, ew_emit_to, &e, 0);
}

/*
 * Gives the exec's record to every reader that wants it. The caller is saved, and forgotten here. FDS: descriptors may
 * have been asked about; known when it is compiled, since what describes them makes a program much larger to load.
 */
static __always_inline void ew_emit(struct ew_state *st, struct task_struct *current, struct file *file,
				    struct ew_exec *x, bool fds)
{
	struct ew_scratch *scratch = ew_scratch_claim();
	struct ew_emission e = {.st = st, .wanted = ew_wanted(st, x->set)};

	if (scratch) {
		e.record = &scratch->record;
		e.size = ew_record_fill(e.record, current, file, x);
		if (fds && x->fds)
			e.size = ew_fds_append(scratch, current, x, e.size);
	}
	bpf_loop(EW_READERS_MAX, ew_emit_to, &e, 0);
	if (scratch)
		ew_scratch_release(scratch);
	bpf_task_storage_delete(&callers, current);
}

#endif
