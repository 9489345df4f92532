/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_CORE_H
#define EW_BPF_CORE_H

/* One accessor for each thing that kernels keep in different places or forms. */

/*
 * A capability set: `struct kernel_cap_struct { u32 cap[2]; }` before 6.3, `struct { u64 val; }` since (commit
 * f122a08b197d). In both, bit N of the whole is capability N.
 */
struct ew_cap_val {
	__u64 val;
} __attribute__((preserve_access_index));
struct cred___val {
	struct ew_cap_val cap_permitted, cap_effective, cap_inheritable, cap_bset;
} __attribute__((preserve_access_index));

#define EW_CORE_CAP(cred, member)                                         \
	(bpf_core_field_exists(((struct cred___val *)(cred))->member.val) \
		 ? ((const struct cred___val *)(cred))->member.val        \
		 : ((cred)->member.cap[0] | (__u64)(cred)->member.cap[1] << 32))

struct cpu_vfs_cap_data___val {
	struct ew_cap_val permitted, inheritable;
} __attribute__((preserve_access_index));
struct cpu_vfs_cap_data___array {
	struct kernel_cap_struct permitted, inheritable;
} __attribute__((preserve_access_index));

/* A capability set as the file carries it. CAPS: a struct cpu_vfs_cap_data. */
#define EW_CORE_FILE_CAP(caps, member)                                                        \
	(bpf_core_field_exists(((struct cpu_vfs_cap_data___val *)(caps))->member.val)         \
		 ? BPF_CORE_READ((struct cpu_vfs_cap_data___val *)(caps), member.val)         \
		 : (BPF_CORE_READ((struct cpu_vfs_cap_data___array *)(caps), member.cap[0]) | \
		    (__u64)BPF_CORE_READ((struct cpu_vfs_cap_data___array *)(caps), member.cap[1]) << 32))

/* AT_EXECVE_CHECK asks for the answer only: a bit of linux_binprm since 6.14 (commit a5874fde3c08). */
struct linux_binprm___check {
	unsigned int is_check : 1;
} __attribute__((preserve_access_index));

static __always_inline bool ew_core_is_check(struct linux_binprm *bprm)
{
	struct linux_binprm___check *b = (void *)bprm;

	return bpf_core_field_exists(b->is_check) && BPF_CORE_READ_BITFIELD_PROBED(b, is_check);
}

/* The id that uid 0 of the namespace maps to; extents are sorted by `first` once there are more than five. */
static __always_inline __u32 ew_core_root_uid(struct user_namespace *ns)
{
	__u32 n = BPF_CORE_READ(ns, uid_map.nr_extents);
	struct uid_gid_extent extent = {};

	if (n > 5) {
		struct uid_gid_extent *forward = BPF_CORE_READ(ns, uid_map.forward);

		bpf_core_read(&extent, sizeof(extent), forward);
		return extent.count && extent.first == 0 ? extent.lower_first : (__u32)-1;
	}
	for (__u32 i = 0; i < 5; i++) {
		if (i >= n)
			break;
		bpf_core_read(&extent, sizeof(extent), &ns->uid_map.extent[i]);
		if (extent.count && extent.first == 0)
			return extent.lower_first;
	}
	return (__u32)-1;
}

/*
 * PTR, a struct TYPE, to read from only. For each pointer that is read from one that it trusts, the verifier of
 * Linux 6.12 looks up to four times for a type by its name in all of the kernel's BTF (btf_nested_type_is_trusted(),
 * kernel/bpf/verifier.c), and does nothing longer in a load; from one that it does not trust it lets be read as well.
 * The function is there from Linux 6.2 on (commit a35b9af4ec2c), and is no instruction of its own. Weak: see
 * ew_has_cast.
 */
#define EW_SEEN(type, ptr) ((struct type *)ew_core_seen((void *)(ptr), bpf_core_type_id_kernel(struct type)))

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* Set before loading: 1 where the kernel has bpf_rdonly_cast(), else the verifier never gets to the call. */
const volatile __u32 ew_has_cast = 0;

static __always_inline void *ew_core_seen(void *ptr, __u32 type)
{
	return ew_has_cast ? bpf_rdonly_cast(ptr, type) : ptr;
}

#define EW_MNT_NOSUID 0x01 /* linux/mount.h */

