/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "diagnostics.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "escape.h"

/* The index of FILE in diag->files, added when new; negative errno. */
static ssize_t intern_file(struct ew_diagnostics *diag, const char *file)
{
	char **grown, *copy;

	/* From the end: almost always the file that the last diagnostic was about. */
	for (size_t i = diag->n_files; i-- > 0;) {
		if (EW_STREQ(diag->files[i], file))
			return (ssize_t)i;
	}
	copy = strdup(file);
	if (!copy)
		return -ENOMEM;
	grown = reallocarray(diag->files, diag->n_files + 1, sizeof(*grown));
	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	diag->files = grown;
	diag->files[diag->n_files] = copy;
	return (ssize_t)diag->n_files++;
}

void ew_diagnostics_add(struct ew_diagnostics *diag, enum ew_severity severity, const char *file, unsigned int line,
			unsigned int column, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	struct ew_diagnostic *grown;
	ssize_t file_index;
	va_list args;

	if (diag->strict)
		severity = EW_SEVERITY_ERROR;
	if (severity == EW_SEVERITY_ERROR)
		diag->n_errors++;
	else
		diag->n_warnings++;
	if (diag->n >= EW_DIAGNOSTICS_STORED_MAX)
		return;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	file_index = intern_file(diag, file);
	grown = reallocarray(diag->items, diag->n + 1, sizeof(*grown));
	if (grown)
		diag->items = grown;
	if (!text || file_index < 0 || !grown) {
		diag->out_of_memory = true;
		return;
	}
	diag->items[diag->n] = (struct ew_diagnostic){
		.severity = severity,
		.file = (size_t)file_index,
		.line = line,
		.column = column,
		.order = diag->n,
		.text = TAKE_PTR(text),
	};
	diag->n++;
}

static int compare(const void *left, const void *right)
{
	const struct ew_diagnostic *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void ew_diagnostics_sort(struct ew_diagnostics *diag)
{
	if (diag->n)
		qsort(diag->items, diag->n, sizeof(*diag->items), compare);
}

/* Writes TEXT escaped, and with JSON as a JSON string without its quotes. */
static void put_text(const char *text, bool json, FILE *out)
{
	_cleanup_free_ char *escaped = ew_escape_dup(text, strlen(text), 0);

	for (const char *p = escaped ? escaped : "?"; *p; p++) {
		if (json && (*p == '"' || *p == '\\'))
			fputc('\\', out);
		fputc(*p, out);
	}
}

static const char *severity_name(enum ew_severity severity)
{
	return severity == EW_SEVERITY_ERROR ? "error" : "warning";
}

void ew_diagnostics_print(const struct ew_diagnostics *diag, FILE *out)
{
	for (size_t i = 0; i < diag->n; i++) {
		const struct ew_diagnostic *item = &diag->items[i];

		put_text(diag->files[item->file], false, out);
		if (item->line)
			fprintf(out, ":%u:%u", item->line, item->column);
		fprintf(out, ": %s: ", severity_name(item->severity));
		put_text(item->text, false, out);
		fputc('\n', out);
	}
	if (diag->out_of_memory)
		fputs("out of memory: not everything that is wrong is listed\n", out);
	else if (diag->n < diag->n_errors + diag->n_warnings)
		fprintf(out, "%zu more not listed\n", diag->n_errors + diag->n_warnings - diag->n);
}

void ew_diagnostics_print_json(const struct ew_diagnostics *diag, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < diag->n; i++) {
		const struct ew_diagnostic *item = &diag->items[i];

		fprintf(out, "%s{\"severity\":\"%s\",\"file\":\"", i ? "," : "", severity_name(item->severity));
		put_text(diag->files[item->file], true, out);
		if (item->line)
			fprintf(out, "\",\"line\":%u,\"column\":%u,\"text\":\"", item->line, item->column);
		else
			fputs("\",\"line\":null,\"column\":null,\"text\":\"", out);
		put_text(item->text, true, out);
		fputs("\"}", out);
	}
	fputc(']', out);
}

void ew_diagnostics_clear(struct ew_diagnostics *diag)
{
	for (size_t i = 0; i < diag->n; i++)
		free(diag->items[i].text);
	for (size_t i = 0; i < diag->n_files; i++)
		free(diag->files[i]);
	free(diag->items);
	free(diag->files);
	*diag = (struct ew_diagnostics){0};
}

const char *ew_shown(const char *text, struct ew_shown *buf)
{
	size_t length = strlen(text);

	if (length <= EW_SHOWN_MAX) {
		memcpy(buf->text, text, length + 1);
		return buf->text;
	}
	length = EW_SHOWN_MAX;
	while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(buf->text, text, length);
	memcpy(buf->text + length, "...", sizeof("..."));
	return buf->text;
}
