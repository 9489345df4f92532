/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_FDS_H
#define EW_BPF_FDS_H

#include "fd.h"
#include "judge.h"
#include "subject.h"

/*
 * The descriptors that cross an exec: counted by the two bitmaps of the task's table, several words at a time, and
 * looked at one by one only where a rule (fds_judge.h) or a record asks for it. The table can be shared until the
 * kernel has unshared it (begin_new_exec(), fs/exec.c); it is kept in existence by RCU.
 */

#define EW_WORD_BITS 64
#define EW_FDS_BLOCKS_MAX \
	(1U << 21) /* for 1 << 30 descriptors, four times what a table can have (kvmalloc() of files) */

struct fdtable___fds {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec, *open_fds;
} __attribute__((preserve_access_index));
struct atomic___fds {
	int counter;
} __attribute__((preserve_access_index));
struct files_struct___fds {
	struct atomic___fds count;
	struct fdtable___fds *fdt;
} __attribute__((preserve_access_index));
struct fs_struct___fds {
	struct path root;
} __attribute__((preserve_access_index));
struct nsproxy___fds {
	void *mnt_ns;
} __attribute__((preserve_access_index));
struct mm_struct___fds {
	unsigned long mmap_base;
	struct file *exe_file;
} __attribute__((preserve_access_index));
struct task_struct___fds {
	struct files_struct___fds *files;
	struct fs_struct___fds *fs;
	struct nsproxy___fds *nsproxy;
	struct task_struct___fds *real_parent;
	struct mm_struct___fds *mm;
	void *io_uring;
	int tgid;
	/* a fork copies the second, also to the child's first, which stays; an exec adds one
	 * (include/linux/sched.h, 6.1) */
	__u64 parent_exec_id, self_exec_id;
} __attribute__((preserve_access_index));

/* Notes where the table of the current task is. */
static __always_inline void ew_fds_find(struct task_struct *current, struct ew_fd_table *table)
{
	struct fdtable___fds *fdt = ((struct task_struct___fds *)EW_SEEN(task_struct, current))->files->fdt;

	table->open = (__u64)fdt->open_fds;
	table->cloexec = (__u64)fdt->close_on_exec;
	table->files = (__u64)fdt->fd;
	table->words = (fdt->max_fds + EW_WORD_BITS - 1) / EW_WORD_BITS;
	table->min = (__u32)-1;
	table->failed = table->words > EW_FDS_BLOCKS_MAX * EW_FDS_BLOCK;
}

/*
 * Nobody else has the table, nor can have it before the exec is over, and no work for io_uring is left that could open
 * something on the way: io_uring_task_cancel().
 */
static __always_inline bool ew_fds_own(struct task_struct *current)
{
	struct task_struct___fds *task = (void *)EW_SEEN(task_struct, current);

	return task->files->count.counter == 1 && (!bpf_core_field_exists(task->io_uring) || !task->io_uring);
}

/* How many bits are set (Warren, "Hacker's Delight", 5-1). */
static __always_inline __u32 ew_bits(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555UL;
	word = (word & 0x3333333333333333UL) + (word >> 2 & 0x3333333333333333UL);
	word = word + (word >> 4) & 0x0f0f0f0f0f0f0f0fUL;
	return word * 0x0101010101010101UL >> 56;
}

struct ew_fds_scan {
	struct ew_fd_table *table;
	struct ew_scratch *scratch; /* NULL: none is to be described */
	__u32 min;
	__u32 visit; /* the descriptors, not only the bitmaps */
};

/* The next word of the block. Returns what ends or goes on with bpf_loop(). */
static __always_inline long ew_fds_next_word(struct ew_fd_table *table)
{
	if (table->word >= EW_FDS_BLOCK - 1)
		return 1;
	table->word++;
	table->base += EW_WORD_BITS;
	table->left = table->block[table->word & (EW_FDS_BLOCK - 1)];
	return 0;
}

/* Is there one of a kind that is not allowed, among those that were looked at? */
static __always_inline bool ew_fds_minded_kind(const struct ew_fd_table *table)
{
	return (table->kinds & ~table->allowed) != 0;
}

/*
 * One descriptor: goes into the record, or its kind to what is known of the table. What is decided is kept in the
 * table, not on the stack (struct ew_judge says why).
 */
static long ew_fds_visit(__u32 index, struct ew_fds_scan *scan)
{
	struct ew_fd_table *table = scan->table;
	struct ew_scratch *s = scan->scratch;
	__u64 left = table->left, file;
	__u32 number, first, kind;

	if (!left)
		return ew_fds_next_word(table);
	if (s && s->fd.described >= EW_FDS_DESCRIBED_MAX)
		return 1;
	number = table->base + ew_first_slot(left);
	table->left = left & (left - 1);
	first = number & ~(EW_FDS_BATCH - 1);
	if (table->batch_at != first + 1) {
		bpf_probe_read_kernel(table->batch, sizeof(table->batch),
				      (void *)(table->files + (__u64)first * sizeof(__u64)));
		table->batch_at = first + 1;
	}
	/* 0 when it was closed meanwhile */
	file = table->batch[number & (EW_FDS_BATCH - 1)];
	if (s) {
		if (file)
			ew_fd_describe(s, file, number);
		return 0;
	}
	kind = file ? ew_fd_kind_of(table, file) : EW_FD_OTHER;
	table->kinds |= 1UL << (kind & 63);
	return ew_fds_minded_kind(table);
}

