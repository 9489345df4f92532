/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tkillat [MS] +PATH|-PATH... -- CMD [ARG...] - starts CMD and kills it (SIGKILL) as soon as each +PATH is there and no
 * -PATH is, or MS milliseconds after that. Paths are below /sys/fs/bpf
 *
 * Ends with 0 when CMD was killed, 1 when it had ended before, 2 when something went wrong. It is told by the kernel
 * (inotify) and goes before whatever else wants the processor, so that CMD, on the same one, comes no further than the
 * end of the system call that made it so.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOP "/sys/fs/bpf"
#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

static int die(const char *what)
{
	fprintf(stderr, "tkillat: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Watches each directory above PATH that is there, from TOP on. */
static void watch(int inotify, const char *path)
{
	char dir[256];

	for (const char *end = path + strlen(TOP); end; end = strchr(end + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(end - path), path);
		if (inotify_add_watch(inotify, dir, EVENTS | IN_ONLYDIR) < 0 && errno != ENOENT)
			die(dir);
	}
}

static bool holds(char *const *conditions, int n)
{
	for (int i = 0; i < n; i++)
		if ((access(conditions[i] + 1, F_OK) == 0) != (conditions[i][0] == '+'))
			return false;
	return true;
}

static pid_t start(char *const *command)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		die(command[0]);
	}
	return pid;
}

/* Waits until all of it holds: true; false when the process of PIDFD has ended before. */
static bool wait_until(int inotify, int pidfd, char *const *conditions, int n)
{
	char events[4096] __attribute__((aligned(8)));
	struct pollfd fds[] = {{.fd = inotify, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

	for (;;) {
		for (int i = 0; i < n; i++)
			watch(inotify, conditions[i] + 1);
		if (holds(conditions, n))
			return true;
		if (poll(fds, 2, -1) < 0)
			die("poll");
		if (fds[1].revents)
			return false;
		if (read(inotify, events, sizeof(events)) < 0)
			die("read");
	}
}

int main(int argc, char **argv)
{
	const struct sched_param first = {.sched_priority = 1};
	int n = 0, inotify, pidfd, status;
	useconds_t after = 0;
	pid_t pid;

	if (argc > 1 && strspn(argv[1], "0123456789") > 0) {
		after = (useconds_t)atol(argv[1]) * 1000;
		argv++, argc--;
	}

	while (n + 1 < argc && strcmp(argv[n + 1], "--") != 0) {
		const char *condition = argv[++n];

		if (!strchr("+-", condition[0]) || strncmp(condition + 1, TOP "/", sizeof(TOP)) != 0)
			return 2;
	}
	if (n == 0 || n + 2 >= argc)
		return 2;
	inotify = inotify_init1(IN_CLOEXEC);
	pid = start(argv + n + 2);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (inotify < 0 || pid < 0 || pidfd < 0 || sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		die(argv[n + 2]);
	if (wait_until(inotify, pidfd, argv + 1, n)) {
		if (after)
			usleep(after);
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return !WIFSIGNALED(status);
}
