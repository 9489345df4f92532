/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"
#include "report.h"

static const char help_text[] =
	"\n"
	"FILE: JSON Lines of trace, log or daemon, \"-\" for standard input. The page goes to standard output. It is\n"
	"one file, has no script and fetches nothing.\n"
	"Exit: 0 done; 1 failed, or there was no record.\n";

/* Returns EW_EXIT_*. */
static int report_of(struct ew_report *report, int n, char **names)
{
	int err = ew_report_init(report), code;

	err = err ?: ew_report_read(report, n, names);
	code = err < 0 ? EW_EXIT_FAILED : ew_record_lines_end(&report->lines);
	if (code == EW_EXIT_OK)
		err = ew_report_print(report, stdout);
	if (err == -ENOMEM)
		ew_error("the report cannot be made: %s", strerror(ENOMEM));
	return err < 0 ? EW_EXIT_FAILED : code;
}

int ew_cmd_report(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {}};
	struct ew_report *report;
	int c, code;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'h')
			return ew_cmd_usage("report");
		ew_cmd_help("report");
		fputs(help_text, stdout);
		return EW_EXIT_OK;
	}
	if (optind == argc) {
		ew_error("report takes a file of records, or \"-\" for standard input");
		return ew_cmd_usage("report");
	}
	if (isatty(STDOUT_FILENO)) {
		ew_error("report writes a page, which is of no use on a terminal; send it to a file: execward report "
			 "%s > report.html",
			 argv[optind]);
		return ew_cmd_usage("report");
	}
	report = calloc(1, sizeof(*report));
	if (!report)
		return EW_EXIT_FAILED;
	code = report_of(report, argc - optind, argv + optind);
	ew_report_clear(report);
	free(report);
	return code;
}
