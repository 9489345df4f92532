/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "json_get.h"
#include "log.h"
#include "output.h"
#include "util.h"

/* What is wrong with a line that is no JSON, in the tokener's opinion. */
static const char *no_json(const char *line, size_t len, enum json_tokener_error error)
{
	if (!len)
		return "no record of execward: it is empty";
	return line[0] == '{' && error == json_tokener_continue ? "cut off" : "no record of execward: it is no JSON";
}

static bool is_blank(const char *line, size_t len)
{
	return strspn(line, " \t\r") == len;
}

/* A record is an object, which ends with its brace. */
static json_object *parse(const char *line, size_t len, const char **why)
{
	json_tokener *tokener = json_tokener_new();
	json_object *root = NULL;
	size_t end;

	*why = NULL;
	if (!tokener)
		return NULL;
	if (memchr(line, '\0', len)) {
		*why = "no record of execward: it has bytes of value 0";
	} else {
		root = json_tokener_parse_ex(tokener, line, (int)len);
		end = json_tokener_get_parse_end(tokener);
		if (!root || !is_blank(line + end, len - end)) {
			*why = no_json(line, len, json_tokener_get_error(tokener));
			json_object_put(root);
			root = NULL;
		}
	}
	json_tokener_free(tokener);
	return root;
}

static const char *check_head(json_object *root)
{
	json_object *version = ew_json_at(root, "v", json_type_int);

	if (!version || !*ew_json_string(root, "type"))
		return "no record of execward: it is other JSON";
	return json_object_get_int64(version) == 1 ? NULL
						   : "a record of another version than 1, the one that is known here";
}

int ew_record_line(struct ew_record_lines *lines, const char *line, size_t len, const char *name, unsigned long number,
		   ew_record_line_fn fn, void *ctx)
{
	const char *why = NULL;
	json_object *root;
	int err = -EBADMSG;

	lines->lines++;
	if (lines->skim && len <= EW_RECORD_LINE_MAX) {
		err = lines->skim(ctx, line, len);
		if (err != -EAGAIN)
			return err;
		err = -EBADMSG;
	}
	root = len > EW_RECORD_LINE_MAX ? NULL : parse(line, len, &why);
	if (len > EW_RECORD_LINE_MAX)
		why = "no record of execward: it is longer than any";
	if (!root && !why)
		return -ENOMEM;
	if (root)
		why = check_head(root);
	if (root && !why)
		err = fn(ctx, root, line, &why);
	json_object_put(root);
	if (err != -EBADMSG)
		return err;
	lines->bad++;
	if (number)
		ew_warning("%s:%lu: %s; left out", name, number, why);
	else
		ew_warning("%s: %s; left out", name, why);
	return 0;
}

/* A file that is read, and what was read of its last line. */
struct reading {
	const char *name;
	int fd; /* -1: it is not there just now */
	unsigned long number;
	char *line; /* EW_RECORD_LINE_MAX + 1 bytes */
	size_t len;
	bool too_long; /* that line: what comes of it is dropped */
};

/* The line of LEN bytes at LINE, which are writable as is the one behind them. */
static int take_line(struct ew_record_lines *lines, struct reading *f, char *line, size_t len, ew_record_line_fn fn,
		     void *ctx)
{
	line[len] = '\0';
	if (f->too_long)
		len = EW_RECORD_LINE_MAX + 1;
	f->too_long = false;
	return ew_record_line(lines, line, len, f->name, ++f->number, fn, ctx);
}

/* Whole lines of what is in the buffer. */
static int take_lines(struct ew_record_lines *lines, struct reading *f, ew_record_line_fn fn, void *ctx)
{
	char *end, *start = f->line;
	int err = 0;

	while (err == 0 && (end = memchr(start, '\n', f->len - (size_t)(start - f->line)))) {
		err = take_line(lines, f, start, (size_t)(end - start), fn, ctx);
		start = end + 1;
	}
	f->len -= (size_t)(start - f->line);
	memmove(f->line, start, f->len);
	if (f->len > EW_RECORD_LINE_MAX) {
		f->too_long = true;
		f->len = 0;
	}
	return err;
}

