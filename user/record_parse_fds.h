/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_PARSE_FDS_H
#define EW_RECORD_PARSE_FDS_H

#include <json.h>
#include <stddef.h>

#include <execward/record.h>

/*
 * The descriptors FDS of a record, or NULL, as the programs send them, to OUT, which has room for EW_FDS_ROOM bytes.
 * Returns how many there are then. Sets *WHY, unless it is set, where they are no descriptors of a record.
 */
size_t ew_record_parse_fds(json_object *fds, char *out, const char **why);

#define EW_FD_TARGET_MAX (EW_FD_PATH_MAX + 63) /* bytes of what a descriptor is open on, in words */

/*
 * FD, of which number, kind, access, dangers and inode are set, open on TARGET in the plain words of ew_fd_target(), of
 * EW_FD_TARGET_MAX bytes at most: sets the rest of it, and puts it to OUT as the programs send it. Returns the bytes;
 * 0: it is none.
 */
size_t ew_record_put_fd(struct ew_fd *fd, const char *target, char *out);

/* EW_FD_* that the word TEXT is for, or -1. */
int ew_fd_access_find(const char *text);

#endif
