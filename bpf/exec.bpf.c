// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hooks of one exec, in the order in which they run (fs/exec.c):
 *
 * ew_creds_for_exec   - works out once who is governed; `exec: none`
 * ew_check_security   - shapes, and programs that put the task under profiles, at each level of interpretation
 * ew_vfs_caps         - learns whether the file carries capabilities
 * ew_creds_from_file  - gains: the capability LSM has computed the new creds by now
 * ew_committing_creds - past the point of no return: counts and records what passes; tags by program
 *
 * None of them is sleepable: a program then runs under rcu_read_lock() and sees one policy from end to end. A refusal
 * by another program (`ret`) is passed on; one by an earlier LSM never gets here.
 *
 * During an upgrade each hook has two programs, which share all maps that outlive a hook. So each of them is written
 * so that what it does twice for one exec comes to the same as doing it once, and that it can go on where the other
 * left off (docs/design.md, Upgrade).
 */
#include "commit.h"
#include "exec.h"
#include "count.h"
#include "emit.h"
#include "fds_judge.h"
#include "follow.h"
#include "refuse.h"
#include "shapes.h"
#include "tags.h"
#include "verity.h"

#define EW_UNSAFE_NO_NEW_PRIVS 4 /* LSM_UNSAFE_NO_NEW_PRIVS, linux/security.h */
#define EW_S_IXGRP 00010	 /* linux/stat.h */

SEC("lsm/bprm_creds_for_exec")
int BPF_PROG(ew_creds_for_exec, struct linux_binprm *bprm, int ret)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_state *st = ew_state_get();
	bool check, forbidden = false;
	__u64 set, unstuck, minded = 0;
	struct ew_task_tag tag;
	struct ew_exec *x;
	__u32 generation;
	int copied;

	if (ret || !st)
		return ret;
	generation = ew_generation(st);
	set = ew_tags_of_cgroup(st, generation);
	unstuck = ew_tags_stick(st, current, set, generation);
	copied = ew_tags_move(st, current, &tag);
	set |= tag.set | ew_tags_of_user(st, current, generation);
	/* left over from an exec that failed outside of our hooks */
	x = ew_exec_followed(current, st);
	if (x)
		ew_exec_end(st, x);
	if (!set && !st->readers_all)
		return 0;
	if (copied < 0 || unstuck)
		return ew_refuse_unevaluable(st, generation, tag.set | unstuck);

	check = ew_core_is_check(bprm);
	/* `execward run` execs its command under the profile; from then on the profile's `exec: none` holds */
	if (set)
		forbidden = ew_judge_forbidden(generation, set, tag.starting, !check && ew_counts(st));
	if (!check && set)
		minded = ew_fds_minded(st, set, generation, true);
	if (!forbidden && (check || (!ew_wanted(st, set) && !tag.starting && !minded)))
		return 0;
	x = ew_exec_follow(current, st, generation, set, tag.starting);
	if (!x) {
		if (forbidden)
			return ew_refuse_unevaluable(st, generation, set);
		if (minded)
			return ew_refuse_fds_unevaluable(st, generation, set, minded);
		ew_emit_lost(st, set);
		return 0;
	}
	if (!forbidden || !ew_judge(x, EW_JUDGE_EXEC)) {
		if (check)
			ew_exec_end(st, x);
		return 0;
	}
	ew_creds_read(EW_SEEN(task_struct, current)->cred, &x->before);
	x->after = x->before;
	ew_identity_read(bprm->file, &x->program);
	ew_identity_read(EW_SEEN(task_struct, current)->mm->exe_file, &x->from);
	if (!check)
		return ew_refuse(st, current, bprm->file, x, false);
	ew_count_check();
	ew_exec_end(st, x);
	return -EW_EPERM;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(ew_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_state *st = ew_state_get();
	__u32 shapes, generation, about = EW_JUDGE_SHAPES;
	__u64 set = 0, starting = 0;
	struct ew_exec *x;
	bool interpreter;
	__u64 enters;

	if (ret || !st)
		return ret;
	generation = ew_generation(st);
	enters = ew_tags_of_program(st, bprm->file, generation);
	if (!enters && !st->shapes && !st->readers)
		return 0;
	interpreter = bprm->interp != bprm->filename;
	shapes = ew_shapes_of(bprm);
	x = ew_exec_followed(current, st);
	if (!x) {
		if (shapes || interpreter || enters)
			set = ew_tags_of_task(st, current, generation, &starting);
		if (!set && !enters)
			return 0;
		x = ew_exec_follow(current, st, generation, set, starting);
		if (!x)
			return ew_refuse_unevaluable(st, generation, set | enters);
		about |= EW_JUDGE_EXEC;
	} else if (x->file == (__u64)bprm->file) {
		/* by the programs beside these, during an upgrade; the file of the level before is open until the next
		 */
		return 0;
	} else if (ew_exec_renew(x, current, st, generation)) {
		about |= EW_JUDGE_EXEC;
	}
	x->file = (__u64)bprm->file;
	x->enters |= enters;
	ew_identity_read(bprm->file, &x->levels[x->n_levels & (EW_LEVELS - 1)]);
	x->n_levels++;
	/* a further level that no "#!" in the one before asked for: binfmt_misc */
	if (interpreter && !x->script)
		shapes |= EW_BIT(EW_SHAPE_INTERPRETED);
	x->script = !!(shapes & EW_BIT(EW_SHAPE_SCRIPT));
	x->shapes |= shapes;
	if (!x->set || !ew_judge(x, about)) {
		/* read again: as what was stored above it would be another path for the verifier for each of the shapes
		 */
		if (*(const volatile __u16 *)&x->script && bprm->interp == bprm->filename && ew_wanted(st, x->set))
			ew_script_save(current, bprm->file, x);
		return 0;
	}
	ew_creds_read(EW_SEEN(task_struct, current)->cred, &x->before);
	x->after = x->before;
	ew_identity_read(bprm->file, &x->program);
	ew_identity_read(EW_SEEN(task_struct, current)->mm->exe_file, &x->from);
	return ew_refuse(st, current, bprm->file, x, false);
}

