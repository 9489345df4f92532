/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "change.h"
#include "cmd.h"
#include "escape.h"
#include "journal_read.h"
#include "json_get.h"
#include "leaks.h"
#include "log.h"
#include "output.h"
#include "record_fds.h"
#include "record_filter.h"
#include "record_parse.h"

#define NSEC_PER_SEC 1000000000ULL
#define ENOUGH 1 /* what the reading ends with at -n COUNT; EW_OUTPUT_READER_GONE is the other */

struct log {
	struct ew_filter_options options;
	struct ew_filter filter;
	enum ew_format format;
	const char *color;
	bool follow;
	__u64 since, until; /* nanoseconds since the epoch; 0: no limit */
	unsigned long count, printed;
	struct ew_output output;
	struct ew_record_names names; /* for ECS */
	struct ew_record_lines lines;
	struct ew_parsed parsed;
	struct ew_change_parsed change;
	int year, day; /* of the last record */
};

/* A line's time is one of a day: where it is not the one before, or today, it is said which. */
static int put_day(struct log *log, __u64 time)
{
	time_t seconds = (time_t)(time / NSEC_PER_SEC);
	struct tm tm = {0};
	char text[64];

	localtime_r(&seconds, &tm);
	if (log->format != EW_FORMAT_TEXT || (tm.tm_year == log->year && tm.tm_yday == log->day))
		return 0;
	log->year = tm.tm_year;
	log->day = tm.tm_yday;
	strftime(text, sizeof(text), "-- %Y-%m-%d", &tm);
	return ew_output_line(&log->output, strdup(text));
}

/* TEXT is printed for people, LINE else. */
static int put(struct log *log, __u64 time, char *text, const char *line)
{
	_cleanup_free_ char *for_people = text;
	int err;

	if (log->format != EW_FORMAT_TEXT)
		return ew_output_json(&log->output, strdup(line));
	err = put_day(log, time);
	return err ?: ew_output_line(&log->output, TAKE_PTR(for_people));
}

struct leaking {
	struct log *log;
	int err;
};

static void put_leak(void *ctx, const struct ew_fd_view *fd)
{
	struct leaking *l = ctx;
	struct ew_parsed *parsed = &l->log->parsed;

	if (!l->err)
		l->err = put(l->log, parsed->view.record.time,
			     ew_record_text_leak(&parsed->view, &parsed->names, fd, 0, &l->log->output.text), NULL);
}

static int put_exec(struct log *log, const char *line)
{
	const struct ew_record_view *view = &log->parsed.view;
	struct leaking leaking = {.log = log};

	if (log->format == EW_FORMAT_TEXT && log->options.fds) {
		ew_record_each_fd(view, put_leak, &leaking);
		return leaking.err;
	}
	return put(log, view->record.time,
		   log->format == EW_FORMAT_TEXT ? ew_record_text(view, &log->parsed.names, 0, &log->output.text)
						 : NULL,
		   line);
}

static bool in_time(const struct log *log, __u64 time)
{
	return time >= log->since && (!log->until || time < log->until);
}

static int take_exec(struct log *log, json_object *root, const char *line, const char **why)
{
	int err = ew_record_parse(root, &log->parsed, why);

	/* the tree of processes grows with those, too, that are not printed */
	if (err < 0 || !ew_filter_match(&log->filter, &log->parsed.view, &log->parsed.names))
		return err;
	if (!in_time(log, log->parsed.view.record.time))
		return 0;
	err = put_exec(log, line);
	return err ?: log->count && ++log->printed >= log->count ? ENOUGH : 0;
}

/* What a record says of a name, which is printed as it is: "" for what is not escaped as names are. */
static const char *escaped(json_object *object, const char *key)
{
	const char *text = ew_json_string(object, key);
	char plain[EW_PATH_MAX + 1];

	return ew_unescape(plain, sizeof(plain), text) < 0 ? "" : text;
}

/* Whether a leak that came again is asked for. Whose it was, and where, its record does not say. */
static bool again_matches(const struct log *log, const struct ew_leak_words *words)
{
	const struct ew_filter_options *o = &log->options;
	char program[EW_PATH_MAX + 1] = "";

	if (o->gain || o->cgroup || o->pid || o->user || (o->profile && !EW_STREQ(words->profile, o->profile)))
		return false;
	ew_unescape(program, sizeof(program), words->receiver);
	return !o->program || EW_STREQ(program, log->filter.program_path);
}

