/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_COMPILE_H
#define EW_POLICY_COMPILE_H

#include <linux/types.h>

#include "diagnostics.h"
#include "image.h"
#include "policy_read.h"

enum ew_compile_flag {
	/*
	 * A program that does not exist or cannot be reached (-ENOENT, -ENOTDIR, -EACCES) is a warning, and what the
	 * exception says about it is left out. For checking a policy, never for loading one.
	 */
	EW_COMPILE_MISSING_OK = 1 << 0,
};

/*
 * How names become numbers. Each function returns 0, or a negative errno (-ENOENT: no such thing) and leaves *OUT
 * alone.
 */
struct ew_resolver {
	int (*program)(void *context, const char *path, struct ew_identity *out);
	int (*user)(void *context, const char *name, __u32 *out);
	int (*group)(void *context, const char *name, __u32 *out);
	void *context;
	/*
	 * For advice: the name of a user (USER) or group that NAME was most likely meant to be, as memory that the
	 * caller frees; NULL when none is near.
	 */
	char *(*nearest)(void *context, bool user, const char *name);
};

/* This machine: ew_identity_find(), getpwnam_r(3), getgrnam_r(3). The context can be a struct ew_mounts. */
extern const struct ew_resolver ew_resolver_system;

/*
 * ew_policy_compile - the image of POLICY
 *
 * FLAGS are EW_COMPILE_*; RESOLVER NULL is this machine. Returns 0 and an image in *OUT, which ew_image_free() releases
 * and which does not refer to POLICY; -EINVAL when there is an error in DIAG; -ENOMEM. *OUT is untouched on failure.
 * DIAG is left sorted, and can hold warnings also on success.
 */
int ew_policy_compile(const struct ew_policy *policy, unsigned int flags, const struct ew_resolver *resolver,
		      struct ew_image **out, struct ew_diagnostics *diag);

/*
 * ew_policy_compile_slots - the same, with each profile that SLOTS names in the slot that it has there
 *
 * Other profiles get slots that are free, and slots of profiles that POLICY has no more only when there are no others.
 */
int ew_policy_compile_slots(const struct ew_policy *policy, unsigned int flags, const struct ew_resolver *resolver,
			    const struct ew_slots *slots, struct ew_image **out, struct ew_diagnostics *diag);

/*
 * ew_policy_compile_patterns - makes IMAGE's automaton anew, of the patterns and globs of labels that it has now
 *
 * Returns 0; -E2BIG: it would be too large, and the one before stays; -ENOMEM.
 */
int ew_policy_compile_patterns(struct ew_image *image);

/* The slots of those in SLOTS that POLICY has no more, a bit each. */
__u64 ew_policy_gone(const struct ew_policy *policy, const struct ew_slots *slots);

#endif
