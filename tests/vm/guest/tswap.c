/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tswap UID PAUSE PROGRAM... - executes the programs as UID, one after the other, again and again, until SIGTERM, with
 * a PAUSE of so many milliseconds after each; or each of them once, where PAUSE is "once"
 *
 * Prints for each program "PROGRAM RAN REFUSED", then "longest MS": the most that one took from fork to end.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0: it ran; 1: it was refused; anything else ends the test. */
static int run(uid_t uid, char *program)
{
	pid_t pid = vfork(); /* to copy the memory costs more than the exec */
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0) {
		if (syscall(SYS_setresgid, uid, uid, uid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0)
			_exit(2);
		execl(program, program, (char *)NULL);
		_exit(errno == EPERM ? 126 : 2);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 126))
		return -1;
	return WEXITSTATUS(status) == 126;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = end};
	long counts[16][2] = {{0}}, longest = 0, pause_ms;
	struct timespec pause;
	bool once;
	int n = argc - 3;

	if (n < 1 || n > 16)
		return 2;
	once = strcmp(argv[2], "once") == 0;
	pause_ms = once ? 0 : atol(argv[2]);
	pause.tv_sec = pause_ms / 1000;
	pause.tv_nsec = pause_ms % 1000 * 1000000;
	sigaction(SIGTERM, &action, NULL);
	for (int round = 0; !ended && !(once && round); round = 1) {
		for (int i = 0; i < n; i++) {
			long start = now_ms();
			int refused = run((uid_t)atoi(argv[1]), argv[3 + i]);

			if (refused < 0) {
				fprintf(stderr, "tswap: %s failed\n", argv[3 + i]);
				return 1;
			}
			counts[i][refused]++;
			if (now_ms() - start > longest)
				longest = now_ms() - start;
			nanosleep(&pause, NULL);
		}
	}
	for (int i = 0; i < n; i++)
		printf("%s %ld %ld\n", argv[3 + i], counts[i][0], counts[i][1]);
	printf("longest %ld\n", longest);
	return fflush(stdout) ? 1 : 0;
}