/*
 * Called by get_file_caps() for every exec from a mount that may set ids (security/commoncap.c); -ENODATA: none. Only
 * attached when a profile refuses the shape `setid` or a reader is there, for it is one more program for every exec to
 * pass.
 */
SEC("fexit/get_vfs_caps_from_disk")
int BPF_PROG(ew_vfs_caps, void *idmap, void *dentry, void *caps, int ret)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_state *st = ew_state_get();
	__u64 set, starting;
	struct ew_exec *x;
	__u32 generation;

	if (ret || !st)
		return 0;
	x = ew_exec_followed(current, st);
	if (!x) {
		generation = ew_generation(st);
		set = ew_tags_of_task(st, current, generation, &starting);
		x = set ? ew_exec_follow(current, st, generation, set, starting) : NULL;
	}
	if (x) {
		x->file_caps = 1;
		x->file_permitted = EW_CORE_FILE_CAP(caps, permitted);
		x->file_inheritable = EW_CORE_FILE_CAP(caps, inheritable);
		x->shapes |= EW_BIT(EW_SHAPE_SETID);
	}
	return 0;
}

/* For the record alone: what the program would have gained, had the task not set no_new_privs. */
static __always_inline void ew_withhold(const struct cred *before, const struct file *file, struct ew_exec *x)
{
	const struct inode *inode = EW_SEEN(file, file)->f_inode;
	bool setid = ew_core_may_setid(file, before->user_ns, inode->i_uid.val, inode->i_gid.val);
	struct ew_grants grants = {
		.setuid = setid && inode->i_mode & EW_S_ISUID,
		.setgid = setid && (inode->i_mode & (EW_S_ISGID | EW_S_IXGRP)) == (EW_S_ISGID | EW_S_IXGRP),
		.caps = x->file_caps,
		.uid = inode->i_uid.val,
		.gid = inode->i_gid.val,
		.permitted = x->file_permitted,
		.inheritable = x->file_inheritable,
	};
	struct ew_gain_hints hints = {.file_caps = x->file_caps};
	struct ew_creds after;
	struct ew_gain gain;

	ew_gain_foresee(&x->before, &grants, &after);
	if (after.egid != x->before.egid)
		hints.egid_in_groups = ew_creds_in_groups(before, after.egid);
	ew_gain_compute(&x->before, &after, &hints, &gain);
	x->withheld.kinds = gain.kinds;
	x->withheld.caps = gain.caps;
	x->withheld.uid = after.euid;
	x->withheld.gid = after.egid;
}

