/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tmad MARKER PROGRAM - forks like mad, several descendants alive at any time, until MARKER is there
 *
 * Then every live descendant executes PROGRAM once. Each that was refused writes "refused", in one write(2); each at
 * the deepest level has written "deep" when it began. No process
 * ends before its children have, so none of them is ever an orphan.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH 3
#define CHILDREN 2
#define ROUNDS 40

static const char *marker, *program;

static int marked(void)
{
	return access(marker, F_OK) == 0;
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(1);
}

static void finish(void)
{
	execl(program, program, (char *)NULL);
	say(errno == EPERM ? "refused\n" : "odd\n");
	_exit(0);
}

/*
 * Keeps CHILDREN alive while it lives. The root (depth 0) lives until the marker, others for some rounds. Children go
 * through the same loop, one level down.
 */
static void live(void)
{
	int depth = 0, alive = 0, round = 0;

	while (!marked() && (depth == 0 || round < ROUNDS)) {
		pid_t pid = 1;

		while (alive && waitpid(-1, NULL, WNOHANG) > 0)
			alive--;
		if (depth < DEPTH && alive < CHILDREN)
			pid = fork();
		if (pid == 0) {
			depth++;
			alive = round = 0;
			if (depth == DEPTH)
				say("deep\n");
			continue;
		}
		alive += depth < DEPTH && alive < CHILDREN && pid > 0;
		round++;
		usleep(500);
	}
	/* its children do as it does: who outlives whom no longer matters */
	if (marked())
		finish();
	while (wait(NULL) > 0 || errno == EINTR)
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	int over[2];
	char c;
	pid_t pid;

	if (argc != 3)
		return 2;
	marker = argv[1];
	program = argv[2];
	/* the pipe ends when the last of them has, whatever it became */
	if (pipe(over) < 0 || (pid = fork()) < 0)
		return 1;
	if (pid == 0)
		live();
	close(over[1]);
	while (read(over[0], &c, 1) > 0)
		;
	return 0;
}