static int take_again(struct log *log, json_object *root, const char *line, __u64 time)
{
	json_object *fd = ew_json_object(root, "fd");
	const struct ew_leak leak = {
		.words = {.profile = escaped(root, "profile"),
			  .giver = escaped(ew_json_object(root, "task"), "exe"),
			  .receiver = escaped(ew_json_object(root, "file"), "path"),
			  .kind = escaped(fd, "kind"),
			  .target = escaped(fd, "path"),
			  .access = escaped(fd, "access")},
		.untold = ew_json_number(root, "count"),
	};

	if (!again_matches(log, &leak.words))
		return 0;
	return put(log, time, ew_record_text_again(time, 0, &leak, ew_json_number(root, "seconds"), &log->output.text),
		   line);
}

static int take_change(struct log *log, json_object *root, const char *line, const char **why)
{
	const struct ew_change_record *change = &log->change.change;
	int err = ew_change_parse(root, &log->change, why);

	if (err < 0)
		return err;
	if (!in_time(log, change->time) || !ew_filter_match_change(&log->filter, change, &log->change.names))
		return 0;
	return put(log, change->time, ew_change_text(change, &log->change.names, 0, &log->output.text), line);
}

static int take_line(void *ctx, json_object *root, const char *line, const char **why)
{
	const char *type = ew_json_string(root, "type");
	struct log *log = ctx;
	__u64 time;

	if (EW_STREQ(type, "exec"))
		return take_exec(log, root, line, why);
	if (EW_STREQ(type, "tag") || EW_STREQ(type, "policy"))
		return take_change(log, root, line, why);
	*why = "a record of a type that is not known here, or without a time";
	if ((!EW_STREQ(type, "lost") && !EW_STREQ(type, "fds")) || !ew_record_parse_time(root, &time))
		return -EBADMSG;
	if (!in_time(log, time))
		return 0;
	if (EW_STREQ(type, "fds"))
		return take_again(log, root, line, time);
	return put(log, time,
		   ew_record_text_lost(time, 0, ew_json_number(root, "count"), ew_json_number(root, "total"),
				       &log->output.text),
		   line);
}

/* "2026-11-22", with a time of day maybe, local; or "@SECONDS". */
static bool parse_time(const char *text, __u64 *out)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};
	unsigned long seconds;

	if (text[0] == '@' && ew_parse_number(text + 1, INT_MAX, &seconds)) {
		*out = seconds * NSEC_PER_SEC;
		return true;
	}
	for (size_t i = 0; i < EW_ARRAY_SIZE(forms); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &tm);
		time_t time = end && !*end ? mktime(&tm) : -1;

		if (time < 0)
			continue;
		*out = (__u64)time * NSEC_PER_SEC;
		return true;
	}
	return false;
}

static int read_from(struct log *log, int n, char **files)
{
	if (!n)
		return ew_journal_read(&log->lines, log->since, log->follow, take_line, log);
	if (log->follow)
		return ew_record_lines_follow(&log->lines, files[0], take_line, log);
	return ew_record_lines_read(&log->lines, n, files, take_line, log);
}

static int read_all(struct log *log, int n, char **files)
{
	int err = ew_filter_open_past(&log->filter, &log->options);

	if (err < 0)
		return err;
	signal(SIGPIPE, SIG_IGN);
	log->names = (struct ew_record_names){.user = ew_record_user_name, .group = ew_record_group_name};
	/* the users of a file may be another machine's */
	ew_output_open(&log->output, log->format, log->color, n ? NULL : &log->names);
	if (log->output.terminal && log->format == EW_FORMAT_TEXT)
		err = ew_output_line(&log->output, ew_record_text_header(&log->output.text, log->options.fds));
	if (!err)
		err = read_from(log, n, files);
	if (!err && !n && !log->lines.lines && geteuid() != 0)
		ew_warning("no record in what you may read of the journal; root and the group systemd-journal may read "
			   "all of it");
	return ew_output_end(err == ENOUGH ? 0 : err);
}

