/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_DROPIN_H
#define EW_DROPIN_H

#include <stddef.h>

#include <execward/limits.h>

/* The text of the drop-in that tags a systemd unit at each of its starts. Pure functions: no file is touched. */

struct ew_dropin {
	char profiles[EW_PROFILES_MAX][EW_PROFILE_NAME_MAX];
	size_t n;
};

/* Reads what ew_dropin_text() has written. Returns 0, or -EINVAL: that is not by it. OUT is undefined on failure. */
int ew_dropin_parse(const char *text, struct ew_dropin *out);

/* Returns 1 if that changes it, 0 if not, or -ENOSPC. */
int ew_dropin_add(struct ew_dropin *dropin, const char *profile);

/* Takes PROFILE away, NULL: all. Returns how many that were. */
size_t ew_dropin_remove(struct ew_dropin *dropin, const char *profile);

/*
 * ew_dropin_text - the drop-in; PROGRAM is the path of execward
 *
 * Returns a text, to be freed, or NULL with errno: EINVAL, systemd would take a character of PROGRAM for something
 * else.
 */
char *ew_dropin_text(const struct ew_dropin *dropin, const char *program);

#endif
