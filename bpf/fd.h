/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_FD_H
#define EW_BPF_FD_H

#include "kind.h"

/* What one open file is. */

#define EW_FMODE_PATH_SHIFT 14 /* FMODE_PATH, linux/fs.h */
#define EW_AF_UNIX 1
#define EW_NAME_MAX 255
/* What is read of structures at once; members that some kernel has further down cost it a read more. */
#define EW_FD_FILE_HEAD 96
#define EW_FD_DENTRY_HEAD 48
#define EW_FD_INODE_HEAD 80
#define EW_FD_SB_HEAD 104
#define EW_FD_LEVELS 4096 /* of a path; there can be more, but not by opening a path */

struct vfsmount___fd {
	struct dentry *mnt_root;
} __attribute__((preserve_access_index));
struct mount___fd {
	struct mount___fd *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount___fd mnt;
	void *mnt_ns;
} __attribute__((preserve_access_index));
struct upid___fd {
	int nr;
} __attribute__((preserve_access_index));
struct pid___fd {
	struct upid___fd numbers[1];
} __attribute__((preserve_access_index));
struct proc_inode___fd {
	struct pid___fd *pid;
	struct inode vfs_inode;
} __attribute__((preserve_access_index));
struct sock_common___fd {
	unsigned short skc_family;
} __attribute__((preserve_access_index));
struct sock___fd {
	struct sock_common___fd __sk_common;
	struct pid___fd *sk_peer_pid;
} __attribute__((preserve_access_index));
struct socket___fd {
	short type;
	struct sock___fd *sk;
} __attribute__((preserve_access_index));
struct sockaddr_un___fd {
	unsigned short sun_family;
} __attribute__((preserve_access_index));
struct unix_address___fd {
	int len;
	struct sockaddr_un___fd name[0];
} __attribute__((preserve_access_index));
struct unix_sock___fd {
	struct unix_address___fd *addr;
	struct unix_sock___fd *peer;
} __attribute__((preserve_access_index));
struct proc_ns_operations___fd {
	const char *name;
} __attribute__((preserve_access_index));
struct ns_common___fd {
	const struct proc_ns_operations___fd *ops;
} __attribute__((preserve_access_index));
struct inode___fd {
	void *i_private;
} __attribute__((preserve_access_index));

/* Where the next SIZE bytes of the record go, or NULL when there is no room. The caller moves `used`. */
static __always_inline char *ew_fd_room(struct ew_scratch *s, __u32 size)
{
	__u64 used = s->fd.used;

	/* what is compared is what is used: the compiler may not keep a copy from before, of which nothing is known */
	asm volatile("" : "+r"(used));
	if (used > sizeof(s->record.paths) - size)
		return NULL;
	asm volatile("" : "+r"(used));
	return s->record.paths + used;
}

static __always_inline struct mount___fd *ew_fd_mount(const void *vfsmount)
{
	return (void *)vfsmount - bpf_core_field_offset(struct mount___fd, mnt);
}

struct ew_fd_walk {
	struct ew_scratch *scratch;
};

/* One level up. What is decided is kept in the scratch, not on the stack (struct ew_judge says why). */
static long ew_fd_step(__u32 index, struct ew_fd_walk *walk)
{
	struct ew_scratch *s = walk->scratch;
	struct ew_fd_work *w = &s->fd;
	struct dentry___fd *dentry = (void *)w->dentry;
	struct mount___fd *mnt = (void *)w->mnt, *up;
	const unsigned char *name;
	__u64 parent;
	__u32 len;
	char *to;

	if (w->dentry == w->root && w->mnt == w->root_mnt) {
		w->at_root = 1;
		return 1;
	}
	if (w->dentry == w->mnt_root) {
		up = BPF_CORE_READ(mnt, mnt_parent);
		if (up == mnt || !up)
			return 1;
		w->dentry = (__u64)BPF_CORE_READ(mnt, mnt_mountpoint);
		w->mnt = (__u64)up;
		w->mnt_root = (__u64)BPF_CORE_READ(up, mnt.mnt_root);
		return 0;
	}
	bpf_probe_read_kernel(w->blob, EW_FD_DENTRY_HEAD, dentry);
	parent = EW_FD_PICK(w->blob, EW_FD_DENTRY_HEAD, dentry, struct dentry___fd, d_parent, __u64);
	if (parent == w->dentry || !parent)
		return 1;
	if (!index && !EW_FD_PICK(w->blob, EW_FD_DENTRY_HEAD, dentry, struct dentry, d_hash.pprev, __u64))
		w->deleted = 1;
	w->dentry = parent;
	len = EW_FD_PICK(w->blob, EW_FD_DENTRY_HEAD, dentry, struct dentry___fd, d_name.hash_len, __u64) >> 32 &
	      EW_NAME_MAX;
	name = EW_FD_PICK(w->blob, EW_FD_DENTRY_HEAD, dentry, struct dentry___fd, d_name.name, const unsigned char *);
	to = ew_fd_room(s, EW_NAME_MAX + 1);
	if (!to || w->used + len >= w->end) {
		w->truncated = 1;
		w->end = 0; /* the levels above do not go on where one is missing */
		return 0;
	}
	bpf_probe_read_kernel(to, len, name);
	to[len] = '/';
	w->used += len + 1;
	return 0;
}