static int read_on(struct ew_record_lines *lines, struct reading *f, ew_record_line_fn fn, void *ctx)
{
	ssize_t n = 0;
	int err = 0;

	while (err == 0 && (n = read(f->fd, f->line + f->len, EW_RECORD_LINE_MAX + 1 - f->len)) > 0) {
		f->len += (size_t)n;
		err = take_lines(lines, f, fn, ctx);
	}
	return n < 0 ? ew_error_ret(-errno, "%s cannot be read: %s", f->name, strerror(errno)) : err;
}

/* To the end, where a line can lack its newline. */
static int read_file(struct ew_record_lines *lines, int fd, const char *name, ew_record_line_fn fn, void *ctx)
{
	_cleanup_free_ char *line = malloc(EW_RECORD_LINE_MAX + 1);
	struct reading f = {.name = name, .fd = fd, .line = line};
	int err = line ? read_on(lines, &f, fn, ctx) : -ENOMEM;

	if (err == 0 && (f.len || f.too_long))
		err = take_line(lines, &f, f.line, f.len, fn, ctx);
	return err == -ENOMEM ? ew_error_ret(err, "%s cannot be read: %s", name, strerror(ENOMEM)) : err;
}

int ew_record_lines_read(struct ew_record_lines *lines, int n, char **names, ew_record_line_fn fn, void *ctx)
{
	int err = 0;

	if (n == 0)
		return read_file(lines, STDIN_FILENO, "standard input", fn, ctx);
	for (int i = 0; i < n && err == 0; i++) {
		bool given = EW_STREQ(names[i], "-");
		_cleanup_close_ int fd = given ? -1 : open(names[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 && !given)
			return ew_error_ret(-errno, "%s cannot be opened: %s", names[i], strerror(errno));
		err = read_file(lines, given ? STDIN_FILENO : fd, names[i], fn, ctx);
	}
	return err;
}

#define FOLLOW_MSEC 200 /* how often a file is looked at again */

int ew_record_lines_wait(int milliseconds)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	if (fflush(stdout))
		return errno == EPIPE ? EW_OUTPUT_READER_GONE : -errno;
	poll(&out, 1, milliseconds);
	return out.revents & (POLLERR | POLLHUP) ? EW_OUTPUT_READER_GONE : 0;
}

/* Whether the file of that name is another one than is read. */
static bool is_replaced(const struct reading *f)
{
	struct stat named, open_one;

	return f->fd < 0 || fstat(f->fd, &open_one) < 0 ||
	       (stat(f->name, &named) == 0 && (named.st_ino != open_one.st_ino || named.st_dev != open_one.st_dev));
}

/* What is written last to the file before is still read: its writer makes the next one when it is done with it. */
static int next_file(struct ew_record_lines *lines, struct reading *f, ew_record_line_fn fn, void *ctx)
{
	int err = f->fd < 0 ? 0 : read_on(lines, f, fn, ctx);

	if (err)
		return err;
	ew_closep(&f->fd);
	f->fd = open(f->name, O_RDONLY | O_CLOEXEC);
	f->number = 0;
	f->len = 0;
	f->too_long = false;
	return 0;
}

int ew_record_lines_follow(struct ew_record_lines *lines, const char *name, ew_record_line_fn fn, void *ctx)
{
	_cleanup_free_ char *line = malloc(EW_RECORD_LINE_MAX + 1);
	_cleanup_close_ int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct reading f = {.name = name, .fd = fd, .line = line};
	int err = 0;

	if (fd < 0)
		return ew_error_ret(-errno, "%s cannot be opened: %s", name, strerror(errno));
	if (!line)
		return ew_error_ret(-ENOMEM, "%s cannot be read: %s", name, strerror(ENOMEM));
	fd = -1;
	while (err == 0) {
		err = f.fd < 0 ? 0 : read_on(lines, &f, fn, ctx);
		if (err == 0 && is_replaced(&f))
			err = next_file(lines, &f, fn, ctx);
		else if (err == 0)
			err = ew_record_lines_wait(FOLLOW_MSEC);
		if (err == 0 && f.fd < 0)
			err = ew_record_lines_wait(FOLLOW_MSEC);
	}
	ew_closep(&f.fd);
	return err;
}

int ew_record_lines_end(const struct ew_record_lines *lines)
{
	if (lines->bad)
		ew_warning("%lu of %lu lines were left out, as they are no records", lines->bad, lines->lines);
	return lines->bad && lines->bad == lines->lines ? EW_EXIT_FAILED : EW_EXIT_OK;
}
