/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_EMIT_H
#define EW_BPF_EMIT_H

#include "args.h"
#include "fds.h"
#include "judge.h"
#include "label.h"
#include "parents.h"
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

/*
 * What an exec gained, or would have. Once, not for each profile: whose exec it was says the verdict's counter. Adds
 * what may be 0 in place of asking for each kind, as branches would be paths for the verifier.
 */
static __always_inline void ew_count_gains(const struct ew_decision *d, __u32 kinds)
{
	struct ew_counters *c = kinds ? ew_counters_get(EW_PROFILES_MAX) : NULL;

	if (!c)
		return;
	for (__u32 kind = 0; kind < EW_GAIN_MAX; kind++)
		__sync_fetch_and_add(&c->gains[d->verdict & (EW_VERDICT_MAX - 1)][kind], kinds >> kind & 1);
}

/* An exec that came to its end, or was refused. GAINS: as far as they are known by then. */
static __always_inline void ew_count(const struct ew_decision *d, __u32 gains)
{
	ew_count_in(EW_PROFILES_MAX, d);
	if (d->slot < EW_PROFILES_MAX)
		ew_count_in(d->slot, d);
	ew_count_gains(d, gains);
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

/* The readers that want the record of an exec to which these profiles apply, a bit each. */
static __always_inline __u32 ew_wanted(const struct ew_state *st, __u64 set)
{
	return set ? st->readers : st->readers_all;
}

/* Which profile decided, under the policy GENERATION. */
static __always_inline void ew_name_decided(char *name, char *file, const struct ew_exec *x, __u32 generation)
{
	struct ew_profile *profile;

	profile = x->decision.slot < EW_PROFILES_MAX ? ew_profile_get(generation, x->decision.slot) : NULL;
	if (profile) {
		__builtin_memcpy(name, profile->name, EW_PROFILE_NAME_MAX);
		__builtin_memcpy(file, profile->file, EW_POLICY_FILE_MAX);
	} else {
		name[0] = '\0';
		file[0] = '\0';
	}
}

/* The same for a caller that is saved already. */
static __always_inline void ew_caller_decided(struct task_struct *current, const struct ew_exec *x, __u32 generation)
{
	struct ew_caller *caller = bpf_task_storage_get(&callers, current, 0, 0);

	if (caller)
		ew_name_decided(caller->profile, caller->rule_file, x, generation);
}

/* Saves the path of FILE in BRIEF, or a long one in the storage of MAP. Returns what bpf_d_path() does. */
static __always_inline long ew_path_save(struct task_struct *current, struct file *file, char *brief, void *map)
{
	struct ew_scratch *scratch = ew_scratch_claim();
	struct ew_long_path *kept;
	long len;

	if (!scratch)
		return -EW_ENOMEM;
	len = bpf_d_path(&file->f_path, scratch->record.paths, EW_PATH_MAX);
	if (len > 0 && len <= EW_BRIEF_MAX) {
		bpf_probe_read_kernel(brief, EW_BRIEF_MAX, scratch->record.paths);
	} else if (len > 0) {
		kept = EW_STORAGE_MAKE(map, current);
		if (kept)
			bpf_probe_read_kernel(kept->path, EW_PATH_MAX, scratch->record.paths);
		else
			len = -EW_ENOMEM;
	}
	ew_scratch_release(scratch);
	return len;
}

/*
 * Puts a path that was saved with the length LEN into R, of which USED bytes of paths are used. Returns how many it
 * takes now; the NUL, which LEN counts, is overwritten by what comes next. OUT: its length for the record.
 */
static __always_inline __u32 ew_path_put(struct ew_record *r, struct task_struct *current, __u32 used, long len,
					 const char *brief, void *map, __s32 *out)
{
	struct ew_long_path *kept;
	__u32 size = (len - 1) & (EW_PATH_MAX - 1);

	*out = len > 0 ? len - 1 : len;
	if (len <= 0)
		return 0;
	if (size < EW_BRIEF_MAX) {
		bpf_probe_read_kernel(r->paths + used, size, brief);
		return size;
	}
	kept = bpf_task_storage_get(map, current, 0, 0);
	if (!kept) {
		*out = -EW_ENOMEM;
		return 0;
	}
	bpf_probe_read_kernel(r->paths + used, size, kept->path);
	return size;
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
	ew_name_decided(caller->profile, caller->rule_file, x, x->generation);
	caller->path_len = exe ? ew_path_save(current, exe, caller->path, &long_callers) : -EW_ENOENT;
}

/* Saves the script that was asked for: of the exec itself the kernel tells the interpreter. */
static __always_inline void ew_script_save(struct task_struct *current, struct file *file, struct ew_exec *x)
{
	struct ew_script *script = EW_STORAGE_MAKE(&scripts, current);

	x->scripted = 1;
	if (script)
		script->path_len = ew_path_save(current, file, script->path, &long_scripts);
}

/* As ew_path_put(). */
static __always_inline __u32 ew_script_put(struct ew_record *r, struct task_struct *current, const struct ew_exec *x,
					   __u32 used)
{
	struct ew_script *script;

	if (!x->scripted)
		return 0;
	script = bpf_task_storage_get(&scripts, current, 0, 0);
	if (!script) {
		r->script_path_len = -EW_ENOMEM;
		return 0;
	}
	return ew_path_put(r, current, used, script->path_len, script->path, &long_scripts, &r->script_path_len);
}

/* The caller as it is. Returns how many bytes its path takes. */
static __always_inline __u32 ew_caller_put(struct ew_record *r, struct task_struct *current, const struct ew_exec *x,
					   __u32 used)
{
	struct file *exe = current->mm->exe_file;
	long len = exe ? bpf_d_path(&exe->f_path, r->paths + used, EW_PATH_MAX) : -EW_ENOENT;

	bpf_get_current_comm(r->comm, sizeof(r->comm));
	ew_name_decided(r->profile, r->rule_file, x, x->generation);
	r->exe_path_len = len > 0 ? len - 1 : len;
	return len > 0 ? (len - 1) & (EW_PATH_MAX - 1) : 0;
}

/* The caller as it was saved. */
static __always_inline __u32 ew_caller_put_saved(struct ew_record *r, struct task_struct *current, __u32 used)
{
	struct ew_caller *caller = bpf_task_storage_get(&callers, current, 0, 0);

	if (!caller) {
		r->exe_path_len = -EW_ENOMEM;
		return 0;
	}
	__builtin_memcpy(r->comm, caller->comm, sizeof(r->comm));
	__builtin_memcpy(r->profile, caller->profile, sizeof(r->profile));
	__builtin_memcpy(r->rule_file, caller->rule_file, sizeof(r->rule_file));
	return ew_path_put(r, current, used, caller->path_len, caller->path, &long_callers, &r->exe_path_len);
}

/* Fills the record; returns how many of its bytes are used. REFUSED: the task still is what it was before the exec. */
static __always_inline __u64 ew_record_fill(struct ew_record *r, struct task_struct *current, struct file *file,
					    const struct ew_exec *x, bool refused)
{
	struct inode *inode = EW_SEEN(file, file)->f_inode;
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
	r->generation = x->generation;
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
	r->ppid = EW_SEEN(task_struct, current)->real_parent->tgid;
	r->cgroup_id = bpf_get_current_cgroup_id();

	/* lengths count the NUL, which the next path overwrites */
	len = bpf_d_path(&file->f_path, r->paths, EW_PATH_MAX);
	r->file_path_len = len > 0 ? len - 1 : len;
	if (len > 0)
		used = (len - 1) & (EW_PATH_MAX - 1);
	used += refused ? ew_caller_put(r, current, x, used) : ew_caller_put_saved(r, current, used);
	used += ew_script_put(r, current, x, used);
	return EW_RECORD_FIXED + used;
}

/* What was saved of the caller is needed no more. */
static __always_inline void ew_caller_forget(struct task_struct *current, const struct ew_exec *x, bool refused)
{
	if (!refused) {
		bpf_task_storage_delete(&callers, current);
		bpf_task_storage_delete(&long_callers, current);
	}
	if (x->scripted) {
		bpf_task_storage_delete(&scripts, current);
		bpf_task_storage_delete(&long_scripts, current);
	}
}

_Static_assert((EW_READERS_MAX & (EW_READERS_MAX - 1)) == 0, "slots are masked into their array");

/* The address from the number: one that the compiler counts up beside it is no pointer to the verifier. */
static __always_inline struct ew_reader *ew_reader_of(struct ew_state *st, __u32 slot)
{
	asm volatile("" : "+r"(slot));
	return &st->reader[slot & (EW_READERS_MAX - 1)];
}

static __always_inline void ew_count_lost(struct ew_reader *reader, enum ew_loss loss)
{
	struct ew_counters *c = ew_counters_get(EW_PROFILES_MAX);

	EW_COUNT(reader->lost[loss]);
	if (c)
		EW_COUNT(c->records_lost);
}

/* Of the policy in force alone: its slots are the ones that the reader has looked up. */
static __always_inline bool ew_reader_asks_profile(const struct ew_state *st, const struct ew_reader_filter *filter,
						   const struct ew_record *record)
{
	return filter->profiles & record->profiles || filter->generation != record->generation ||
	       ew_generation(st) != record->generation;
}

static __always_inline bool ew_reader_asks_cgroup(const struct ew_reader_filter *filter)
{
	return !filter->cgroup_level || bpf_get_current_ancestor_cgroup_id(filter->cgroup_level) >= filter->cgroup_id;
}

static __always_inline bool ew_is_file(const struct ew_identity *wanted, const struct ew_identity *file)
{
	return wanted->ino && wanted->ino == file->ino && wanted->dev == file->dev;
}

static __always_inline bool ew_reader_asks_program(const struct ew_reader_filter *filter,
						   const struct ew_record *record)
{
	__u64 end = 0, wanted = *(const __u64 *)filter->program_end;

	if (!filter->program_len || ew_is_file(&filter->program, &record->file))
		return true;
	if (record->file_path_len != (__s32)filter->program_len)
		return false;
	/* a shorter path is taken for the one asked for */
	if (filter->program_len >= sizeof(end))
		bpf_probe_read_kernel(&end, sizeof(end),
				      record->paths + ((filter->program_len - sizeof(end)) & (EW_PATH_MAX - 1)));
	return end == wanted;
}

static __always_inline bool ew_reader_asks(const struct ew_state *st, const struct ew_reader_filter *filter,
					   const struct ew_record *record)
{
	__u32 uid = record->before.uid - filter->first_uid;

	return filter->verdicts & EW_BIT(record->verdict & 31) &&
	       filter->gains & (record->gains ? record->gains : EW_READER_NO_GAIN) &&
	       uid <= filter->last_uid - filter->first_uid && ew_reader_asks_profile(st, filter, record) &&
	       ew_reader_asks_cgroup(filter) && ew_reader_asks_program(filter, record);
}

/* RECORD, of SIZE bytes, to the reader of SLOT, if it asks for such. */
static __always_inline void ew_emit_to(struct ew_state *st, __u32 slot, struct ew_record *record, __u64 size)
{
	struct ew_reader *reader = ew_reader_of(st, slot);
	__u64 flags = 0;
	void *buffer;

	if (!ew_reader_asks(st, &reader->filter, record))
		return;
	buffer = ew_array_at(&readers, slot);
	if (!buffer)
		return; /* the reader is just leaving: it took its bit back before its buffer */
	/* to wake it costs more than all the rest of giving it a record, and it looks by itself for a while */
	if (record->time - reader->woken < EW_WAKE_NSEC)
		flags = BPF_RB_NO_WAKEUP;
	else
		reader->woken = record->time;
	if (size <= sizeof(*record) && bpf_ringbuf_output(buffer, record, size, flags) == 0)
		EW_COUNT(reader->received);
	else
		ew_count_lost(reader, EW_LOSS_BUFFER);
}

struct ew_steps {
	struct ew_scratch *scratch; /* NULL: there was none */
	struct task_struct *parent; /* the next one to append; NULL: something else is done */
	struct ew_state *st;	    /* whose readers are given the record; NULL: arguments are appended */
	__u32 wanted;		    /* readers, a bit each */
};

/*
 * One callback for all, as there is room for no other function. Not loops: the verifier would go through each of their
 * turns, and that of Linux 6.12 goes back over all before at each (eight parents took it 6,000 million instructions).
 */
static long ew_step(__u32 index, struct ew_steps *steps)
{
	struct task_struct *parent = steps->parent;
	struct ew_scratch *s = steps->scratch;

	if (parent) {
		if (!s || !parent->tgid || !ew_parent_append(s, parent))
			return 1;
		steps->parent = parent->real_parent;
		return 0;
	}
	if (!steps->st)
		return s ? ew_args_step(s) : 1;
	if (index < EW_READERS_MAX && steps->wanted >> index & 1) {
		if (s)
			ew_emit_to(steps->st, index, &s->record, EW_RECORD_FIXED + s->fd.used);
		else
			ew_count_lost(ew_reader_of(steps->st, index), EW_LOSS_SCRATCH);
	}
	return index >= EW_READERS_MAX || !(steps->wanted >> index);
}

/* Appends the parents of the current process, up to the first process of the machine, and the arguments. */
static __always_inline void ew_origin_append(struct ew_scratch *s, struct task_struct *current)
{
	struct ew_steps parents = {.scratch = s, .parent = current->real_parent};
	struct ew_steps args = {.scratch = s};
	__u32 begin = s->fd.used;

	bpf_loop(EW_PARENTS_MAX, ew_step, &parents, 0);
	s->record.parents_len = s->fd.used - begin;
	s->args.length = 0;
	if (!s->args.flags)
		return;
	bpf_loop(EW_ARGS_MAX, ew_step, &args, 0);
	ew_args_end(s);
}

/*
 * Adds to the record in S, of which s->fd.used bytes of paths are used, the parents and the arguments, and gives it to
 * the readers WANTED, a bit each. S is NULL: counts it as lost. Not static, so that it is verified once, by itself, for
 * each program that has it (ew_fds_scan()).
 */
__noinline int ew_hand_out(struct ew_state *st, struct ew_scratch *s, __u32 wanted)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_steps handing = {.scratch = s, .st = st, .wanted = wanted};

	if (!st)
		return 0;
	if (s)
		ew_origin_append(s, current);
	bpf_loop(EW_READERS_MAX, ew_step, &handing, 0);
	return 0;
}

