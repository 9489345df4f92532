/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdleak [OPEN...] -- PROGRAM [ARG...] - opens descriptors, from 3 on and in this order, and execs PROGRAM with them
 *
 * OPEN is KIND or KIND=ARGUMENT: r, w, rw, dir, path (O_PATH), each with a path; sockets: unix (a pair: two), tcp, udp;
 * peer=PATH (one bound to PATH that listens, and one connected to it), pipe (two), memfd, huge (a memfd of huge pages),
 * eventfd, epoll, timerfd, signalfd, inotify, fanotify, pidfd, map, prog, link (with its prog: two), perf, io_uring,
 * uffd, fsopen, ns, landlock; N=COUNT duplicates of the first; unlink=PATH opens nothing; cloexec marks all that are
 * open by then, third closes every third number and marks the one after it; into=CGROUP goes into that cgroup.
 * in=CGROUP has a process that shares the table go into that cgroup and exec PROGRAM, and prints its number and exit
 * status, 126 when the exec was refused.
 *
 * Exit: 125 for a kind that is unknown, 124 for one that cannot be opened, 126 when PROGRAM cannot be executed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/close_range.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int keep(int fd)
{
	/* what the kernel opens with close-on-exec is leaked all the same */
	return fd < 0 ? -1 : fcntl(fd, F_SETFD, 0);
}

