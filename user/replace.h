/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_REPLACE_H
#define EW_REPLACE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * ew_replace_file - makes the file at PATH hold the LEN bytes at DATA, in one step (rename(2))
 *
 * Who reads it sees all of the old or all of the new. MODE is the new file's, whatever the umask. What is written first
 * is ".NAME.XXXXXX" beside it, which no reader of "*.prom" takes for its own. Returns 0 or a negative errno; then
 * nothing has changed.
 */
int ew_replace_file(const char *path, const void *data, size_t len, mode_t mode);

#endif
