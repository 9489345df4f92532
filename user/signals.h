/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_SIGNALS_H
#define EW_SIGNALS_H

/*
 * ew_signals_open - SIGINT, SIGTERM and SIGHUP as a descriptor to read from (signalfd(2)), and in no other way
 *
 * Returns a descriptor that the caller closes, or a negative errno.
 */
int ew_signals_open(void);

#endif
