/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_SYSTEMCTL_H
#define EW_SYSTEMCTL_H

#include <stddef.h>

/*
 * Units are asked of systemctl(1), without a shell, rather than of libsystemd: one less library to depend on. It writes
 * strings as they are (bus_print_property(), src/shared/bus-print-properties.c), except that from one with a newline
 * nothing of the value is left.
 */

#define EW_UNIT_NAME_MAX 256 /* systemd, src/basic/unit-def.h */

/*
 * ew_systemctl - runs ARGV, found by PATH, with its standard error thrown away; puts what it writes, cut to SIZE - 1
 * bytes, into OUT
 *
 * Returns its exit status, or a negative errno; -ENOENT: it is not installed.
 */
int ew_systemctl(char *const argv[], char *out, size_t size);

/* The value of KEY among the lines "KEY=VALUE" of TEXT, to the end of its line, or "", put into OUT. Returns OUT. */
const char *ew_systemctl_property(const char *text, const char *key, char *out, size_t size);

#endif
