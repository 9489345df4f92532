/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillcgroups N - puts N entries of cgroups that do not exist into the pinned map of tagged cgroups */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <execward/cgroup.h>

#define BATCH 4096U
#define PINNED "/sys/fs/bpf/execward/maps/cgroups"

static long bpf_(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	static uint64_t keys[BATCH];
	static struct ew_cgroup_tag values[BATCH];
	unsigned long n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, done = 0;
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)PINNED;
	fd = (int)bpf_(BPF_OBJ_GET, &attr);
	if (fd < 0 || n == 0) {
		fprintf(stderr, "fillcgroups: %s: %s\n", PINNED, strerror(errno));
		return 1;
	}
	while (done < n) {
		uint32_t count = n - done < BATCH ? (uint32_t)(n - done) : BATCH;

		for (uint32_t i = 0; i < count; i++) {
			/* ids of the kernel's are small numbers with a generation above; these are neither */
			keys[i] = 0xf000000000000000ULL + done + i;
			values[i] = (struct ew_cgroup_tag){.command = 1, .set = 1};
		}
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = (uint32_t)fd;
		attr.batch.keys = (uintptr_t)keys;
		attr.batch.values = (uintptr_t)values;
		attr.batch.count = count;
		if (bpf_(BPF_MAP_UPDATE_BATCH, &attr) < 0) {
			printf("%lu\n", done + attr.batch.count);
			fprintf(stderr, "fillcgroups: %s\n", strerror(errno));
			return 1;
		}
		done += count;
	}
	printf("%lu\n", done);
	return 0;
}