/*
 * Appends the path from the task's root to DENTRY on the mount of VFSMOUNT. Returns EW_FD_* marks. Not static, as
 * ew_fd_kind(): it is verified once for all who call it.
 */
__noinline __u32 ew_fd_put_path(struct ew_scratch *s, __u64 vfsmount, __u64 dentry)
{
	struct ew_fd_walk walk = {.scratch = s};
	struct mount___fd *mnt = ew_fd_mount((void *)vfsmount);
	__u32 marks = EW_FD_PATH;

	if (!s)
		return 0;
	s->fd.dentry = dentry;
	s->fd.mnt = (__u64)mnt;
	s->fd.mnt_root = s->fd.home_root;
	if (s->fd.mnt != s->fd.root_mnt)
		s->fd.mnt_root = (__u64)BPF_CORE_READ(mnt, mnt.mnt_root);
	s->fd.end = s->fd.used + EW_FD_PATH_MAX;
	s->fd.at_root = 0;
	s->fd.truncated = 0;
	s->fd.deleted = 0;
	bpf_loop(EW_FD_LEVELS, ew_fd_step, &walk, 0);
	if (s->fd.truncated)
		marks |= EW_FD_TRUNCATED;
	if (s->fd.deleted)
		marks |= EW_FD_DELETED;
	if (!s->fd.at_root && (__u64)BPF_CORE_READ(mnt, mnt_ns) != s->fd.ns)
		marks |= EW_FD_OTHER_NS;
	return marks;
}

/* Appends the name of DENTRY. */
static __always_inline void ew_fd_put_name(struct ew_scratch *s, __u64 dentry)
{
	const unsigned char *name = BPF_CORE_READ((struct dentry___fd *)dentry, d_name.name);
	__u32 len = BPF_CORE_READ((struct dentry___fd *)dentry, d_name.hash_len) >> 32 & EW_NAME_MAX;
	char *to = ew_fd_room(s, EW_NAME_MAX);

	if (!to)
		return;
	bpf_probe_read_kernel(to, len, name);
	s->fd.used += len;
}

#define EW_NS_NAME_MAX 16

/* Appends the type of the namespace that INODE stands for: "mnt" and the like. */
static __always_inline void ew_fd_put_ns(struct ew_scratch *s, __u64 inode)
{
	struct ns_common___fd *ns = BPF_CORE_READ((struct inode___fd *)inode, i_private);
	const char *name = BPF_CORE_READ(ns, ops, name);
	char *to = ew_fd_room(s, EW_NS_NAME_MAX);
	long size;

	if (!to)
		return;
	size = bpf_probe_read_kernel_str(to, EW_NS_NAME_MAX, name);
	if (size > 0)
		s->fd.used += size - 1;
}

/* The process that a file of /proc is about, by its number in the initial namespace; 0: it is about none. */
static __always_inline __u32 ew_fd_proc_pid(__u64 inode)
{
	struct proc_inode___fd *proc = (void *)inode - bpf_core_field_offset(struct proc_inode___fd, vfs_inode);
	struct pid___fd *pid = BPF_CORE_READ(proc, pid);

	return pid ? BPF_CORE_READ(pid, numbers[0].nr) : 0;
}

#define EW_SUN_PATH 2 /* offset of sun_path in struct sockaddr_un, linux/un.h */

/* Fills in what FD, a socket, is; appends the address of its peer. */
static __always_inline void ew_fd_put_socket(struct ew_scratch *s, struct ew_fd *fd, __u64 file)
{
	struct socket___fd *socket = BPF_CORE_READ((struct file___fd *)file, private_data);
	struct sock___fd *sk = BPF_CORE_READ(socket, sk);
	struct unix_address___fd *addr;
	__u32 len;
	char *to;

	fd->type = BPF_CORE_READ(socket, type);
	fd->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (fd->family != EW_AF_UNIX || !bpf_core_type_exists(struct unix_sock___fd))
		return;
	fd->peer_pid = BPF_CORE_READ(sk, sk_peer_pid, numbers[0].nr);
	addr = BPF_CORE_READ((struct unix_sock___fd *)sk, peer, addr);
	len = BPF_CORE_READ(addr, len) - EW_SUN_PATH;
	to = ew_fd_room(s, EW_FD_PEER_MAX);
	if (!addr || !to || len > EW_FD_PEER_MAX)
		return;
	bpf_probe_read_kernel(to, len,
			      (void *)addr + bpf_core_field_offset(struct unix_address___fd, name) + EW_SUN_PATH);
	s->fd.used += len;
	fd->peer_len = len;
}

