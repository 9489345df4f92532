/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_FDS_H
#define EW_BPF_FDS_H

#include "fd.h"
#include "judge.h"
#include "subject.h"

/*
 * The descriptors that cross an exec: counted by the two bitmaps of the task's table, several words at a time, and
 * looked at one by one only where a rule or a record asks for it. Whether a profile minds is asked twice: before the
 * point of no return by those that refuse, and after it, when close-on-exec is done, by all. The table can be shared
 * until the kernel has unshared it in between (begin_new_exec(), fs/exec.c); it is kept in existence by RCU.
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

/* Do the kinds that were found tell whether one from MIN on is not ALLOWED? */
static __always_inline bool ew_fds_known(const struct ew_fd_table *table, __u32 min, __u64 allowed)
{
	return table->allowed && table->looked_from == min && (table->kinds & ~allowed || !ew_fds_minded_kind(table));
}

/* Counts what crosses from MIN on and looks what kinds there are, until one is not ALLOWED. */
static __always_inline void ew_fds_look(struct ew_fd_table *table, __u32 min, __u64 allowed)
{
	table->allowed = allowed;
	table->kinds = 0;
	table->sb = 0;
	table->anon_op = 0;
	ew_fds_scan(table, NULL, min, 1);
	table->min = min;
	table->looked_from = min;
	table->looked_count = table->count;
}

/* Counts what crosses from MIN on and, if some kinds are ALLOWED, knows afterwards whether there are others. */
static __always_inline void ew_fds_count(struct ew_fd_table *table, __u32 min, __u64 allowed)
{
	bool look = allowed && !ew_fds_known(table, min, allowed);

	if (!look && table->min != min) {
		ew_fds_scan(table, NULL, min, 0);
		table->min = min;
		look = allowed && table->count != table->looked_count;
	}
	if (look)
		ew_fds_look(table, min, allowed);
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

/*
 * Whether the current task is a child of the service manager that has not got a program of its own yet: it descends
 * from PID 1 directly and still runs its image, or that of the manager's executor, EXECUTOR, as its first exec. A copy
 * of PID 1 has had as many execs, and has its memory map as well, whose place was drawn by lot; who only runs the same
 * program as PID 1 has had more, until PID 1 execs itself, and has another. Nor has who was left to PID 1 and executes
 * the executor had a parent with as many execs as PID 1.
 */
static __always_inline bool ew_fds_of_manager(struct task_struct *current, const struct ew_identity *executor)
{
	struct task_struct___fds *task = (void *)EW_SEEN(task_struct, current), *parent = task->real_parent;
	struct ew_identity own, first;

	if (parent->tgid != 1 || !parent->mm || !parent->mm->exe_file)
		return false;
	ew_identity_read(task->mm->exe_file, &own);
	if (executor->ino && own.ino == executor->ino && own.dev == executor->dev)
		return task->parent_exec_id == parent->self_exec_id && task->self_exec_id == parent->self_exec_id + 1;
	ew_identity_read(parent->mm->exe_file, &first);
	return own.ino == first.ino && own.dev == first.dev && task->self_exec_id == parent->self_exec_id &&
	       task->mm->mmap_base == parent->mm->mmap_base;
}

struct ew_fds_judge {
	struct ew_exec *x; /* in a map (struct ew_judge says why) */
	__u64 left;	   /* profiles still to be asked */
	__u32 generation;
	__u32 least; /* modes below are not asked */
	bool late;
	bool manager;
};

/* The kinds that may cross into the program of X by the profile's `allow`. */
static __always_inline __u64 ew_fds_allowed(const struct ew_exec *x, const struct ew_profile *profile, __u32 slot)
{
	struct ew_exception_key key = {
		.program = x->program,
		.from.pad = EW_FROM_FDS,
		.generation = profile->generation,
		.profile = slot,
	};
	struct ew_exception *allow = NULL;

	if (profile->fd_flags & EW_FDS_ALLOW_PROGRAMS)
		allow = bpf_map_lookup_elem(&exceptions, &key);
	return profile->fd_allow | (allow ? allow->fds : 0);
}

static long ew_fds_judge_slot(__u32 index, struct ew_fds_judge *judge)
{
	struct ew_exec *x = judge->x;
	struct ew_decision d = {.reason = EW_REASON_FDS};
	struct ew_profile *profile;
	__u64 allowed;

	if (!judge->left)
		return 1;
	d.slot = ew_first_slot(judge->left);
	judge->left &= judge->left - 1;
	profile = ew_profile_get(judge->generation, d.slot);
	if (!profile || !ew_decide_fds_minds(profile, judge->least, x->gain.kinds, judge->manager))
		return 0;
	if (!x->fds || profile->fd_min < x->fds - 1)
		x->fds = profile->fd_min + 1;
	allowed = ew_fds_allowed(x, profile, d.slot);
	ew_fds_count(&x->table, profile->fd_min, allowed);
	if (x->table.failed)
		d.reason = EW_REASON_UNEVALUABLE;
	else if (!ew_decide_fds_refuses(allowed, x->table.kinds, x->table.count))
		return 0;
	d.rule_line = profile->fd_line;
	d.verdict = ew_decide_fds_verdict(profile, judge->late);
	if (x->decision.slot >= EW_PROFILES_MAX || ew_decision_outranks(&d, &x->decision))
		x->decision = d;
	return 0;
}

/* The profiles of SET that mind descriptors; with ALWAYS, whatever the exec gains. */
static __always_inline __u64 ew_fds_minded(const struct ew_state *st, __u64 set, __u32 generation, bool always)
{
	struct ew_profile *head = set && st->fds ? ew_policy_head(generation) : NULL;

	if (!head)
		return 0;
	return set & (always ? head->fds_always : head->fds);
}

/* Asks the profiles of SET under the policy GENERATION; the answer goes into x->decision. */
static __always_inline void ew_fds_judge(const struct ew_state *st, struct task_struct *current, struct ew_exec *x,
					 __u64 set, __u32 generation, bool late)
{
	struct ew_fds_judge judge = {
		.x = x,
		.left = ew_fds_minded(st, set, generation, false),
		.generation = generation,
		.least = late ? EW_VERDICT_AUDIT : EW_VERDICT_DENY,
		.late = late,
	};
	x->fds = 0;
	if (!late)
		x->own = 0;
	if (!judge.left)
		return;
	if (!late && ew_fault & EW_FAULT_FDS)
		return;
	ew_fds_find(current, &x->table);
	/* past the point of no return the task has its new image */
	if (!late)
		x->manager = ew_fds_of_manager(current, &st->executor);
	EW_READ_AGAIN();
	judge.manager = x->manager;
	/* of a table that nobody else had the kinds stay; it is counted again all the same */
	if (!x->own)
		x->table.allowed = 0;
	/* a full barrier on every architecture: what who had the table did to it is seen from here on */
	if (!late && ew_fds_own(current))
		__sync_val_compare_and_swap(&x->own, 0, 1);
	bpf_loop(EW_PROFILES_MAX, ew_fds_judge_slot, &judge, 0);
}

#endif
