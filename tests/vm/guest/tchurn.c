/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tchurn DIRECTORY COUNT ROUNDS - makes COUNT directories in DIRECTORY and removes them again, ROUNDS times
 *
 * They are called a0, b1, a2 and so on. With 0 rounds they are made and stay, with -1 those that are there are removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int each(long count, int (*act)(const char *path))
{
	for (long i = 0; i < count; i++) {
		char path[32];

		snprintf(path, sizeof(path), "%c%ld", i % 2 ? 'b' : 'a', i);
		if (act(path) < 0) {
			perror(path);
			return -1;
		}
	}
	return 0;
}

static int make(const char *path)
{
	return mkdir(path, 0755);
}

int main(int argc, char **argv)
{
	long count = argc == 4 ? atol(argv[2]) : 0, rounds = argc == 4 ? atol(argv[3]) : 0;

	if (count < 1 || rounds < -1) {
		fprintf(stderr, "usage: tchurn DIRECTORY COUNT ROUNDS\n");
		return 2;
	}
	if (chdir(argv[1]) < 0) {
		perror(argv[1]);
		return 1;
	}
	if (rounds == 0)
		return each(count, make) < 0;
	if (rounds == -1)
		return each(count, rmdir) < 0;
	while (rounds--)
		if (each(count, make) < 0 || each(count, rmdir) < 0)
			return 1;
	return 0;
}
