/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fdorphan OUT PROGRAM [ARG...] - runs PROGRAM as a child that was left to PID 1, and its output goes to the file OUT
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int out = argc > 2 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	pid_t child;

	if (out < 0) {
		fprintf(stderr, "usage: fdorphan OUT PROGRAM [ARG...]\n");
		return 2;
	}
	child = fork();
	if (child != 0)
		return child < 0;
	while (getppid() != 1)
		usleep(10000);
	dup2(out, 1);
	dup2(out, 2);
	execv(argv[2], &argv[2]);
	fprintf(stderr, "fdorphan: %s: %s\n", argv[2], strerror(errno));
	return 126;
}
