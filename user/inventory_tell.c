/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "inventory_print.h"
#include "log.h"
#include "util.h"

#define FAILURES_TOLD 10 /* by name, besides mounts; the document of --json has them all */

static bool is_failed(enum ew_inventory_state state)
{
	return state == EW_INVENTORY_UNREADABLE || state == EW_INVENTORY_MUTE;
}

/* Whether it is told of as a mount, and as which. */
static bool mount_of(const struct ew_scanned *s, const struct ew_inventory_failure *failure, size_t *index)
{
	for (*index = 0; *index < s->mounts.n; (*index)++)
		if (is_failed(s->inventory.states[*index]) && EW_STREQ(s->mounts.list[*index].point, failure->path))
			return true;
	return false;
}

static void tell_mount(const struct ew_scanned *s, size_t index, int err)
{
	const struct ew_mount_point *mount = &s->mounts.list[index];

	if (err == ETIMEDOUT && s->inventory.states[index] == EW_INVENTORY_MUTE)
		ew_warning("the mount %s (%s) does not answer: given up after %u second%s", mount->point, mount->type,
			   s->patience, s->patience == 1 ? "" : "s");
	else
		ew_warning("the mount %s (%s) cannot be looked at: %s", mount->point, mount->type,
			   ew_inventory_why(err));
}

void ew_scanned_tell_failures(const struct ew_scanned *s)
{
	const struct ew_inventory *inventory = &s->inventory;
	size_t others = 0;

	for (size_t i = 0; i < inventory->n_failures; i++) {
		const struct ew_inventory_failure *failure = &inventory->failures[i];
		size_t index;

		if (mount_of(s, failure, &index))
			tell_mount(s, index, failure->err);
		else if (others++ < FAILURES_TOLD)
			ew_warning("%s cannot be looked at: %s", failure->path, ew_inventory_why(failure->err));
	}
	if (others > FAILURES_TOLD)
		ew_warning("nor can %zu more; --json names them all", others - FAILURES_TOLD);
	if (inventory->n_failures)
		ew_warning("the inventory is not whole%s", geteuid() ? "; run this as root" : "");
}
