/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tagain COUNT - executes itself COUNT times and ends with 0, or 1 when an exec failed
 *
 * Its own path is the first argument (argv[0]). What an exec costs is nearly all the kernel's.
 */
#include <unistd.h>

/* One less in decimal digits, without leading zeroes but the last. Returns whether there was any left. */
static int take_one(char *digits)
{
	int i = 0;

	while (digits[i])
		i++;
	while (i--) {
		if (digits[i] != '0') {
			digits[i]--;
			return 1;
		}
		digits[i] = '9';
	}
	return 0;
}

int main(int argc, char **argv)
{
	char *const env[] = {NULL};

	if (argc != 2)
		return 2;
	if (!take_one(argv[1]))
		return 0;
	execve(argv[0], argv, env);
	return 1;
}
