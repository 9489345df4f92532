/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * countmkdir RUNS DIRECTORY - median of what mkdir(2) of DIRECTORY takes, in nanoseconds of CLOCK_MONOTONIC
 *
 * It is removed after each. In a guest that counts instructions (one a nanosecond) that is a number of instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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
		fprintf(stderr, "usage: countmkdir RUNS DIRECTORY\n");
		return 2;
	}
	for (long i = 0; i < runs; i++) {
		long long start = now();

		if (mkdir(argv[2], 0755) < 0) {
			perror("countmkdir: mkdir");
			return 1;
		}
		took[i] = now() - start;
		if (rmdir(argv[2]) < 0) {
			perror("countmkdir: rmdir");
			return 1;
		}
	}
	qsort(took, (size_t)runs, sizeof(*took), compare);
	printf("%lld\n", took[runs / 2]);
	return 0;
}
