/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdsee - exits 42 when it has a descriptor from 3 to 127, 45 when one of these is a pipe, else 0
 *
 * Without libc, in few pages and by two system calls, if it has none, as fdrace starts it thousands of times (Makefile:
 * GUEST_BARE).
 */
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/poll.h>

#define FDS_FIRST 3
#define FDS 125

static struct pollfd fds[FDS];

static long call(long number, long a, long b, long c)
{
	long answer;

	__asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return answer;
}

/* What is not open says POLLNVAL, asked for or not. */
void _start(void);
void _start(void)
{
	int code = 0;

	for (int i = 0; i < FDS; i++)
		fds[i].fd = FDS_FIRST + i;
	if (call(__NR_poll, (long)fds, FDS, 0) != FDS)
		code = 42;
	for (int i = 0; i < FDS; i++)
		if (fds[i].revents != POLLNVAL && code != 45)
			code = call(__NR_lseek, fds[i].fd, 0, SEEK_CUR) == -ESPIPE ? 45 : 42;
	for (;;)
		call(__NR_exit_group, code, 0, 0);
}
