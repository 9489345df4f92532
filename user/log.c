/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <syslog.h>

#include "escape.h"

static const char *in_syslog; /* whose messages they are there; NULL: none */

void ew_log_to_syslog(const char *whose)
{
	openlog("execward", LOG_PID, LOG_DAEMON);
	in_syslog = whose;
}

static void log_line(int priority, const char *kind, const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL, *escaped = NULL;
	int saved = errno;

	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	if (text)
		escaped = ew_escape_dup(text, strlen(text), EW_ESCAPE_TEXT);
	fprintf(stderr, "execward: %s%s\n", kind, escaped ? escaped : "no memory for a message");
	if (in_syslog && escaped)
		syslog(priority, "%s: %s%s", in_syslog, kind, escaped);
	errno = saved;
}

void ew_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_ERR, "", fmt, args);
	va_end(args);
}

void ew_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_WARNING, "warning: ", fmt, args);
	va_end(args);
}

void ew_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_INFO, "", fmt, args);
	va_end(args);
}
