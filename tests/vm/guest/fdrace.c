/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdrace RUNS - execs itself RUNS times from a table of descriptors that a sibling (CLONE_FILES) opens files in, all
 * the while, and takes close-on-exec from
 *
 * Prints how many of the new images ran with a descriptor from 3 on, without one, were refused, and were killed:
 * "leaked clean refused killed". `fdrace see [N]` is the new image: exits 42 when it has such a descriptor, else 0 or
 * N.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX 64

static char stacks[2][65536];
static char self[] = "/proc/self/exe";

static int see(const char *none)
{
	for (int fd = 3; fd < FDS_MAX; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 42;
	return none ? (int)strtol(none, NULL, 10) : 0;
}

/* Each way to slip something in: open, dup2, and to let what is there stay. */
static int race(void *unused)
{
	(void)unused;
	for (unsigned int i = 0;; i++) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		switch (i % 3) {
		case 0:
			fcntl(fd, F_SETFD, 0);
			break;
		case 1:
			dup2(fd, 40);
			break;
		default:
			close(fd);
			fd = open("/dev/null", O_RDONLY);
		}
		close(40);
		close(fd);
		/* the table is to be clean now and then */
		for (volatile unsigned int n = 0; n < i * 37 % 5000; n++)
			;
	}
	return 0;
}

static int start(void *unused)
{
	char *const args[] = {self, "see", NULL}, *const env[] = {NULL};

	(void)unused;
	execve(self, args, env);
	_exit(errno == EPERM ? 43 : 44);
}

int main(int argc, char **argv)
{
	int leaked = 0, clean = 0, refused = 0, killed = 0, status;
	pid_t sibling, child;

	if (argc > 1 && strcmp(argv[1], "see") == 0)
		return see(argv[2]);
	if (argc != 2) {
		fprintf(stderr, "usage: fdrace RUNS\n");
		return 2;
	}
	sibling = clone(race, stacks[0] + sizeof(stacks[0]), CLONE_FILES | CLONE_VM | SIGCHLD, NULL);
	if (sibling < 0) {
		perror("fdrace: clone");
		return 1;
	}
	for (long i = strtol(argv[1], NULL, 10); i > 0; i--) {
		child = clone(start, stacks[1] + sizeof(stacks[1]), CLONE_FILES | CLONE_VM | CLONE_VFORK | SIGCHLD,
			      NULL);
		if (child < 0 || waitpid(child, &status, 0) != child) {
			perror("fdrace: child");
			return 1;
		}
		leaked += WIFEXITED(status) && WEXITSTATUS(status) == 42;
		clean += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		refused += WIFEXITED(status) && WEXITSTATUS(status) == 43;
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	kill(sibling, SIGKILL);
	printf("%d %d %d %d\n", leaked, clean, refused, killed);
	return 0;
}
