/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tverity FILE [ALGORITHM] - turns fs-verity on for FILE (ALGORITHM 1: SHA-256, 2: SHA-512) and prints its digest,
 * "sha256:HEX" or "sha512:HEX"
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct fsverity_enable_arg enable = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096};
	struct {
		struct fsverity_digest head;
		unsigned char digest[64];
	} measured = {.head.digest_size = 64};
	int fd;

	if (argc < 2)
		return 2;
	if (argc > 2)
		enable.hash_algorithm = (unsigned int)atoi(argv[2]);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FS_IOC_ENABLE_VERITY, &enable) < 0 || ioctl(fd, FS_IOC_MEASURE_VERITY, &measured) < 0) {
		fprintf(stderr, "tverity: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	printf("sha%s:", measured.head.digest_algorithm == FS_VERITY_HASH_ALG_SHA256 ? "256" : "512");
	for (unsigned int i = 0; i < measured.head.digest_size; i++)
		printf("%02x", measured.digest[i]);
	putchar('\n');
	return 0;
}
