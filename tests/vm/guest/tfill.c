/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tfill MAP COUNT - puts COUNT entries of zeroes into a pinned hash map, or as many as it takes. Their keys begin with
 * an id that no cgroup and no task has tfill MAP -COUNT - takes the first COUNT of them out again
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

#define FIRST_ID (1ULL << 48)
#define BATCH 4096U

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	struct bpf_map_info info = {0};
	union bpf_attr attr;
	char *keys, *values;
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
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || info.key_size < sizeof(uint64_t)) {
		fprintf(stderr, "tfill: %s: not a map with such keys\n", argv[1]);
		return 1;
	}
	keys = calloc(BATCH, info.key_size);
	values = calloc(BATCH, info.value_size);
	if (!keys || !values)
		return 1;
	while (done < count) {
		uint32_t n = count - done < BATCH ? (uint32_t)(count - done) : BATCH;

		for (uint32_t i = 0; i < n; i++) {
			uint64_t id = FIRST_ID + (uint64_t)done + i;

			memcpy(keys + (size_t)i * info.key_size, &id, sizeof(id));
		}
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
