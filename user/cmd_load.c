/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "announce.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "loader.h"
#include "log.h"
#include "pins.h"
#include "policy_compile.h"
#include "policy_read.h"
#include "reload_result.h"
#include "support.h"

/* Both verbs take no arguments. Returns -1 to go on, or an exit code. */
static int no_arguments(const char *verb, int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {}};
	int c = getopt_long(argc, argv, "h", options, NULL);

	if (c == 'h')
		return ew_cmd_help(verb);
	if (c != -1)
		return ew_cmd_usage(verb);
	if (optind < argc) {
		ew_error("%s takes no arguments, but got \"%s\"", verb, argv[optind]);
		return ew_cmd_usage(verb);
	}
	return -1;
}

/* Reads and compiles; says what is wrong. */
static int read_image(struct ew_policy **policy, struct ew_image **image)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	int err = ew_cmd_policy_read(0, policy, &diag);

	if (err == 0)
		err = ew_policy_compile(*policy, 0, NULL, image, &diag);
	ew_diagnostics_print(&diag, stderr);
	if (err < 0)
		return ew_error_ret(err, "the policy is refused: %zu error%s; nothing was loaded", diag.n_errors,
				    diag.n_errors == 1 ? "" : "s");
	return 0;
}

int ew_cmd_load_policy(struct ew_pins *pins, bool interrupted, struct ew_policy **policy,
		       struct ew_change_record *change)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;

	if (read_image(policy, &image) < 0)
		return -EINVAL;
	if (interrupted) {
		ew_warning("what an interrupted load or unload left behind is taken away first");
		if (ew_loader_unload(pins) < 0)
			return -EIO;
		ew_pins_close(pins);
	}
	if (ew_loader_load(image) < 0) {
		/* perhaps a kernel that lists "bpf" and refuses its programs all the same: that is said, too */
		ew_support_require(EW_TRIAL_ALWAYS);
		return -EIO;
	}
	printf("loaded: %u profile%s, %zu exception%s, %zu cgroup%s", image->n_profiles,
	       image->n_profiles == 1 ? "" : "s", image->n_exceptions, image->n_exceptions == 1 ? "" : "s",
	       image->n_cgroups, image->n_cgroups == 1 ? "" : "s");
	if (image->n_patterns)
		printf(", %zu pattern%s of cgroups", image->n_patterns, image->n_patterns == 1 ? "" : "s");
	putchar('\n');
	ew_reload_result_store(EW_RELOAD_RESULT_FILE, "load", true);
	ew_announce_image(change, EW_ACTION_LOAD, image, "daemon");
	return 0;
}

/* Nobody can read from what was just loaded, so nobody is told; the daemon tells itself. */
int ew_cmd_load(int argc, char **argv)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	_cleanup_pins_ struct ew_pins pins;
	_cleanup_close_ int lock = -1;
	struct ew_change_record change;
	char why[512];
	int err = no_arguments("load", argc, argv);

	ew_pins_init(&pins);
	if (err >= 0)
		return err;
	if (ew_support_require(EW_TRIAL_IF_UNKNOWN) < 0)
		return EW_EXIT_FAILED;
	lock = ew_lock_take();
	if (lock < 0)
		return EW_EXIT_FAILED;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == 0)
		ew_error("execward is loaded already; to put another policy in force: execward reload");
	else if (err != -ENOENT && err != -EINPROGRESS)
		ew_error("%s", why);
	if (err != -ENOENT && err != -EINPROGRESS)
		return EW_EXIT_FAILED;
	return ew_cmd_load_policy(&pins, err == -EINPROGRESS, &policy, &change) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}

/* WHOLE: all of it could be opened, so readers can be told: they have what was recorded until they leave. */
static int unload(const struct ew_pins *pins, bool whole)
{
	struct ew_change_record change;
	int err = ew_loader_unload(pins);

	if (err < 0 || !whole)
		return err;
	ew_announce_image(&change, EW_ACTION_UNLOAD, NULL, "unload");
	ew_announce(pins, &change);
	return 0;
}

int ew_cmd_unload(int argc, char **argv)
{
	_cleanup_pins_ struct ew_pins pins;
	_cleanup_close_ int lock = -1;
	char why[512];
	int err = no_arguments("unload", argc, argv);

	ew_pins_init(&pins);
	if (err >= 0)
		return err;
	lock = ew_lock_take();
	if (lock < 0)
		return EW_EXIT_FAILED;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == -ENOENT && ew_loader_sweep()) {
		puts("execward is not loaded; what an interrupted load or unload had left is taken away");
		return EW_EXIT_OK;
	}
	/* what cannot be opened whole, but is ours, is taken away all the same */
	if (err == -ENOENT || err == -EPERM || err == -EMEDIUMTYPE || err == -ENOTUNIQ || err == -EPROTO) {
		ew_error("%s", err == -ENOENT ? "execward is not loaded" : why);
		return EW_EXIT_FAILED;
	}
	return unload(&pins, err == 0) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}
