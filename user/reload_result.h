/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RELOAD_RESULT_H
#define EW_RELOAD_RESULT_H

#include <stdbool.h>

#include <linux/types.h>

/*
 * How the last attempt ended to put a policy in force, kept for whoever watches the machine: a refused reload leaves
 * what was in force, and nothing in the kernel tells of it.
 */

#define EW_RELOAD_RESULT_FILE "/run/execward/reload"

struct ew_reload_result {
	__s64 time; /* seconds since 1970; 0: there was none since boot, or it is not known */
	bool ok;
};

/*
 * ew_reload_result_store - keeps that COMMAND has put a policy in force, or could not, in the file at PATH
 *
 * The file is replaced whole. That it cannot be written is logged, and of no consequence.
 */
void ew_reload_result_store(const char *path, const char *command, bool ok);

/* There is no policy any more that a result could be of. */
void ew_reload_result_forget(const char *path);

/* Reads it back; all zero where there is none, or what is there was not written by the above. */
void ew_reload_result_read(const char *path, struct ew_reload_result *out);

#endif
