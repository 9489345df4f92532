/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_STATUS_H
#define EW_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <execward/record.h>

#include "reload_result.h"

/* How full a map of the kernel's is. */
#define EW_STATUS_MAPS_MAX 8
struct ew_status_map {
	const char *name;
	__u64 entries, max;
};

/* Everything that `status` tells, gathered before a word is printed. */
struct ew_status {
	int exit;
	char why[512]; /* in a word or a sentence, what the exit code says */
	char kernel[256];
	bool loaded;
	bool current;	/* by this very build */
	bool unsettled; /* there are programs beside those that have the name */
	struct ew_meta meta;
	struct ew_profile profiles[EW_PROFILES_MAX]; /* flags 0: empty slot */
	struct ew_counters counters[EW_COUNTERS];
	size_t n_cgroups, n_own_cgroups, n_processes;
	ssize_t n_users, n_programs; /* negative: an error */
	struct ew_state state;
	size_t n_readers;
	__u64 lost; /* by the readers that there are */
	size_t n_maps;
	struct ew_status_map maps[EW_STATUS_MAPS_MAX];
	struct ew_reload_result reloaded; /* time 0: not known */
};

/*
 * ew_status_gather - asks the pinned maps, and the files beside them
 *
 * MAPS: how full they are, too, which takes a look at every entry. What cannot be found out is in `exit` and `why`.
 */
void ew_status_gather(struct ew_status *status, bool maps);

#endif
