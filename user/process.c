/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "process.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "log.h"

#define PF_KTHREAD 0x00200000U /* include/linux/sched.h */

static int pidfd_open_(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

/* PID (COMM) STATE PPID PGRP SESSION TTY TPGID FLAGS ... field 22 is the start time; COMM can hold any character. */
static int parse_stat(char *text, struct ew_process *out)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned int flags;
	size_t len;

	if (!open || !close || close < open)
		return -EIO;
	len = (size_t)(close - open - 1);
	if (len >= sizeof(out->comm))
		len = sizeof(out->comm) - 1;
	memcpy(out->comm, open + 1, len);
	out->comm[len] = '\0';
	if (sscanf(close + 1, " %*c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &out->ppid, &flags, &out->start_time) != 3)
		return -EIO;
	out->kernel = flags & PF_KTHREAD;
	return 0;
}

int ew_process_get(pid_t pid, struct ew_process *out)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct ew_process p = {.pid = pid};
	char path[64], text[1024];
	size_t n;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	n = fread(text, 1, sizeof(text) - 1, f);
	if (n == 0)
		return -ESRCH;
	text[n] = '\0';
	err = parse_stat(text, &p);
	if (err == 0)
		*out = p;
	return err;
}

pid_t ew_process_of_thread(pid_t pid)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[256];
	pid_t tgid;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			return tgid;
	return -ESRCH;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

ssize_t ew_process_list(struct ew_process **out)
{
	EW_CLEANUP(closedirp) DIR *proc = opendir("/proc");
	_cleanup_free_ struct ew_process *list = NULL;
	size_t n = 0, room = 0;
	struct dirent *entry;

	if (!proc)
		return -errno;
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (n == room) {
			struct ew_process *more;

			room = room ? 2 * room : 256;
			more = reallocarray(list, room, sizeof(*list));
			if (!more)
				return -ENOMEM;
			list = more;
		}
		if (ew_process_get(atoi(entry->d_name), &list[n]) == 0)
			n++;
	}
	*out = TAKE_PTR(list);
	return (ssize_t)n;
}

static int tag_get(const struct ew_pins *pins, int pidfd, struct ew_task_tag *out)
{
	struct ew_task_tag tag = {};

	if (bpf_map_lookup_elem(pins->task_tags_fd, &pidfd, &tag) < 0 && errno != ENOENT)
		return -errno;
	*out = tag;
	return 0;
}

int ew_process_tag_get(const struct ew_pins *pins, pid_t pid, struct ew_task_tag *out)
{
	_cleanup_close_ int pidfd = pidfd_open_(pid);

	return pidfd < 0 ? pidfd : tag_get(pins, pidfd, out);
}

/*
 * Returns 1 when the tag was changed, 0 when it was right already, -ESRCH when the process is gone. START_TIME tells it
 * from another that got its pid; 0: any.
 */
static int tag_change(const struct ew_pins *pins, pid_t pid, unsigned long long start_time, __u64 set, __u64 clear,
		      __u64 starting)
{
	_cleanup_close_ int pidfd = pidfd_open_(pid);
	struct ew_process now;
	struct ew_task_tag tag = {}, want;
	int err;

	if (pidfd < 0)
		return pidfd;
	if (start_time && (ew_process_get(pid, &now) < 0 || now.start_time != start_time))
		return -ESRCH;
	err = tag_get(pins, pidfd, &tag);
	if (err < 0)
		return err;
	want = (struct ew_task_tag){.set = (tag.set | set) & ~clear, .starting = (tag.starting | starting) & ~clear};
	memcpy(want.by, tag.by, sizeof(want.by));
	want.by[EW_BY_COMMAND] |= set & ~tag.set;
	for (size_t i = 0; i < EW_BY_MAX; i++)
		want.by[i] &= want.set;
	if (want.set == tag.set && want.starting == tag.starting)
		return 0;
	if (want.set)
		err = bpf_map_update_elem(pins->task_tags_fd, &pidfd, &want, BPF_ANY);
	else
		err = bpf_map_delete_elem(pins->task_tags_fd, &pidfd);
	return err < 0 ? -errno : 1;
}

struct tree {
	size_t n, room;
	struct ew_process *members; /* every process that was ever seen to belong to it */
};

static bool tree_has(const struct tree *tree, pid_t pid, unsigned long long start_time)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->members[i].pid == pid && (!start_time || tree->members[i].start_time == start_time))
			return true;
	return false;
}

static int tree_add(struct tree *tree, const struct ew_process *process)
{
	if (tree->n == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 64;
		struct ew_process *members = reallocarray(tree->members, room, sizeof(*members));

		if (!members)
			return -ENOMEM;
		tree->members = members;
		tree->room = room;
	}
	tree->members[tree->n++] = *process;
	return 0;
}

