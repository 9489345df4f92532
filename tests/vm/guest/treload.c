/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * treload N SECONDS DIR OTHER - has `execward daemon` reload up to N times within SECONDS, and until SIGTERM, from DIR,
 * whose contents are exchanged with those of OTHER each time; an even number of times
 *
 * Prints "reloads N refused N ms N longest N": how often, how many the daemon refused, how long it took, and the
 * longest reload, in milliseconds. Ends the daemon then.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads what the daemon says up to a line that has WORD or, if that is not NULL, OTHER: 0 or 1; -1 at its end. */
static int wait_for(FILE *said, const char *word, const char *other)
{
	char line[4096];

	while (fgets(line, sizeof(line), said)) {
		if (strstr(line, word))
			return 0;
		if (other && strstr(line, other)) {
			fputs(line, stderr);
			return 1;
		}
	}
	return -1;
}

static pid_t start(const char *dir, FILE **said)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		execlp("execward", "execward", "--policy-dir", dir, "daemon", "--records", "none", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	*said = fdopen(fds[0], "r");
	return *said ? pid : -1;
}

int main(int argc, char **argv)
{
	long n, ms, begin, longest = 0, reloads = 0, refused = 0;
	FILE *said = NULL;
	pid_t daemon_pid;

	if (argc != 5)
		return 2;
	signal(SIGTERM, on_term);
	n = atol(argv[1]);
	ms = atol(argv[2]) * 1000;
	daemon_pid = start(argv[3], &said);
	if (daemon_pid < 0 || wait_for(said, "taken over what is loaded", NULL) < 0) {
		fprintf(stderr, "treload: the daemon does not start: %s\n", strerror(errno));
		return 1;
	}
	begin = now_ms();
	while (reloads < n && ((!stop && now_ms() - begin < ms) || reloads % 2)) {
		long since = now_ms();
		int result;

		if (syscall(SYS_renameat2, AT_FDCWD, argv[3], AT_FDCWD, argv[4], RENAME_EXCHANGE) < 0 ||
		    kill(daemon_pid, SIGHUP) < 0)
			return 1;
		result = wait_for(said, "reloaded: ", "refused");
		if (result < 0)
			return 1;
		refused += result;
		reloads++;
		if (now_ms() - since > longest)
			longest = now_ms() - since;
	}
	printf("reloads %ld refused %ld ms %ld longest %ld\n", reloads, refused, now_ms() - begin, longest);
	kill(daemon_pid, SIGTERM);
	return waitpid(daemon_pid, NULL, 0) != daemon_pid;
}
