/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_PARENTS_H
#define EW_BPF_PARENTS_H

#include "fds.h"

/*
 * The processes above the current one, with the paths of their images. A parent can end or exec at any time: RCU keeps
 * its task_struct, but not its memory map. So the path is read like that of a descriptor, and holds if the parent has
 * the same map and image afterwards. A task gives its map up before the map goes, and a new one is made while it has
 * the old one (exit_mm(), kernel/exit.c; exec_mmap(), fs/exec.c), so the address is not another map's in between.
 */

/* The file that PARENT executes, and in MM its memory map; 0: none. */
static __always_inline __u64 ew_parent_image(struct task_struct *parent, __u64 *mm)
{
	*mm = (__u64)parent->mm;
	/* the thread that made the child may have ended, or the first thread of the process */
	if (!*mm)
		*mm = (__u64)parent->group_leader->mm;
	return *mm ? (__u64)BPF_CORE_READ((struct mm_struct *)*mm, exe_file) : 0;
}

/* Appends one. False: there is no room. */
static __always_inline bool ew_parent_append(struct ew_scratch *s, struct task_struct *task)
{
	struct ew_parent *parent = (struct ew_parent *)ew_fd_room(s, sizeof(*parent));
	__u64 file, mm, again;
	__u32 used, marks;
	struct path path;

	if (!parent)
		return false;
	s->fd.used += sizeof(*parent);
	used = s->fd.used;
	parent->pid = task->tgid;
	parent->marks = 0;
	parent->text_len = 0;
	file = ew_parent_image(task, &mm);
	if (!file || bpf_core_read(&path, sizeof(path), &((struct file *)file)->f_path))
		return true;
	marks = ew_fd_put_path(s, (__u64)path.mnt, (__u64)path.dentry) & ~EW_FD_OTHER_NS;
	if (ew_parent_image(task, &again) != file || again != mm) {
		s->fd.used = used;
		return true;
	}
	parent->marks = marks;
	parent->text_len = s->fd.used - used;
	return true;
}

#endif
