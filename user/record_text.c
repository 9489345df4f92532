/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_text.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "record_fds.h"
#include "util.h"
#include "words.h"

#define CAPS_NAMED 4
#define NSEC_PER_MSEC 1000000

enum field { TIME, VERDICT, WHO, EXE, PROGRAM, GAINS, IDS, CGROUP, REASON, FIELDS };

static const struct {
	const char *title;
	unsigned int columns; /* filled up to, where there is room */
	unsigned int fair;    /* shortened to, at most, for the sake of the fields of little weight; 0: not at all */
	unsigned int least;   /* shortened to, at most, for the sake of the others */
} fields[FIELDS] = {
	[TIME] = {"TIME", 12, 0, 0}, [VERDICT] = {"WHAT", 5, 0, 0},    [WHO] = {"WHO", 18, 0, 12},
	[EXE] = {"FROM", 20, 16, 0}, [PROGRAM] = {"TO", 24, 20, 12},   [GAINS] = {"GAINS", 12, 0, 16},
	[IDS] = {"IDS", 10, 0, 0},   [CGROUP] = {"CGROUP", 30, 12, 0}, [REASON] = {"REASON, PROFILE (RULE)", 0, 0, 12},
};

/* What a line that is too long leaves out, first to last: the fields of little weight, then the others. */
static const enum field light[] = {EXE, IDS, CGROUP}, heavy[] = {REASON, GAINS, WHO};
/* What is shortened, first to last. */
static const enum field shortened[] = {EXE, CGROUP, PROGRAM, REASON, WHO, GAINS};

struct line {
	const struct ew_record_text_options *options;
	char *text[FIELDS]; /* NULL: not there */
	size_t width[FIELDS];
	bool failed; /* no memory */
};

static void line_clear(struct line *line)
{
	for (unsigned int i = 0; i < FIELDS; i++)
		ew_freep(&line->text[i]);
}
#define _cleanup_line_ EW_CLEANUP(line_clear)

static const char *arrow(const struct ew_record_text_options *options)
{
	return options->ascii ? "->" : "→";
}

static const char *mark(const struct ew_record_text_options *options)
{
	return options->ascii ? "~" : "…";
}

static unsigned int escape_flags(const struct ew_record_text_options *options)
{
	return options->ascii ? EW_ESCAPE_ASCII : 0;
}

static const char *colour(const struct line *line, enum field field, __u32 verdict)
{
	static const char *const colours[] = {
		[EW_VERDICT_ALLOW] = "\033[32m",
		[EW_VERDICT_AUDIT] = "\033[33m",
		[EW_VERDICT_DENY] = "\033[31m",
		[EW_VERDICT_KILL] = "\033[1;31m",
	};

	_Static_assert(EW_ARRAY_SIZE(colours) == EW_VERDICT_MAX, "a colour for every verdict");
	if (!line->options->colour || verdict >= EW_VERDICT_MAX || (field != VERDICT && field != GAINS))
		return "";
	return colours[verdict];
}

/* Replaces the text of a field. */
static void set(struct line *line, enum field field, const char *fmt, ...) EW_PRINTF(3, 4);
static void set(struct line *line, enum field field, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0) {
		line->failed = true;
		text = NULL;
	}
	va_end(args);
	free(line->text[field]);
	line->text[field] = text;
}

/* What stands before FIELD. */
static const char *separator(const struct line *line, enum field field)
{
	if (field == TIME)
		return "";
	if (field == VERDICT || field == WHO || field == EXE)
		return " ";
	if (field == PROGRAM)
		return line->options->ascii ? " -> " : " → ";
	return "  ";
}

static size_t line_width(const struct line *line, bool columns)
{
	size_t total = 0;

	for (enum field i = 0; i < FIELDS; i++) {
		size_t width = line->width[i];

		if (!line->text[i] && !columns)
			continue;
		if ((columns || i == VERDICT) && width < fields[i].columns)
			width = fields[i].columns;
		total += ew_text_width(separator(line, i)) + width;
	}
	return total;
}

/* The columns that FIELD takes when it is shortened, to what is fair or to the least. */
static size_t short_columns(const struct line *line, enum field field, bool fair)
{
	size_t columns = fair ? fields[field].fair : fields[field].least;

	return columns && columns < line->width[field] ? columns : line->width[field];
}

static bool can_fit(const struct line *line, bool fair)
{
	size_t total = line_width(line, false);

	for (enum field i = 0; i < FIELDS; i++)
		total -= line->width[i] - short_columns(line, i, fair);
	return total <= line->options->width;
}

