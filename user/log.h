/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LOG_H
#define EW_LOG_H

#include "util.h"

/*
 * Messages for the user, on standard error, as "execward: TEXT" lines. An error says what failed, on which object, why,
 * and what to do; it is logged once, at the level that knows what the user can do. Control characters in the text are
 * escaped, so a hostile name cannot move the cursor.
 */
void ew_error(const char *fmt, ...) EW_PRINTF(1, 2);
void ew_warning(const char *fmt, ...) EW_PRINTF(1, 2);
void ew_info(const char *fmt, ...) EW_PRINTF(1, 2);

/*
 * From here on messages go to syslog(3), too, as "WHOSE: TEXT" of identifier "execward": for a caller that throws away
 * what is on standard error. WHOSE has to last.
 */
void ew_log_to_syslog(const char *whose);

/* Logs as ew_error() and yields `err`, so that a failure can be logged and returned in one expression. */
#define ew_error_ret(err, ...)         \
	({                             \
		int err_ret_ = (err);  \
		ew_error(__VA_ARGS__); \
		err_ret_;              \
	})

#endif
