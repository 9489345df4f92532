/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tinto CGROUP COUNT UID PROGRAM [THREADS] - makes CGROUP, puts a child right into it that executes PROGRAM as UID, and
 * removes it, COUNT times
 *
 * The child is born in the cgroup (CLONE_INTO_CGROUP) as soon as there is one. With THREADS, so many share the work,
 * and the cgroups are CGROUP-THREAD-NUMBER. Prints "COUNT ran, COUNT refused".
 *
 * One in FORKED is born by fork(2), the others as by vfork(2), which is what service managers and posix_spawn(3) do:
 * to copy the memory, and to give the copy up, costs more than all the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORKED 10

static int die(const char *what)
{
	fprintf(stderr, "tinto: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct birth {
	uid_t uid;
	const char *program;
	bool forks;
};

/* The child. It may have the memory of its parent, a thread that waits, in common with it. */
static void live(const struct birth *birth)
{
	/* not setresuid(3), which would wait for the threads that the child does not have */
	if (syscall(SYS_setresgid, birth->uid, birth->uid, birth->uid) < 0 ||
	    syscall(SYS_setresuid, birth->uid, birth->uid, birth->uid) < 0)
		_exit(2);
	execl(birth->program, birth->program, (char *)NULL);
	_exit(errno == EPERM ? 126 : 2);
}

/* clone3(2), whose child goes on in live(): the C library has no such call. The pid, or a negative errno. */
static long bear(const struct clone_args *args, const struct birth *birth)
{
	long pid = SYS_clone3;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "and $-16, %%rsp\n\t"
			 "mov %[birth], %%rdi\n\t"
			 "call *%[live]\n"
			 "1:"
			 : "+a"(pid)
			 : "D"(args), "S"(sizeof(*args)), [birth] "r"(birth), [live] "r"(live)
			 : "rcx", "r11", "memory", "cc");
	return pid;
}

static int run_in(const char *cgroup, const struct birth *birth)
{
	static _Thread_local char stack[16384] __attribute__((aligned(16)));
	struct clone_args args = {.flags = CLONE_INTO_CGROUP | CLONE_VM | CLONE_VFORK,
				  .exit_signal = SIGCHLD,
				  .stack = (uint64_t)(uintptr_t)stack,
				  .stack_size = sizeof(stack)};
	int fd, status;
	long pid;

	if (birth->forks) {
		args.flags = CLONE_INTO_CGROUP;
		args.stack = args.stack_size = 0;
	}

	if (mkdir(cgroup, 0755) < 0)
		die(cgroup);
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die(cgroup);
	args.cgroup = (uint64_t)fd;
	pid = bear(&args, birth);
	if (pid < 0) {
		errno = (int)-pid;
		die("clone3");
	}
	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	close(fd);
	if (rmdir(cgroup) < 0)
		die(cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct work {
	pthread_t thread;
	int number; /* -1: the only one */
	const char *cgroup;
	struct birth birth;
	int count, ran, refused;
};

static void *run_all(void *context)
{
	struct work *work = context;
	char cgroup[4096];

	/* the programs print: what counts is how they end */
	for (int i = 0; i < work->count; i++) {
		int code;

		if (work->number < 0)
			snprintf(cgroup, sizeof(cgroup), "%s", work->cgroup);
		else
			snprintf(cgroup, sizeof(cgroup), "%s-%d-%d", work->cgroup, work->number, i);
		work->birth.forks = i % FORKED == 0;
		code = run_in(cgroup, &work->birth);
		work->ran += code == 0;
		work->refused += code == 126;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct work works[64] = {};
	int count, threads, ran = 0, refused = 0;

	if (argc != 5 && argc != 6)
		return 2;
	count = atoi(argv[2]);
	threads = argc == 6 ? atoi(argv[5]) : 1;
	if (threads < 1 || threads > 64)
		return 2;
	for (int i = 0; i < threads; i++) {
		works[i] = (struct work){.number = argc == 6 ? i : -1,
					 .cgroup = argv[1],
					 .birth = {.uid = (uid_t)atoi(argv[3]), .program = argv[4]},
					 .count = count / threads + (i < count % threads)};
		errno = pthread_create(&works[i].thread, NULL, run_all, &works[i]);
		if (errno)
			die("pthread_create");
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(works[i].thread, NULL);
		ran += works[i].ran;
		refused += works[i].refused;
	}
	printf("%d ran, %d refused\n", ran, refused);
	return ran + refused == count ? 0 : 1;
}