static void leave_out(struct line *line, const enum field *which, size_t n, bool fair)
{
	for (size_t i = 0; i < n && !can_fit(line, fair); i++) {
		ew_freep(&line->text[which[i]]);
		line->width[which[i]] = 0;
	}
}

static void shorten(struct line *line, bool fair)
{
	for (size_t i = 0; i < EW_ARRAY_SIZE(shortened) && line_width(line, false) > line->options->width; i++) {
		enum field field = shortened[i];
		size_t excess = line_width(line, false) - line->options->width;
		size_t width = line->width[field], leave = short_columns(line, field, fair);

		if (width - leave > excess)
			leave = width - excess;
		if (leave < width)
			line->width[field] = ew_text_elide(line->text[field], leave, mark(line->options));
	}
}

/* Makes the line fit if it can; returns whether its fields can stand in columns. */
static bool line_fit(struct line *line)
{
	bool fair;

	for (enum field i = 0; i < FIELDS; i++)
		line->width[i] = line->text[i] ? ew_text_width(line->text[i]) : 0;
	if (!line->options->width || line_width(line, true) <= line->options->width)
		return true;
	leave_out(line, light, EW_ARRAY_SIZE(light), true);
	fair = can_fit(line, true);
	if (!fair)
		leave_out(line, heavy, EW_ARRAY_SIZE(heavy), false);
	shorten(line, fair);
	return false;
}

static void put_fields(const struct line *line, FILE *out, __u32 verdict, bool columns)
{
	for (enum field i = 0; i < FIELDS; i++) {
		const char *start = colour(line, i, verdict);
		size_t width = line->width[i];

		if (!line->text[i] && (!columns || i == REASON))
			continue;
		fprintf(out, "%s%s%s%s", separator(line, i), start, line->text[i] ? line->text[i] : "",
			*start ? "\033[0m" : "");
		for (; (columns || i == VERDICT) && width < fields[i].columns; width++)
			fputc(' ', out);
	}
}

/* Time, verdict, program alone can be too wide: then the line is cut at its end, without colours. */
static char *cut(const struct line *line)
{
	char *text = NULL;

	if (asprintf(&text, "%s %-5s %s", line->text[TIME], line->text[VERDICT],
		     line->text[PROGRAM] ? line->text[PROGRAM] : "") < 0)
		return NULL;
	ew_text_elide(text, line->options->width, mark(line->options));
	return text;
}

static char *line_make(struct line *line, __u32 verdict)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	bool columns;

	if (line->failed)
		return NULL;
	columns = line_fit(line);
	if (!columns && line_width(line, false) > line->options->width)
		return cut(line);
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	put_fields(line, out, verdict, columns);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void set_time(struct line *line, __u64 boot, __s64 offset)
{
	struct ew_record_time t = ew_record_time_of_day(boot, offset);
	time_t seconds = t.seconds;
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	set(line, TIME, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(t.nanoseconds / NSEC_PER_MSEC));
}