static void tree_free(struct tree *tree)
{
	free(tree->members);
}

/*
 * Is PROCESS, of the N in ALL, the child of a member? A pid alone could be another process's by now; only a parent that
 * ended while /proc was read, and so is not in ALL, is known by nothing else.
 */
static bool tree_has_parent(const struct tree *tree, const struct ew_process *all, ssize_t n,
			    const struct ew_process *process)
{
	if (!tree_has(tree, process->ppid, 0))
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (all[i].pid == process->ppid)
			return tree_has(tree, all[i].pid, all[i].start_time);
	return true;
}

/* Takes in the children of members until there are no more. Returns 0 or a negative errno. */
static int tree_grow(struct tree *tree)
{
	_cleanup_free_ struct ew_process *all = NULL;
	ssize_t n = ew_process_list(&all);
	bool grown = true;

	if (n < 0)
		return (int)n;
	while (grown) {
		grown = false;
		for (ssize_t i = 0; i < n; i++) {
			int err;

			if (tree_has(tree, all[i].pid, all[i].start_time) || !tree_has_parent(tree, all, n, &all[i]))
				continue;
			err = tree_add(tree, &all[i]);
			if (err < 0)
				return err;
			grown = true;
		}
	}
	return 0;
}

/* Gives every thread its leader's tag (bpf/task.bpf.c). Returns 0 or a negative errno. */
static int walk_threads(const struct ew_pins *pins)
{
	_cleanup_close_ int link = -1, iter = -1;
	char buf[64];
	ssize_t n;
	int err = 0;

	link = bpf_link_create(pins->ew_task_walk_prog_fd, 0, BPF_TRACE_ITER, NULL);
	iter = link < 0 ? link : bpf_iter_create(link);
	if (iter < 0)
		return -errno;
	while ((n = read(iter, buf, sizeof(buf))) > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		if (n > 0)
			err = -ENOMEM;
	return n < 0 ? -errno : err;
}

/*
 * One pass over the tree, parents before their children, so that a child made meanwhile inherits from a parent done.
 * Counts what it changed, and who is alive but could not be had: while a thread becomes the leader (de_thread(),
 * fs/exec.c) its process has no leader for an instant, and pidfd_open(2) fails. Returns 0, -ESRCH when the root is
 * gone, or what failed.
 */
static int tag_pass(const struct ew_pins *pins, const struct tree *tree, __u64 set, __u64 clear, int *changed,
		    int *missed)
{
	for (size_t i = 0; i < tree->n; i++) {
		const struct ew_process *member = &tree->members[i];
		struct ew_process now;
		int one = tag_change(pins, member->pid, member->start_time, set, clear, 0);

		if (one >= 0) {
			*changed += one;
		} else if (one != -ESRCH && one != -ENOENT && one != -EINVAL) {
			return one;
		} else if (ew_process_get(member->pid, &now) == 0 && now.start_time == member->start_time) {
			(*missed)++;
		} else if (i == 0) {
			return -ESRCH;
		}
	}
	return *changed ? walk_threads(pins) : 0;
}

#define MISSES_MAX 1000 /* passes in a row that did nothing but miss somebody */

int ew_process_tag_tree(const struct ew_pins *pins, pid_t pid, __u64 set, __u64 clear)
{
	EW_CLEANUP(tree_free) struct tree tree = {};
	struct ew_process root;
	int total = 0, changed, missed, misses = 0;
	int err = ew_process_get(pid, &root);

	if (err == -ESRCH)
		return ew_error_ret(err, "there is no process %d", pid);
	if (err == 0 && root.kernel)
		return ew_error_ret(-EINVAL, "%d (%s) is a kernel thread, which never execs; tag a process", pid,
				    root.comm);
	if (err == 0)
		err = tree_add(&tree, &root);
	if (err == 0 && ew_pins_need_forks(pins) < 0)
		return -EIO; /* logged */
	do {
		changed = missed = 0;
		if (err == 0)
			err = tree_grow(&tree);
		if (err == 0)
			err = tag_pass(pins, &tree, set, clear, &changed, &missed);
		total += changed;
		misses = changed ? 0 : misses + 1;
	} while (err == 0 && (changed || (missed && misses < MISSES_MAX)));
	if (err == 0 && missed)
		err = -EAGAIN;
	if (err == -ESRCH)
		return ew_error_ret(err, "process %d ended meanwhile", pid);
	if (err < 0)
		return ew_error_ret(err, "process %d and its descendants cannot all be tagged (%d were): %s", pid,
				    total, strerror(-err));
	return total;
}

int ew_process_tag_self(const struct ew_pins *pins, __u64 set, __u64 starting)
{
	int err = tag_change(pins, getpid(), 0, set, 0, starting);

	return err < 0 ? err : 0;
}
