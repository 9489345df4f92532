/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * oncpu FILE PROGRAM [ARG...]: runs PROGRAM and writes the nanoseconds that its one thread spent on a processor, in
 * user space and in the kernel, to FILE: time spent waiting does not count. Where an instruction is a nanosecond, that
 * is instructions. Exits as PROGRAM does, 126 when that cannot be told.
 *
 * The source is the first field of /proc/PID/schedstat, se.sum_exec_runtime (proc_pid_schedstat(), fs/proc/base.c),
 * which a task keeps until it is reaped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long long on_cpu = 0;
	siginfo_t info = {0};
	char path[64];
	FILE *f;
	pid_t pid;

	if (argc < 3)
		return 126;
	pid = fork();
	if (pid < 0)
		return 126;
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		return 126;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%llu", &on_cpu) != 1)
		return 126;
	fclose(f);
	f = fopen(argv[1], "we");
	if (!f || fprintf(f, "%llu\n", on_cpu) < 0 || fclose(f) != 0)
		return 126;
	waitpid(pid, NULL, 0);
	return info.si_code == CLD_EXITED ? info.si_status : 126;
}
