/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "distinct.h"
#include "json_get.h"
#include "log.h"
#include "record_fds.h"
#include "record_skim.h"
#include "util.h"

#define CHUNK (64 << 10) /* bytes read at once, as many as a pipe holds */

__u64 ew_top_counts(const struct ew_record_view *view)
{
	const struct ew_record *r = &view->record;
	struct ew_fds fds;
	__u64 counts = 0;

	if (r->gains)
		counts |= 1 << EW_TOP_GAINS;
	if (r->verdict == EW_VERDICT_AUDIT)
		counts |= 1 << EW_TOP_AUDITS;
	else if (r->verdict != EW_VERDICT_ALLOW)
		counts |= 1 << EW_TOP_DENIALS;
	if (r->verdict != EW_VERDICT_ALLOW && ew_record_fds(view, &fds) && fds.count)
		counts |= 1 << EW_TOP_LEAKS;
	return counts;
}

char *ew_top_name_cgroup(void *ctx)
{
	const struct ew_top_naming *naming = ctx;
	char path[EW_PATH_MAX], *text;

	if (naming->names->cgroup && naming->names->cgroup(naming->names->ctx, naming->id, path, sizeof(path)) == 0)
		return strdup(path);
	return asprintf(&text, "(cgroup %llu)", (unsigned long long)naming->id) < 0 ? NULL : text;
}

/* The record that was made of the LEN bytes at LINE, behind which is a NUL. */
static void count(struct ew_top_lines *lines, const char *line, size_t len)
{
	const struct ew_parsed *parsed = &lines->parsed;
	struct ew_top_exec exec = {
		.key = parsed->view.record.cgroup_id,
		.time = parsed->view.record.time,
		.counts = ew_top_counts(&parsed->view),
		.data = line,
		.len = len + 1,
	};
	struct ew_top_naming naming = {.names = &parsed->names, .id = exec.key};

	/* records of several machines can be in one file: there a path is a better key than a number */
	if (*parsed->cgroup)
		exec.key = ew_hash(0, parsed->cgroup, strlen(parsed->cgroup));
	ew_top_add(lines->model, &exec, ew_top_name_cgroup, &naming);
}

static int skim_line(void *ctx, const char *line, size_t len)
{
	struct ew_top_lines *lines = ctx;

	if (!ew_record_skim(line, len, &lines->parsed))
		return -EAGAIN;
	count(lines, line, len);
	return 0;
}

static int take_line(void *ctx, json_object *root, const char *line, const char **why)
{
	const char *type = ew_json_string(root, "type");
	struct ew_top_lines *lines = ctx;
	int err;

	if (!EW_STREQ(type, "exec"))
		return 0;
	err = ew_record_parse(root, &lines->parsed, why);
	if (err == 0)
		count(lines, line, strlen(line));
	return err;
}

const struct ew_parsed *ew_top_lines_parse(struct ew_top_lines *lines, const struct ew_top_event *event)
{
	const char *why;
	json_object *root;
	int err;

	if (ew_record_skim(event->data, event->len - 1, &lines->parsed))
		return &lines->parsed;
	root = json_tokener_parse(event->data);
	err = root ? ew_record_parse(root, &lines->parsed, &why) : -EBADMSG;
	json_object_put(root);
	return err < 0 ? NULL : &lines->parsed;
}

int ew_top_lines_open(struct ew_top_lines *lines)
{
	bool standard = EW_STREQ(lines->from, "-");
	int err;

	if (standard && isatty(STDIN_FILENO))
		return ew_error_ret(-EINVAL, "top: --from - reads records from standard input, which is the terminal");
	lines->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(lines->from, O_RDONLY | O_CLOEXEC);
	err = lines->fd < 0 ? -errno : 0;
	lines->text = malloc(EW_RECORD_LINE_MAX + 2);
	if (err == 0 && !lines->text)
		err = -ENOMEM;
	if (err < 0)
		return ew_error_ret(err, "%s cannot be read: %s", lines->from, strerror(-err));
	lines->lines.skim = skim_line;
	return 0;
}

void ew_top_lines_close(struct ew_top_lines *lines)
{
	ew_closep(&lines->fd);
	free(lines->text);
	lines->text = NULL;
}

static int end_line(struct ew_top_lines *lines)
{
	size_t len = lines->len;

	lines->text[len] = '\0';
	lines->len = 0;
	return ew_record_line(&lines->lines, lines->text, len, lines->from, lines->lines.lines + 1, take_line, lines);
}

static int take_bytes(struct ew_top_lines *lines, const char *data, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0;) {
		const char *newline = memchr(data + i, '\n', n - i);
		size_t part = newline ? (size_t)(newline - data) - i : n - i,
		       room = EW_RECORD_LINE_MAX + 1 - lines->len;

		/* of a line that is too long the beginning is enough to refuse it */
		memcpy(lines->text + lines->len, data + i, part < room ? part : room);
		lines->len += part < room ? part : room;
		i += part + (newline != NULL);
		if (newline)
			err = end_line(lines);
	}
	return err;
}

int ew_top_lines_read(struct ew_top_lines *lines, struct ew_top *model)
{
	struct pollfd ready = {.fd = lines->fd, .events = POLLIN};
	char data[CHUNK];
	ssize_t n;
	int err = 0;

	lines->model = model;
	if (lines->fd < 0 || poll(&ready, 1, 0) <= 0)
		return 0;
	n = read(lines->fd, data, sizeof(data));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n > 0)
		return take_bytes(lines, data, (size_t)n) ?: n >= CHUNK / 4;
	if (lines->len)
		err = end_line(lines);
	ew_closep(&lines->fd);
	return err;
}
