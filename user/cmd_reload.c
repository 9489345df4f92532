/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "cmd_policy.h"
#include "log.h"
#include "reload.h"
#include "reload_result.h"
#include "upgrade.h"

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_text(const struct ew_reload *r)
{
	ew_diff_print(&r->diff, stdout);
	printf("%s: %u profile%s, %zu exception%s, %zu cgroup%s",
	       r->dry_run ? "dry run, nothing was changed" : "reloaded", r->n_profiles, plural(r->n_profiles),
	       r->n_exceptions, plural(r->n_exceptions), r->n_cgroups, plural(r->n_cgroups));
	if (r->n_patterns)
		printf(", %zu pattern%s of cgroups", r->n_patterns, plural(r->n_patterns));
	printf("; %zu change%s\n", r->diff.n, plural(r->diff.n));
}

static void print_json(const struct ew_reload *r)
{
	json_object *doc = json_object_new_object();

	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "applied", json_object_new_boolean(!r->dry_run));
	json_object_object_add(doc, "profiles", json_object_new_int64(r->n_profiles));
	json_object_object_add(doc, "exceptions", json_object_new_int64((int64_t)r->n_exceptions));
	json_object_object_add(doc, "cgroups", json_object_new_int64((int64_t)r->n_cgroups));
	json_object_object_add(doc, "patterns", json_object_new_int64((int64_t)r->n_patterns));
	json_object_object_add(doc, "changes", ew_diff_json(&r->diff));
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

static int reload(struct ew_reload *r, struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	_cleanup_close_ int lock = -1;
	_cleanup_pins_ struct ew_pins pins;
	int err;

	/* so that what is read last is what is in force last */
	lock = ew_pins_open_locked(&pins);
	if (lock < 0)
		return lock;
	if (!r->dry_run && ew_upgrade_mend(&pins))
		ew_warning("what an interrupted upgrade left behind is taken away");
	err = ew_cmd_policy_read(0, &policy, diag);
	if (err == 0)
		err = ew_reload(&pins, policy, r, diag);
	else if (err != -EINVAL)
		ew_error("the policy cannot be read: %s", strerror(-err));
	ew_diagnostics_print(diag, stderr);
	if (err == -EINVAL && diag->n_errors)
		ew_error("the policy is refused: %zu error%s; what was in force still is", diag->n_errors,
			 plural(diag->n_errors));
	if (!r->dry_run)
		ew_reload_result_store(EW_RELOAD_RESULT_FILE, "reload", err == 0);
	return err;
}

int ew_cmd_reload(int argc, char **argv)
{
	static const struct option options[] = {
		{"dry-run", no_argument, NULL, 'n'}, {"force", no_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},    {"no-pager", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},    {}};
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	struct ew_reload r = {.command = "reload"};
	bool json = false;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("reload");
		if (c == '?')
			return ew_cmd_usage("reload");
		r.dry_run |= c == 'n';
		r.force |= c == 'f';
		json |= c == 'j';
	}
	if (optind < argc) {
		ew_error("reload takes no arguments, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("reload");
	}
	err = reload(&r, &diag);
	if (err == 0 && json)
		print_json(&r);
	else if (err == 0)
		print_text(&r);
	else if (err == -EBUSY && r.dry_run && !json)
		ew_diff_print(&r.diff, stdout);
	ew_diff_clear(&r.diff);
	return err < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}
