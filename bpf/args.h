/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_ARGS_H
#define EW_BPF_ARGS_H

#include "fd.h"

/*
 * The arguments of an exec, for the record alone. Past the point of no return they lie where the new program will find
 * them, one behind the other. Of an exec that is refused before, the kernel's copy is in a memory map that is not in
 * force and cannot be read from here; so they are read where the caller has them, who can have changed them meanwhile.
 */

struct linux_binprm___args {
	unsigned long p;
	int argc;
} __attribute__((preserve_access_index));

/* The arguments of the new image. */
static __always_inline void ew_args_of_image(struct ew_args_work *args, struct linux_binprm *bprm)
{
	struct linux_binprm___args *b = (void *)bprm;

	args->at = b->p;
	args->left = b->argc;
	args->width = 0;
	args->flags = EW_ARGS_IMAGE;
}

#define EW_PTR_NATIVE 8
#define EW_PTR_COMPAT 4

/*
 * Where the system call that the task is in has its array of arguments. Its number tells which call it is and how wide
 * the pointers are: it is an exec, so that a number that the interfaces of an architecture use for different calls is
 * that of the exec. 0: it is none, as when the kernel starts a program by itself.
 */
#if defined(__TARGET_ARCH_x86)
struct pt_regs___exec {
	unsigned long bx, cx, dx, si, orig_ax;
} __attribute__((preserve_access_index));

static __always_inline __u64 ew_args_array(struct task_struct *current, __u32 *width)
{
	struct pt_regs___exec *regs = (void *)bpf_task_pt_regs(current);
	unsigned long call = BPF_CORE_READ(regs, orig_ax);

	/* arch/x86/entry/syscalls/syscall_64.tbl, the last two of x32 (__X32_SYSCALL_BIT) */
	*width = EW_PTR_NATIVE;
	if (call == 59)
		return BPF_CORE_READ(regs, si);
	if (call == 322)
		return BPF_CORE_READ(regs, dx);
	*width = EW_PTR_COMPAT;
	if (call == (0x40000000 | 520))
		return BPF_CORE_READ(regs, si);
	if (call == (0x40000000 | 545))
		return BPF_CORE_READ(regs, dx);
	/* syscall_32.tbl */
	if (call == 11)
		return (__u32)BPF_CORE_READ(regs, cx);
	if (call == 358)
		return (__u32)BPF_CORE_READ(regs, dx);
	return 0;
}
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs___exec {
	__u64 regs[31];
	int syscallno;
} __attribute__((preserve_access_index));

static __always_inline __u64 ew_args_array(struct task_struct *current, __u32 *width)
{
	struct pt_regs___exec *regs = (void *)bpf_task_pt_regs(current);
	int call = BPF_CORE_READ(regs, syscallno);

	/* include/uapi/asm-generic/unistd.h */
	*width = EW_PTR_NATIVE;
	if (call == 221)
		return BPF_CORE_READ(regs, regs[1]);
	if (call == 281)
		return BPF_CORE_READ(regs, regs[2]);
	/* arch/arm64/include/asm/unistd32.h */
	*width = EW_PTR_COMPAT;
	if (call == 11)
		return (__u32)BPF_CORE_READ(regs, regs[1]);
	if (call == 387)
		return (__u32)BPF_CORE_READ(regs, regs[2]);
	return 0;
}
#else
#error "where does a system call of this architecture have its arguments?"
#endif

/* The arguments where the caller has them. */
static __always_inline void ew_args_of_caller(struct ew_args_work *args, struct task_struct *current)
{
	args->at = ew_args_array(current, &args->width);
	args->flags = args->at ? EW_ARGS_CALLER : 0;
}

/* The address of the next argument; 0: that was the last one, or it cannot be told. */
static __always_inline __u64 ew_args_next(struct ew_args_work *args)
{
	__u64 next = 0;

	if (!args->width) {
		if (!args->left)
			return 0;
		args->left--;
		return args->at;
	}
	if (bpf_probe_read_user(&next, args->width == EW_PTR_COMPAT ? EW_PTR_COMPAT : EW_PTR_NATIVE,
				(void *)args->at)) {
		args->flags |= EW_ARGS_TRUNCATED;
		return 0;
	}
	/* behind the NULL at the end is something else */
	if (next)
		args->at += args->width;
	return next;
}

/* Appends the next argument. False: there is none, or it does not fit. */
static __always_inline bool ew_args_put(struct ew_scratch *s, __u64 next)
{
	struct ew_args_work *args = &s->args;
	__u32 room = EW_ARGS_SIZE + 1 - args->length;
	char *to = ew_fd_room(s, EW_ARGS_SIZE + 1);
	long size = -1;

	/* one byte more than is kept tells what is too long from what just fits */
	if (to && room && room <= EW_ARGS_SIZE + 1)
		size = bpf_probe_read_user_str(to, room, (void *)next);
	if (size < 0) {
		args->flags |= EW_ARGS_TRUNCATED;
		return false;
	}
	/* of an empty string no NUL is counted (strncpy_from_user_nofault(), mm/maccess.c) */
	if (!size && to) {
		*to = '\0';
		size = 1;
	}
	if (size == room) {
		args->flags |= EW_ARGS_TRUNCATED;
		size--;
		/* the NUL goes behind what is kept */
		if (size > 0 && size <= EW_ARGS_SIZE)
			to[size - 1] = '\0';
	}
	args->length += size;
	s->fd.used += size;
	if (!args->width)
		args->at += size;
	return !(args->flags & EW_ARGS_TRUNCATED);
}

/* Appends the next argument. Returns what ends or goes on with bpf_loop(). */
static __always_inline long ew_args_step(struct ew_scratch *s)
{
	__u64 next = ew_args_next(&s->args);

	return !next || !ew_args_put(s, next);
}

/* When no more are to be appended. */
static __always_inline void ew_args_end(struct ew_scratch *s)
{
	struct ew_args_work *args = &s->args;

	if (!(args->flags & EW_ARGS_TRUNCATED) && ew_args_next(args))
		args->flags |= EW_ARGS_TRUNCATED;
	/* not one could be read */
	if (!args->length && args->flags & EW_ARGS_TRUNCATED)
		args->flags = 0;
	s->record.args = args->flags;
	s->record.args_len = args->length;
}

#endif
