/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "escape.h"

static void log_line(const char *kind, const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL, *escaped = NULL;
	int saved = errno;

	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	if (text)
		escaped = ew_escape_dup(text, strlen(text), EW_ESCAPE_TEXT);
	fprintf(stderr, "execward: %s%s\n", kind, escaped ? escaped : "no memory for a message");
	errno = saved;
}

void ew_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

void ew_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("warning: ", fmt, args);
	va_end(args);
}

void ew_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}
