/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd_daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "cmd_policy.h"
#include "lock.h"
#include "log.h"
#include "policy_paths.h"
#include "policy_print.h"
#include "reload.h"
#include "reload_result.h"
#include "upgrade.h"

/* From here on POLICY, which may be the one before, is the one in force. Takes it over. */
static void adopt(struct ew_daemon *d, struct ew_policy *policy, __u32 generation)
{
	size_t n = ew_policy_program_paths(policy, NULL);
	_cleanup_free_ const char **paths = calloc(n ?: 1, sizeof(*paths));
	int err = -ENOMEM;

	d->generation = generation;
	if (d->policy == policy)
		return;
	ew_policy_free(&d->policy);
	d->policy = policy;
	if (paths) {
		ew_policy_program_paths(policy, paths);
		err = ew_follow_set(&d->follow, paths, n);
	}
	/* what happened before it was watched is not told */
	d->behind |= err != 1;
	if (err < 0)
		ew_warning("programs of the policy that are replaced are noticed at the next reload only: %s",
			   strerror(-err));
}

/* Puts POLICY in force, and takes it over if that could be done. */
static int apply(struct ew_daemon *d, const struct ew_pins *pins, struct ew_policy **policy, const char *what)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	struct ew_reload r = {.command = "daemon", .unless = *policy == d->policy ? d->compiled : 0};
	int err;

	if (ew_pins_settled(pins, d->generation))
		r.in_force = TAKE_PTR(d->image);
	ew_image_free(&d->image);
	err = ew_reload(pins, *policy, &r, &diag);
	d->image = TAKE_PTR(r.in_force);
	ew_diagnostics_print(&diag, stderr);
	if (err == 0) {
		if (r.diff.n || *policy != d->policy) {
			ew_diff_print(&r.diff, stderr);
			ew_info("%s: %zu change%s", what, r.diff.n, r.diff.n == 1 ? "" : "s");
		}
		adopt(d, TAKE_PTR(*policy), ew_pins_generation(pins));
		d->compiled = r.compiled;
	} else {
		ew_error("%s: refused; what was in force still is", what);
	}
	ew_diff_clear(&r.diff);
	return err;
}

static int take_files(struct ew_daemon *d, const struct ew_pins *pins, const char *what)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int err = ew_cmd_policy_read(0, &policy, &diag);

	ew_diagnostics_print(&diag, stderr);
	if (err < 0)
		return ew_error_ret(err, "%s: the policy is refused: %zu error%s; what was in force still is", what,
				    diag.n_errors, diag.n_errors == 1 ? "" : "s");
	return apply(d, pins, &policy, what);
}

/*
 * Programs of another build make room for this one's. If they cannot, but could be, the daemon goes on with them: they
 * are in force anyway. Returns -EPROTO, logged, where this version has nothing to say to them.
 */
static int take_over(struct ew_pins *pins)
{
	int err;

	if (ew_upgrade_mend(pins))
		ew_warning("what an interrupted upgrade left behind is taken away");
	if (ew_upgrade_is_current(pins))
		return 0;
	err = ew_cmd_load_upgrade(pins);
	if (err == 0 || err == -EPROTO)
		return err;
	ew_warning("the programs that are loaded, which are of another version, stay");
	ew_pins_close(pins);
	return ew_pins_open(pins);
}

static int reload_files(struct ew_daemon *d, const struct ew_pins *pins, const char *what)
{
	int err = take_files(d, pins, what);

	ew_reload_result_store(EW_RELOAD_RESULT_FILE, "daemon", err == 0);
	return err;
}

int ew_daemon_start(struct ew_daemon *d)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	_cleanup_close_ int lock = ew_lock_take();
	_cleanup_pins_ struct ew_pins pins;
	struct ew_change_record change;
	char why[512];
	int err;

	ew_pins_init(&pins);
	if (lock < 0)
		return lock;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == 0) {
		err = take_over(&pins);
		if (err < 0)
			return err;
		/* before the policy, so that what it does is recorded, too */
		ew_recorder_attach(&d->recorder);
		return reload_files(d, &pins, "taken over what is loaded");
	}
	if (err != -ENOENT && err != -EINPROGRESS)
		return ew_error_ret(err, "%s", why);
	err = ew_cmd_load_policy(&pins, err == -EINPROGRESS, &policy, &change);
	if (err < 0)
		return err;
	fflush(stdout);
	ew_pins_close(&pins);
	err = ew_pins_open(&pins);
	if (err < 0)
		return err;
	adopt(d, TAKE_PTR(policy), ew_pins_generation(&pins));
	ew_recorder_attach(&d->recorder);
	ew_announce(&pins, &change);
	return 0;
}

int ew_daemon_with_pins(struct ew_daemon *d, int (*act)(struct ew_daemon *d, const struct ew_pins *pins))
{
	_cleanup_close_ int lock = ew_lock_take();
	_cleanup_pins_ struct ew_pins pins;
	char why[512];
	int err;

	ew_pins_init(&pins);
	if (lock < 0)
		return 0;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == -ENOENT)
		return EW_DAEMON_ENDED;
	if (err < 0) {
		ew_error("%s", why);
		return 0;
	}
	if (!ew_recorder_follows(&d->recorder, &pins))
		ew_recorder_attach(&d->recorder);
	if (act)
		act(d, &pins);
	return 0;
}

int ew_daemon_reload(struct ew_daemon *d, const struct ew_pins *pins)
{
	return reload_files(d, pins, "reloaded");
}

/*
 * Somebody else has reloaded. If that was from the files that this process reads, it goes on with them; if not, what is
 * in force is none of its business until it is told to reload.
 */
static int adopt_other(struct ew_daemon *d, const struct ew_pins *pins)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int err = ew_cmd_policy_read(0, &policy, &diag);

	d->generation = ew_pins_generation(pins);
	d->compiled = 0;
	d->behind = false;
	if (err == 0 && ew_policy_hash(policy) == ew_pins_policy_hash(pins)) {
		ew_info("somebody else has reloaded");
		adopt(d, TAKE_PTR(policy), d->generation);
	} else {
		ew_warning("somebody else has put another policy in force than this daemon's files have; its programs "
			   "are not "
			   "followed, until this daemon gets SIGHUP and puts its own in force");
		ew_policy_free(&d->policy);
		ew_follow_clear(&d->follow);
	}
	return err;
}

/*
 * The files may have been edited since, and nobody has asked for that to be put in force: what is compiled anew is the
 * policy as it was read.
 */
int ew_daemon_programs_changed(struct ew_daemon *d, const struct ew_pins *pins)
{
	struct ew_policy *policy = d->policy;

	if (ew_pins_generation(pins) != d->generation)
		return adopt_other(d, pins);
	d->behind = false;
	return policy ? apply(d, pins, &policy, "programs were replaced") : 0;
}
