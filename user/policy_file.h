/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_FILE_H
#define EW_POLICY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnostics.h"

/* Policy files as files: which there are, whether they can be trusted, and their bytes. */

/* The bytes of one file, read once: what is checked is what is loaded. */
struct ew_policy_text {
	char *path; /* for messages */
	char *bytes;
	size_t length;
};

struct ew_policy_texts {
	size_t n;
	struct ew_policy_text *items;
};

/*
 * ew_policy_slurp - read the file at PATH (relative to DIR_FD, openat(2)) and add it to TEXTS under the name SHOWN
 *
 * Waits for nothing: a FIFO or device is refused. With NO_FOLLOW a symbolic link is refused as well. FLAGS are
 * EW_READ_*. Returns 0, also when the file is refused and DIAG says why; -ENOMEM or another negative errno
 * when this process is out of something.
 */
int ew_policy_slurp(int dir_fd, const char *path, const char *shown, bool no_follow, unsigned int flags,
		    struct ew_policy_texts *texts, struct ew_diagnostics *diag);

/* Adds the files that ew_policy_read_dirs() reads, in the order of their names. Returns as ew_policy_slurp(). */
int ew_policy_slurp_dirs(const char *const *dirs, size_t n, unsigned int flags, struct ew_policy_texts *texts,
			 struct ew_diagnostics *diag);

void ew_policy_texts_clear(struct ew_policy_texts *texts);

#endif
