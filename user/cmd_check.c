/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "cmd_policy.h"
#include "log.h"
#include "policy_compile.h"
#include "policy_overlap.h"
#include "policy_read.h"

/*
 * Without FILE, what `load` would say. With FILE, a policy in the making, perhaps for another machine: who owns the
 * file and which programs are here are warnings. So are programs that an ordinary user may not see. With --strict all
 * warnings are errors.
 */
static int check(char **files, size_t n, struct ew_policy **policy, struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;
	int err;

	if (n)
		err = ew_policy_read_files((const char *const *)files, n, EW_READ_ANY_OWNER, policy, diag);
	else
		err = ew_cmd_policy_read(0, policy, diag);
	if (err)
		return err;
	err = ew_policy_check_overlaps(*policy, diag);
	if (err)
		return err;
	err = ew_policy_compile(*policy, n || geteuid() ? EW_COMPILE_MISSING_OK : 0, NULL, &image, diag);
	return err ?: diag->n_errors ? -EINVAL : 0;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_warning_count(const struct ew_diagnostics *diag, const char *before, const char *after)
{
	if (diag->n_warnings)
		printf("%s%zu warning%s%s", before, diag->n_warnings, plural(diag->n_warnings), after);
}

static void print_text(const struct ew_policy *policy, bool valid, const struct ew_diagnostics *diag)
{
	ew_diagnostics_print(diag, stderr);
	if (valid) {
		printf("%zu file%s, %zu profile%s, %zu exception%s: valid", policy->n_files, plural(policy->n_files),
		       policy->n_profiles, plural(policy->n_profiles), policy->n_exceptions,
		       plural(policy->n_exceptions));
		print_warning_count(diag, " (", ")");
	} else {
		printf("%zu error%s", diag->n_errors, plural(diag->n_errors));
		print_warning_count(diag, ", ", "");
	}
	putchar('\n');
}

static void print_json(const struct ew_policy *policy, bool valid, const struct ew_diagnostics *diag)
{
	printf("{\"v\":1,\"valid\":%s,", valid ? "true" : "false");
	if (valid)
		printf("\"files\":%zu,\"profiles\":%zu,\"exceptions\":%zu,", policy->n_files, policy->n_profiles,
		       policy->n_exceptions);
	printf("\"errors\":%zu,\"warnings\":%zu,\"diagnostics\":", diag->n_errors, diag->n_warnings);
	ew_diagnostics_print_json(diag, stdout);
	puts("}");
}

int ew_cmd_check(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"strict", no_argument, NULL, 's'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {0};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	bool json = false;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("check");
		if (c == '?')
			return ew_cmd_usage("check");
		json |= c == 'j';
		diag.strict |= c == 's';
	}
	err = check(argv + optind, (size_t)(argc - optind), &policy, &diag);
	/* Anything but 0 and -EINVAL kept the check from being made, and says nothing about the policy. */
	if (err && err != -EINVAL)
		return ew_error_ret(EW_EXIT_FAILED, "the policy could not be checked: %s", strerror(-err));
	if (json)
		print_json(policy, !err, &diag);
	else
		print_text(policy, !err, &diag);
	return err ? EW_EXIT_FAILED : EW_EXIT_OK;
}
