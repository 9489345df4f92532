/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "map_batch.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "util.h"

/* A bucket that does not fit would be ENOSPC: this is far more than chance puts into one. */
#define BATCH 4096U

int ew_map_each(int fd, size_t key_size, size_t value_size, ew_map_visit visit, void *context)
{
	_cleanup_free_ char *keys = calloc(BATCH, key_size), *values = calloc(BATCH, value_size);
	__u32 token = 0, n;
	int err = 0, end = 0;

	if (!keys || !values)
		return -ENOMEM;
	for (__u32 *from = NULL; !err && !end; from = &token) {
		n = BATCH;
		if (bpf_map_lookup_batch(fd, from, &token, keys, values, &n, NULL) < 0)
			err = -errno;
		/* the last batch comes with ENOENT */
		for (__u32 i = 0; (!err || err == -ENOENT) && !end && i < n; i++)
			end = visit(context, keys + i * key_size, values + i * value_size);
	}
	return end ?: err == -ENOENT ? 0 : err;
}
