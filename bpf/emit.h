/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_EMIT_H
#define EW_BPF_EMIT_H

#include "args.h"
#include "caller.h"
#include "fds.h"
#include "judge.h"
#include "label.h"
#include "parents.h"
#include "readers.h"
#include "scratch.h"
#include "task.h"

/* The record of an exec: filled, and given to the readers that want it. Nothing here changes a verdict. */

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
