// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `tag --pid` and `untag --pid`: a process and its descendants, all of them, while they fork, exec and end
 *
 * ew_task_walk - visits the process itself, then every descendant, and brings threads up to date
 * ew_scan_fork - a child that is born meanwhile to a descendant not reached yet
 * ew_scan_exit - children that lose their parent meanwhile: nothing else leads from them to the process any more
 *
 * The tool attaches the last two (they go with its descriptors, whatever becomes of it), begins, and then walks until a
 * whole walk finds nothing left to do. A descendant is who has a visited process among its parents,
 * or is one of the `orphans`, or has one of those among its parents; the process itself is one of them.
 */
#include "exec.h"
#include "tags.h"

#define EW_PIDS_MAX (4 * 1024 * 1024) /* PID_MAX_LIMIT, include/linux/threads.h */

struct task_struct___family {
	struct list_head {
		struct list_head *next;
	} children, sibling;
	__u64 start_boottime;
	struct task_struct___family *group_leader;
	__u32 tgid;
} __attribute__((preserve_access_index));

static __always_inline struct ew_scan *ew_scan_get(void)
{
	return ew_array_at(&scans, 0);
}

/* What a process keeps while threads of it become its leader: de_thread(), fs/exec.c. */
static __always_inline struct ew_orphan ew_orphan_key(struct task_struct *leader)
{
	return (struct ew_orphan){
		.start_time = BPF_CORE_READ((struct task_struct___family *)leader, start_boottime),
		.pid = leader->tgid,
	};
}

/* A way through the family of processes, up or across. One for both, as there is no room for more functions. */
struct ew_family_walk {
	__u64 scan;
	bool up;		    /* else across */
	struct task_struct *leader; /* up: where it is */
	bool found;		    /* up: a process that the scan covers */
	__u64 head, at;		    /* across: the list of children, and where in it */
	bool ended, failed;	    /* across */
};

static __always_inline long ew_climb_once(struct ew_family_walk *walk)
{
	struct task_struct *leader = walk->leader;
	struct ew_task_tag *tag = bpf_task_storage_get(&task_tags, leader, 0, 0);
	struct ew_orphan key = ew_orphan_key(leader);
	__u64 *orphan = bpf_map_lookup_elem(&orphans, &key);

	if ((tag && tag->scan == walk->scan) || (orphan && *orphan == walk->scan)) {
		walk->found = true;
		return 1;
	}
	walk->leader = leader->real_parent->group_leader;
	return leader->tgid <= 1; /* init, and the idle task, which is its own parent */
}

/*
 * The list changes while it is read: who is taken off points to itself, and it begins again at the head. Who has been
 * noted already is noted again.
 */
static __always_inline long ew_sibling_note(struct ew_family_walk *all)
{
	struct task_struct___family *child;
	struct ew_orphan key = {};
	__u64 next = 0;

	if (all->at == all->head) {
		all->ended = true;
		return 1;
	}
	child = (void *)(all->at - bpf_core_field_offset(struct task_struct___family, sibling));
	key.start_time = BPF_CORE_READ(child, start_boottime);
	key.pid = BPF_CORE_READ(child, tgid);
	if (bpf_map_update_elem(&orphans, &key, &all->scan, BPF_ANY))
		all->failed = true;
	next = (__u64)BPF_CORE_READ(child, sibling.next);
	if (next == all->at || !next)
		bpf_probe_read_kernel(&next, sizeof(next), (void *)all->head); /* `next` is the first of a list_head */
	all->at = next;
	return 0;
}

static long ew_family_step(__u32 index, struct ew_family_walk *walk)
{
	return walk->up ? ew_climb_once(walk) : ew_sibling_note(walk);
}

/* Is LEADER the scan's process, or a descendant? */
static __always_inline bool ew_scan_covers(const struct ew_scan *scan, struct task_struct *leader)
{
	struct ew_family_walk walk = {.leader = leader, .scan = scan->number, .up = true};

	bpf_loop(EW_PIDS_MAX, ew_family_step, &walk, 0);
	return walk.found;
}

