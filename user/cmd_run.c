/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <execward/enter.h>

#include "cmd.h"
#include "log.h"
#include "pins_need.h"
#include "process.h"

#define KEPT_MAX 256

static const struct option options[] = {
	{"no-transition", no_argument, NULL, 't'},
	{"close-fds", no_argument, NULL, 'c'},
	{"keep-fd", required_argument, NULL, 'k'},
	{"help", no_argument, NULL, 'h'},
	{},
};

/* Tags this process with any profile. Whatever is opened here is closed again before the command starts. */
static int enter_as_root(const char *profile)
{
	_cleanup_pins_ struct ew_pins pins;
	_cleanup_close_ int lock = -1;
	int slot, err;

	ew_pins_init(&pins);
	lock = ew_pins_open_locked(&pins);
	if (lock < 0)
		return -1;
	slot = ew_pins_profile_slot(&pins, profile);
	if (slot < 0)
		return -1;
	if (ew_pins_need_process_tags(&pins) < 0)
		return -1;
	err = ew_process_tag_self(&pins, 1ULL << slot, 1ULL << slot);
	if (err < 0)
		return ew_error_ret(-1, "this process cannot be put under profile \"%s\": %s", profile, strerror(-err));
	return 0;
}

/* Asks for the profile as anybody can. WHY: what keeps this process from tagging itself. */
static int enter_by_door(const char *profile, const char *why)
{
	int err = execward_enter_flags(profile, EXECWARD_ENTER_STARTING);

	switch (err) {
	case 0:
		return 0;
	case -ENOSYS:
		if (geteuid() == 0)
			return ew_error_ret(-1, "%s", why);
		return ew_error_ret(-1,
				    "profile \"%s\" cannot be entered: nothing is loaded, or no profile has "
				    "\"self_service: yes\"; run this as root, or load a policy that has one",
				    profile);
	case -EPERM:
		return ew_error_ret(
			-1, "profile \"%s\" has no \"self_service: yes\"; run this as root, or give it that", profile);
	case -ENOENT:
	case -ENAMETOOLONG:
		return ew_error_ret(-1, "no profile \"%s\" in the loaded policy", profile);
	default:
		return ew_error_ret(-1, "this process cannot be put under profile \"%s\": %s", profile, strerror(-err));
	}
}

static int enter(const char *profile)
{
	_cleanup_pins_ struct ew_pins pins;
	char why[512];

	/* by the maps where they can be had, for there every profile will do */
	return ew_pins_try(&pins, why, sizeof(why)) == 0 ? enter_as_root(profile) : enter_by_door(profile, why);
}

static int exec_failed(const char *command)
{
	int err = errno;

	if (err == EPERM)
		ew_error("%s was refused: %s; see: execward trace", command, strerror(err));
	else
		ew_error("%s cannot be executed: %s", command, strerror(err));
	return err == ENOENT ? EW_EXIT_RUN_NOT_FOUND : EW_EXIT_RUN_NOT_EXECUTABLE;
}

/* Descriptors that --keep-fd names. */
struct kept {
	int fds[KEPT_MAX];
	size_t n;
};

static int compare_fds(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

/* Adds the descriptor that TEXT names. Returns 0 or -1 after logging. */
static int keep(struct kept *kept, const char *text)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || fd > INT_MAX)
		return ew_error_ret(-1, "--keep-fd \"%s\": expected the number of a descriptor", text);
	if (fcntl((int)fd, F_GETFD) < 0)
		return ew_error_ret(-1, "--keep-fd %ld: no such descriptor is open", fd);
	if (kept->n == KEPT_MAX)
		return ew_error_ret(-1, "--keep-fd is given too often; expected at most %d", KEPT_MAX);
	kept->fds[kept->n++] = (int)fd;
	return 0;
}

/*
 * Marks every descriptor from 3 on close-on-exec but those to be kept, whose own mark goes: they were named to be
 * passed. Returns 0 or -1 with errno.
 */
static int mark_fds(struct kept *kept)
{
	unsigned int first = 3;

	qsort(kept->fds, kept->n, sizeof(*kept->fds), compare_fds);
	for (size_t i = 0; i < kept->n; i++) {
		unsigned int fd = (unsigned int)kept->fds[i];

		if (fd > first && close_range(first, fd - 1, CLOSE_RANGE_CLOEXEC) < 0)
			return -1;
		if (fcntl((int)fd, F_SETFD, 0) < 0)
			return -1;
		if (fd >= first)
			first = fd + 1;
	}
	return close_range(first, ~0U, CLOSE_RANGE_CLOEXEC);
}

int ew_cmd_run(int argc, char **argv)
{
	bool no_transition = false, close_fds = false;
	struct kept kept = {};
	const char *profile = NULL;
	int c;

	/* PROFILE stands before the options; the command is what follows "--" */
	if (argc > 1 && argv[1][0] != '-') {
		profile = argv[1];
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("run");
		if (c == '?') {
			ew_cmd_usage("run");
			return EW_EXIT_RUN_FAILED;
		}
		if (c == 'k' && keep(&kept, optarg) < 0)
			return EW_EXIT_RUN_FAILED;
		no_transition |= c == 't';
		close_fds |= c == 'c';
	}
	/* options may come first, too */
	if (!profile && optind < argc && strcmp(argv[optind - 1], "--") != 0)
		profile = argv[optind++];
	if (optind < argc && strcmp(argv[optind], "--") == 0)
		optind++;
	if (!profile || optind >= argc) {
		ew_error("run takes a profile and a command");
		ew_cmd_usage("run");
		return EW_EXIT_RUN_FAILED;
	}
	if (kept.n && !close_fds) {
		ew_error("--keep-fd is without effect unless --close-fds is given");
		ew_cmd_usage("run");
		return EW_EXIT_RUN_FAILED;
	}
	if (enter(profile) < 0)
		return EW_EXIT_RUN_FAILED;
	if (no_transition && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		ew_error("no_new_privs cannot be set: %s", strerror(errno));
		return EW_EXIT_RUN_FAILED;
	}
	if (close_fds && mark_fds(&kept) < 0) {
		ew_error("descriptors cannot be marked close-on-exec: %s", strerror(errno));
		return EW_EXIT_RUN_FAILED;
	}
	execvp(argv[optind], &argv[optind]);
	return exec_failed(argv[optind]);
}
