/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_OUTPUT_H
#define EW_OUTPUT_H

#include <stdbool.h>

#include "record_text.h"

/* Standard output of the verbs that print records: in which form, and how it is made to fit. */

enum ew_format { EW_FORMAT_TEXT, EW_FORMAT_JSON, EW_FORMAT_ECS };

/* The word of -o: text, json or ecs. False: it is another one. */
bool ew_format_find(const char *word, enum ew_format *out);

struct ew_output {
	enum ew_format format;
	bool terminal, flush_lines;
	struct ew_record_text_options text;
	const struct ew_record_names *names; /* for ECS */
};

/* Each writer returns 0, this, or a negative errno. */
#define EW_OUTPUT_READER_GONE 2

/* Finds out what standard output is. COLOR is auto, always or never. Borrows NAMES. */
void ew_output_open(struct ew_output *output, enum ew_format format, const char *color,
		    const struct ew_record_names *names);

/* A terminal's width can change at any time. */
void ew_output_update(struct ew_output *output);

/* Prints LINE as it is, and frees it. NULL: there was no memory to make it. */
int ew_output_line(const struct ew_output *output, char *line);

/* The same with a record of JSON Lines, which is made ECS where that is asked for. */
int ew_output_json(const struct ew_output *output, char *line);

/* Flushes, unless ERR, which it returns else. What nobody wants is thrown away, or the flush at exit would fail again.
 */
int ew_output_end(int err);

#endif