/* As ew_judge() of everything; a gain that no exception for the file's identity covers is asked about by its digest. */
static __always_inline void ew_judge_all(const struct ew_state *st, struct file *file, struct ew_exec *x)
{
	const __u32 about = EW_JUDGE_EXEC | EW_JUDGE_SHAPES | EW_JUDGE_GAIN;

	ew_judge(x, about);
	if (x->decision.reason != EW_REASON_GAIN || !(st->verity & EW_VERITY_USED) || !ew_verity_find(file, x))
		return;
	ew_exec_judge_under(x, x->generation, x->set, x->starting);
	ew_judge(x, about);
}

SEC("lsm/bprm_creds_from_file")
int BPF_PROG(ew_creds_from_file, struct linux_binprm *bprm, struct file *file, int ret)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_state *st = ew_state_get();
	const struct cred *before, *after;
	struct ew_exec *x;
	__u32 generation;

	if (ret || !st)
		return ret;
	before = EW_SEEN(task_struct, current)->cred;
	after = bprm->cred;
	generation = ew_generation(st);
	x = ew_exec_followed(current, st);
	if (!x) {
		__u64 set = 0, starting = 0;

		if (ew_creds_may_gain(before, after) ||
		    (st->labels & EW_LABELS_USED && ew_label_may_change(before, after)))
			set = ew_tags_of_task(st, current, generation, &starting);
		if (!set)
			return 0;
		x = ew_exec_follow(current, st, generation, set, starting);
		if (!x)
			return ew_refuse_unevaluable(st, generation, set);
		x->renewed = 1;
	} else {
		x->renewed = ew_exec_renew(x, current, st, generation);
	}
	EW_READ_AGAIN();
	/* ew_check_security may not have been attached under the policy before */
	if (x->renewed) {
		if (st->shapes)
			ew_shapes_late(bprm, x);
		x->enters |= ew_tags_of_program(st, bprm->file, generation);
	}
	EW_READ_AGAIN();
	ew_identity_read(file, &x->program);
	ew_identity_read(EW_SEEN(task_struct, current)->mm->exe_file, &x->from);
	ew_creds_read(before, &x->before);
	ew_creds_read(after, &x->after);
	x->hints.egid_in_groups = x->after.egid != x->before.egid && ew_creds_in_groups(before, x->after.egid);
	x->hints.file_caps = x->file_caps;
	EW_READ_AGAIN();
	ew_gain_compute(&x->before, &x->after, &x->hints, &x->gain);
	EW_READ_AGAIN();
	ew_label_gain(st, before, after, x);
	if (x->gain.causes & EW_BIT(EW_CAUSE_FILECAPS))
		x->shapes |= EW_BIT(EW_SHAPE_SETID);
	EW_READ_AGAIN();

	/*
	 * With the gain everything is asked again: the file's capabilities are known only now, and with them the last
	 * of its shapes; and the hooks before may have asked another policy.
	 */
	if (x->set) {
		ew_judge_all(st, file, x);
		if (st->fds)
			ew_fds_judge(st, current, x, x->set, x->generation, false);
		if (x->decision.verdict >= EW_VERDICT_DENY)
			return ew_refuse(st, current, file, x, true);
	}
	if (!ew_wanted(st, x->set))
		return 0;
	if (bprm->unsafe & EW_UNSAFE_NO_NEW_PRIVS)
		ew_withhold(before, file, x);
	ew_caller_save(current, x);
	return 0;
}

SEC("lsm/bprm_committing_creds")
int BPF_PROG(ew_committing_creds, struct linux_binprm *bprm)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_state *st = ew_state_get();
	struct ew_task_tag *tag;
	struct ew_exec *x;

	if (!st)
		return 0;
	x = ew_exec_followed(current, st);
	if (!x)
		return 0;
	if (x->enters)
		ew_enter(current, x);
	if (st->fds && x->set)
		ew_fds_cross(st, current, x);
	if (x->set)
		ew_count(&x->decision, x->gain.kinds);
	if (ew_wanted(st, x->set))
		ew_emit(st, current, ew_core_creds_file(bprm), x, true, bprm);
	ew_exec_end(st, x);
	/* current leads its thread group by now */
	tag = st->process_tags ? bpf_task_storage_get(&task_tags, current, 0, 0) : NULL;
	if (tag)
		tag->starting = 0;
	return 0;
}
