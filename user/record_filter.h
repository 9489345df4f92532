/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_FILTER_H
#define EW_RECORD_FILTER_H

#include <getopt.h>
#include <stdbool.h>

#include "identity.h"
#include "pid_tree.h"
#include "record_view.h"

/* Which records are asked for: the same words for those that come and for those that are read back. */
struct ew_filter_options {
	bool denied, gain, fds;
	__u32 gains;	     /* EW_BIT(EW_GAIN_*), 0: any */
	const char *profile; /* as given; NULL: any, as of the others */
	const char *cgroup;
	const char *user;
	const char *program;
	__u32 pid; /* whose tree; 0: any */
};

/* Their options, for a table of getopt_long(3); the verb's own have other values. */
enum ew_filter_option {
	EW_FILTER_DENIED = 1024,
	EW_FILTER_GAIN,
	EW_FILTER_PROFILE,
	EW_FILTER_CGROUP,
	EW_FILTER_PID,
	EW_FILTER_USER,
	EW_FILTER_PROGRAM,
	EW_FILTER_FDS,
};
/* clang-format off */
#define EW_FILTER_OPTIONS                                          \
	{"denied", no_argument, NULL, EW_FILTER_DENIED},           \
	{"gain", optional_argument, NULL, EW_FILTER_GAIN},         \
	{"profile", required_argument, NULL, EW_FILTER_PROFILE},   \
	{"cgroup", required_argument, NULL, EW_FILTER_CGROUP},     \
	{"pid", required_argument, NULL, EW_FILTER_PID},           \
	{"user", required_argument, NULL, EW_FILTER_USER},         \
	{"program", required_argument, NULL, EW_FILTER_PROGRAM},   \
	{"fds", no_argument, NULL, EW_FILTER_FDS}
#define EW_FILTER_HELP \
	"      --denied        only what was refused, or would be but for audit mode\n" \
	"      --gain[=KIND]   only gains; KIND: uid, gid, caps, label; may be given again\n" \
	"      --profile NAME  only what the profile applies to\n" \
	"      --cgroup PATH   only this cgroup and those below it (and cgroups gone before\n" \
	"                      their path was known)\n" \
	"      --pid PID       only this process and its descendants\n" \
	"      --user USER     only tasks of this real user id: a name, an id or a range\n" \
	"      --program PATH  only execs of this program\n"
/* clang-format on */

/* Takes OPTION with its argument. Returns 1, 0 for one that is no filter's, or -1 for an argument that is none. */
int ew_filter_option(struct ew_filter_options *options, int option, const char *arg);

/* What the argument of an option, which was none, is to be. */
const char *ew_filter_argument(int option);

bool ew_parse_number(const char *text, unsigned long max, unsigned long *out);

struct ew_filter {
	const struct ew_filter_options *options;
	char cgroup_path[EW_PATH_MAX];	/* in the hierarchy */
	__u64 cgroup_id;		/* 0: not known */
	__u32 first_user, last_user;	/* the users asked for */
	struct ew_identity program;	/* of the file that is there now; all zero: none */
	char program_path[EW_PATH_MAX]; /* absolute, links followed where it exists */
	struct ew_pid_tree tree;
};

/*
 * ew_filter_open, ew_filter_open_past - find out what OPTIONS, which are borrowed, name
 *
 * The first for records that come: of cgroups, processes and files that there are. The second for those of another
 * time, maybe of another machine: by what they name alone. Users are those of this machine. Whether there is such a
 * profile is not asked. Return 0 or, logged, a negative errno: -ENOENT for a user or cgroup that does not exist,
 * -EMEDIUMTYPE for a cgroup of version 1, else as ew_cgroup_open(). In all cases ew_filter_clear() gives the memory
 * back.
 */
int ew_filter_open(struct ew_filter *filter, const struct ew_filter_options *options);
int ew_filter_open_past(struct ew_filter *filter, const struct ew_filter_options *options);
void ew_filter_clear(struct ew_filter *filter);

/*
 * What of FILTER the programs can ask themselves, so that little else is sent; ew_filter_match() asks all of it. But
 * for profiles, of which every one is asked for (ew_reader_ask_profiles()).
 */
void ew_filter_sent(const struct ew_filter *filter, struct ew_reader_filter *out);

/*
 * Whether the record in VIEW, with the names that it has, is to be shown. It is to be asked about each one, as the tree
 * of processes grows with them. A record whose cgroup was removed before its path was known passes the filter for
 * cgroups: rather one line too many than a denial that nobody sees.
 */
bool ew_filter_match(struct ew_filter *filter, const struct ew_record_view *view, const struct ew_record_names *names);

/*
 * The same for a change. Only who asks for everything, or for one profile or cgroup, is told of changes: of tags with
 * that profile, or on that cgroup and those below it.
 */
struct ew_change_record;
bool ew_filter_match_change(const struct ew_filter *filter, const struct ew_change_record *change,
			    const struct ew_record_names *names);

#endif
