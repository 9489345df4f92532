/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_OCI_STATE_H
#define EW_OCI_STATE_H

#include <stdio.h>
#include <sys/types.h>

#include <execward/limits.h>

/*
 * The state of a container, which a runtime writes to a hook's standard input (OCI runtime specification,
 * runtime.md "State" and config.md "POSIX-platform Hooks").
 */

#define EW_OCI_ANNOTATION "execward.profile"
#define EW_OCI_STATE_MAX (1U << 20) /* bytes */

struct ew_oci_state {
	char id[256];			   /* of the container; as it is, to be escaped where it is shown */
	pid_t pid;			   /* of its first process, as the runtime sees it */
	char profile[EW_PROFILE_NAME_MAX]; /* the annotation's value */
};

/*
 * ew_oci_state_read - reads a state from IN, to its end
 *
 * Logs its own errors. Returns 0, or: -EINVAL it is no state, or lacks what is needed; -ENODATA it has no such
 * annotation (not logged); -E2BIG; -ENOMEM; -EIO. OUT is undefined on failure.
 */
int ew_oci_state_read(FILE *in, struct ew_oci_state *out);

/*
 * ew_oci_cgroup - the path in the v2 hierarchy of the cgroup that process PID is in, which has to be a container's own
 *
 * Logs its own errors. Returns 0, or: -ENODEV it is in none of version 2; -EXDEV it is in the root cgroup or in this
 * process' own, where others would be governed with it; -ENAMETOOLONG; else what reading /proc failed with.
 */
int ew_oci_cgroup(pid_t pid, char *out, size_t size);

#endif
