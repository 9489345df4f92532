/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "text_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "record_view.h"
#include "words.h"

#define NSEC_PER_MSEC 1000000

static const struct {
	const char *title;
	unsigned int columns; /* filled up to, where there is room */
	unsigned int fair;    /* shortened to, at most, for the sake of the fields of little weight; 0: not at all */
	unsigned int least;   /* shortened to, at most, for the sake of the others */
} fields[EW_FIELDS] = {
	[EW_FIELD_TIME] = {"TIME", 12, 0, 0},
	[EW_FIELD_VERDICT] = {"WHAT", 5, 0, 0},
	[EW_FIELD_WHO] = {"WHO", 18, 0, 12},
	[EW_FIELD_EXE] = {"FROM", 20, 16, 0},
	[EW_FIELD_PROGRAM] = {"TO", 24, 20, 12},
	[EW_FIELD_GAINS] = {"GAINS", 12, 0, 16},
	[EW_FIELD_IDS] = {"IDS", 10, 0, 0},
	[EW_FIELD_CGROUP] = {"CGROUP", 30, 12, 0},
	[EW_FIELD_REASON] = {"REASON, PROFILE (RULE)", 0, 0, 12},
};

/* What a line that is too long leaves out, first to last: the fields of little weight, then the others. */
static const enum ew_field light[] = {EW_FIELD_EXE, EW_FIELD_IDS, EW_FIELD_CGROUP},
			   heavy[] = {EW_FIELD_REASON, EW_FIELD_GAINS, EW_FIELD_WHO};
/* What is shortened, first to last. */
static const enum ew_field shortened[] = {EW_FIELD_EXE,	   EW_FIELD_CGROUP, EW_FIELD_PROGRAM,
					  EW_FIELD_REASON, EW_FIELD_WHO,    EW_FIELD_GAINS};

void ew_line_clear(struct ew_line *line)
{
	for (unsigned int i = 0; i < EW_FIELDS; i++)
		ew_freep(&line->text[i]);
}
const char *ew_line_arrow(const struct ew_record_text_options *options)
{
	return options->ascii ? "->" : "→";
}

const char *ew_line_mark(const struct ew_record_text_options *options)
{
	return options->ascii ? "~" : "…";
}

unsigned int ew_line_escape_flags(const struct ew_record_text_options *options)
{
	return options->ascii ? EW_ESCAPE_ASCII : 0;
}

static const char *colour(const struct ew_line *line, enum ew_field field, __u32 verdict)
{
	static const char *const colours[] = {
		[EW_VERDICT_ALLOW] = "\033[32m",
		[EW_VERDICT_AUDIT] = "\033[33m",
		[EW_VERDICT_DENY] = "\033[31m",
		[EW_VERDICT_KILL] = "\033[1;31m",
	};

	_Static_assert(EW_ARRAY_SIZE(colours) == EW_VERDICT_MAX, "a colour for every verdict");
	if (!line->options->colour || verdict >= EW_VERDICT_MAX ||
	    (field != EW_FIELD_VERDICT && field != EW_FIELD_GAINS))
		return "";
	return colours[verdict];
}

void ew_line_set(struct ew_line *line, enum ew_field field, const char *fmt, ...)
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
static const char *separator(const struct ew_line *line, enum ew_field field)
{
	if (field == EW_FIELD_TIME)
		return "";
	if (field == EW_FIELD_VERDICT || field == EW_FIELD_WHO || field == EW_FIELD_EXE)
		return " ";
	if (field == EW_FIELD_PROGRAM)
		return line->options->ascii ? " -> " : " → ";
	return "  ";
}

static size_t line_width(const struct ew_line *line, bool columns)
{
	size_t total = 0;

	for (enum ew_field i = 0; i < EW_FIELDS; i++) {
		size_t width = line->width[i];

		if (!line->text[i] && !columns)
			continue;
		if ((columns || i == EW_FIELD_VERDICT) && width < fields[i].columns)
			width = fields[i].columns;
		total += ew_text_width(separator(line, i)) + width;
	}
	return total;
}

/* The columns that FIELD takes when it is shortened, to what is fair or to the least. */
static size_t short_columns(const struct ew_line *line, enum ew_field field, bool fair)
{
	size_t columns = fair ? fields[field].fair : fields[field].least;

	return columns && columns < line->width[field] ? columns : line->width[field];
}

static bool can_fit(const struct ew_line *line, bool fair)
{
	size_t total = line_width(line, false);

	for (enum ew_field i = 0; i < EW_FIELDS; i++)
		total -= line->width[i] - short_columns(line, i, fair);
	return total <= line->options->width;
}

static void leave_out(struct ew_line *line, const enum ew_field *which, size_t n, bool fair)
{
	for (size_t i = 0; i < n && !can_fit(line, fair); i++) {
		ew_freep(&line->text[which[i]]);
		line->width[which[i]] = 0;
	}
}

static void shorten(struct ew_line *line, bool fair)
{
	for (size_t i = 0; i < EW_ARRAY_SIZE(shortened) && line_width(line, false) > line->options->width; i++) {
		enum ew_field field = shortened[i];
		size_t excess = line_width(line, false) - line->options->width;
		size_t width = line->width[field], leave = short_columns(line, field, fair);

		if (width - leave > excess)
			leave = width - excess;
		if (leave < width)
			line->width[field] = ew_text_elide(line->text[field], leave, ew_line_mark(line->options));
	}
}

/* Makes the line fit if it can; returns whether its fields can stand in columns. */
static bool line_fit(struct ew_line *line)
{
	bool fair;

	for (enum ew_field i = 0; i < EW_FIELDS; i++)
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

static void put_fields(const struct ew_line *line, FILE *out, __u32 verdict, bool columns)
{
	for (enum ew_field i = 0; i < EW_FIELDS; i++) {
		const char *start = colour(line, i, verdict);
		size_t width = line->width[i];

		if (!line->text[i] && (!columns || i == EW_FIELD_REASON))
			continue;
		fprintf(out, "%s%s%s%s", separator(line, i), start, line->text[i] ? line->text[i] : "",
			*start ? "\033[0m" : "");
		for (; (columns || i == EW_FIELD_VERDICT) && width < fields[i].columns; width++)
			fputc(' ', out);
	}
}

/* Time, verdict, program alone can be too wide: then the line is cut at its end, without colours. */
static char *cut(const struct ew_line *line)
{
	char *text = NULL;

	if (asprintf(&text, "%s %-5s %s", line->text[EW_FIELD_TIME], line->text[EW_FIELD_VERDICT],
		     line->text[EW_FIELD_PROGRAM] ? line->text[EW_FIELD_PROGRAM] : "") < 0)
		return NULL;
	ew_text_elide(text, line->options->width, ew_line_mark(line->options));
	return text;
}

char *ew_line_make(struct ew_line *line, __u32 verdict)
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

void ew_line_set_time(struct ew_line *line, __u64 boot, __s64 offset)
{
	struct ew_record_time t = ew_record_time_of_day(boot, offset);
	time_t seconds = t.seconds;
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	ew_line_set(line, EW_FIELD_TIME, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
		    (int)(t.nanoseconds / NSEC_PER_MSEC));
}

const char *ew_line_title(enum ew_field field)
{
	return fields[field].title;
}
