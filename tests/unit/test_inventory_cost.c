/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "inventory.h"
#include "util.h"

/* What a walk costs: its system calls, counted by a tracer, of a tree less those of a tree with nothing in it. */

#define NUMBERS 512 /* of system calls; higher ones are counted as the last */

static char tree[64];

static void make_file(int dir, const char *name, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

enum { DIRECTORIES = 10, PLAIN = 20, PROGRAMS = 5, LINKS = 3 };

static int make_trees(void **state)
{
	char path[128], name[16];

	(void)state;
	strcpy(tree, "/tmp/ew-test-XXXXXX");
	if (!mkdtemp(tree))
		return -1;
	snprintf(path, sizeof(path), "%s/empty", tree);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/full", tree);
	mkdir(path, 0755);
	for (int i = 0; i < DIRECTORIES; i++) {
		int dir;

		snprintf(path, sizeof(path), "%s/full/%d", tree, i);
		mkdir(path, 0755);
		dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(dir >= 0);
		for (int j = 0; j < PLAIN + PROGRAMS + LINKS; j++) {
			snprintf(name, sizeof(name), "%d", j);
			if (j < PLAIN + PROGRAMS)
				make_file(dir, name, j < PLAIN ? 0644 : 0755);
			else
				assert_int_equal(symlinkat("0", dir, name), 0);
		}
		close(dir);
	}
	return 0;
}

static int remove_trees(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", tree);
	return system(command);
}

static void walk(const char *name)
{
	char path[128];
	struct ew_mount_point mount = {.root = (char *)"", .point = path, .type = (char *)"ext4"};
	struct ew_mount_points mounts = {1, &mount};
	struct ew_inventory inventory;

	snprintf(path, sizeof(path), "%s/%s", tree, name);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(2);
	raise(SIGSTOP);
	_exit(ew_inventory_walk(&mounts, &(struct ew_inventory_effort){1, 30}, &inventory) < 0 || inventory.n_failures);
}

static void count(pid_t pid, unsigned int *calls)
{
	struct __ptrace_syscall_info info;
	long size = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info);

	if (size < 0 && errno == ESRCH)
		return; /* the process ends, and with it this thread */
	assert_true(size > 0);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		calls[info.entry.nr < NUMBERS ? info.entry.nr : NUMBERS - 1]++;
}

/* Into CALLS, by their numbers, what all threads of the walk of NAME call. */
static void trace(const char *name, unsigned int *calls)
{
	pid_t child = fork(), pid;
	int status;

	if (child == 0)
		walk(name);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
		print_message("missing: ptrace(2)\n");
		skip();
	}
	assert_true(WIFSTOPPED(status));
	assert_int_equal(
		ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL),
		0);
	assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (pid == child)
				assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			count(pid, calls);
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	}
}

/* What is for memory, for threads that wait and for their end, which no entry has a share in. */
static bool is_overhead(int nr)
{
	static const int numbers[] = {SYS_mmap,	   SYS_munmap, SYS_mprotect,	   SYS_brk,
				      SYS_madvise, SYS_futex,  SYS_sched_yield,	   SYS_restart_syscall,
				      SYS_exit,	   SYS_gettid, SYS_rt_sigprocmask, SYS_sigaltstack};

	for (size_t i = 0; i < EW_ARRAY_SIZE(numbers); i++)
		if (numbers[i] == nr)
			return true;
	return false;
}

static void nothing_is_asked_for_twice(void **state)
{
	static const struct {
		int nr, wanted;
	} calls[] = {
		{SYS_openat2, DIRECTORIES},
		{SYS_getdents64, 2 * DIRECTORIES}, /* the second says that there is no more */
		{SYS_close, DIRECTORIES},
		{SYS_statx, DIRECTORIES * (PLAIN + PROGRAMS)},
		{SYS_lgetxattr, DIRECTORIES * PROGRAMS},
	};
	static unsigned int base[NUMBERS], full[NUMBERS];

	(void)state;
	trace("empty", base);
	trace("full", full);
	for (int nr = 0; nr < NUMBERS; nr++) {
		int wanted = 0;

		for (size_t i = 0; i < EW_ARRAY_SIZE(calls); i++)
			wanted += calls[i].nr == nr ? calls[i].wanted : 0;
		if (!is_overhead(nr) && (int)(full[nr] - base[nr]) != wanted)
			fail_msg("system call %d: %d, not %d", nr, (int)(full[nr] - base[nr]), wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_asked_for_twice, make_trees, remove_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