/* Appends NUMBER, open on FILE, to the record. */
static __always_inline void ew_fd_describe(struct ew_scratch *s, __u64 file, __u32 number)
{
	struct ew_fd *fd = (struct ew_fd *)ew_fd_room(s, sizeof(*fd));
	__u64 inode, sb, vfsmount, dentry, magic;
	__u32 mode, used, kind, nlink, pid;

	if (!fd)
		return;
	s->fd.used += sizeof(*fd);
	used = s->fd.used;
	s->fd.described++;
	__builtin_memset(fd, 0, sizeof(*fd));
	fd->fd = number;
	bpf_probe_read_kernel(s->fd.blob, EW_FD_FILE_HEAD, (void *)file);
	inode = EW_FD_PICK(s->fd.blob, EW_FD_FILE_HEAD, file, struct file, f_inode, __u64);
	vfsmount = EW_FD_PICK(s->fd.blob, EW_FD_FILE_HEAD, file, struct file, f_path.mnt, __u64);
	dentry = EW_FD_PICK(s->fd.blob, EW_FD_FILE_HEAD, file, struct file, f_path.dentry, __u64);
	mode = EW_FD_PICK(s->fd.blob, EW_FD_FILE_HEAD, file, struct file___fd, f_mode, __u32);
	fd->access = (mode & (EW_FD_READ | EW_FD_WRITE)) | (mode >> EW_FMODE_PATH_SHIFT & 1) << 2;
	bpf_probe_read_kernel(s->fd.blob, EW_FD_INODE_HEAD, (void *)inode);
	mode = EW_FD_PICK(s->fd.blob, EW_FD_INODE_HEAD, inode, struct inode, i_mode, __u16);
	sb = EW_FD_PICK(s->fd.blob, EW_FD_INODE_HEAD, inode, struct inode, i_sb, __u64);
	nlink = EW_FD_PICK(s->fd.blob, EW_FD_INODE_HEAD, inode, struct inode, i_nlink, __u32);
	fd->file.ino = EW_FD_PICK(s->fd.blob, EW_FD_INODE_HEAD, inode, struct inode, i_ino, __u64);
	if (sb != s->fd.sb) {
		bpf_probe_read_kernel(s->fd.blob, EW_FD_SB_HEAD, (void *)sb);
		s->fd.magic = EW_FD_PICK(s->fd.blob, EW_FD_SB_HEAD, sb, struct super_block, s_magic, __u64);
		s->fd.flags = EW_FD_PICK(s->fd.blob, EW_FD_SB_HEAD, sb, struct super_block, s_flags, __u64);
		s->fd.dev = EW_FD_PICK(s->fd.blob, EW_FD_SB_HEAD, sb, struct super_block, s_dev, __u32);
		s->fd.sb = sb;
	}
	magic = s->fd.magic;
	fd->file.dev = s->fd.dev;
	kind = ew_fd_kind(mode, magic, s->fd.flags, dentry);
	fd->kind = kind;
	switch (kind) {
	case EW_FD_NAMESPACE:
		ew_fd_put_ns(s, inode);
		break;
	case EW_FD_REGULAR:
	case EW_FD_DIRECTORY:
	case EW_FD_CHAR:
	case EW_FD_BLOCK:
	case EW_FD_FIFO:
	case EW_FD_SOCKET:
	case EW_FD_CGROUP:
	case EW_FD_OTHER:
		if (magic == SOCKFS_MAGIC || magic == PIPEFS_MAGIC)
			break;
		fd->marks = ew_fd_put_path(s, vfsmount, dentry) | (nlink ? 0 : EW_FD_DELETED);
		break;
	default:
		ew_fd_put_name(s, dentry);
		break;
	}
	fd->text_len = s->fd.used - used;
	if (kind == EW_FD_DIRECTORY && !s->fd.at_root)
		fd->dangers |= EW_BIT(EW_FD_DANGER_OUTSIDE_ROOT);
	if (kind == EW_FD_CGROUP)
		fd->dangers |=
			EW_BIT(EW_FD_DANGER_CGROUP) |
			(!s->fd.at_root && (mode & EW_S_IFMT) == EW_S_IFDIR ? EW_BIT(EW_FD_DANGER_OUTSIDE_ROOT) : 0);
	if (kind == EW_FD_BLOCK)
		fd->dangers |= EW_BIT(EW_FD_DANGER_BLOCK);
	if (magic == PROC_SUPER_MAGIC) {
		pid = ew_fd_proc_pid(inode);
		if (pid && pid != s->fd.pid && pid != s->fd.tid)
			fd->dangers |= EW_BIT(EW_FD_DANGER_PROC);
	}
	if (magic == SOCKFS_MAGIC)
		ew_fd_put_socket(s, fd, file);
}

#endif