/*
 * Does the map of a user namespace have the kernel's id ID? One of more than five extents keeps them elsewhere, and is
 * taken to have none.
 */
static __always_inline bool ew_core_maps(const struct uid_gid_map *map, __u32 id)
{
	__u32 n = BPF_CORE_READ(map, nr_extents);
	struct uid_gid_extent extent = {};
	bool maps = false;

	for (__u32 i = 0; i < 5; i++) {
		bpf_core_read(&extent, sizeof(extent), &map->extent[i]);
		maps |= i < n && n <= 5 && id - extent.lower_first < extent.count;
	}
	return maps;
}

struct user_namespace___gid {
	struct uid_gid_map gid_map;
} __attribute__((preserve_access_index));
struct super_block___ns {
	struct user_namespace *s_user_ns;
} __attribute__((preserve_access_index));

/* Are the set-id bits of FILE, owned by UID and GID, looked at for a task in NS (bprm_fill_uid(), fs/exec.c)? */
static __always_inline bool ew_core_may_setid(const struct file *file, struct user_namespace *ns, __u32 uid, __u32 gid)
{
	struct super_block___ns *sb = (void *)EW_SEEN(file, file)->f_inode->i_sb;
	struct user_namespace *owner = BPF_CORE_READ(sb, s_user_ns);

	if (EW_SEEN(file, file)->f_path.mnt->mnt_flags & EW_MNT_NOSUID)
		return false;
	if (owner != ns && BPF_CORE_READ(owner, level))
		return false;
	if (!ns->level)
		return true;
	return ew_core_maps(&ns->uid_map, uid) && ew_core_maps(&((struct user_namespace___gid *)ns)->gid_map, gid);
}

struct linux_binprm___execfd {
	unsigned int execfd_creds : 1;
} __attribute__((preserve_access_index));

/* The file that the creds come from, as bprm_creds_from_file() in fs/exec.c chooses it. */
static __always_inline struct file *ew_core_creds_file(struct linux_binprm *bprm)
{
	struct linux_binprm___execfd *b = (void *)bprm;

	return BPF_CORE_READ_BITFIELD_PROBED(b, execfd_creds) ? bprm->executable : bprm->file;
}

struct task_struct___signal {
	struct signal_struct___exec *signal;
} __attribute__((preserve_access_index));

/* The owner of a mutex; of a real-time kernel it is a field of the rt_mutex inside (linux/mutex_types.h). */
struct mutex___plain {
	struct {
		long counter;
	} owner;
} __attribute__((preserve_access_index));
struct rt_mutex_base___exec {
	void *owner;
} __attribute__((preserve_access_index));
struct mutex___rt {
	struct rt_mutex_base___exec rtmutex;
} __attribute__((preserve_access_index));
struct signal_struct___exec {
	int nr_threads;
	struct mutex___plain cred_guard_mutex;
} __attribute__((preserve_access_index));

static __always_inline struct signal_struct___exec *ew_core_signal(struct task_struct *task)
{
	return BPF_CORE_READ((struct task_struct___signal *)task, signal);
}

/* How many threads the task's process has. */
static __always_inline int ew_core_threads(struct task_struct *task)
{
	return BPF_CORE_READ(ew_core_signal(task), nr_threads);
}

/*
 * Is a thread of the task's process amid an exec? From before bprm_creds_for_exec to its end it holds
 * signal->cred_guard_mutex (prepare_bprm_creds(), fs/exec.c). So does who attaches to the process to trace it, for a
 * moment.
 */
static __always_inline bool ew_core_execs(struct task_struct *task)
{
	struct mutex___plain *mutex = __builtin_preserve_access_index(&ew_core_signal(task)->cred_guard_mutex);

	if (bpf_core_field_exists(mutex->owner))
		return BPF_CORE_READ(mutex, owner.counter);
	return BPF_CORE_READ((struct mutex___rt *)mutex, rtmutex.owner);
}

/* Number of the hierarchy: 0 is the v2 hierarchy (cgroup_init(), kernel/cgroup/cgroup.c). */
static __always_inline bool ew_core_cgroup_is_v2(struct cgroup *cgrp)
{
	return BPF_CORE_READ(cgrp, root, hierarchy_id) == 0;
}

#endif
