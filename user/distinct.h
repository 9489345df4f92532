/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_DISTINCT_H
#define EW_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * Telling quickly that of thousands of things no two are the same, which is what nearly every policy has: by 64-bit
 * numbers that are made of them. Only where two numbers are the same the things have to be compared.
 */

/* A number made of SEED and N bytes. Not for use against anybody who wants two things to look alike. */
__u64 ew_hash(__u64 seed, const void *bytes, size_t n);

/* Whether the N numbers surely differ from each other; false, too, where that cannot be told quickly. */
bool ew_hashes_differ(const __u64 *hashes, size_t n);

#endif
