/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tborn FILE PREFIX... - makes directories for as long as FILE is there: PREFIX1 of each PREFIX, PREFIX2 of each and so
 * on, one of each in PAUSE_USEC
 *
 * Prints how many of each. It leaves the processor to others, as what runs meanwhile is what matters.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE_USEC 5000

int main(int argc, char **argv)
{
	long n = 0;

	if (argc < 3)
		return 2;
	for (; access(argv[1], F_OK) == 0; usleep(PAUSE_USEC)) {
		n++;
		for (int i = 2; i < argc; i++) {
			char path[4096];

			snprintf(path, sizeof(path), "%s%ld", argv[i], n);
			if (mkdir(path, 0755) < 0) {
				perror(path);
				return 1;
			}
		}
	}
	printf("%ld\n", n);
	return 0;
}