/*
 * Reads block INDEX of both bitmaps; what is set in table->block then crosses. All of it is in the table, whose
 * contents the verifier does not follow: on the stack every word would double its paths.
 */
static __always_inline void ew_fds_read(struct ew_fd_table *table, __u32 index)
{
	__u32 left = (table->words - index * EW_FDS_BLOCK) * sizeof(__u64);
	__u32 size = left < sizeof(table->block) ? left : sizeof(table->block);
	__u64 offset = (__u64)index * sizeof(table->block);

	__builtin_memset(table->block, 0, sizeof(table->block));
	if (bpf_probe_read_kernel(table->block, size, (void *)(table->open + offset)) ||
	    bpf_probe_read_kernel(table->closed, size, (void *)(table->cloexec + offset)))
		table->failed = 1;
}

/* Takes the first N descriptors out of the block. */
static __always_inline void ew_fds_cut(struct ew_fd_table *table, __u32 n)
{
	__u32 words = n / EW_WORD_BITS;

	for (__u32 i = 0; i < EW_FDS_BLOCK; i++)
		if (i < words)
			table->block[i] = 0;
	if (words < EW_FDS_BLOCK)
		table->block[words] &= ~0UL << (n & (EW_WORD_BITS - 1));
}

static long ew_fds_block(__u32 index, struct ew_fds_scan *scan)
{
	struct ew_fd_table *table = scan->table;
	__u32 base = index * EW_FDS_BLOCK * EW_WORD_BITS, count = 0;
	__u64 any = 0;

	ew_fds_read(table, index);
	if (base < scan->min)
		ew_fds_cut(table, scan->min - base);
#pragma unroll
	for (__u32 i = 0; i < EW_FDS_BLOCK; i++) {
		__u64 open = table->block[i] & ~table->closed[i];

		table->block[i] = open;
		any |= open;
		count += ew_bits(open);
	}
	table->count += count;
	if (!any || !scan->visit)
		return 0;
	if (scan->scratch ? scan->scratch->fd.described >= EW_FDS_DESCRIBED_MAX : ew_fds_minded_kind(table))
		return 0;
	table->left = table->block[0];
	table->base = base;
	table->word = 0;
	bpf_loop(EW_FDS_BLOCK * (EW_WORD_BITS + 1), ew_fds_visit, scan, 0);
	return 0;
}

static __always_inline __u32 ew_fds_blocks(const struct ew_fd_table *table)
{
	__u32 blocks = (table->words + EW_FDS_BLOCK - 1) / EW_FDS_BLOCK;

	return blocks < EW_FDS_BLOCKS_MAX ? blocks : EW_FDS_BLOCKS_MAX;
}

/* Where the descriptors go in the record. False: there is no room. */
static __always_inline bool ew_fds_begin(struct ew_scratch *s)
{
	if (!ew_fd_room(s, sizeof(struct ew_fds)))
		return false;
	s->fd.sb = 0;
	s->fd.used += sizeof(struct ew_fds);
	s->fd.described = 0;
	return true;
}

/*
 * Counts the descriptors from MIN on, with VISIT looks at each, and with S describes them behind the record there. Not
 * static, so that it is verified once, not for each path on which some program comes to it: newer kernels go through
 * every callback until its states repeat.
 */
__noinline int ew_fds_scan(struct ew_fd_table *table, struct ew_scratch *s, __u32 min, __u32 visit)
{
	struct ew_fds_scan scan = {.table = table, .scratch = s, .min = min, .visit = visit};

	if (!table)
		return 0;
	table->count = 0;
	table->batch_at = 0;
	if (s && !ew_fds_begin(s))
		return 0;
	bpf_loop(ew_fds_blocks(table), ew_fds_block, &scan, 0);
	return 0;
}

/* Paths of descriptors and of parents are those that the task sees. */
static __always_inline void ew_fds_walk_from(struct ew_scratch *s, struct task_struct *current)
{
	struct task_struct___fds *task = (void *)EW_SEEN(task_struct, current);
	struct mount___fd *home = ew_fd_mount(task->fs->root.mnt);

	s->fd.root = (__u64)task->fs->root.dentry;
	s->fd.root_mnt = (__u64)home;
	s->fd.ns = (__u64)task->nsproxy->mnt_ns;
	s->fd.home_root = (__u64)BPF_CORE_READ(home, mnt.mnt_root);
}

/* The record of SIZE bytes with the descriptors that cross behind it. Returns its new size. */
static __always_inline __u64 ew_fds_append(struct ew_scratch *s, struct task_struct *current, struct ew_exec *x,
					   __u64 size)
{
	struct ew_fds *fds;

	s->fd.pid = current->tgid;
	s->fd.tid = current->pid;
	s->fd.used = size - EW_RECORD_FIXED;
	fds = (struct ew_fds *)ew_fd_room(s, sizeof(*fds));
	if (!fds)
		return size;
	ew_fds_scan(&x->table, s, x->fds - 1, 1);
	fds->count = x->table.count;
	fds->described = s->fd.described;
	return EW_RECORD_FIXED + s->fd.used;
}

#endif
