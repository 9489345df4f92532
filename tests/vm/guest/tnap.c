/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tnap MS - sleeps for so many milliseconds
 *
 * Without libc: what waits for something in a loop (lib.sh) starts it again and again, and sleep(1) takes more time to
 * be loaded and linked than all else in the loop (Makefile: GUEST_BARE).
 */
#include <asm/unistd.h>
#include <linux/time_types.h>

static long call(long number, long a, long b)
{
	long answer;

	__asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return answer;
}

/* STACK: where the kernel left the number of arguments, and the arguments behind it. */
__attribute__((used)) static void run(long *stack)
{
	struct __kernel_timespec time = {0};
	long ms = 0;

	for (const char *digit = *stack > 1 ? ((char **)stack)[2] : ""; *digit; digit++)
		ms = ms * 10 + *digit - '0';
	time.tv_sec = ms / 1000;
	time.tv_nsec = ms % 1000 * 1000000;
	call(__NR_nanosleep, (long)&time, 0);
	for (;;)
		call(__NR_exit_group, 0, 0);
}

__asm__(".globl _start\n_start:\tmov %rsp, %rdi\n\tcall run\n");
