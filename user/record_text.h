/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_TEXT_H
#define EW_RECORD_TEXT_H

#include <stdbool.h>

#include "leaks.h"
#include "record_fds.h"
#include "record_view.h"

/*
 * Records for people, a line each:
 *
 *   16:00:00.123 DENY  php-fpm[812] /usr/sbin/php-fpm8.2 → /usr/bin/sudo  +uid:root +caps:all(41)  uid 33→0 \
 *	/system.slice/php8.2-fpm.service  gain, web (web.yaml:4)
 *
 * local time, verdict, who execs what, the gains by name ("-" for none), the effective ids that change, the cgroup, and
 * why: the reason, the profile that decided and the rule. Of capabilities at most four are named, the others counted
 * ("+7"); all of them at once are "caps:all(41)". Fields stand in columns where there is room.
 *
 * All names are escaped as in escape.h. A line has no control character but those that set colours.
 */
struct ew_record_text_options {
	/*
	 * Columns a line may take, 0 for any number. Too long a line first gives up the alignment, then loses the
	 * middle of its paths, then whole fields: the caller's image first, the reason and the gains last.
	 */
	unsigned int width;
	bool colour; /* verdict and gains in the verdict's colour (ECMA-48) */
	bool ascii;  /* for a terminal that is not UTF-8: "->" and "~" for "→" and "…", other characters escaped */
};

/*
 * Each makes one line without its newline, which the caller frees; NULL when there is no memory. OFFSET is
 * ew_record_clock_offset(), BOOT is CLOCK_BOOTTIME in nanoseconds.
 */
char *ew_record_text(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
		     const struct ew_record_text_options *options);

/* Without time, ids and cgroup, for a journal that has them: "deny: sh[1] /bin/dash -> /bin/su +uid:root: gain, web
 * (w:3)". */
char *ew_record_text_message(const struct ew_record_view *view, const struct ew_record_names *names);

/* One descriptor FD that the record tells of: what crosses is in the place of the gains. */
char *ew_record_text_leak(const struct ew_record_view *view, const struct ew_record_names *names,
			  const struct ew_fd_view *fd, __s64 offset, const struct ew_record_text_options *options);

/* More of a leak than what was told, in so many SECONDS. */
char *ew_record_text_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds,
			   const struct ew_record_text_options *options);

/* COUNT records of this reader were lost since the line before, TOTAL since it began. */
char *ew_record_text_lost(__u64 boot, __s64 offset, __u64 count, __u64 total,
			  const struct ew_record_text_options *options);

/* The titles of the columns; LEAKS: of ew_record_text_leak(). */
char *ew_record_text_header(const struct ew_record_text_options *options, bool leaks);

#endif
