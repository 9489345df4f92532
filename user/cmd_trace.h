/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_TRACE_H
#define EW_CMD_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "identity.h"
#include "output.h"
#include "pid_tree.h"
#include "profile_names.h"
#include "record_view.h"

/* The command line of `trace`, and which records it asks for. */
struct ew_trace_options {
	bool all, denied, gain;
	enum ew_format format;
	bool fds;	     /* leaks, each once in a period */
	__u64 period;	     /* of that, seconds */
	__u32 gains;	     /* EW_BIT(EW_GAIN_*), 0: any */
	const char *profile; /* NULL: any */
	const char *cgroup;  /* as given; NULL: any */
	__u32 pid;	     /* whose tree; 0: any */
	const char *user;    /* as given; NULL: any */
	const char *program; /* as given; NULL: any */
	unsigned long count; /* lines to print; 0: no end */
	double seconds;	     /* 0: no end */
	size_t buffer;	     /* bytes */
	const char *color;   /* auto, always, never */
};

/* Fills OPTIONS, which point into ARGV. Returns -1 to go on, or the exit code, with the reason or the help printed. */
int ew_trace_options_parse(struct ew_trace_options *options, int argc, char **argv);

struct ew_trace_filter {
	const struct ew_trace_options *options;
	const struct ew_profile_names *profiles; /* as of the record */
	char cgroup_path[EW_PATH_MAX];		 /* of the cgroup asked for, in the hierarchy */
	__u64 cgroup_id;
	__u32 first_user, last_user;	/* the users asked for */
	struct ew_identity program;	/* of the file that is there now; all zero: none */
	char program_path[EW_PATH_MAX]; /* absolute, links followed where it exists */
	struct ew_pid_tree tree;
};

/*
 * Finds out what OPTIONS name; borrows both pointers. Returns 0 or, logged, a negative errno: -ENOENT for a profile,
 * user or cgroup that does not exist, -EMEDIUMTYPE for a cgroup of version 1, else as ew_cgroup_open(). In both cases
 * ew_trace_filter_clear() gives the memory back.
 */
int ew_trace_filter_open(struct ew_trace_filter *filter, const struct ew_trace_options *options,
			 const struct ew_pins *pins, const struct ew_profile_names *profiles);
void ew_trace_filter_clear(struct ew_trace_filter *filter);

/*
 * Whether the record in VIEW is to be shown. It is to be asked about each one, as the tree of processes grows with
 * them. A record whose cgroup was removed before its path was known passes the filter for cgroups: rather one line too
 * many than a denial that nobody sees.
 */
bool ew_trace_filter_match(struct ew_trace_filter *filter, const struct ew_record_view *view);

#endif
