/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * gain-launch [OPTION...] COMMAND [ARG...] - execs COMMAND after the options, in their order, have made the caller what
 * a test needs. Like asuser it exits 126 when the exec is refused and 127 when there is no COMMAND.
 *
 *	-u UID[,EUID,SUID]    user ids
 *	-g GID[,EGID,SGID]    group ids
 *	-G GID,GID...         supplementary groups
 *	-d                    drop every capability
 *	-i CAP                make inheritable
 *	-b CAP                bound to this one
 *	-s BITS               securebits
 *	-n                    no_new_privs
 *	-t                    be traced, by one without privilege
 *	-N IN,OUT,COUNT[,...] into a new user namespace with this map of users and groups
 *	-m FILE               exec a memfd with FILE's contents and mode, made here and now
 *	-M FILE               the same of huge pages, with the contents alone
 *	-x FILE               exec FILE, opened and unlinked here and now
 *	-c                    ask only, with AT_EXECVE_CHECK: exit 0 when it would be allowed, 125 when the kernel
 *	                      cannot tell
 *
 * -k keeps capabilities over -u; -a CAP holds CAP alone, and makes it ambient.
 * -w: every word after the options is a program, and it stops (SIGSTOP) before it executes one after the other, each in
 * a child of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* linux/fcntl.h, since 6.14 */
#endif
#define HUGE_PAGE (2UL << 20)
#define EXTENTS 8 /* of a map, at most */

static void die(const char *what)
{
	fprintf(stderr, "gain-launch: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void must(bool done, const char *what)
{
	if (!done)
		die(what);
}

/* "N,N,..." into OUT; returns how many. */
static size_t numbers(char *text, unsigned int *out, size_t max)
{
	size_t n = 0;

	for (char *word = strtok(text, ","); word && n < max; word = strtok(NULL, ","))
		out[n++] = (unsigned int)strtoul(word, NULL, 0);
	return n;
}

static void set_users(char *arg)
{
	unsigned int id[3];
	size_t n = numbers(arg, id, 3);

	must(n == 1 ? setresuid(id[0], id[0], id[0]) == 0 : n == 3 && setresuid(id[0], id[1], id[2]) == 0, "setresuid");
}

static void set_gids(char *arg)
{
	unsigned int id[3];
	size_t n = numbers(arg, id, 3);

	must(n == 1 ? setresgid(id[0], id[0], id[0]) == 0 : n == 3 && setresgid(id[0], id[1], id[2]) == 0, "setresgid");
}

static void set_groups(char *arg)
{
	static unsigned int groups[NGROUPS_MAX];
	size_t n = numbers(arg, groups, NGROUPS_MAX);

	must(setgroups(n, groups) == 0, "setgroups");
}

/* Drops permitted and effective, or (CAP not negative) adds CAP to inheritable. */
static void set_caps(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	must(syscall(SYS_capget, &head, data) == 0, "capget");
	if (cap >= 0)
		data[cap / 32].inheritable |= 1U << (cap % 32);
	for (int i = 0; i < 2 && cap < 0; i++)
		data[i].permitted = data[i].effective = 0;
	must(syscall(SYS_capset, &head, data) == 0, "capset");
}

/* CAP is all that is left, and passes on to every program: permitted, effective, inheritable, ambient. */
static void hold_ambient(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	data[cap / 32].permitted = data[cap / 32].effective = data[cap / 32].inheritable = 1U << (cap % 32);
	must(syscall(SYS_capset, &head, data) == 0, "capset");
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) == 0, "PR_CAP_AMBIENT_RAISE");
}

/*
 * Executes each program in a child, and kills it when that is over: posix_spawn(3) returns when the child has its new
 * image, or none.
 */
static int execute_each(char **programs)
{
	posix_spawn_file_actions_t actions;
	int status;

	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	raise(SIGSTOP);
	for (; *programs; programs++) {
		char *const args[] = {*programs, NULL};
		pid_t child;

		if (posix_spawn(&child, *programs, &actions, NULL, args, environ) != 0)
			continue;
		kill(child, SIGKILL);
		must(waitpid(child, &status, 0) == child, "waitpid");
	}
	return 0;
}

static void bound_to(unsigned long keep)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		must(cap == keep || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0, "PR_CAPBSET_DROP");
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map), path);
	close(fd);
}

