/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_text.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "record_fds.h"
#include "text_line.h"
#include "util.h"
#include "words.h"

#define CAPS_NAMED 4

static void set_verdict(struct ew_line *line, __u32 verdict)
{
	ew_line_set(line, EW_FIELD_VERDICT, "%s", ew_words_name(&ew_verdict_words, verdict));
	for (char *p = line->text[EW_FIELD_VERDICT]; p && *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
}

static void set_path(struct ew_line *line, enum ew_field field, const char *path, size_t len, int status)
{
	_cleanup_free_ char *escaped = path ? ew_escape_dup(path, len, ew_line_escape_flags(line->options)) : NULL;

	if (path && !escaped)
		line->failed = true;
	else if (path)
		ew_line_set(line, field, "%s", escaped);
	else
		ew_line_set(line, field, "(%s)", status == -ENAMETOOLONG ? "path too long" : "no path");
}

/* An interpreter that a script asked for is followed by the script. */
static void set_program(struct ew_line *line, const struct ew_record_view *view)
{
	_cleanup_free_ char *program = NULL, *script = NULL;
	const char *path = view->script_path;
	size_t len = view->script_path_len;

	set_path(line, EW_FIELD_PROGRAM, view->file_path, view->file_path_len, view->record.file_path_len);
	if (!path)
		return;
	program = TAKE_PTR(line->text[EW_FIELD_PROGRAM]);
	script = ew_escape_dup(path, len, ew_line_escape_flags(line->options));
	if (program && script)
		ew_line_set(line, EW_FIELD_PROGRAM, "%s %s", program, script);
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

static void set_gains(struct ew_line *line, const struct ew_record_view *view, const struct ew_record_names *names)
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
	(withheld ? ew_record_each_withheld : ew_record_each_gain)(view, names, ew_line_escape_flags(line->options),
								   put_gain, &gains);
	if (fclose(gains.out)) {
		line->failed = true;
		return;
	}
	if (size)
		text[size - 1] = '\0';
	ew_line_set(line, EW_FIELD_GAINS, "%s", size ? text : "-");
}

static void set_ids(struct ew_line *line, const struct ew_record *r)
{
	bool uid = r->before.euid != r->after.euid, gid = r->before.egid != r->after.egid;
	const char *to = ew_line_arrow(line->options);

	if (uid && gid)
		ew_line_set(line, EW_FIELD_IDS, "uid %u%s%u gid %u%s%u", r->before.euid, to, r->after.euid,
			    r->before.egid, to, r->after.egid);
	else if (uid)
		ew_line_set(line, EW_FIELD_IDS, "uid %u%s%u", r->before.euid, to, r->after.euid);
	else if (gid)
		ew_line_set(line, EW_FIELD_IDS, "gid %u%s%u", r->before.egid, to, r->after.egid);
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

static void set_reason(struct ew_line *line, const struct ew_record_view *view, bool brief)
{
	const struct ew_record *r = &view->record;
	const char *reason = ew_words_name(&ew_reason_words, r->reason);
	unsigned int flags = ew_line_escape_flags(line->options);
	char profile[4 * EW_PROFILE_NAME_MAX], file[4 * EW_POLICY_FILE_MAX], shapes[128];
	_cleanup_free_ char *fds = brief && r->reason == EW_REASON_FDS ? ew_record_fds_brief(view, flags) : NULL;

	shape_names(r, shapes, sizeof(shapes));
	ew_escape(profile, sizeof(profile), r->profile, strlen(r->profile), flags);
	ew_escape(file, sizeof(file), r->rule_file, strlen(r->rule_file), flags);
	if (!*profile)
		ew_line_set(line, EW_FIELD_REASON, "%s%s%s%s", reason, shapes, fds ? " " : "", fds ?: "");
	else if (!*file)
		ew_line_set(line, EW_FIELD_REASON, "%s%s%s%s, %s", reason, shapes, fds ? " " : "", fds ?: "", profile);
	else
		ew_line_set(line, EW_FIELD_REASON, "%s%s%s%s, %s (%s:%u)", reason, shapes, fds ? " " : "", fds ?: "",
			    profile, file, r->rule_line);
}

/* Time, verdict, who executes what, where. */
static void set_transition(struct ew_line *line, const struct ew_record_view *view, const struct ew_record_names *names,
			   __s64 offset)
{
	unsigned int flags = ew_line_escape_flags(line->options);
	const struct ew_record *r = &view->record;
	char comm[4 * EW_COMM_MAX];

	ew_line_set_time(line, r->time, offset);
	set_verdict(line, r->verdict);
	ew_escape(comm, sizeof(comm), r->comm, strlen(r->comm), flags);
	ew_line_set(line, EW_FIELD_WHO, "%s[%u]", comm, r->pid);
	set_path(line, EW_FIELD_EXE, view->exe_path, view->exe_path_len, r->exe_path_len);
	set_program(line, view);
	line->text[EW_FIELD_CGROUP] = ew_record_cgroup_path(view, names, flags);
	if (!line->text[EW_FIELD_CGROUP])
		ew_line_set(line, EW_FIELD_CGROUP, "(cgroup %llu)", (unsigned long long)r->cgroup_id);
}

char *ew_record_text(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
		     const struct ew_record_text_options *options)
{
	_cleanup_line_ struct ew_line line = {.options = options};

	set_transition(&line, view, names, offset);
	set_gains(&line, view, names);
	set_ids(&line, &view->record);
	set_reason(&line, view, true);
	return ew_line_make(&line, view->record.verdict);
}

char *ew_record_text_leak(const struct ew_record_view *view, const struct ew_record_names *names,
			  const struct ew_fd_view *fd, __s64 offset, const struct ew_record_text_options *options)
{
	_cleanup_free_ char *target = ew_fd_target(fd, ew_line_escape_flags(options));
	_cleanup_line_ struct ew_line line = {.options = options};

	if (!target)
		return NULL;
	set_transition(&line, view, names, offset);
	ew_line_set(&line, EW_FIELD_GAINS, "%u %s %s%s", fd->fd.fd, target, ew_fd_access(&fd->fd),
		    fd->fd.dangers ? " (dangerous)" : "");
	set_reason(&line, view, false);
	return ew_line_make(&line, view->record.verdict);
}

/* What JSON has, for a terminal that may not be UTF-8. */
static void set_words(struct ew_line *line, enum ew_field field, const char *words)
{
	_cleanup_free_ char *text = NULL;

	if (!line->options->ascii) {
		ew_line_set(line, field, "%s", *words ? words : "-");
		return;
	}
	text = ew_escape_dup(words, strlen(words), EW_ESCAPE_ASCII | EW_ESCAPE_TEXT);
	if (text)
		ew_line_set(line, field, "%s", *text ? text : "-");
	else
		line->failed = true;
}

char *ew_record_text_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds,
			   const struct ew_record_text_options *options)
{
	_cleanup_line_ struct ew_line line = {.options = options};

	ew_line_set_time(&line, boot, offset);
	ew_line_set(&line, EW_FIELD_VERDICT, "AGAIN");
	ew_line_set(&line, EW_FIELD_WHO, "%llu time%s", (unsigned long long)leak->untold, leak->untold == 1 ? "" : "s");
	set_words(&line, EW_FIELD_EXE, leak->words.giver);
	set_words(&line, EW_FIELD_PROGRAM, leak->words.receiver);
	set_words(&line, EW_FIELD_GAINS, leak->words.target);
	ew_line_set(&line, EW_FIELD_REASON, "in %llu s, %s", (unsigned long long)seconds,
		    *leak->words.profile ? leak->words.profile : "no profile");
	return ew_line_make(&line, EW_VERDICT_MAX);
}

char *ew_record_text_lost(__u64 boot, __s64 offset, __u64 count, __u64 total,
			  const struct ew_record_text_options *options)
{
	_cleanup_line_ struct ew_line line = {.options = options};
	_cleanup_free_ char *text = NULL;
	char *coloured;

	ew_line_set_time(&line, boot, offset);
	if (line.failed ||
	    asprintf(&text, "%s LOST  %llu record%s not kept up with (%llu in all)", line.text[EW_FIELD_TIME],
		     (unsigned long long)count, count == 1 ? "" : "s", (unsigned long long)total) < 0)
		return NULL;
	if (options->width)
		ew_text_elide(text, options->width, ew_line_mark(options));
	if (!options->colour)
		return TAKE_PTR(text);
	return asprintf(&coloured, "\033[1;35m%s\033[0m", text) < 0 ? NULL : coloured;
}

char *ew_record_text_header(const struct ew_record_text_options *options, bool leaks)
{
	_cleanup_line_ struct ew_line line = {.options = options};

	for (enum ew_field i = 0; i < EW_FIELDS; i++)
		if (!leaks || i != EW_FIELD_IDS)
			ew_line_set(&line, i, "%s", leaks && i == EW_FIELD_GAINS ? "LEAKS" : ew_line_title(i));
	return ew_line_make(&line, EW_VERDICT_MAX);
}

char *ew_record_text_message(const struct ew_record_view *view, const struct ew_record_names *names)
{
	static const struct ew_record_text_options plain = {};
	_cleanup_line_ struct ew_line line = {.options = &plain};
	const char *gains;
	char *text;

	set_transition(&line, view, names, 0);
	set_gains(&line, view, names);
	set_reason(&line, view, true);
	ew_line_set(&line, EW_FIELD_VERDICT, "%s", ew_words_name(&ew_verdict_words, view->record.verdict));
	if (line.failed)
		return NULL;
	gains = EW_STREQ(line.text[EW_FIELD_GAINS], "-") ? "" : line.text[EW_FIELD_GAINS];
	return asprintf(&text, "%s: %s %s -> %s%s%s: %s", line.text[EW_FIELD_VERDICT], line.text[EW_FIELD_WHO],
			line.text[EW_FIELD_EXE], line.text[EW_FIELD_PROGRAM], *gains ? " " : "", gains,
			line.text[EW_FIELD_REASON]) < 0
		       ? NULL
		       : text;
}
