/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_APART_H
#define EW_APART_H

#include <stdbool.h>

/*
 * ew_apart - runs WORK(CTX, &stuck) in a child process, and returns what it returns, an exit code
 *
 * For what may leave threads behind that wait in the kernel where not even SIGKILL ends them, as for the server of a
 * FUSE file system: a process with such a thread does not come to its end, and who waits for it waits, too. If WORK
 * says that it is STUCK, the child's end is not waited for; it has closed standard output and error by then. It dies
 * with the caller, and the caller by the signal that it died by. What WORK wrote to standard output and cannot be
 * written is logged, and makes 0 an EXIT_FAILURE. Must be called before there are other threads. Returns
 * -errno if there can be no child.
 */
int ew_apart(int (*work)(void *ctx, bool *stuck), void *ctx);

#endif
