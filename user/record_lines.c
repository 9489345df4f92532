/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "json_get.h"
#include "log.h"
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

/* The next line into LINE, which has room for EW_RECORD_LINE_MAX + 1 bytes; of a longer one the beginning. False: none.
 */
static bool next_line(FILE *file, char *line, size_t *len)
{
	bool any = false;
	int c;

	*len = 0;
	while ((c = getc_unlocked(file)) != EOF) {
		any = true;
		if (c == '\n')
			break;
		if (*len < EW_RECORD_LINE_MAX)
			line[*len] = (char)c;
		*len += *len <= EW_RECORD_LINE_MAX;
	}
	line[*len < EW_RECORD_LINE_MAX ? *len : EW_RECORD_LINE_MAX] = '\0';
	return any;
}

static int read_file(struct ew_record_lines *lines, FILE *file, const char *name, ew_record_line_fn fn, void *ctx)
{
	_cleanup_free_ char *line = malloc(EW_RECORD_LINE_MAX + 1);
	unsigned long number = 0;
	size_t len;
	int err = line ? 0 : -ENOMEM;

	while (err == 0 && next_line(file, line, &len))
		err = ew_record_line(lines, line, len, name, ++number, fn, ctx);
	if (err == 0 && ferror(file))
		return ew_error_ret(errno ? -errno : -EIO, "%s cannot be read: %s", name, strerror(errno ?: EIO));
	return err == -ENOMEM ? ew_error_ret(err, "%s cannot be read: %s", name, strerror(ENOMEM)) : err;
}

int ew_record_lines_read(struct ew_record_lines *lines, int n, char **names, ew_record_line_fn fn, void *ctx)
{
	int err = 0;

	if (n == 0)
		return read_file(lines, stdin, "standard input", fn, ctx);
	for (int i = 0; i < n && err == 0; i++) {
		FILE *file = EW_STREQ(names[i], "-") ? stdin : fopen(names[i], "re");

		if (!file)
			return ew_error_ret(-errno, "%s cannot be opened: %s", names[i], strerror(errno));
		err = read_file(lines, file, names[i], fn, ctx);
		if (file != stdin)
			fclose(file);
	}
	return err;
}

int ew_record_lines_end(const struct ew_record_lines *lines)
{
	if (lines->bad)
		ew_warning("%lu of %lu lines were left out, as they are no records", lines->bad, lines->lines);
	return lines->bad && lines->bad == lines->lines ? EW_EXIT_FAILED : EW_EXIT_OK;
}
