/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>

#include "announce.h"
#include "cmd.h"
#include "loader.h"
#include "lock.h"
#include "log.h"
#include "pins.h"
#include "reload_result.h"
#include "stage.h"

/* WHOLE: all of it could be opened, so readers can be told: they have what was recorded until they leave. */
static int unload(const struct ew_pins *pins, bool whole)
{
	struct ew_change_record change;
	int err = ew_loader_unload(pins);

	if (err < 0)
		return err;
	ew_reload_result_forget(EW_RELOAD_RESULT_FILE);
	if (!whole)
		return 0;
	ew_announce_image(&change, EW_ACTION_UNLOAD, NULL, "unload");
	ew_announce(pins, &change);
	return 0;
}

static int take_away(void)
{
	_cleanup_pins_ struct ew_pins pins;
	_cleanup_close_ int lock = -1;
	char why[512];
	int err;

	ew_pins_init(&pins);
	lock = ew_lock_take();
	if (lock < 0)
		return EW_EXIT_FAILED;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == -ENOENT && ew_stage_is_left()) {
		ew_stage_sweep();
		puts("execward is not loaded; what an interrupted load or unload had left is taken away");
		return EW_EXIT_OK;
	}
	/* what cannot be opened whole, or is another version's, but execward's, is taken away all the same */
	if (err == -ENOENT || err == -EPERM || err == -EMEDIUMTYPE || err == -ENOTUNIQ) {
		ew_error("%s", err == -ENOENT ? "execward is not loaded" : why);
		return EW_EXIT_FAILED;
	}
	return unload(&pins, err == 0) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}

int ew_cmd_unload(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {}};
	int c = getopt_long(argc, argv, "h", options, NULL);

	if (c == 'h')
		return ew_cmd_help("unload");
	if (c != -1)
		return ew_cmd_usage("unload");
	if (optind < argc) {
		ew_error("unload takes no arguments, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("unload");
	}
	return take_away();
}