/* Counts a record that could not even be begun as lost, for every reader that wanted it. */
static __always_inline void ew_emit_lost(struct ew_state *st, __u64 set)
{
	__u32 wanted = ew_wanted(st, set);

	if (wanted)
		ew_hand_out(st, NULL, wanted);
}

/*
 * Gives the exec's record to every reader that wants it. FDS: its gain is known, and descriptors may
 * have been asked about; known when it is compiled, since what describes them makes a program much larger to load.
 * BPRM: the exec is past the point of no return, and this is the program; its caller was saved, and is forgotten here.
 * NULL: it is refused.
 */
static __always_inline void ew_emit(struct ew_state *st, struct task_struct *current, struct file *file,
				    struct ew_exec *x, bool fds, struct linux_binprm *bprm)
{
	struct ew_scratch *scratch = ew_scratch_claim();
	__u64 size;

	if (scratch) {
		ew_fds_walk_from(scratch, current);
		size = ew_record_fill(&scratch->record, current, file, x, !bprm);
		if (fds && x->gain.kinds & EW_BIT(EW_GAIN_LABEL))
			size = ew_label_append_to(scratch, current, size);
		if (fds && x->fds)
			size = ew_fds_append(scratch, current, x, size);
		scratch->fd.used = size - EW_RECORD_FIXED;
		if (bprm)
			ew_args_of_image(&scratch->args, bprm);
		else
			ew_args_of_caller(&scratch->args, current);
	}
	ew_hand_out(st, scratch, ew_wanted(st, x->set));
	if (scratch)
		ew_scratch_release(scratch);
	ew_caller_forget(current, x, !bprm);
}

#endif
