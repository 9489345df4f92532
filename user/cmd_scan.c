/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "apart.h"
#include "cmd.h"
#include "cmd_source.h"
#include "inventory_print.h"
#include "log.h"
#include "record_filter.h"

#define POWERLESS "nobody" /* whose login has no right that others have not */
#define THREADS_MAX 16
#define PATIENCE 30 /* seconds: longer than a disk takes to start turning */
#define PATIENCE_MAX 86400

static const char help_text[] =
	"\n"
	"      --as USER       who executes them is as a login of USER leaves him; without it, for each\n"
	"                      program, one who may execute it and can nothing else\n"
	"      --profile NAME  what this profile says; may be given again; without it, what each says\n"
	"      --timeout SECONDS\n"
	"                      a mount that gives no answer for so long is left out; default 30\n"
	"      --json          one JSON document\n"
	"      --no-pager      accepted; there is none\n"
	"\n"
	"Judged by the policy in force, else by the policy files. Exit: 0 everything was looked at,\n"
	"1 something could not be, which is named, or it failed.\n";

struct request {
	const char *user;
	const char *profiles[EW_PROFILES_MAX];
	size_t n_profiles;
	unsigned long patience;
	bool json;
};

/* Returns -1 to go on, or an exit code. */
static int parse(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{"as", required_argument, NULL, 'a'},
		{"profile", required_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{"no-pager", no_argument, NULL, 'p'},
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			ew_cmd_help("scan");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("scan");
		if (c == 'a')
			r->user = optarg;
		if (c == 'f' && r->n_profiles < EW_PROFILES_MAX)
			r->profiles[r->n_profiles++] = optarg;
		if (c == 't' && (!ew_parse_number(optarg, PATIENCE_MAX, &r->patience) || !r->patience)) {
			ew_error("scan: --timeout takes a number of seconds, %d at most, not \"%s\"", PATIENCE_MAX,
				 optarg);
			return EW_EXIT_USAGE;
		}
		r->json |= c == 'j';
	}
	if (optind < argc) {
		ew_error("scan takes options only, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("scan");
	}
	return -1;
}

/* The profiles to ask. Returns 0 or, logged, -ENOENT. */
static int choose(const struct request *r, struct ew_scanned *s)
{
	for (size_t i = 0; i < r->n_profiles; i++) {
		int slot = ew_source_profile(s->image, r->profiles[i]);

		if (slot < 0)
			return slot;
		s->set |= 1ULL << slot;
	}
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && !r->n_profiles; slot++)
		if (s->image->profiles[slot].flags & EW_PROFILE_USED)
			s->set |= 1ULL << slot;
	return 0;
}

/* With 1 dpkg-query failed. */
static int find_owners(struct ew_inventory *inventory)
{
	struct stat st;
	int err = ew_inventory_owners(inventory, "dpkg-query", lstat("/bin", &st) == 0 && S_ISLNK(st.st_mode));

	if (err < 0)
		return ew_error_ret(err, "packages cannot be looked up: %s", strerror(-err));
	if (err)
		ew_warning("dpkg-query failed: packages are not known, or not all");
	return 0;
}

static int walk(struct ew_scanned *s)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct ew_inventory_effort effort = {
		.threads = processors < 1	      ? 1
			   : processors > THREADS_MAX ? THREADS_MAX
						      : (unsigned int)processors,
		.patience = s->patience,
	};
	int err;

	if (!f)
		return ew_error_ret(-errno, "/proc/self/mountinfo cannot be read: %s", strerror(errno));
	err = ew_mount_points_parse(f, &s->mounts);
	if (err == 0)
		err = ew_inventory_walk(&s->mounts, &effort, &s->inventory);
	if (err < 0)
		return ew_error_ret(err, "the mounts cannot be looked through: %s", strerror(-err));
	return find_owners(&s->inventory);
}

static int judge(struct ew_scanned *s, const struct ew_caller *caller)
{
	s->judged = calloc(s->inventory.n + 1, sizeof(*s->judged));
	if (!s->judged)
		return ew_error_ret(-ENOMEM, "out of memory");
	for (size_t i = 0; i < s->inventory.n; i++) {
		s->judged[i].err = -ETIMEDOUT;
		if (!s->inventory.items[i].mute)
			ew_inventory_judge(caller, !s->user, s->image, s->set, s->inventory.items[i].path,
					   &s->judged[i]);
	}
	return 0;
}

/* Returns EW_EXIT_*. */
static int scan(const struct request *r, struct ew_scanned *s, struct ew_caller *caller)
{
	EW_CLEANUP(ew_source_close) struct ew_source source;
	int code = EW_EXIT_OK;

	ew_source_init(&source);
	if (ew_caller_get(caller, 0, r->user ?: POWERLESS) < 0) {
		if (!r->user)
			ew_error("name another user who can do nothing: --as USER");
		return EW_EXIT_FAILED;
	}
	if (ew_source_open(&source) < 0)
		return EW_EXIT_FAILED;
	s->image = source.image;
	s->user = r->user;
	s->patience = (unsigned int)r->patience;
	s->unloaded = source.in_force ? NULL : source.why;
	if (choose(r, s) < 0 || walk(s) < 0 || judge(s, caller) < 0)
		return EW_EXIT_FAILED;
	if ((r->json ? ew_scanned_print_json : ew_scanned_print)(s, stdout) < 0) {
		ew_error("out of memory");
		return EW_EXIT_FAILED;
	}
	fflush(stdout);
	ew_scanned_tell_failures(s);
	if (s->inventory.n_failures)
		code = EW_EXIT_FAILED;
	for (size_t i = 0; i < s->inventory.n; i++)
		if (s->judged[i].err)
			code = EW_EXIT_FAILED;
	return code;
}

static int scan_apart(void *ctx, bool *stuck)
{
	struct ew_scanned scanned = {0};
	struct ew_caller caller = {0};
	int code = scan(ctx, &scanned, &caller);

	*stuck = ew_inventory_is_stuck(&scanned.inventory, scanned.mounts.n);
	ew_caller_clear(&caller);
	ew_inventory_clear(&scanned.inventory);
	ew_mount_points_clear(&scanned.mounts);
	free(scanned.judged);
	return code;
}

int ew_cmd_scan(int argc, char **argv)
{
	struct request request = {.patience = PATIENCE};
	int code = parse(argc, argv, &request);

	if (code >= 0)
		return code;
	code = ew_apart(scan_apart, &request);
	if (code < 0) {
		ew_error("no process can be made: %s", strerror(-code));
		return EW_EXIT_FAILED;
	}
	return code;
}