static void set_verdict(struct line *line, __u32 verdict)
{
	set(line, VERDICT, "%s", ew_words_name(&ew_verdict_words, verdict));
	for (char *p = line->text[VERDICT]; p && *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
}

static void set_path(struct line *line, enum field field, const char *path, size_t len, int status)
{
	_cleanup_free_ char *escaped = path ? ew_escape_dup(path, len, escape_flags(line->options)) : NULL;

	if (path && !escaped)
		line->failed = true;
	else if (path)
		set(line, field, "%s", escaped);
	else
		set(line, field, "(%s)", status == -ENAMETOOLONG ? "path too long" : "no path");
}

/* An interpreter that a script asked for is followed by the script. */
static void set_program(struct line *line, const struct ew_record_view *view)
{
	_cleanup_free_ char *program = NULL, *script = NULL;
	const char *path = view->script_path;
	size_t len = view->script_path_len;

	set_path(line, PROGRAM, view->file_path, view->file_path_len, view->record.file_path_len);
	if (!path)
		return;
	program = TAKE_PTR(line->text[PROGRAM]);
	script = ew_escape_dup(path, len, escape_flags(line->options));
	if (program && script)
		set(line, PROGRAM, "%s %s", program, script);
	else
		line->failed = true;
}

struct gains {
	FILE *out;
	unsigned int caps; /* gained */
	unsigned int seen; /* of them, so far */
	bool all;
};

static void put_gain(void *ctx, const char *gain)
{
	struct gains *gains = ctx;
	bool cap = strncmp(gain, "cap_", 4) == 0;

	if (cap && gains->seen++ >= (gains->all ? 0 : CAPS_NAMED)) {
		if (gains->seen != gains->caps)
			return;
		if (gains->all)
			fprintf(gains->out, "+caps:all(%u) ", gains->caps);
		else
			fprintf(gains->out, "+%u ", gains->caps - CAPS_NAMED);
		return;
	}
	fprintf(gains->out, "+%s ", gain);
}

static void set_gains(struct line *line, const struct ew_record_view *view, const struct ew_record_names *names)
{
	bool withheld = view->record.withheld.kinds; /* then nothing is gained */
	__u64 caps = withheld ? view->record.withheld.caps : view->record.caps_gained;
	struct gains gains = {.caps = (unsigned int)__builtin_popcountll(caps)};
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	/* All that the kernel has: from 0 on without a gap, at least those known when this was written. */
	gains.all = gains.caps > CAP_LAST_CAP && (caps & (caps + 1)) == 0;
	gains.out = open_memstream(&text, &size);
	if (!gains.out) {
		line->failed = true;
		return;
	}
	if (withheld)
		fputs("withheld ", gains.out);
	(withheld ? ew_record_each_withheld : ew_record_each_gain)(view, names, escape_flags(line->options), put_gain,
								   &gains);
	if (fclose(gains.out)) {
		line->failed = true;
		return;
	}
	if (size)
		text[size - 1] = '\0';
	set(line, GAINS, "%s", size ? text : "-");
}

static void set_ids(struct line *line, const struct ew_record *r)
{
	bool uid = r->before.euid != r->after.euid, gid = r->before.egid != r->after.egid;
	const char *to = arrow(line->options);

	if (uid && gid)
		set(line, IDS, "uid %u%s%u gid %u%s%u", r->before.euid, to, r->after.euid, r->before.egid, to,
		    r->after.egid);
	else if (uid)
		set(line, IDS, "uid %u%s%u", r->before.euid, to, r->after.euid);
	else if (gid)
		set(line, IDS, "gid %u%s%u", r->before.egid, to, r->after.egid);
}

/* Of a refused shape the reason alone would not tell which. */
static void shape_names(const struct ew_record *r, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < EW_SHAPE_MAX && r->reason == EW_REASON_SHAPE && used < size; i++) {
		if (r->shapes & EW_BIT(i))
			used += (size_t)snprintf(out + used, size - used, "%c%s", used ? '+' : ' ',
						 ew_words_name(&ew_shape_words, i));
	}
}

static void set_reason(struct line *line, const struct ew_record_view *view, bool brief)
{
	const struct ew_record *r = &view->record;
	const char *reason = ew_words_name(&ew_reason_words, r->reason);
	unsigned int flags = escape_flags(line->options);
	char profile[4 * EW_PROFILE_NAME_MAX], file[4 * EW_POLICY_FILE_MAX], shapes[128];
	_cleanup_free_ char *fds = brief && r->reason == EW_REASON_FDS ? ew_record_fds_brief(view, flags) : NULL;

	shape_names(r, shapes, sizeof(shapes));
	ew_escape(profile, sizeof(profile), r->profile, strlen(r->profile), flags);
	ew_escape(file, sizeof(file), r->rule_file, strlen(r->rule_file), flags);
	if (!*profile)
		set(line, REASON, "%s%s%s%s", reason, shapes, fds ? " " : "", fds ?: "");
	else if (!*file)
		set(line, REASON, "%s%s%s%s, %s", reason, shapes, fds ? " " : "", fds ?: "", profile);
	else
		set(line, REASON, "%s%s%s%s, %s (%s:%u)", reason, shapes, fds ? " " : "", fds ?: "", profile, file,
		    r->rule_line);
}

/* Time, verdict, who executes what, where. */
static void set_transition(struct line *line, const struct ew_record_view *view, const struct ew_record_names *names,
			   __s64 offset)
{
	unsigned int flags = escape_flags(line->options);
	const struct ew_record *r = &view->record;
	char comm[4 * EW_COMM_MAX];

	set_time(line, r->time, offset);
	set_verdict(line, r->verdict);
	ew_escape(comm, sizeof(comm), r->comm, strlen(r->comm), flags);
	set(line, WHO, "%s[%u]", comm, r->pid);
	set_path(line, EXE, view->exe_path, view->exe_path_len, r->exe_path_len);
	set_program(line, view);
	line->text[CGROUP] = ew_record_cgroup_path(view, names, flags);
	if (!line->text[CGROUP])
		set(line, CGROUP, "(cgroup %llu)", (unsigned long long)r->cgroup_id);
}

