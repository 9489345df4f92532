/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tholdcall N GO PROGRAM [ARG...] - holds PROGRAM at its Nth bpf(BPF_ITER_CREATE) until the file GO is there
 * tholdcall -r BYTES GO PROGRAM [ARG...] - the same when its first read(2) that got so many bytes returns
 *
 * Prints "held" when it is there, and ends as PROGRAM did: 128 + its signal if one killed it. x86-64.
 *
 * From then on PROGRAM is on its own: to stop at each of its system calls costs it ten times what they do.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "tholdcall: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void hold(const char *go)
{
	puts("held");
	fflush(stdout);
	while (access(go, F_OK) < 0)
		usleep(10000);
}

/* Is PID, stopped at a system call, about to make the one that is counted, or at the end of a read of so many BYTES? */
static int is_there(pid_t pid, long long bytes)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		die("PTRACE_GETREGS");
	if (bytes)
		return regs.orig_rax == SYS_read && (long long)regs.rax == bytes;
	/* on entry the result is -ENOSYS */
	return regs.orig_rax == SYS_bpf && regs.rdi == BPF_ITER_CREATE && (long long)regs.rax == -ENOSYS;
}

int main(int argc, char **argv)
{
	int status, left = 1, pass = 0;
	long long bytes = 0;
	pid_t pid;

	if (argc > 2 && strcmp(argv[1], "-r") == 0) {
		bytes = atoi(argv[2]);
		argv++;
		argc--;
	} else if (argc > 1) {
		left = atoi(argv[1]);
	}
	if (argc < 4) {
		fputs("usage: tholdcall N|-r BYTES GO PROGRAM [ARG...]\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[3], argv + 3);
		die(argv[3]);
	}
	for (;;) {
		if (waitpid(pid, &status, 0) < 0)
			die("waitpid");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (!pass && is_there(pid, bytes) && --left == 0)
			hold(argv[2]);
		/* killed meanwhile: ESRCH */
		if (ptrace(left > 0 ? PTRACE_SYSCALL : PTRACE_DETACH, pid, NULL, pass) < 0 && errno != ESRCH)
			die("ptrace");
	}
}
