/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_DAEMON_H
#define EW_CMD_DAEMON_H

#include <stdbool.h>
#include <time.h>

#include "follow.h"
#include "image.h"
#include "pins.h"
#include "policy_read.h"
#include "recorder.h"
#include "watchdog.h"

/*
 * What `daemon` knows, and how it keeps what is in force up to date (cmd_daemon_policy.c). When it does so is decided
 * in cmd_daemon.c.
 */

#define EW_DAEMON_ENDED 1 /* execward is not loaded any more, or the daemon was told to end */

struct ew_daemon {
	struct ew_policy *policy; /* in force, as far as this process knows */
	__u32 generation;	  /* of it; another one is in force when somebody else reloads */
	struct ew_follow follow;
	struct ew_image *image; /* it, compiled; NULL: not known */
	__u64 compiled;		/* ew_reload.compiled of it; 0: not known */
	struct ew_recorder recorder;
	struct ew_watchdog watchdog;
	time_t looked;	 /* when it looked for what nothing tells of, CLOCK_MONOTONIC */
	bool behind;	 /* programs may have been replaced since they were looked up for the policy in force */
	__u32 paths_cut; /* ew_state.cgroup_paths_cut that was told */
};

/*
 * ew_daemon_start - takes over what is loaded, or loads; puts in force what the files say, and records from here on
 *
 * Returns 0, or a negative errno after logging it; what was in force then still is.
 */
int ew_daemon_start(struct ew_daemon *d);

/*
 * ew_daemon_with_pins - calls ACT, if there is one, under the lock, with what is loaded, from which records are read
 *
 * Returns 0, whatever ACT does and even if it could not be called, as was logged then; EW_DAEMON_ENDED: somebody has
 * unloaded it.
 */
int ew_daemon_with_pins(struct ew_daemon *d, int (*act)(struct ew_daemon *d, const struct ew_pins *pins));

/*
 * ew_daemon_reload - puts in force what the files say now
 * ew_daemon_programs_changed - compiles anew, as programs were replaced or somebody else has reloaded
 *
 * For ew_daemon_with_pins(). Return 0 or a negative errno after logging it.
 */
int ew_daemon_reload(struct ew_daemon *d, const struct ew_pins *pins);
int ew_daemon_programs_changed(struct ew_daemon *d, const struct ew_pins *pins);

#endif
