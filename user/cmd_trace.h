/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_TRACE_H
#define EW_CMD_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"
#include "record_filter.h"

/* The command line of `trace`. */
struct ew_trace_options {
	struct ew_filter_options filter; /* fds: leaks, each once in a period */
	bool all;
	enum ew_format format;
	__u64 period;	     /* seconds */
	unsigned long count; /* lines to print; 0: no end */
	double seconds;	     /* 0: no end */
	size_t buffer;	     /* bytes */
	const char *color;   /* auto, always, never */
};

/* Fills OPTIONS, which point into ARGV. Returns -1 to go on, or the exit code, with the reason or the help printed. */
int ew_trace_options_parse(struct ew_trace_options *options, int argc, char **argv);

#endif