/* The maps come from a child that stays outside and keeps its right to write them. */
static void new_userns(char *arg)
{
	unsigned int id[3 * EXTENTS];
	size_t n = numbers(arg, id, 3 * EXTENTS), used = 0;
	pid_t parent = getpid(), helper;
	int go[2], status;
	char map[40 * EXTENTS], byte;

	must(n > 0 && n % 3 == 0 && pipe(go) == 0, "-N");
	for (size_t i = 0; i < n; i += 3)
		used += (size_t)snprintf(map + used, sizeof(map) - used, "%u %u %u\n", id[i], id[i + 1], id[i + 2]);
	helper = fork();
	must(helper >= 0, "fork");
	if (helper == 0) {
		must(read(go[0], &byte, 1) == 1, "read");
		write_map(parent, "uid_map", map);
		write_map(parent, "gid_map", map);
		_exit(0);
	}
	must(unshare(CLONE_NEWUSER) == 0, "unshare");
	must(write(go[1], "", 1) == 1 && waitpid(helper, &status, 0) == helper && status == 0, "maps");
	close(go[0]);
	close(go[1]);
}

/* The tracer is a child, so that the exec happens in the process the test knows. It goes on until the traced one ends.
 */
static void be_traced(void)
{
	pid_t parent = getpid(), tracer;
	int ready[2], status;
	char byte;

	must(pipe2(ready, O_CLOEXEC) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "-t");
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where Yama restricts tracing to descendants */
	tracer = fork();
	must(tracer >= 0, "fork");
	if (tracer == 0) {
		must(ptrace(PTRACE_SEIZE, parent, 0, 0) == 0, "PTRACE_SEIZE");
		must(write(ready[1], "", 1) == 1, "write");
		for (int null = open("/dev/null", O_RDWR), fd = 0; fd < 3; fd++)
			dup2(null, fd);
		while (waitpid(parent, &status, __WALL) == parent && WIFSTOPPED(status))
			ptrace(PTRACE_CONT, parent, 0, WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
		_exit(0);
	}
	close(ready[1]);
	must(read(ready[0], &byte, 1) == 1, "tracer");
}

static int make_memfd(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), fd = memfd_create("gain", MFD_CLOEXEC);
	struct stat st;

	must(from >= 0 && fd >= 0 && fstat(from, &st) == 0, path);
	must(sendfile(fd, from, NULL, (size_t)st.st_size) == st.st_size && fchmod(fd, st.st_mode & 07777) == 0,
	     "memfd");
	close(from);
	return fd;
}

/* Of huge pages, which write(2) cannot fill; not close-on-exec, for the interpreter of a script. */
static int make_huge_memfd(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), fd = memfd_create("gain", MFD_HUGETLB);
	struct stat st;
	char *page;

	must(from >= 0 && fd >= 0 && fstat(from, &st) == 0 && ftruncate(fd, HUGE_PAGE) == 0, path);
	page = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(page != MAP_FAILED && read(from, page, HUGE_PAGE) == st.st_size && munmap(page, HUGE_PAGE) == 0,
	     "huge memfd");
	close(from);
	return fd;
}

static int open_and_unlink(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && unlink(path) == 0, path);
	return fd;
}

int main(int argc, char **argv)
{
	int fd = AT_FDCWD, flags = 0, c;
	bool each = false;

	while ((c = getopt(argc, argv, "+u:g:G:di:b:s:ntN:m:M:x:cka:w")) != -1) {
		switch (c) {
		case 'u':
			set_users(optarg);
			break;
		case 'g':
			set_gids(optarg);
			break;
		case 'G':
			set_groups(optarg);
			break;
		case 'd':
			set_caps(-1);
			break;
		case 'i':
			set_caps(atoi(optarg));
			break;
		case 'b':
			bound_to(strtoul(optarg, NULL, 0));
			break;
		case 's':
			must(prctl(PR_SET_SECUREBITS, strtoul(optarg, NULL, 0), 0, 0, 0) == 0, "securebits");
			break;
		case 'n':
			must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
			break;
		case 't':
			be_traced();
			break;
		case 'N':
			new_userns(optarg);
			break;
		case 'm':
			fd = make_memfd(optarg);
			break;
		case 'M':
			fd = make_huge_memfd(optarg);
			break;
		case 'x':
			fd = open_and_unlink(optarg);
			break;
		case 'c':
			flags |= AT_EXECVE_CHECK;
			break;
		case 'k':
			must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "PR_SET_KEEPCAPS");
			break;
		case 'a':
			hold_ambient(atoi(optarg));
			break;
		case 'w':
			each = true;
			break;
		default:
			return 2;
		}
	}
	if (optind >= argc)
		return 2;
	if (each)
		return execute_each(argv + optind);
	if (execveat(fd, fd >= 0 ? "" : argv[optind], argv + optind, environ, flags | (fd >= 0 ? AT_EMPTY_PATH : 0)) ==
	    0)
		return 0; /* AT_EXECVE_CHECK */
	fprintf(stderr, "gain-launch: %s: %s\n", argv[optind], strerror(errno));
	return errno == ENOENT ? 127 : errno == EINVAL && flags ? 125 : 126;
}
