/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tiny - a program to exec: does nothing, and nothing but its exec costs anything worth counting
 *
 * Without libc and in one page, so that what an exec costs is the kernel's (Makefile: GUEST_BARE).
 */
#include <asm/unistd.h>

void _start(void);
void _start(void)
{
	for (;;)
		__asm__ volatile("syscall" : : "a"(__NR_exit_group), "D"(0) : "rcx", "r11", "memory");
}
