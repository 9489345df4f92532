/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * enter PROFILE COMMAND [ARG...] - puts itself under a profile, for good, and runs a command there
 *
 * An example of execward_enter(3):  cc -o enter enter.c
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <execward/enter.h>

int main(int argc, char **argv)
{
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: enter PROFILE COMMAND [ARG...]\n");
		return 2;
	}
	err = execward_enter(argv[1]);
	if (err < 0) {
		/* who asked for less power has to go without, not on with more */
		fprintf(stderr, "enter: profile %s: %s\n", argv[1], strerror(-err));
		return 125;
	}
	execvp(argv[2], &argv[2]);
	perror(argv[2]);
	return 126;
}
