/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "util.h"

struct result {
	int code;
	bool stuck;
};

static void child(int (*work)(void *ctx, bool *stuck), void *ctx, int to, pid_t parent)
{
	struct result result = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE); /* it is gone already */
	result.code = work(ctx, &result.stuck);
	if (fflush(stdout) != 0 && result.code == EXIT_SUCCESS) {
		ew_error("standard output cannot be written");
		result.code = EXIT_FAILURE;
	}
	/* or who reads them would wait for their end as long as this process does */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (write(to, &result, sizeof(result)) != sizeof(result))
		_exit(EXIT_FAILURE);
	close(to);
	_exit(result.code);
}

/* The exit code of a child that has not told it, or not at all. */
static int end_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int ew_apart(int (*work)(void *ctx, bool *stuck), void *ctx)
{
	_cleanup_close_ int from = -1, to = -1;
	struct result result;
	pid_t self = getpid(), pid;
	int ends[2];
	ssize_t n;

	fflush(NULL); /* or what is buffered would be written twice */
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	from = ends[0];
	to = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(TAKE_FD(from));
		child(work, ctx, to, self);
	}
	ew_closep(&to);
	do
		n = read(from, &result, sizeof(result));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(result))
		return end_of(pid);
	if (!result.stuck)
		waitpid(pid, NULL, 0);
	return result.code;
}