enum { OPT_JSON = 256, OPT_COLOR, OPT_NO_PAGER, OPT_SINCE, OPT_UNTIL };

static const struct option options[] = {
	EW_FILTER_OPTIONS,
	{"since", required_argument, NULL, OPT_SINCE},
	{"until", required_argument, NULL, OPT_UNTIL},
	{"follow", no_argument, NULL, 'f'},
	{"json", no_argument, NULL, OPT_JSON},
	{"color", required_argument, NULL, OPT_COLOR},
	{"no-pager", no_argument, NULL, OPT_NO_PAGER},
	{"help", no_argument, NULL, 'h'},
	{},
};

static const char help_text[] =
	"\n"
	"FILE: JSON Lines of trace or daemon, \"-\" for standard input; without one, the journal.\n"
	"\n" EW_FILTER_HELP "      --fds           only what descriptors crossed\n"
	"      --since TIME    TIME: \"2026-11-22\", \"2026-11-22 16:00:00\", or @SECONDS\n"
	"      --until TIME\n"
	"  -n COUNT            end after COUNT transitions\n"
	"  -f, --follow        then go on with what comes; of files with one, and with the next of\n"
	"                      its name when it is renamed\n"
	"      --json          JSON Lines, as they were\n"
	"  -o FORMAT           text, json, or ecs: JSON Lines with the field names of the\n"
	"                      Elastic Common Schema\n"
	"      --color=WHEN    auto, always or never\n"
	"      --no-pager      accepted; there is none\n";

/* What the argument of OPTION has to be, or NULL if ARG is that. */
static const char *take_option(struct log *log, int option, const char *arg)
{
	switch (option) {
	case OPT_SINCE:
		return parse_time(arg, &log->since) ? NULL : "a time such as \"2026-11-22 16:00\" or @SECONDS";
	case OPT_UNTIL:
		return parse_time(arg, &log->until) ? NULL : "a time such as \"2026-11-22 16:00\" or @SECONDS";
	case OPT_JSON:
		log->format = EW_FORMAT_JSON;
		return NULL;
	case 'f':
		log->follow = true;
		return NULL;
	case 'o':
		return ew_format_find(arg, &log->format) ? NULL : "text, json or ecs";
	case 'n':
		return ew_parse_number(arg, ULONG_MAX, &log->count) ? NULL : "a number above 0";
	case OPT_COLOR:
		log->color = arg;
		return EW_STREQ(arg, "auto") || EW_STREQ(arg, "always") || EW_STREQ(arg, "never")
			       ? NULL
			       : "auto, always or never";
	default:
		return ew_filter_option(&log->options, option, arg) < 0 ? ew_filter_argument(option) : NULL;
	}
}

/* Returns -1 to go on, or the exit code, with the reason or the help printed. */
static int parse_options(struct log *log, int argc, char **argv)
{
	const char *wanted;
	int c, index = -1;

	while ((c = getopt_long(argc, argv, "hfn:o:", options, &index)) != -1) {
		if (c == 'h') {
			ew_cmd_help("log");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("log");
		wanted = take_option(log, c, optarg);
		if (wanted) {
			ew_error("log: %s%s takes %s, not \"%s\"", c < 256 ? "-" : "--",
				 c < 256 ? (char[]){(char)c, '\0'} : options[index].name, wanted, optarg);
			return ew_cmd_usage("log");
		}
	}
	return -1;
}

int ew_cmd_log(int argc, char **argv)
{
	_cleanup_free_ struct log *log = calloc(1, sizeof(*log));
	time_t now = time(NULL);
	struct tm today = {0};
	int err, code;

	if (!log)
		return EW_EXIT_FAILED;
	log->color = "auto";
	localtime_r(&now, &today);
	log->year = today.tm_year;
	log->day = today.tm_yday;
	code = parse_options(log, argc, argv);
	if (code >= 0)
		return code;
	if (log->follow && (argc - optind > 1 || (argc > optind && EW_STREQ(argv[optind], "-")))) {
		ew_error("log: --follow takes one file, or none for the journal");
		return ew_cmd_usage("log");
	}
	err = read_all(log, argc - optind, argv + optind);
	code = ew_record_lines_end(&log->lines);
	ew_filter_clear(&log->filter);
	return err < 0 ? EW_EXIT_FAILED : code;
}
