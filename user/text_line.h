/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TEXT_LINE_H
#define EW_TEXT_LINE_H

#include "record_text.h"
#include "util.h"

/* A line for people: fields that stand in columns where there is room, and are shortened or left out where not. */

enum ew_field {
	EW_FIELD_TIME,
	EW_FIELD_VERDICT,
	EW_FIELD_WHO,
	EW_FIELD_EXE,
	EW_FIELD_PROGRAM,
	EW_FIELD_GAINS,
	EW_FIELD_IDS,
	EW_FIELD_CGROUP,
	EW_FIELD_REASON,
	EW_FIELDS
};

struct ew_line {
	const struct ew_record_text_options *options;
	char *text[EW_FIELDS]; /* NULL: not there */
	size_t width[EW_FIELDS];
	bool failed; /* no memory */
};

void ew_line_clear(struct ew_line *line);
#define _cleanup_line_ EW_CLEANUP(ew_line_clear)

/* Replaces the text of a field. */
void ew_line_set(struct ew_line *line, enum ew_field field, const char *fmt, ...) EW_PRINTF(3, 4);
/* BOOT: CLOCK_BOOTTIME, nanoseconds; OFFSET: ew_record_clock_offset(). */
void ew_line_set_time(struct ew_line *line, __u64 boot, __s64 offset);

/* The line as it fits, in the colours of VERDICT (EW_VERDICT_MAX: none). The caller frees it; NULL: no memory. */
char *ew_line_make(struct ew_line *line, __u32 verdict);

const char *ew_line_title(enum ew_field field);

/* What the terminal can show. */
const char *ew_line_arrow(const struct ew_record_text_options *options);
const char *ew_line_mark(const struct ew_record_text_options *options);
unsigned int ew_line_escape_flags(const struct ew_record_text_options *options);

#endif