/* Does to LEADER what the scan is for. Returns EW_WALK_*. */
static __always_inline char ew_scan_visit(struct ew_scan *scan, struct task_struct *leader)
{
	struct ew_task_tag *tag = EW_STORAGE_MAKE(&task_tags, leader);
	__u64 before;

	if (!tag) {
		__sync_fetch_and_add(&scan->incomplete, 1);
		return EW_WALK_FAILED;
	}
	/* the process itself may be adding to it */
	before = __sync_fetch_and_or(&tag->set, scan->set);
	__sync_fetch_and_or(&tag->by[EW_BY_COMMAND], scan->set & ~before);
	for (int i = 0; i < EW_BY_MAX; i++)
		__sync_fetch_and_and(&tag->by[i], ~scan->clear);
	__sync_fetch_and_and(&tag->set, ~scan->clear);
	__sync_fetch_and_and(&tag->starting, ~scan->clear);
	__sync_lock_test_and_set(&tag->scan, scan->number);
	return before & scan->clear || scan->set & ~before ? EW_WALK_CHANGED : EW_WALK_VISITED;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(ew_scan_fork, struct task_struct *parent, struct task_struct *task)
{
	struct ew_scan *scan = ew_scan_get();

	if (scan && task->pid == task->tgid && ew_scan_covers(scan, parent->group_leader))
		ew_scan_visit(scan, task);
	return 0;
}

/* Before the children get another parent (forget_original_parent(), kernel/exit.c). */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(ew_scan_exit, struct task_struct *task)
{
	struct task_struct___family *family = (void *)task;
	struct ew_scan *scan = ew_scan_get();
	struct ew_family_walk all = {};

	if (!scan || !ew_scan_covers(scan, task->group_leader))
		return 0;
	all.scan = scan->number;
	all.head = (__u64)__builtin_preserve_access_index(&family->children);
	all.at = (__u64)BPF_CORE_READ(family, children.next);
	bpf_loop(EW_PIDS_MAX, ew_family_step, &all, 0);
	if (!all.ended || all.failed)
		__sync_fetch_and_add(&scan->incomplete, 1);
	return 0;
}

/*
 * A thread that is amid its exec has looked at the leader's tag already (ew_tags_move()), and will be the leader. So
 * what a tool does to a process it does to the leader first and then, in this walk, to what the threads keep for that
 * case. A thread that does not exec never looks at it.
 */
static __always_inline char ew_walk_thread(struct task_struct *task)
{
	struct ew_task_tag *tag = bpf_task_storage_get(&task_tags, task->group_leader, 0, 0), *own;
	bool needed = tag && tag->set | tag->scan;

	own = needed ? EW_STORAGE_MAKE(&task_tags, task) : bpf_task_storage_get(&task_tags, task, 0, 0);
	if (!own)
		return needed ? EW_WALK_FAILED : 0;
	own->set = tag ? tag->set : 0;
	own->starting = tag ? tag->starting : 0;
	own->scan = tag ? tag->scan : 0;
	if (tag)
		__builtin_memcpy(own->by, tag->by, sizeof(own->by));
	return 0;
}

static __always_inline int ew_walk_say(struct bpf_iter__task *ctx, char came)
{
	if (came)
		bpf_seq_write(ctx->meta->seq, &came, sizeof(came));
	return 0;
}

/* Over the threads of the process itself, then over all threads of the machine. */
SEC("iter/task")
int ew_task_walk(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ew_scan *scan = ew_scan_get();
	struct ew_task_tag *tag;

	if (!task || !scan)
		return 0;
	if (task->pid != task->tgid)
		return ew_walk_say(ctx, ew_walk_thread(task));
	if (scan->beginning) {
		struct ew_orphan root = ew_orphan_key(task);
		__u64 number = scan->number;

		/* a thread that becomes the leader before its tag is up to date is found by this alone */
		if (bpf_map_update_elem(&orphans, &root, &number, BPF_ANY))
			return ew_walk_say(ctx, EW_WALK_FAILED);
		/* not by the tool: storing the entry would undo what is counted meanwhile */
		scan->beginning = 0;
		return ew_walk_say(ctx, ew_scan_visit(scan, task));
	}
	tag = bpf_task_storage_get(&task_tags, task, 0, 0);
	if ((tag && tag->scan == scan->number) || !ew_scan_covers(scan, task))
		return 0;
	return ew_walk_say(ctx, ew_scan_visit(scan, task));
}
