/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tlease FILE - whoever opens FILE, to execute it too, has to wait until this process is gone (fcntl(2), F_SETLEASE)
 *
 * Prints "ready" once that is so, and "waiting" when somebody does. Ends at SIGTERM.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	sigset_t set;
	int fd, got;

	if (argc != 2)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
		fprintf(stderr, "tlease: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (sigwait(&set, &got) == 0 && got == SIGIO) {
		puts("waiting");
		fflush(stdout);
	}
	return 0;
}
