/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_KIND_H
#define EW_BPF_KIND_H

#include "exec.h"

#include <linux/magic.h>

/* Of what kind an open file is (enum ew_fd_kind). */

#define EW_S_IFMT 00170000 /* linux/stat.h */
#define EW_S_IFSOCK 0140000
#define EW_S_IFREG 0100000
#define EW_S_IFBLK 0060000
#define EW_S_IFDIR 0040000
#define EW_S_IFCHR 0020000
#define EW_S_IFIFO 0010000
#define EW_PID_FS_MAGIC 0x50494446UL	/* linux/magic.h of Linux 6.9 */
#define EW_MEMFD_MAGIC 0x3a64666d656dUL /* "memfd:" */
#define EW_FD_INODE_BRIEF 48		/* up to i_sb */

struct qstr___fd {
	__u64 hash_len; /* the length is the upper half on little-endian machines, which all of ours are */
	const unsigned char *name;
} __attribute__((preserve_access_index));
struct dentry___fd {
	struct dentry *d_parent;
	struct qstr___fd d_name;
} __attribute__((preserve_access_index));
struct file___fd {
	unsigned int f_mode;
	void *private_data;
	const void *f_op;
} __attribute__((preserve_access_index));

/* The first eight bytes of the dentry's name. */
static __always_inline __u64 ew_fd_name_head(__u64 dentry)
{
	const unsigned char *name = BPF_CORE_READ((struct dentry___fd *)dentry, d_name.name);
	__u64 head = 0;

	bpf_probe_read_kernel(&head, sizeof(head), name);
	return head;
}

#define EW_HEAD(a, b, c, d, e, f, g, h)                                                                             \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | (__u64)(f) << 40 | \
	 (__u64)(g) << 48 | (__u64)(h) << 56)

/* By the name that the kernel gave the anonymous inode's dentry; the first eight bytes tell them apart. */
static __always_inline __u32 ew_fd_anon_kind(__u64 head)
{
	switch (head) {
	case EW_HEAD('[', 'e', 'v', 'e', 'n', 't', 'f', 'd'):
		return EW_FD_EVENTFD;
	case EW_HEAD('[', 'e', 'v', 'e', 'n', 't', 'p', 'o'):
		return EW_FD_EPOLL;
	case EW_HEAD('[', 't', 'i', 'm', 'e', 'r', 'f', 'd'):
		return EW_FD_TIMERFD;
	case EW_HEAD('[', 's', 'i', 'g', 'n', 'a', 'l', 'f'):
		return EW_FD_SIGNALFD;
	case EW_HEAD('i', 'n', 'o', 't', 'i', 'f', 'y', 0):
		return EW_FD_INOTIFY;
	case EW_HEAD('[', 'f', 'a', 'n', 'o', 't', 'i', 'f'):
		return EW_FD_FANOTIFY;
	case EW_HEAD('[', 'p', 'i', 'd', 'f', 'd', ']', 0):
		return EW_FD_PIDFD;
	case EW_HEAD('b', 'p', 'f', '-', 'm', 'a', 'p', 0):
		return EW_FD_BPF_MAP;
	case EW_HEAD('b', 'p', 'f', '-', 'p', 'r', 'o', 'g'):
		return EW_FD_BPF_PROG;
	case EW_HEAD('b', 'p', 'f', '_', 'l', 'i', 'n', 'k'):
		return EW_FD_BPF_LINK;
	case EW_HEAD('[', 'p', 'e', 'r', 'f', '_', 'e', 'v'):
		return EW_FD_PERF;
	case EW_HEAD('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'):
		return EW_FD_IO_URING;
	case EW_HEAD('[', 'u', 's', 'e', 'r', 'f', 'a', 'u'):
		return EW_FD_USERFAULTFD;
	case EW_HEAD('[', 'f', 's', 'c', 'o', 'n', 't', 'e'):
		return EW_FD_FS_CONTEXT;
	default:
		return EW_FD_ANON;
	}
}

/*
 * The kind of what has MODE and DENTRY on a super block of MAGIC with FLAGS. Not static, so that it is verified once,
 * by itself, and what it returns is any number to its callers: its many constants multiply the paths of nobody.
 */
