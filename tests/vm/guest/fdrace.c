/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdrace RUNS [WANTED...] - execs fdsee at least RUNS times, from a table of descriptors that a sibling (CLONE_FILES)
 * on another processor opens files in, copies and takes close-on-exec from, all the while
 *
 * Goes on until each outcome WANTED has come. Prints what came of the execs: "leaked N clean N refused N killed N": how
 * many new images ran with a descriptor from 3 on, or without one; how many execs were refused; how many ended the
 * task. `fdrace see [N]` exits 42 when it has such a descriptor, else 0 or N.
 *
 * It is made to be cheap. A process is made by vfork for each exec that goes on, not for one that is refused: that is
 * tried again. Every other process has a second thread, on the sibling's processor, for which the kernel waits to end
 * after the decision to refuse and before the table is no longer shared (de_thread(), unshare_files()): time for
 * something to be slipped in.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 64
#define FD_HIGH 40
#define FD_BEYOND 100 /* makes a new table grow, from 64 */
#define WAYS 8	      /* of slip() */
#define DIRTY_USEC 800
#define CLEAN_USEC 100
#define CLEAN_EACH 4

enum outcome { LEAKED, CLEAN, REFUSED, KILLED, OUTCOMES };
static const char *const names[OUTCOMES] = {"leaked", "clean", "refused", "killed"};

static char stacks[3][65536] __attribute__((aligned(16)));
static char program[] = "/ew/bin/fdsee";
/* shared by all: memory is */
static volatile long came[OUTCOMES], runs, failed;
static bool wanted[OUTCOMES];
static bool threaded;

static int see(const char *none)
{
	for (int fd = 3; fd < FDS_MAX; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 42;
	return none ? (int)strtol(none, NULL, 10) : 0;
}

static void on_processor(int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	sched_setaffinity(0, sizeof(set), &set); /* who has but one stays there */
}

/* A descriptor that comes in a message. */
static void receive(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	if (sendmsg(pair[0], &message, 0) == 1)
		recvmsg(pair[1], &message, 0);
	close(pair[0]);
	close(pair[1]);
}

/* Each way to slip something in: open, dup2, fcntl, a message, and to let what is there stay. */
static void slip(unsigned int way, int fd)
{
	int pair[2];

	switch (way % WAYS) {
	case 0:
	case 1:
		fcntl(fd, F_SETFD, 0);
		break;
	case 2:
		dup2(fd, FD_HIGH);
		break;
	case 3:
		dup2(fd, FD_BEYOND);
		break;
	case 4:
		fcntl(fd, F_DUPFD, FD_HIGH);
		break;
	case 5:
		receive(fd);
		break;
	case 6:
		if (pipe(pair) == 0)
			break;
		/* fall through */
	default:
		open("/dev/null", O_RDONLY);
	}
}

/* For up to MOST microseconds, a number that looks like one drawn by lot. */
static void nap(unsigned int most)
{
	static unsigned int state = 1;
	struct timespec time = {0};

	state = state * 1103515245 + 12345;
	time.tv_nsec = (state >> 8) % most * 1000;
	nanosleep(&time, NULL);
}

/*
 * The table has something to leak most of the time, as what is refused costs a tenth of what is not, and nothing now
 * and then. It sleeps, and does not wait at work: an emulator may run one processor at a time.
 */
static int race(void *unused)
{
	const struct sched_param first = {.sched_priority = 1};

	(void)unused;
	on_processor(1);
	sched_setscheduler(0, SCHED_FIFO, &first); /* before the thread that lingers there */
	for (unsigned int i = 0;; i++) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		slip(i, fd);
		nap(DIRTY_USEC);
		close_range(3, ~0U, 0);
		if (i / WAYS % CLEAN_EACH == 0)
			nap(CLEAN_USEC);
	}
	return 0;
}

static int linger(void *unused)
{
	(void)unused;
	on_processor(1);
	for (;;)
		pause();
	return 0;
}

static bool is_done(void)
{
	if (runs > 0)
		return false;
	for (int i = 0; i < OUTCOMES; i++)
		if (wanted[i] && !came[i])
			return false;
	return true;
}

/* As execve(2), but that it returns the negative errno: errno is the sibling's, too, as all memory. */
static long exec(void)
{
	char *const args[] = {program, NULL};
	long answer;

	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(SYS_execve), "D"(program), "S"(args), "d"(args + 1)
			 : "rcx", "r11", "memory");
	return answer;
}

/* Execs until it gets through. */
static int start(void *unused)
{
	(void)unused;
	if (threaded && clone(linger, stacks[2] + sizeof(stacks[2]),
			      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL) < 0)
		_exit(44);
	do {
		runs--;
		if (exec() != -EPERM)
			_exit(44);
		came[REFUSED]++;
	} while (!is_done());
	_exit(43);
}

/* What became of a process of start(). */
static void count(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		came[KILLED]++;
	else if (WIFEXITED(status) && (WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == 45))
		came[LEAKED]++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		came[CLEAN]++;
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 43)
		failed++;
}

static bool parse(int argc, char **argv)
{
	runs = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	for (int i = 2; i < argc; i++) {
		int outcome = 0;

		while (outcome < OUTCOMES && strcmp(argv[i], names[outcome]) != 0)
			outcome++;
		if (outcome == OUTCOMES)
			return false;
		wanted[outcome] = true;
	}
	return runs > 0;
}

int main(int argc, char **argv)
{
	pid_t sibling, child;
	int status;

	if (argc > 1 && strcmp(argv[1], "see") == 0)
		return see(argv[2]);
	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: fdrace RUNS [leaked|clean|refused|killed]...\n");
		return 2;
	}
	on_processor(0);
	sibling = clone(race, stacks[0] + sizeof(stacks[0]), CLONE_FILES | CLONE_VM | SIGCHLD, NULL);
	if (sibling < 0) {
		perror("fdrace: clone");
		return 1;
	}
	while (!is_done()) {
		child = clone(start, stacks[1] + sizeof(stacks[1]), CLONE_FILES | CLONE_VM | CLONE_VFORK | SIGCHLD,
			      NULL);
		if (child < 0 || waitpid(child, &status, 0) != child) {
			perror("fdrace: child");
			break;
		}
		count(status);
		threaded = !threaded;
	}
	kill(sibling, SIGKILL);
	for (int i = 0; i < OUTCOMES; i++)
		printf("%s %ld%s", names[i], came[i], i < OUTCOMES - 1 ? " " : "\n");
	if (failed)
		fprintf(stderr, "fdrace: %ld execs ended in another way\n", failed);
	return failed != 0;
}
