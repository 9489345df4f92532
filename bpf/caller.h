/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_CALLER_H
#define EW_BPF_CALLER_H

#include "exec.h"
#include "judge.h"
#include "scratch.h"
#include "task.h"

/*
 * What the record says of who execs, and of the script that was asked for: of a refusal it is read from the task as it
 * is, of what passes it is saved before the point of no return, put into the record after it, and forgotten.
 */

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

#endif
