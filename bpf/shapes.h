/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_SHAPES_H
#define EW_BPF_SHAPES_H

#include "core.h"
#include "exec.h"

/* The shapes of a file (enum ew_shape): what is to be seen of it and of the exec before anything is gained. */

#define EW_S_ISUID 0004000 /* linux/stat.h */
#define EW_S_ISGID 0002000
#define EW_TMPFS_MAGIC 0x01021994UL /* linux/magic.h */
#define EW_HUGETLBFS_MAGIC 0x958458f6UL
#define EW_UNSAFE_PTRACE 2 /* LSM_UNSAFE_PTRACE, linux/security.h */

/* All pointers are followed before anything branches: to follow one is what costs the verifier of Linux 6.12 most. */
static __always_inline __u32 ew_shapes_of(struct linux_binprm *bprm)
{
	struct file *file = EW_SEEN(file, bprm->file);
	struct inode *inode = file->f_inode;
	struct dentry *dentry = file->f_path.dentry;
	struct super_block *sb = inode->i_sb;
	__u32 mnt_flags = file->f_path.mnt->mnt_flags;
	bool is_root = dentry->d_parent == dentry;
	__u32 shapes = 0;

	asm volatile("" : "+r"(mnt_flags), "+r"(is_root));
	if (inode->i_mode & (EW_S_ISUID | EW_S_ISGID))
		shapes |= EW_BIT(EW_SHAPE_SETID);
	if (sb->s_flags & EW_SB_KERNMOUNT && (sb->s_magic == EW_TMPFS_MAGIC || sb->s_magic == EW_HUGETLBFS_MAGIC))
		shapes |= EW_BIT(EW_SHAPE_MEMFD);
	/* no name left, or not the one it was opened by; a root dentry is never hashed */
	if (!inode->i_nlink || (!dentry->d_hash.pprev && !is_root))
		shapes |= EW_BIT(EW_SHAPE_UNLINKED);
	if (bprm->buf[0] == '#' && bprm->buf[1] == '!')
		shapes |= EW_BIT(EW_SHAPE_SCRIPT);
	if (mnt_flags & EW_MNT_NOSUID)
		shapes |= EW_BIT(EW_SHAPE_NOSUID_MOUNT);
	if (bprm->unsafe & EW_UNSAFE_PTRACE)
		shapes |= EW_BIT(EW_SHAPE_PTRACED);
	return shapes;
}

/*
 * The shapes of a file that ew_check_security may not have looked at, as no policy refused any when it passed. Of what
 * ran before an interpreter nothing can be known any more.
 */
static __always_inline void ew_shapes_late(struct linux_binprm *bprm, struct ew_exec *x)
{
	x->shapes |= ew_shapes_of(bprm);
	if (bprm->interp != bprm->filename && !(x->shapes & (EW_BIT(EW_SHAPE_SCRIPT) | EW_BIT(EW_SHAPE_INTERPRETED))))
		x->shapes |= EW_BIT(EW_SHAPE_SCRIPT) | EW_BIT(EW_SHAPE_INTERPRETED);
}

#endif
