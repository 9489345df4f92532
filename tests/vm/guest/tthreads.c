/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tthreads THREADS MARKER PROGRAM - THREADS threads, each of which executes PROGRAM in a child, once MARKER is there
 * tthreads loop MARKER PROGRAM - executes itself from a thread that is not the leader, over and over, until MARKER is
 * there; then PROGRAM
 *
 * A refused exec is told as "refused", in one write(2); anything else that goes wrong as "failed: ERRNO".
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **args;

static int marked(void)
{
	return access(args[2], F_OK) == 0;
}

static void failed(void)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "failed: %d\n", errno);

	_exit(write(STDOUT_FILENO, text, (size_t)len) < 0);
}

static void execute(void)
{
	static const char refused[] = "refused\n";

	execl(args[3], args[3], (char *)NULL);
	if (errno == EPERM)
		_exit(write(STDOUT_FILENO, refused, strlen(refused)) < 0);
	failed();
}

static void *in_child(void *unused)
{
	pid_t pid;

	(void)unused;
	while (!marked())
		usleep(2000);
	pid = vfork();
	if (pid == 0)
		execute();
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return NULL;
}

static void *again(void *unused)
{
	(void)unused;
	if (marked())
		execute();
	execv("/proc/self/exe", args);
	failed();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[64];
	long n;

	if (argc != 4)
		return 2;
	args = argv;
	if (strcmp(argv[1], "loop") == 0) {
		errno = pthread_create(&thread[0], NULL, again, NULL);
		if (errno)
			failed();
		for (;;)
			pause();
	}
	n = atol(argv[1]);
	if (n > 64)
		return 2;
	for (long i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, in_child, NULL))
			return 1;
	for (long i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
