/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd_trace.h"
#include "leak_records.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "reader.h"

enum { OPT_COLOR = 256, OPT_NO_PAGER, OPT_FOR, OPT_BUFFER, OPT_JSON, OPT_PERIOD };

static const struct option options[] = {
	{"all", no_argument, NULL, 'a'},
	EW_FILTER_OPTIONS,
	{"period", required_argument, NULL, OPT_PERIOD},
	{"json", no_argument, NULL, OPT_JSON},
	{"for", required_argument, NULL, OPT_FOR},
	{"color", required_argument, NULL, OPT_COLOR},
	{"no-pager", no_argument, NULL, OPT_NO_PAGER},
	{"buffer", required_argument, NULL, OPT_BUFFER},
	{"help", no_argument, NULL, 'h'},
	{},
};

static const char help_text[] = "\n"
				"      --all           untagged tasks too\n" EW_FILTER_HELP
				"      --fds           descriptors that crossed, each leak once in a period\n"
				"      --period SECONDS  of --fds; default 60\n"
				"  -n COUNT            end after COUNT transitions\n"
				"      --for SECONDS   end after SECONDS\n"
				"      --json          JSON Lines\n"
				"  -o FORMAT           text, json, or ecs: JSON Lines with the field names of the\n"
				"                      Elastic Common Schema\n"
				"      --color=WHEN    auto, always or never\n"
				"      --no-pager      accepted; a stream has none\n"
				"      --buffer SIZE   of the buffer in the kernel, K or M may follow; default 2M\n";

static bool parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out > 0 && *out < 1e9;
}

/* Returns whether the option's argument is as it should be. */
static bool take_option(struct ew_trace_options *o, int option, const char *arg)
{
	unsigned long number = 0;
	int filter = ew_filter_option(&o->filter, option, arg);
	bool ok = filter >= 0;

	switch (option) {
	case 'a':
		o->all = true;
		break;
	case 'n':
		ok = ew_parse_number(arg, ULONG_MAX, &o->count);
		break;
	case 'o':
		ok = ew_format_find(arg, &o->format);
		break;
	case OPT_JSON:
		o->format = EW_FORMAT_JSON;
		break;
	case OPT_PERIOD:
		ok = ew_parse_number(arg, EW_LEAKS_PERIOD_MAX, &number);
		o->period = number;
		break;
	case OPT_FOR:
		ok = parse_seconds(arg, &o->seconds);
		break;
	case OPT_COLOR:
		ok = EW_STREQ(arg, "auto") || EW_STREQ(arg, "always") || EW_STREQ(arg, "never");
		o->color = arg;
		break;
	case OPT_BUFFER:
		ok = ew_reader_size_parse(arg, &o->buffer);
		break;
	}
	return ok;
}

/* What the argument of an option is to be. */
static const char *argument_of(int option)
{
	switch (option) {
	case EW_FILTER_GAIN:
	case EW_FILTER_PID:
		return ew_filter_argument(option);
	case 'o':
		return "text, json or ecs";
	case OPT_FOR:
		return "a number of seconds above 0";
	case OPT_PERIOD:
		return "a number of seconds, 1000000 at most";
	case OPT_COLOR:
		return "auto, always or never";
	case OPT_BUFFER:
		return "a size such as 512K or 4M, 1024M at most";
	default:
		return "a number above 0";
	}
}

int ew_trace_options_parse(struct ew_trace_options *o, int argc, char **argv)
{
	int c, index = -1;

	*o = (struct ew_trace_options){.color = "auto", .buffer = EW_READER_BUFFER_SIZE, .period = EW_LEAKS_PERIOD};
	while ((c = getopt_long(argc, argv, "hn:o:", options, &index)) != -1) {
		if (c == 'h') {
			ew_cmd_help("trace");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("trace");
		if (!take_option(o, c, optarg)) {
			bool brief = c == 'n' || c == 'o';

			ew_error("trace: %s%s takes %s, not \"%s\"", brief ? "-" : "--",
				 brief ? (char[]){(char)c, '\0'} : options[index].name, argument_of(c), optarg);
			return ew_cmd_usage("trace");
		}
	}
	if (optind < argc) {
		ew_error("trace takes options only, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("trace");
	}
	return -1;
}
