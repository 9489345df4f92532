/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tagain COUNT - executes itself COUNT times and ends with 0, or 1 when an exec failed
 *
 * Its own path is the first argument (argv[0]). Without libc and in few pages, so that what an exec costs is the
 * kernel's (Makefile: GUEST_BARE).
 */
#include <asm/unistd.h>

static long call(long number, long a, long b, long c)
{
	long answer;

	__asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return answer;
}

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

/* STACK: where the kernel left the number of arguments, and the arguments behind it. */
__attribute__((used)) static void run(long *stack)
{
	static char *env[] = {0};
	char **argv = (char **)(stack + 1);
	int code = 2;

	if (*stack == 2) {
		code = take_one(argv[1]);
		if (code)
			call(__NR_execve, (long)argv[0], (long)argv, (long)env);
	}
	for (;;)
		call(__NR_exit_group, code, 0, 0);
}

__asm__(".globl _start\n_start:\tmov %rsp, %rdi\n\tcall run\n");
