/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PERSIST_H
#define EW_PERSIST_H

#include <limits.h>
#include <stdbool.h>

#include "systemctl.h"

/* Tags of systemd services that outlive them: a drop-in (dropin.h) in /etc/systemd/system. */

struct ew_persist_unit {
	char name[EW_UNIT_NAME_MAX]; /* what systemd calls it, with ".service" */
	char cgroup[PATH_MAX];	     /* in the hierarchy; "": it does not run */
};

/*
 * ew_persist_look - what is service UNIT, and, TO_TAG, can it be tagged at its start? (A tag can be taken off any.)
 *
 * Warns of what a tag would come too late for. A service that systemd does not know is taken for one that comes later.
 * Logs its own errors. Returns 0, or: -EINVAL not the name of a service; -EDEADLK it starts before execward does;
 * -ENOTSUP it has a root of its own; or -EIO systemctl failed.
 */
int ew_persist_look(const char *unit, bool to_tag, struct ew_persist_unit *out);

/*
 * ew_persist_add - from its next start on UNIT is tagged with PROFILE; what it has already stays
 * ew_persist_remove - takes PROFILE away, NULL: all
 *
 * The file is whole or not there at all. The caller holds the lock. systemd is told to read it. Return 0, or a negative
 * errno after logging it; -ENOENT: there is no such tag to remove.
 */
int ew_persist_add(const struct ew_persist_unit *unit, const char *profile);
int ew_persist_remove(const struct ew_persist_unit *unit, const char *profile);

#endif
