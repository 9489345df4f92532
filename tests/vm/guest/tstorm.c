/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tstorm FILE PROGRAM... - executes each PROGRAM in turn, again and again, their output appended to FILE, until SIGTERM
 *
 * Stops itself first, and begins with SIGCONT. At most so many times for each upgrade, however long that takes. At the
 * end it prints how often it tried, how often that was refused (EPERM), and how often a PROGRAM ended with 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * Between two tries: without a pause whoever wants the processor, too, takes ten times as long under an emulator. As
 * long as spreads the tries over all of an upgrade, which takes 400 ms and more.
 */
#define PAUSE_NS 15000000L
#define TRIES 20
#define PINS "/sys/fs/bpf/execward" /* another directory after each upgrade */

static volatile sig_atomic_t stop;
static unsigned long tries, refused, passed; /* not on the stack, which a vfork shares */

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

/* Is another try due, for the upgrade that is under way? */
static bool is_due(void)
{
	static int left;
	static ino_t last;
	struct stat pins;

	if (stat(PINS, &pins) == 0 && pins.st_ino != last) {
		last = pins.st_ino;
		left = TRIES;
	}
	return left-- > 0;
}

static void try(char *program, int out)
{
	char *const args[] = {program, NULL}, *const env[] = {NULL};
	pid_t child = vfork();
	int status = -1;

	if (child == 0) {
		dup2(out, STDOUT_FILENO);
		execve(program, args, env);
		_exit(errno == EPERM ? 126 : 125);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	tries++;
	refused += WIFEXITED(status) && WEXITSTATUS(status) == 126;
	passed += WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	int out = argc > 2 ? open(argv[1], O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (out < 0) {
		fprintf(stderr, "usage: tstorm FILE PROGRAM...\n");
		return 2;
	}
	signal(SIGTERM, on_term);
	raise(SIGSTOP);
	for (int i = 2; !stop; nanosleep(&pause, NULL)) {
		if (!is_due())
			continue;
		try(argv[i], out);
		i = i + 1 < argc ? i + 1 : 2;
	}
	printf("%lu %lu %lu\n", tries, refused, passed);
	return 0;
}
