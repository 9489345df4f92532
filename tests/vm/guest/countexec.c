/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * countexec RUNS PROGRAM - median of what vfork+exec+wait of PROGRAM takes, in nanoseconds of CLOCK_MONOTONIC
 *
 * In a guest that counts instructions (one a nanosecond) that is a number of instructions. The median, since the timer
 * interrupt falls into some of the runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long runs = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	long long *took;

	if (runs < 1 || !(took = calloc((size_t)runs, sizeof(*took)))) {
		fprintf(stderr, "usage: countexec RUNS PROGRAM\n");
		return 2;
	}
	/* the first runs fill caches, and create what is kept for a task */
	for (long i = -20; i < runs; i++) {
		char *const args[] = {argv[2], NULL}, *const env[] = {NULL};
		long long start = now();
		pid_t child = vfork();
		int status;

		if (child == 0) {
			execve(argv[2], args, env);
			_exit(127);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
			fprintf(stderr, "countexec: %s did not run\n", argv[2]);
			return 1;
		}
		if (i >= 0)
			took[i] = now() - start;
	}
	qsort(took, (size_t)runs, sizeof(*took), compare);
	printf("%lld\n", took[runs / 2]);
	return 0;
}
