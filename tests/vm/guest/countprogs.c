/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * countprogs ROUNDS EXECS CGROUP COMMAND [ARG...] - what the BPF programs named ew_* spend while COMMAND runs, divided
 * by EXECS, in nanoseconds of their run time (kernel.bpf_stats_enabled); the least of ROUNDS
 *
 * In a guest that counts instructions (one a nanosecond) that is a number of instructions. COMMAND runs in CGROUP, a
 * directory, or where this does when it is "-"; what it prints is thrown away. Nothing else is executed meanwhile, so
 * COMMAND's own exec is all that is counted besides what it does. Plain bpf(2), so that it needs no library.
 *
 * Exit: 1 when COMMAND failed, or no program was there, and nothing is printed then.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int die(const char *what)
{
	fprintf(stderr, "countprogs: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The descriptor is closed on exec, as all of bpf(2) are. */
static struct bpf_prog_info info_of(uint32_t id)
{
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {.prog_id = id};
	int fd = (int)bpf(BPF_PROG_GET_FD_BY_ID, &attr);

	if (fd < 0)
		die("a program went away");
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		die("BPF_OBJ_GET_INFO_BY_FD");
	close(fd);
	return info;
}

/* nanoseconds that they have run so far */
static uint64_t run_time(void)
{
	union bpf_attr attr = {.start_id = 0};
	uint64_t sum = 0;
	int programs = 0;

	while (bpf(BPF_PROG_GET_NEXT_ID, &attr) == 0) {
		struct bpf_prog_info info = info_of(attr.next_id);

		if (strncmp(info.name, "ew_", 3) == 0) {
			sum += info.run_time_ns;
			programs++;
		}
		attr = (union bpf_attr){.start_id = attr.next_id};
	}
	if (errno != ENOENT || programs == 0)
		die("no programs");
	return sum;
}

static void run(const char *cgroup, char **command)
{
	int status, fd, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char path[4096];
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
		if (strcmp(cgroup, "-") != 0) {
			fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd < 0 || write(fd, "0", 1) != 1)
				die(path);
			close(fd);
		}
		if (dup2(null, 1) < 0 || close(null) < 0)
			die("/dev/null");
		execvp(command[0], command);
		die(command[0]);
	}
	close(null);
	if (waitpid(child, &status, 0) != child || status != 0) {
		fprintf(stderr, "countprogs: %s did not end well (%#x)\n", command[0], status);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	long rounds = argc > 4 ? strtol(argv[1], NULL, 10) : 0;
	uint64_t execs = argc > 4 ? strtoull(argv[2], NULL, 10) : 0, least = UINT64_MAX;

	if (rounds < 1 || execs < 1) {
		fprintf(stderr, "usage: countprogs ROUNDS EXECS CGROUP COMMAND [ARG...]\n");
		return 2;
	}
	/* an interrupt that comes in one of the programs is counted with it, in some of the rounds */
	while (rounds--) {
		uint64_t before = run_time(), took;

		run(argv[3], &argv[4]);
		took = (run_time() - before) / execs;
		if (took < least)
			least = took;
	}
	printf("%llu\n", (unsigned long long)least);
	return 0;
}
