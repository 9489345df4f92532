/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_TRACE_H
#define EW_CMD_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "pins.h"

/* The command line of `trace`, and which records it asks for. */
struct ew_trace_options {
	bool all, denied, gain, json;
	__u32 gains;	     /* EW_BIT(EW_GAIN_*), 0: any */
	const char *profile; /* NULL: any */
	const char *cgroup;  /* as given; NULL: any */
	__u32 pid;	     /* 0: any */
	unsigned long count; /* lines to print; 0: no end */
	double seconds;	     /* 0: no end */
	size_t buffer;	     /* bytes */
	const char *color;   /* auto, always, never */
};

/* Fills OPTIONS, which point into ARGV. Returns -1 to go on, or the exit code, with the reason or the help printed. */
int ew_trace_options_parse(struct ew_trace_options *options, int argc, char **argv);

struct ew_trace_filter {
	const struct ew_trace_options *options;
	const struct ew_pins *pins;
	char cgroup_path[EW_PATH_MAX]; /* of the cgroup asked for, in the hierarchy */
	__u64 cgroup_id;
};

/*
 * Finds out what OPTIONS name; borrows both pointers. Returns 0 or, logged, a negative errno: -ENOENT for a profile or
 * cgroup that does not exist, -EMEDIUMTYPE for a cgroup of version 1, else as ew_cgroup_open().
 */
int ew_trace_filter_open(struct ew_trace_filter *filter, const struct ew_trace_options *options,
			 const struct ew_pins *pins);

/*
 * Whether RECORD is to be shown. A record whose cgroup was removed before its path was known passes the filter for
 * cgroups: rather one line too many than a denial that nobody sees.
 */
bool ew_trace_filter_match(const struct ew_trace_filter *filter, const struct ew_record *record);

#endif