static int open_map(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return keep((int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int open_prog(void)
{
	static const struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)insns,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
	};

	return keep((int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

/* Of a tracepoint that programs can be attached to; the program is left open. */
static int open_link(void)
{
	static const struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (unsigned long)insns,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
	};
	int prog = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (keep(prog) < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (unsigned long)"sched_switch";
	attr.raw_tracepoint.prog_fd = (__u32)prog;
	return keep((int)syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr)));
}

static int open_peer(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int one = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (bind(one, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(one, 1) < 0)
		return -1;
	return connect(other, (struct sockaddr *)&address, sizeof(address));
}

/* Landlock rules for execve(2) and such, LANDLOCK_ACCESS_FS_EXECUTE; the kernel makes no kind of its own of them. */
static int open_landlock(void)
{
	__u64 rules = 1;

	return keep((int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0));
}

static int open_perf(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY};

	return keep((int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int open_ring(void)
{
	char params[256] = {0};

	return keep((int)syscall(SYS_io_uring_setup, 1, params));
}

static int open_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	return signalfd(-1, &set, 0);
}

/* Every third descriptor from 3 on is closed, and the one after it marked close-on-exec: a third is left. */
static int thin_out(void)
{
	for (int fd = 3; fcntl(fd, F_GETFD) >= 0; fd += 3) {
		close(fd);
		fcntl(fd + 1, F_SETFD, FD_CLOEXEC);
	}
	return 0;
}

static int open_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int open_pipe(void)
{
	int pair[2];

	return pipe(pair);
}

static int duplicate(const char *count)
{
	struct rlimit limit = {1 << 20, 1 << 20};
	long n = strtol(count, NULL, 10);

	if (n + 8 > 1 << 20)
		limit.rlim_cur = limit.rlim_max = (rlim_t)n + 8;
	setrlimit(RLIMIT_NOFILE, &limit);
	/* the table grows once, and not by doubling */
	if (fcntl(3, F_DUPFD, (int)n + 2) < 0)
		return -1;
	for (long i = 2; i < n; i++)
		if (dup(3) < 0)
			return -1;
	return 0;
}

static int enter(const char *dir)
{
	char path[4096];
	int fd, failed;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	fd = open(path, O_WRONLY);
	failed = fd < 0 || write(fd, "0", 1) != 1;
	close(fd);
	return failed ? -1 : 0;
}

static char stack[65536] __attribute__((aligned(16)));
static char **program; /* NULL: none was named */

static int start_in(void *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (!program || fd < 0 || write(fd, "0", 1) != 1)
		_exit(125);
	close(fd);
	execv(*program, program);
	_exit(126);
}

static int exec_in(const char *dir)
{
	char path[4096];
	pid_t child;
	int status;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	child = clone(start_in, stack + sizeof(stack), CLONE_FILES | CLONE_VM | CLONE_VFORK | SIGCHLD, path);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	printf("%d %d\n", child, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fflush(stdout);
}

static int open_kind(const char *kind, const char *arg)
{
	static const struct {
		const char *kind;
		int flags;
	} files[] = {
		{"r", O_RDONLY}, {"w", O_WRONLY}, {"rw", O_RDWR}, {"dir", O_RDONLY | O_DIRECTORY}, {"path", O_PATH}};

	for (size_t i = 0; arg && i < sizeof(files) / sizeof(*files); i++)
		if (strcmp(kind, files[i].kind) == 0)
			return open(arg, files[i].flags);
	if (arg && strcmp(kind, "unlink") == 0)
		return unlink(arg);
	if (arg && strcmp(kind, "N") == 0)
		return duplicate(arg);
	if (arg && strcmp(kind, "into") == 0)
		return enter(arg);
	if (arg && strcmp(kind, "in") == 0)
		return exec_in(arg);
	if (arg && strcmp(kind, "peer") == 0)
		return open_peer(arg);
	if (strcmp(kind, "third") == 0)
		return thin_out();
	if (strcmp(kind, "cloexec") == 0)
		return close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (strcmp(kind, "unix") == 0)
		return open_pair();
	if (strcmp(kind, "pipe") == 0)
		return open_pipe();
	if (strcmp(kind, "tcp") == 0)
		return socket(AF_INET, SOCK_STREAM, 0);
	if (strcmp(kind, "udp") == 0)
		return socket(AF_INET6, SOCK_DGRAM, 0);
	if (strcmp(kind, "memfd") == 0)
		return memfd_create("secret", 0);
	if (strcmp(kind, "huge") == 0)
		return memfd_create("secret", MFD_HUGETLB);
	if (strcmp(kind, "eventfd") == 0)
		return eventfd(0, 0);
	if (strcmp(kind, "epoll") == 0)
		return epoll_create(1);
	if (strcmp(kind, "timerfd") == 0)
		return timerfd_create(CLOCK_MONOTONIC, 0);
	if (strcmp(kind, "signalfd") == 0)
		return open_signalfd();
	if (strcmp(kind, "inotify") == 0)
		return inotify_init();
	if (strcmp(kind, "fanotify") == 0)
		return fanotify_init(0, O_RDONLY);
	if (strcmp(kind, "pidfd") == 0)
		return keep((int)syscall(SYS_pidfd_open, getppid(), 0));
	if (strcmp(kind, "map") == 0)
		return open_map();
	if (strcmp(kind, "prog") == 0)
		return open_prog();
	if (strcmp(kind, "link") == 0)
		return open_link();
	if (strcmp(kind, "landlock") == 0)
		return open_landlock();
	if (strcmp(kind, "perf") == 0)
		return open_perf();
	if (strcmp(kind, "io_uring") == 0)
		return open_ring();
	if (strcmp(kind, "uffd") == 0)
		return (int)syscall(SYS_userfaultfd, 0);
	if (strcmp(kind, "fsopen") == 0)
		return (int)syscall(SYS_fsopen, "tmpfs", 0);
	if (strcmp(kind, "ns") == 0)
		return open("/proc/self/ns/mnt", O_RDONLY);
	errno = 0;
	return -1;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc && !program; i++)
		program = strcmp(argv[i], "--") == 0 ? &argv[i + 1] : NULL;
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *arg = strchr(argv[i], '=');

		if (arg)
			*arg++ = '\0';
		if (open_kind(argv[i], arg) < 0) {
			fprintf(stderr, "fdleak: %s: %s\n", argv[i], errno ? strerror(errno) : "no such kind");
			return errno ? 124 : 125;
		}
	}
	if (!program) {
		fprintf(stderr, "usage: fdleak [OPEN...] -- PROGRAM [ARG...]\n");
		return 125;
	}
	execv(*program, program);
	fprintf(stderr, "fdleak: %s: %s\n", *program, strerror(errno));
	return 126;
}
