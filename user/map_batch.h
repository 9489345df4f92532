/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_MAP_BATCH_H
#define EW_MAP_BATCH_H

#include <stddef.h>

/* Hash maps, many entries by one system call (BPF_MAP_LOOKUP_BATCH, bpf(2); kernel/bpf/hashtab.c). */

/* Returns 0 to go on; anything else ends the walk and is what it returns. KEY and VALUE are lent. */
typedef int (*ew_map_visit)(void *context, const void *key, const void *value);

/*
 * ew_map_each - calls VISIT for every entry of the map open at FD
 *
 * KEY_SIZE and VALUE_SIZE are the map's, in bytes. In no order; what is added or taken away meanwhile may be seen or
 * not, everything else is seen once. VISIT may change the map. Returns 0, what VISIT did, or a negative errno.
 */
int ew_map_each(int fd, size_t key_size, size_t value_size, ew_map_visit visit, void *context);

#endif
