/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_SUPPORT_H
#define EW_SUPPORT_H

#include <stddef.h>

/* Whether this machine can enforce, found out step by step: what a kernel lists is not yet what it does. */

enum ew_check_result { EW_CHECK_OK, EW_CHECK_BAD, EW_CHECK_UNKNOWN };

struct ew_check {
	const char *what; /* "BPF in the LSM list" */
	enum ew_check_result result;
	char found[256]; /* what was seen */
	char fix[256];	 /* what to do when it is bad; empty when nothing helps or nothing is needed */
};

#define EW_CHECKS_MAX 9

/*
 * Whether to load and attach a program to see if the kernel obeys it. That is the only sure sign, and the dearest:
 * libbpf reads the kernel's whole BTF to find what to attach to.
 */
enum ew_trial { EW_TRIAL_IF_UNKNOWN, /* where the list of security modules does not tell */ EW_TRIAL_ALWAYS };

/*
 * ew_support_check - runs every check that needs no loaded object of ours; CHECKS has room for EW_CHECKS_MAX
 *
 * Returns how many it filled.
 */
size_t ew_support_check(struct ew_check *checks, enum ew_trial trial);

/*
 * ew_support_require - stops at the first check that makes enforcement impossible and logs it
 *
 * Returns 0, -EPERM for want of privilege, -EMEDIUMTYPE for a file system that is not mounted, -EOPNOTSUPP for a kernel
 * that cannot.
 */
int ew_support_require(enum ew_trial trial);

#endif
