/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcheck PROGRAM - prints what execveat(2) answers when asked whether PROGRAM may be executed (AT_EXECVE_CHECK, 6.14)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* linux/fcntl.h */
#endif

int main(int argc, char **argv)
{
	char *none[] = {NULL};

	if (argc != 2)
		return 2;
	puts(syscall(SYS_execveat, AT_FDCWD, argv[1], argv + 1, none, AT_EXECVE_CHECK) ? strerror(errno) : "may");
	return 0;
}
