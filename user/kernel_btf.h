/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_KERNEL_BTF_H
#define EW_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * ew_kernel_has - which of N functions for BPF programs (kfuncs) this kernel has, by NAME, into HAS
 *
 * A name is of 62 bytes at most. None, where the kernel is older than 6.2 or its BTF (/sys/kernel/btf/vmlinux) cannot
 * be read.
 */
void ew_kernel_has(const char *const *names, bool *has, size_t n);

#endif
