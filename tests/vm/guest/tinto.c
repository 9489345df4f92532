/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tinto CGROUP COUNT UID PROGRAM - makes CGROUP, puts a child right into it that executes PROGRAM as UID, and removes
 * it, COUNT times
 *
 * The child is born in the cgroup (CLONE_INTO_CGROUP) as soon as there is one. Prints "COUNT ran, COUNT refused".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "tinto: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int run_in(const char *cgroup, uid_t uid, const char *program)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	int fd, status;
	long pid;

	if (mkdir(cgroup, 0755) < 0)
		die(cgroup);
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die(cgroup);
	args.cgroup = (uint64_t)fd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		die("clone3");
	if (pid == 0) {
		if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			_exit(2);
		execl(program, program, (char *)NULL);
		_exit(errno == EPERM ? 126 : 2);
	}
	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	close(fd);
	if (rmdir(cgroup) < 0)
		die(cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	int count, ran = 0, refused = 0;

	if (argc != 5)
		return 2;
	count = atoi(argv[2]);
	/* the programs print: what counts is how they end */
	for (int i = 0; i < count; i++) {
		int code = run_in(argv[1], (uid_t)atoi(argv[3]), argv[4]);

		ran += code == 0;
		refused += code == 126;
	}
	printf("%d ran, %d refused\n", ran, refused);
	return ran + refused == count ? 0 : 1;
}