char *ew_record_text(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
		     const struct ew_record_text_options *options)
{
	_cleanup_line_ struct line line = {.options = options};

	set_transition(&line, view, names, offset);
	set_gains(&line, view, names);
	set_ids(&line, &view->record);
	set_reason(&line, view, true);
	return line_make(&line, view->record.verdict);
}

char *ew_record_text_leak(const struct ew_record_view *view, const struct ew_record_names *names,
			  const struct ew_fd_view *fd, __s64 offset, const struct ew_record_text_options *options)
{
	_cleanup_free_ char *target = ew_fd_target(fd, escape_flags(options));
	_cleanup_line_ struct line line = {.options = options};

	if (!target)
		return NULL;
	set_transition(&line, view, names, offset);
	set(&line, GAINS, "%u %s %s%s", fd->fd.fd, target, ew_fd_access(&fd->fd), fd->fd.dangers ? " (dangerous)" : "");
	set_reason(&line, view, false);
	return line_make(&line, view->record.verdict);
}

/* What JSON has, for a terminal that may not be UTF-8. */
static void set_words(struct line *line, enum field field, const char *words)
{
	_cleanup_free_ char *text = NULL;

	if (!line->options->ascii) {
		set(line, field, "%s", *words ? words : "-");
		return;
	}
	text = ew_escape_dup(words, strlen(words), EW_ESCAPE_ASCII | EW_ESCAPE_TEXT);
	if (text)
		set(line, field, "%s", *text ? text : "-");
	else
		line->failed = true;
}

char *ew_record_text_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds,
			   const struct ew_record_text_options *options)
{
	_cleanup_line_ struct line line = {.options = options};

	set_time(&line, boot, offset);
	set(&line, VERDICT, "AGAIN");
	set(&line, WHO, "%llu times", (unsigned long long)leak->untold);
	set_words(&line, EXE, leak->words.giver);
	set_words(&line, PROGRAM, leak->words.receiver);
	set_words(&line, GAINS, leak->words.target);
	set(&line, REASON, "in %llu s, %s", (unsigned long long)seconds,
	    *leak->words.profile ? leak->words.profile : "no profile");
	return line_make(&line, EW_VERDICT_MAX);
}

char *ew_record_text_lost(__u64 boot, __s64 offset, __u64 count, __u64 total,
			  const struct ew_record_text_options *options)
{
	_cleanup_line_ struct line line = {.options = options};
	_cleanup_free_ char *text = NULL;
	char *coloured;

	set_time(&line, boot, offset);
	if (line.failed || asprintf(&text, "%s LOST  %llu record%s not kept up with (%llu in all)", line.text[TIME],
				    (unsigned long long)count, count == 1 ? "" : "s", (unsigned long long)total) < 0)
		return NULL;
	if (options->width)
		ew_text_elide(text, options->width, mark(options));
	if (!options->colour)
		return TAKE_PTR(text);
	return asprintf(&coloured, "\033[1;35m%s\033[0m", text) < 0 ? NULL : coloured;
}

char *ew_record_text_header(const struct ew_record_text_options *options, bool leaks)
{
	_cleanup_line_ struct line line = {.options = options};

	for (enum field i = 0; i < FIELDS; i++)
		if (!leaks || i != IDS)
			set(&line, i, "%s", leaks && i == GAINS ? "LEAKS" : fields[i].title);
	return line_make(&line, EW_VERDICT_MAX);
}

char *ew_record_text_message(const struct ew_record_view *view, const struct ew_record_names *names)
{
	static const struct ew_record_text_options plain = {};
	_cleanup_line_ struct line line = {.options = &plain};
	const char *gains;
	char *text;

	set_transition(&line, view, names, 0);
	set_gains(&line, view, names);
	set_reason(&line, view, true);
	set(&line, VERDICT, "%s", ew_words_name(&ew_verdict_words, view->record.verdict));
	if (line.failed)
		return NULL;
	gains = EW_STREQ(line.text[GAINS], "-") ? "" : line.text[GAINS];
	return asprintf(&text, "%s: %s %s -> %s%s%s: %s", line.text[VERDICT], line.text[WHO], line.text[EXE],
			line.text[PROGRAM], *gains ? " " : "", gains, line.text[REASON]) < 0
		       ? NULL
		       : text;
}
