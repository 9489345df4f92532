/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_TASK_H
#define EW_BPF_TASK_H

#include "core.h"
#include "maps.h"

/* Reading the kernel's objects into the shared structures. */

static __always_inline struct ew_state *ew_state_get(void)
{
	return ew_array_at(&state, 0);
}

/*
 * Storage of TASK in MAP, made if there is none. Where another of the task's storages is made on another processor at
 * the same time, as the first of them, the first try fails (-EAGAIN, bpf_local_storage_alloc() in
 * kernel/bpf/bpf_local_storage.c).
 */
#define EW_STORAGE_MAKE(map, task)                                              \
	(bpf_task_storage_get((map), (task), 0, BPF_LOCAL_STORAGE_GET_F_CREATE) \
		 ?: bpf_task_storage_get((map), (task), 0, BPF_LOCAL_STORAGE_GET_F_CREATE))

static __always_inline void ew_creds_read(const struct cred *cred, struct ew_creds *out)
{
	struct user_namespace *ns = cred->user_ns;

	out->uid = cred->uid.val;
	out->euid = cred->euid.val;
	out->suid = cred->suid.val;
	out->gid = cred->gid.val;
	out->egid = cred->egid.val;
	out->sgid = cred->sgid.val;
	out->securebits = cred->securebits;
	out->userns_level = ns->level;
	out->root_uid = out->userns_level ? ew_core_root_uid(ns) : 0;
	out->permitted = EW_CORE_CAP(cred, cap_permitted);
	out->effective = EW_CORE_CAP(cred, cap_effective);
	out->inheritable = EW_CORE_CAP(cred, cap_inheritable);
	out->bset = EW_CORE_CAP(cred, cap_bset);
}

/* Whether anything can have been gained at all; cheap, and what most execs end with. */
static __always_inline bool ew_creds_may_gain(const struct cred *before, const struct cred *after)
{
	return after->euid.val != before->euid.val || after->egid.val != before->egid.val ||
	       EW_CORE_CAP(after, cap_permitted) & ~EW_CORE_CAP(before, cap_permitted);
}

#define EW_GROUPS_HALF 32768 /* of NGROUPS_MAX, linux/limits.h */

/*
 * group_info is sorted by kernel id (groups_sort(), kernel/groups.c). Looks for the last that is at most GID, without a
 * branch, so that the verifier does not follow both ways at each step.
 */
static __always_inline bool ew_creds_in_groups(const struct cred *cred, __u32 gid)
{
	/* a number to the verifier, to which another may be added */
	const struct group_info *groups = BPF_CORE_READ(cred, group_info);
	__s64 n = BPF_CORE_READ(groups, ngroups);
	__u64 at = 0, found = 0;

	if (!n)
		return false;
	for (__u64 step = EW_GROUPS_HALF; step; step /= 2) {
		__s64 next = at | step, room, order;

		bpf_core_read(&found, sizeof(gid), &groups->gid[next]);
		/* both negative: it is there, and not beyond. The compiler may not know it for a comparison */
		room = next - n;
		order = (__s64)found - (__s64)gid - 1;
		asm volatile("" : "+r"(room), "+r"(order));
		at |= step & (__u64)((room & order) >> 63);
	}
	bpf_core_read(&found, sizeof(gid), &groups->gid[at]);
	return found == gid;
}

static __always_inline void ew_identity_read(const struct file *file, struct ew_identity *out)
{
	struct inode *inode = EW_SEEN(file, file)->f_inode;

	out->ino = inode->i_ino;
	out->dev = inode->i_sb->s_dev;
	out->pad = 0;
}

#endif
