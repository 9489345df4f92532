/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "announce.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "loader.h"
#include "lock.h"
#include "log.h"
#include "pins.h"
#include "policy_compile.h"
#include "policy_read.h"
#include "reload_result.h"
#include "support.h"
#include "upgrade.h"

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

/* What `load` is asked for. */
struct load {
	bool upgrade;
	bool force; /* programs of this very build, too */
};

int ew_cmd_load_upgrade(struct ew_pins *pins)
{
	struct ew_meta before = {}, after = {};
	int err = ew_pins_meta(pins, &before) ?: ew_upgrade(pins);

	if (err < 0)
		return err;
	ew_pins_close(pins);
	err = ew_pins_open(pins);
	if (err == 0)
		err = ew_pins_meta(pins, &after);
	if (err < 0)
		return err;
	ew_info("upgraded: programs %08x of execward %s took the place of %08x of execward %s; policy, tags, "
		"counters and readers are what they were",
		after.build, after.version, before.build, before.version);
	return 0;
}

/* Something is loaded, and in force. Returns an exit code. */
static int load_over(struct ew_pins *pins, const struct load *load)
{
	bool current = ew_upgrade_is_current(pins);

	if (ew_upgrade_mend(pins))
		ew_warning("what an interrupted upgrade left behind is taken away");
	if (!load->upgrade) {
		ew_error("execward is loaded already; to put another policy in force: execward reload%s",
			 current ? ""
				 : "; to put the programs of this version in place of those: execward load --upgrade");
		return EW_EXIT_FAILED;
	}
	if (current && !load->force) {
		puts("the programs of this version are loaded already");
		return EW_EXIT_OK;
	}
	return ew_cmd_load_upgrade(pins) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}

/* Nobody can read from what was just loaded, so nobody is told; the daemon tells itself. */
static int load(const struct load *load)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	_cleanup_pins_ struct ew_pins pins;
	_cleanup_close_ int lock = -1;
	struct ew_change_record change;
	char why[512];
	int err;

	ew_pins_init(&pins);
	if (ew_support_require(EW_TRIAL_IF_UNKNOWN) < 0)
		return EW_EXIT_FAILED;
	lock = ew_lock_take();
	if (lock < 0)
		return EW_EXIT_FAILED;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == 0)
		return load_over(&pins, load);
	if (err != -ENOENT && err != -EINPROGRESS) {
		ew_error("%s", why);
		return EW_EXIT_FAILED;
	}
	return ew_cmd_load_policy(&pins, err == -EINPROGRESS, &policy, &change) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}

static const char load_help[] =
	"\n"
	"      --upgrade  if something is loaded: the programs of this version take the place of those,\n"
	"                 without a moment between; policy, tags, counters and readers stay\n"
	"      --force    with --upgrade: programs of the very same build, too\n";

int ew_cmd_load(int argc, char **argv)
{
	static const struct option options[] = {{"upgrade", no_argument, NULL, 'u'},
						{"force", no_argument, NULL, 'f'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct load what = {};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			ew_cmd_help("load");
			fputs(load_help, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("load");
		what.upgrade |= c == 'u';
		what.force |= c == 'f';
	}
	if (optind < argc) {
		ew_error("load takes no arguments, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("load");
	}
	if (what.force && !what.upgrade) {
		ew_error("load: --force is for --upgrade only");
		return ew_cmd_usage("load");
	}
	return load(&what);
}
