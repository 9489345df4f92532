/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_LINES_H
#define EW_RECORD_LINES_H

#include <json.h>
#include <stdbool.h>

/*
 * Records as they come back, one a line: JSON Lines of files and of standard input. Such files are cut, mixed up and
 * written by other versions; each line that is no record is named on standard error and counted, and the rest is used.
 */
struct ew_record_lines {
	unsigned long lines, bad;
	/*
	 * Optional: takes the LEN bytes at LINE without their being parsed, if it can; CTX is that of the function that
	 * takes records. A NUL follows. Returns 0; -EAGAIN: it cannot; or another value, which ends the reading.
	 */
	int (*skim)(void *ctx, const char *line, size_t len);
};

/* No record is longer, in bytes: paths and descriptors have limits of their own. */
#define EW_RECORD_LINE_MAX (1U << 20)

/*
 * Takes the record ROOT, which LINE is the text of. Both are the caller's. Returns 0; -EBADMSG with *WHY set: it is no
 * record all the same; or another value, which ends the reading.
 */
typedef int (*ew_record_line_fn)(void *ctx, json_object *root, const char *line, const char **why);

/* LINE of LEN bytes, without its newline. As FN, and names what is bad as NAME:NUMBER; NUMBER 0: as NAME. */
int ew_record_line(struct ew_record_lines *lines, const char *line, size_t len, const char *name, unsigned long number,
		   ew_record_line_fn fn, void *ctx);

/*
 * ew_record_lines_read - reads the N files at NAMES ("-": standard input), or standard input if there are none
 *
 * Returns 0, what FN ended with, or, logged, a negative errno.
 */
int ew_record_lines_read(struct ew_record_lines *lines, int n, char **names, ew_record_line_fn fn, void *ctx);

/*
 * ew_record_lines_follow - the same of the one file NAME, and of what is written to it from then on
 *
 * One that is renamed or removed is read to its end, and then the next of its name. A line is taken once it has its
 * newline. Before it waits it flushes standard output. Returns what FN ended with, EW_OUTPUT_READER_GONE when nobody
 * reads standard output any more, or, logged, a negative errno.
 */
int ew_record_lines_follow(struct ew_record_lines *lines, const char *name, ew_record_line_fn fn, void *ctx);

/*
 * Flushes standard output and waits so many MILLISECONDS at most. Returns 0, or EW_OUTPUT_READER_GONE.
 */
int ew_record_lines_wait(int milliseconds);

/* Says how many were left out. Returns EW_EXIT_*: some that are bad do not make it fail, nothing but such lines does.
 */
int ew_record_lines_end(const struct ew_record_lines *lines);

#endif