__noinline __u32 ew_fd_kind(__u32 mode, __u64 magic, __u64 flags, __u64 dentry)
{
	switch (magic) {
	case ANON_INODE_FS_MAGIC:
		return ew_fd_anon_kind(ew_fd_name_head(dentry));
	case EW_PID_FS_MAGIC:
		return EW_FD_PIDFD;
	case NSFS_MAGIC:
		return EW_FD_NAMESPACE;
	case CGROUP2_SUPER_MAGIC:
	case CGROUP_SUPER_MAGIC:
		return EW_FD_CGROUP;
	case TMPFS_MAGIC:
	case HUGETLBFS_MAGIC:
		/* of the kernel's own mount there is shared memory, too */
		if (flags & EW_SB_KERNMOUNT && (ew_fd_name_head(dentry) & (1UL << 48) - 1) == EW_MEMFD_MAGIC)
			return EW_FD_MEMFD;
		break;
	}
	switch (mode & EW_S_IFMT) {
	case EW_S_IFREG:
		return EW_FD_REGULAR;
	case EW_S_IFDIR:
		return EW_FD_DIRECTORY;
	case EW_S_IFCHR:
		return EW_FD_CHAR;
	case EW_S_IFBLK:
		return EW_FD_BLOCK;
	case EW_S_IFIFO:
		return EW_FD_FIFO;
	case EW_S_IFSOCK:
		return EW_FD_SOCKET;
	default:
		return EW_FD_OTHER;
	}
}

/* MEMBER, a C_TYPE, of the STRUCTURE at OBJECT, of which the first ROOM bytes are in BLOB. */
#define EW_FD_PICK(blob, room, object, structure, member, c_type)                                   \
	({                                                                                          \
		__u32 offset_ = bpf_core_field_offset(structure, member);                           \
		c_type value_;                                                                      \
                                                                                                    \
		if (offset_ <= (room) - sizeof(value_))                                             \
			value_ = *(c_type *)((char *)(blob) + offset_);                             \
		else                                                                                \
			bpf_probe_read_kernel(&value_, sizeof(value_), (void *)(object) + offset_); \
		value_;                                                                             \
	})

/*
 * The kind of FILE, of the table's. All that is paid for each of a million descriptors, so it reads no more than it has
 * to: where most files are on one file system, the inode's address and the beginning of the inode.
 */
static __always_inline __u32 ew_fd_kind_of(struct ew_fd_table *table, __u64 file)
{
	struct file *f = (struct file *)file;
	struct inode *inode = BPF_CORE_READ(f, f_inode);
	__u64 sb, op, dentry = 0;
	__u32 mode;

	bpf_probe_read_kernel(table->blob, EW_FD_INODE_BRIEF, inode);
	mode = EW_FD_PICK(table->blob, EW_FD_INODE_BRIEF, inode, struct inode, i_mode, __u16);
	sb = EW_FD_PICK(table->blob, EW_FD_INODE_BRIEF, inode, struct inode, i_sb, __u64);
	if (sb != table->sb) {
		table->magic = BPF_CORE_READ((struct super_block *)sb, s_magic);
		table->flags = BPF_CORE_READ((struct super_block *)sb, s_flags);
		table->sb = sb;
	}
	if (table->magic == ANON_INODE_FS_MAGIC) {
		/* files of the same operations are of one kind, and these are had for less than the name */
		op = (__u64)BPF_CORE_READ((struct file___fd *)file, f_op);
		if (op != table->anon_op) {
			dentry = (__u64)BPF_CORE_READ(f, f_path.dentry);
			table->anon_kind = ew_fd_kind(mode, table->magic, table->flags, dentry);
			table->anon_op = op;
		}
		return table->anon_kind;
	}
	/* so is memfd told by its name */
	if (table->flags & EW_SB_KERNMOUNT && (mode & EW_S_IFMT) == EW_S_IFREG)
		dentry = (__u64)BPF_CORE_READ(f, f_path.dentry);
	return ew_fd_kind(mode, table->magic, table->flags, dentry);
}

#endif
