/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "cmd_policy.h"
#include "json_get.h"
#include "learn.h"
#include "log.h"
#include "record_lines.h"
#include "record_skim.h"

static const char help_text[] =
	"\n"
	"      --json          one JSON document\n"
	"      --no-pager      accepted; there is none\n"
	"\n"
	"FILE: JSON Lines of trace, log or daemon, \"-\" for standard input. Judged by the policy files;\n"
	"a profile that they do not have is taken to control uid, gid and caps. Nothing is changed.\n"
	"Exit: 0 done, whatever was found; 1 failed, or no line was a record.\n";

/* Both are large. */
struct learning {
	struct ew_learn learn;
	struct ew_parsed parsed;
	struct ew_record_lines lines;
};

static int skim_line(void *ctx, const char *line, size_t len)
{
	struct learning *l = ctx;

	return ew_record_skim(line, len, &l->parsed) ? ew_learn_take(&l->learn, &l->parsed) : -EAGAIN;
}

static int take_line(void *ctx, json_object *root, const char *line, const char **why)
{
	const char *type = ew_json_string(root, "type");
	struct learning *l = ctx;
	int err;

	(void)line;
	if (EW_STREQ(type, "lost"))
		l->learn.lost += ew_json_number(root, "count");
	if (!EW_STREQ(type, "exec"))
		return 0;
	err = ew_record_parse(root, &l->parsed, why);
	return err ?: ew_learn_take(&l->learn, &l->parsed);
}

static int begin(struct ew_learn *learn)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int err = ew_cmd_policy_read(EW_READ_ANY_OWNER, &policy, &diag);

	err = err ?: ew_learn_init(learn, policy, &diag);
	if (err < 0) {
		ew_diagnostics_print(&diag, stderr);
		ew_error("the policy files cannot be used: %s", err == -EINVAL ? "they have errors" : strerror(-err));
	}
	return err;
}

/* Returns 0 or -ENOMEM. */
static int print(const struct learning *l, bool json)
{
	if (json)
		return ew_learn_print_json(&l->learn, l->lines.lines, l->lines.bad, stdout);
	ew_learn_print(&l->learn, stdout);
	return 0;
}

/* Returns EW_EXIT_*. */
static int learn_from(struct learning *l, bool json, int n, char **names)
{
	int err = begin(&l->learn), code;

	if (err < 0)
		return EW_EXIT_FAILED;
	l->lines.skim = skim_line;
	err = ew_record_lines_read(&l->lines, n, names, take_line, l);
	err = err ?: ew_learn_finish(&l->learn);
	code = err < 0 ? EW_EXIT_FAILED : ew_record_lines_end(&l->lines);
	if (code == EW_EXIT_OK)
		err = print(l, json);
	if (err == -ENOMEM)
		ew_error("out of memory");
	return err < 0 ? EW_EXIT_FAILED : code;
}

int ew_cmd_learn(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct learning *l;
	bool json = false;
	int c, code;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == '?')
			return ew_cmd_usage("learn");
		if (c == 'h') {
			ew_cmd_help("learn");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		json |= c == 'j';
	}
	if (optind == argc) {
		ew_error("learn takes a file of records, or \"-\" for standard input");
		return ew_cmd_usage("learn");
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return EW_EXIT_FAILED;
	code = learn_from(l, json, argc - optind, argv + optind);
	ew_learn_clear(&l->learn);
	free(l);
	return code;
}
