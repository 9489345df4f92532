/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_INVENTORY_H
#define EW_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "mountinfo.h"

/*
 * The programs of a machine by which somebody could gain: regular files that somebody may execute, and that are
 * set-user-ID, set-group-ID, or have file capabilities.
 */

struct ew_inventory_item {
	char *path;
	__u32 mode;    /* as of stat(2) */
	bool caps;     /* it has the attribute security.capability */
	bool mute;     /* a mount on the way does not answer: who opens it may wait for ever */
	char *package; /* that it is of; NULL: of none that is known */
};

/* What could not be looked at. */
struct ew_inventory_failure {
	char *path;
	int err; /* errno */
};

/* ERR, in words. */
const char *ew_inventory_why(int err);

enum ew_inventory_state {
	EW_INVENTORY_WALKED,
	EW_INVENTORY_VIRTUAL, /* skipped: of the kernel's own making */
	EW_INVENTORY_AGAIN,   /* all of it was seen through another mount */
	EW_INVENTORY_HIDDEN,  /* another mount is over it */
	EW_INVENTORY_UNREADABLE,
	EW_INVENTORY_MUTE, /* it does not answer */
	EW_INVENTORY_STATES
};

struct ew_inventory {
	size_t n;
	struct ew_inventory_item *items; /* in the order of their paths, each path once */
	size_t n_failures;
	struct ew_inventory_failure *failures;
	enum ew_inventory_state *states; /* of each mount */
	__u64 directories, files;	 /* looked at */
};

struct ew_inventory_effort {
	unsigned int threads;  /* at once */
	unsigned int patience; /* seconds without any answer after which a mount is given up; > 0 */
};

/*
 * ew_inventory_walk - looks through all of MOUNTS
 *
 * Each directory is looked at once, however many mounts show it, and first where set-id bits count (not `nosuid`). A
 * mount of id 0 is taken to be whatever is at its place. Errors of the file systems are in `failures`: ETIMEDOUT is
 * said of a mount that was given up, and of the directories that its threads still wait for; EXDEV of a directory where
 * there is a mount that MOUNTS has not. Returns 0, -EAGAIN (no thread can be started) or -ENOMEM; in all cases
 * ew_inventory_clear() gives the memory back.
 */
int ew_inventory_walk(const struct ew_mount_points *mounts, const struct ew_inventory_effort *effort,
		      struct ew_inventory *out);
void ew_inventory_clear(struct ew_inventory *inventory);

/*
 * Whether a mount was given up. Then there are threads that wait in the kernel, perhaps where not even SIGKILL ends
 * them: the process may not come to its end.
 */
bool ew_inventory_is_stuck(const struct ew_inventory *inventory, size_t n_mounts);

/* For the walk: these take PATH over, NULL being no memory. Return 0 or -ENOMEM. Not for several threads at once. */
int ew_inventory_add(struct ew_inventory *inventory, char *path, __u32 mode, bool caps);
int ew_inventory_fail(struct ew_inventory *inventory, char *path, int err);

/* Puts both lists into the order of their paths, and takes out what is there twice. */
void ew_inventory_sort(struct ew_inventory *inventory);

/*
 * ew_inventory_owners - fills in `package`, as TOOL has it: "dpkg-query", or the path of what understands the same
 *
 * Without that tool there are no packages. LINKS: paths below /usr are also known without it ("/usr/bin/su" as
 * "/bin/su"), as lists of packages from before the directories were merged have them. Of what is diverted
 * (dpkg-divert(1)) it is the package whose file is there. Returns 0, 1 if the tool failed, or a negative errno.
 */
int ew_inventory_owners(struct ew_inventory *inventory, const char *tool, bool links);

#endif
