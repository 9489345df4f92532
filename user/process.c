/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "process.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include <execward/scan.h>

#include "log.h"
#include "pins_need.h"

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

/* Attaches a program for as long as the descriptor that it returns is open, or returns a negative errno. */
static int attach_meanwhile(int prog_fd)
{
	int link = bpf_raw_tracepoint_open(NULL, prog_fd);

	return link < 0 ? -errno : link;
}

static void orphans_clear(const struct ew_pins *pins)
{
	struct ew_orphan key, next;
	int err = bpf_map_get_next_key(pins->orphans_fd, NULL, &key);

	/* the next one is asked for while this one is there: after one that is not, the kernel begins again */
	while (err == 0) {
		err = bpf_map_get_next_key(pins->orphans_fd, &key, &next);
		if (bpf_map_delete_elem(pins->orphans_fd, &key) < 0 && errno != ENOENT)
			break;
		key = next;
	}
}

struct came {
	int changed, visited, failed;
};

/*
 * Runs ew_task_walk (bpf/scan.bpf.c) over the threads of the process of PIDFD, or of all processes (-1), and counts
 * what it says. Returns 0 or a negative errno.
 */
static int walk(const struct ew_pins *pins, int pidfd, struct came *came)
{
	union bpf_iter_link_info info = {.task.pid_fd = (__u32)pidfd};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = pidfd < 0 ? NULL : &info,
		    .iter_info_len = pidfd < 0 ? 0 : sizeof(info));
	_cleanup_close_ int link = -1, iter = -1;
	char buf[256];
	ssize_t n;

	*came = (struct came){};
	link = bpf_link_create(pins->ew_task_walk_prog_fd, 0, BPF_TRACE_ITER, &opts);
	iter = link < 0 ? link : bpf_iter_create(link);
	if (iter < 0)
		return -errno;
	while ((n = read(iter, buf, sizeof(buf))) > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN))) {
		for (ssize_t i = 0; i < n; i++) {
			came->changed += buf[i] == EW_WALK_CHANGED;
			came->visited += buf[i] == EW_WALK_CHANGED || buf[i] == EW_WALK_VISITED;
			came->failed += buf[i] == EW_WALK_FAILED;
		}
	}
	if (n < 0)
		return -errno;
	return came->failed ? -ENOMEM : 0;
}

#define WALKS_MAX 1000 /* that found something; each finds less, unless orphans are made as fast */
#define TRIES_MAX 50   /* milliseconds */

/*
 * While a thread becomes the leader (de_thread(), fs/exec.c) its process has no leader for an instant: neither /proc,
 * nor pidfd_open(2), nor the kernel's iterator finds it. So who is not there is asked for again.
 */
static int get_patiently(pid_t pid, struct ew_process *out)
{
	int err = ew_process_get(pid, out);

	for (int i = 0; err == -ESRCH && i < TRIES_MAX; i++) {
		usleep(1000);
		err = ew_process_get(pid, out);
	}
	return err;
}

static int begin(const struct ew_pins *pins, const struct ew_process *root, struct came *came)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		_cleanup_close_ int pidfd = pidfd_open_(root->pid);
		struct ew_process now;
		int err = get_patiently(root->pid, &now);

		if (err < 0 || now.start_time != root->start_time)
			return -ESRCH;
		if (pidfd >= 0) {
			err = walk(pins, pidfd, came);
			if (err < 0 || came->visited)
				return err;
		}
		usleep(1000);
	}
	return -EAGAIN;
}

static int scan(const struct ew_pins *pins, const struct ew_process *root, __u64 set, __u64 clear, int *changed)
{
	_cleanup_close_ int forks = -1, exits = -1;
	struct ew_scan scan = {};
	struct came came = {};
	__u32 zero = 0;
	int err;

	if (bpf_map_lookup_elem(pins->scans_fd, &zero, &scan) < 0)
		return -errno;
	scan = (struct ew_scan){.number = scan.number + 1, .set = set, .clear = clear, .beginning = 1};
	orphans_clear(pins); /* what a tool left that was killed */
	if (bpf_map_update_elem(pins->scans_fd, &zero, &scan, BPF_ANY) < 0)
		return -errno;
	forks = attach_meanwhile(pins->ew_scan_fork_prog_fd);
	if (forks < 0)
		return forks;
	exits = attach_meanwhile(pins->ew_scan_exit_prog_fd);
	if (exits < 0)
		return exits;
	err = begin(pins, root, &came);
	*changed = came.changed;
	for (int i = 0; err == 0; i++) {
		err = walk(pins, -1, &came);
		*changed += came.changed;
		/*
		 * A thread that becomes the leader while a walk is between the two is missed by that walk, and found
		 * by the next one. The beginning can end early, at a thread that ends, so it is none of the two.
		 */
		if (err < 0 || (!came.visited && i > 0))
			break;
		err = i < WALKS_MAX ? 0 : -EAGAIN;
	}
	if (err == 0 && (bpf_map_lookup_elem(pins->scans_fd, &zero, &scan) < 0 || scan.incomplete))
		err = -ENOMEM;
	orphans_clear(pins);
	return err;
}

int ew_process_tag_tree(const struct ew_pins *pins, pid_t pid, __u64 set, __u64 clear)
{
	struct ew_process root;
	int changed = 0, err = get_patiently(pid, &root);

	if (err == -ESRCH)
		return ew_error_ret(err, "there is no process %d; see: ps -e", pid);
	if (err == 0 && root.kernel)
		return ew_error_ret(-EINVAL, "%d (%s) is a kernel thread, which never execs; tag a process", pid,
				    root.comm);
	if (err == 0 && ew_pins_need_forks(pins) < 0)
		return -EIO; /* logged */
	if (err == 0)
		err = scan(pins, &root, set, clear, &changed);
	if (err == -ESRCH)
		return ew_error_ret(err, "process %d ended meanwhile", pid);
	if (err < 0)
		return ew_error_ret(err,
				    "process %d and its descendants cannot all be done (%d were): %s; once more "
				    "does the rest",
				    pid, changed, strerror(-err));
	return changed;
}

int ew_process_tag_self(const struct ew_pins *pins, __u64 set, __u64 starting)
{
	_cleanup_close_ int pidfd = pidfd_open_(getpid());
	struct ew_task_tag tag;
	int err = pidfd < 0 ? pidfd : tag_get(pins, pidfd, &tag);

	if (err < 0)
		return err;
	tag.by[EW_BY_COMMAND] |= set & ~tag.set;
	tag.set |= set;
	tag.starting |= starting;
	return bpf_map_update_elem(pins->task_tags_fd, &pidfd, &tag, BPF_ANY) < 0 ? -errno : 0;
}
