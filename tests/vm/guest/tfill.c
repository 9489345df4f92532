/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tfill MAP COUNT - puts COUNT entries of ids that no cgroup has into the pinned map of cgroups, or as many as it takes
 * tfill MAP -COUNT - takes the first COUNT of them out again
 *
 * Prints how many there were. Plain bpf(2), so that it needs no library.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <execward/cgroup.h>

#define FIRST_ID (1ULL << 48)
#define BATCH 4096U

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	static struct ew_cgroup_tag values[BATCH];
	static uint64_t keys[BATCH];
	union bpf_attr attr;
	long count, done = 0;
	int fd, remove;

	if (argc != 3)
		return 2;
	count = labs(atol(argv[2]));
	remove = argv[2][0] == '-';
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uint64_t)(uintptr_t)argv[1];
	fd = (int)bpf(BPF_OBJ_GET, &attr);
	if (fd < 0) {
		fprintf(stderr, "tfill: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	while (done < count) {
		uint32_t n = count - done < BATCH ? (uint32_t)(count - done) : BATCH;

		for (uint32_t i = 0; i < n; i++)
			keys[i] = FIRST_ID + (uint64_t)done + i;
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = (uint32_t)fd;
		attr.batch.keys = (uint64_t)(uintptr_t)keys;
		attr.batch.values = remove ? 0 : (uint64_t)(uintptr_t)values;
		attr.batch.count = n;
		if (bpf(remove ? BPF_MAP_DELETE_BATCH : BPF_MAP_UPDATE_BATCH, &attr) < 0) {
			done += attr.batch.count;
			if (errno == E2BIG && !remove)
				break;
			fprintf(stderr, "tfill: %s\n", strerror(errno));
			return 1;
		}
		done += n;
	}
	printf("%ld\n", done);
	return 0;
}
