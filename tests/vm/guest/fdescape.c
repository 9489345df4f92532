/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdescape WAY RUNS - has RUNS processes try to get a descriptor into fdsee
 *
 * WAY: `thread`, a thread that is not the leader execs while the leader opens and closes; `ring`, io_uring opens a file
 * as the task execs; `large`, of a table of 5,000 descriptors that are marked close-on-exec a sibling (CLONE_FILES)
 * takes that from one, now and then. Prints what came of the execs, as fdrace does; a refused one is tried again.
 *
 * fdescape fd FILE [cloexec] - execs FILE by a descriptor (execveat(2), AT_EMPTY_PATH). Exits 126 when that is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE 5000
#define SWAPPED 20
#define TRIES 200 /* of one process */

static char program[] = "/ew/bin/fdsee";
static char *const args[] = {program, NULL}, *const env[] = {NULL};

/* 43: refused to the end; 44: something else went wrong. */
static void exec_or_exit(void)
{
	for (int i = 0; i < TRIES; i++) {
		execve(program, args, env);
		if (errno != EPERM)
			_exit(44);
	}
	_exit(43);
}

static void *exec_thread(void *unused)
{
	exec_or_exit();
	return unused;
}

static void by_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_thread, NULL))
		_exit(44);
	for (;;) {
		int fd = open("/dev/null", O_RDONLY);

		close(fd);
		sched_yield();
	}
}

/* One request: opens /dev/null, by a worker of the kernel's. */
static void submit(int ring, const struct io_uring_params *params)
{
	char *sq = mmap(NULL, params->sq_off.array + params->sq_entries * sizeof(__u32), PROT_READ | PROT_WRITE,
			MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, params->sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED,
					ring, IORING_OFF_SQES);

	if (sq == MAP_FAILED || sqe == MAP_FAILED)
		_exit(44);
	sqe->opcode = IORING_OP_OPENAT;
	sqe->flags = IOSQE_ASYNC;
	sqe->fd = AT_FDCWD;
	sqe->addr = (unsigned long)"/dev/null";
	__atomic_store_n((__u32 *)(sq + params->sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
		_exit(44);
}

static void by_ring(void)
{
	struct io_uring_params params = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 1, &params);

	if (ring < 0)
		_exit(44);
	submit(ring, &params);
	exec_or_exit();
}

static char stack[65536] __attribute__((aligned(16)));

static int unmark(void *parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != *(pid_t *)parent)
		_exit(0); /* which came too late */
	for (unsigned int i = 0;; i += 997) {
		int fd = 3 + (int)(i % 100); /* that fdsee looks at */

		fcntl(fd, F_SETFD, 0);
		usleep(i % 1000);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		usleep(i % 1500);
	}
	return 0;
}

static void by_large(void)
{
	struct rlimit limit = {LARGE + 100, LARGE + 100};
	static pid_t own;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < LARGE; i++)
		if (fcntl(fd, F_DUPFD_CLOEXEC, 3) < 0)
			_exit(44);
	own = getpid();
	if (clone(unmark, stack + sizeof(stack), CLONE_FILES | CLONE_VM, &own) < 0)
		_exit(44);
	exec_or_exit();
}

static int swap(void *parent)
{
	int pair[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != *(pid_t *)parent || pipe2(pair, O_CLOEXEC) < 0)
		_exit(0);
	for (unsigned int i = 0;; i += 997) {
		dup2(null, SWAPPED);
		usleep(i % 300);
		dup2(pair[0], SWAPPED);
		usleep(i % 500);
	}
	return 0;
}

static void *linger(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* The number of descriptors stays the same all the while. The kernel waits for the thread to end: time for a swap. */
static void by_swap(void)
{
	static pid_t own;
	pthread_t thread;

	own = getpid();
	if (clone(swap, stack + sizeof(stack), CLONE_FILES | CLONE_VM, &own) < 0 ||
	    pthread_create(&thread, NULL, linger, NULL))
		_exit(44);
	usleep(1000 + (useconds_t)own * 37 % 1500);
	exec_or_exit();
}

static int by_fd(const char *file, int flags)
{
	int fd = open(file, O_RDONLY | flags);
	char *const own[] = {(char *)file, NULL};

	syscall(SYS_execveat, fd, "", own, env, AT_EMPTY_PATH);
	fprintf(stderr, "fdescape: %s: %s\n", file, strerror(errno));
	return errno == EPERM ? 126 : 1;
}

static int run_all(void (*way)(void), long runs)
{
	int leaked = 0, clean = 0, refused = 0, killed = 0, failed = 0, status;

	while (runs-- > 0) {
		pid_t child = fork();

		if (child == 0)
			way();
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else if (!WIFEXITED(status))
			failed++;
		else if (WEXITSTATUS(status) == 45 || (WEXITSTATUS(status) == 42 && way != by_swap))
			leaked++;
		else if (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 42)
			clean++;
		else if (WEXITSTATUS(status) == 43)
			refused++;
		else
			failed++;
	}
	printf("leaked %d clean %d refused %d killed %d failed %d\n", leaked, clean, refused, killed, failed);
	return 0;
}

int main(int argc, char **argv)
{
	long runs = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (argc >= 3 && strcmp(argv[1], "fd") == 0)
		return by_fd(argv[2], argc > 3 ? O_CLOEXEC : 0);
	if (runs > 0 && strcmp(argv[1], "thread") == 0)
		return run_all(by_thread, runs);
	if (runs > 0 && strcmp(argv[1], "ring") == 0)
		return run_all(by_ring, runs);
	if (runs > 0 && strcmp(argv[1], "large") == 0)
		return run_all(by_large, runs);
	if (runs > 0 && strcmp(argv[1], "swap") == 0)
		return run_all(by_swap, runs);
	fprintf(stderr, "usage: fdescape thread|ring|large|swap RUNS, fdescape fd FILE [cloexec]\n");
	return 2;
}
