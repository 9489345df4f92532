/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_FDS_H
#define EW_RECORD_FDS_H

#include <stdbool.h>

#include "record_view.h"

/* The descriptors in a record. */

/* One of them. Texts are in the record, not terminated. */
struct ew_fd_view {
	struct ew_fd fd;
	const char *text; /* fd.text_len bytes */
	const char *peer; /* fd.peer_len bytes */
};

/* Whether the LEN bytes at DATA, which may have any alignment, are a struct ew_fds and all that it announces. */
bool ew_fds_check(const char *data, size_t len);

/* How many cross, and how many of them are described. False: the record tells of none, as nobody minds. */
bool ew_record_fds(const struct ew_record_view *view, struct ew_fds *out);

/* Calls EACH with the described ones, in order of their numbers. */
void ew_record_each_fd(const struct ew_record_view *view, void (*each)(void *ctx, const struct ew_fd_view *fd),
		       void *ctx);

/*
 * What the descriptor is open on, as /proc/PID/fd tells it ("/etc/hosts", "socket:[4711]"), but for a path of which the
 * beginning is missing, which has "..." in its place. Escaped with FLAGS (escape.h). The caller frees it; NULL: no
 * memory.
 */
char *ew_fd_target(const struct ew_fd_view *fd, unsigned int flags);

/* "r", "w", "rw", "path" (O_PATH) or "none". */
const char *ew_fd_access(const struct ew_fd *fd);

/* The name of a socket's family or type, or NULL for one that is only known by number. */
const char *ew_fd_family(__u32 family);
const char *ew_fd_socket_type(__u32 type);

/*
 * In a few words for people: "3 /etc/hosts", with how many more there are, dangerous ones first. The caller frees it;
 * NULL: no memory, or none crosses.
 */
char *ew_record_fds_brief(const struct ew_record_view *view, unsigned int flags);

#endif
