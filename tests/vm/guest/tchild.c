/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tchild HOW PROGRAM [ARG...] - executes PROGRAM from a task that comes about in a special way
 *
 *   thread    from a thread that is not the leader, which waits
 *   headless  the same after the leader has ended
 *   leader    from the leader, while another thread runs
 *   vfork, spawn
 *   parent    from a child by clone(CLONE_PARENT), which is its parent's sibling
 *   sibling   the same, from the process itself, which ends at once
 *   daemon    from a grandchild in a session of its own, after init has become its parent
 *   session   from a child in a session of its own
 *   userns    from a child in a user namespace where every id is itself
 *   unshared  the same, born into a new namespace of every kind
 *   shared    from a child that shares its table of descriptors and whatever else a set-uid program does not mind
 *   forked    from a child of a thread that is not the leader
 *   failed    from a thread whose first exec, of a directory, failed
 *
 * Waits for PROGRAM where it can, and ends as it did. A refused exec is told, with exit code 126.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int die(const char *what)
{
	fprintf(stderr, "tchild: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void execute(char **argv)
{
	execv(argv[0], argv);
	fprintf(stderr, "tchild: %s: %s\n", argv[0], strerror(errno));
	_exit(126);
}

static int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static pthread_t leader;

static void *in_thread(void *argv)
{
	execute(argv);
	return NULL;
}

static void *in_failed(void *argv)
{
	execl("/proc", "/proc", (char *)NULL);
	execute(argv);
	return NULL;
}

static void *in_headless(void *argv)
{
	pthread_join(leader, NULL);
	usleep(50000); /* joined as soon as its stack is free: a little later it is a zombie */
	execute(argv);
	return NULL;
}

static void *in_waiting(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static int with_thread(void *(*start)(void *), char **argv)
{
	pthread_t thread;

	leader = pthread_self();
	if (pthread_create(&thread, NULL, start, argv))
		die("pthread_create");
	if (start == in_waiting)
		execute(argv);
	if (start == in_headless)
		pthread_exit(NULL);
	for (;;)
		pause();
}

static int refused(const char *program, int err)
{
	fprintf(stderr, "tchild: %s: %s\n", program, strerror(err));
	return 126;
}

static int with_vfork(char **argv)
{
	volatile int err = 0;
	pid_t pid = vfork();

	if (pid < 0)
		die("vfork");
	if (pid == 0) {
		execv(argv[0], argv);
		err = errno; /* the memory is the parent's */
		_exit(126);
	}
	return err ? ended(pid), refused(argv[0], err) : ended(pid);
}

static int with_spawn(char **argv)
{
	pid_t pid;
	int err = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	return err ? refused(argv[0], err) : ended(pid);
}

/* Its parent is this process's parent; this one ends at once. */
static int with_sibling(char **argv)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		die("clone");
	if (pid == 0)
		execute(argv);
	return 0;
}

/* The middle process is the parent that the child does not get. */
static int with_parent(char **argv)
{
	int status = 0, last = 0;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		_exit(with_sibling(argv));
	while (wait(&status) > 0)
		last = last ?: WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return last;
}

/* Nobody can wait for it: the pipe ends with its exec, or tells why there was none. */
static int with_daemon(char **argv)
{
	int executed[2], err = 0;
	pid_t pid;

	if (pipe2(executed, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		pid_t middle;

		setsid();
		middle = getpid();
		if ((pid = fork()) < 0)
			die("fork");
		if (pid)
			_exit(0);
		while (getppid() == middle)
			usleep(1000);
		execv(argv[0], argv);
		err = errno;
		_exit(write(executed[1], &err, sizeof(err)) < 0);
	}
	close(executed[1]);
	ended(pid);
	return read(executed[0], &err, sizeof(err)) > 0 ? refused(argv[0], err) : 0;
}

static int with_session(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		setsid();
		execute(argv);
	}
	return ended(pid);
}

static void write_map(pid_t pid, const char *name)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "we");
	if (!f || fputs("0 0 4294967295\n", f) < 0 || fclose(f))
		die(path);
}

/* A child: with FLAGS of clone(2), or one that goes into a user namespace by itself. */
static int in_userns(char **argv, unsigned long flags)
{
	int made[2], mapped[2];
	char c = 0;
	pid_t pid;

	if (pipe(made) < 0 || pipe(mapped) < 0 || (pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0)) < 0)
		die("clone");
	if (pid == 0) {
		if ((!flags && unshare(CLONE_NEWUSER) < 0) || write(made[1], &c, 1) != 1 || read(mapped[0], &c, 1) != 1)
			die("unshare");
		execute(argv);
	}
	if (read(made[0], &c, 1) != 1)
		die("read");
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	if (write(mapped[1], &c, 1) != 1)
		die("write");
	return ended(pid);
}

static int with_userns(char **argv)
{
	return in_userns(argv, 0);
}

static int with_unshared(char **argv)
{
	return in_userns(argv, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
				       CLONE_NEWCGROUP);
}

static int with_shared(char **argv)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_SYSVSEM | CLONE_IO | CLONE_UNTRACED | SIGCHLD, 0, 0,
				   0, 0);

	if (pid < 0)
		die("clone");
	if (pid == 0)
		execute(argv);
	return ended(pid);
}

static void *in_forked(void *argv)
{
	_exit(with_session(argv));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *how;
		void *(*start)(void *);
		int (*with)(char **argv);
	} ways[] = {
		{"thread", in_thread, NULL},   {"headless", in_headless, NULL}, {"leader", in_waiting, NULL},
		{"failed", in_failed, NULL},   {"vfork", NULL, with_vfork},	{"spawn", NULL, with_spawn},
		{"parent", NULL, with_parent}, {"daemon", NULL, with_daemon},	{"session", NULL, with_session},
		{"userns", NULL, with_userns}, {"sibling", NULL, with_sibling}, {"unshared", NULL, with_unshared},
		{"shared", NULL, with_shared}, {"forked", in_forked, NULL},
	};

	if (argc < 3)
		return 2;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].how, argv[1]) != 0)
			continue;
		return ways[i].start ? with_thread(ways[i].start, argv + 2) : ways[i].with(argv + 2);
	}
	fprintf(stderr, "tchild: no such way: %s\n", argv[1]);
	return 2;
}
