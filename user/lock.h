/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LOCK_H
#define EW_LOCK_H

/* The lock of the tools: what is loaded, and what is tagged, is changed by one of them at a time. */

#define EW_RUN_DIR "/run/execward"
#define EW_LOCK_FILE EW_RUN_DIR "/lock" /* closed after writing by everybody who had it */

/*
 * ew_lock_take - keeps other administrators out until the returned descriptor is closed
 *
 * Waits up to ten seconds for one holder, and up to a minute while one holder follows another. Returns a descriptor, or
 * a negative errno after logging it; -EWOULDBLOCK: another execward had the lock at the end (its pid is in the
 * message).
 */
int ew_lock_take(void);

#endif
