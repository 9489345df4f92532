/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_ORIGIN_H
#define EW_RECORD_ORIGIN_H

#include <stdbool.h>

#include "record_fds.h"
#include "record_view.h"

/* Where an exec comes from, as a record has it: the processes above the task, and the arguments. Copes with any bytes.
 */

/* Are the LEN bytes at DATA a list of struct ew_parent, whole and not too long? */
bool ew_parents_check(const char *data, size_t len);

/* Are the LEN bytes at DATA arguments as FLAGS (EW_ARGS_*) says: each with its end, and not too many? */
bool ew_args_check(const char *data, size_t len, __u32 flags);

struct ew_parent_view {
	__u32 pid;
	struct ew_fd_view
		image; /* EW_FD_PATH in its marks: ew_fd_target() tells the path of the image; else there is none */
};

/* Calls EACH with the processes above the task, its parent first. */
void ew_record_each_parent(const struct ew_record_view *view,
			   void (*each)(void *ctx, const struct ew_parent_view *parent), void *ctx);

/* Calls EACH with the arguments in order, not escaped. */
void ew_record_each_arg(const struct ew_record_view *view, void (*each)(void *ctx, const char *arg), void *ctx);

#endif
