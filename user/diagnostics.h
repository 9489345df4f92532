/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_DIAGNOSTICS_H
#define EW_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util.h"

/*
 * What is wrong with a policy, collected while it is read and compiled, so that one run names every mistake. A list
 * starts as {0}; ew_diagnostics_clear() gives its memory back and makes it {0} again.
 */

enum ew_severity {
	EW_SEVERITY_ERROR,   /* the policy is refused */
	EW_SEVERITY_WARNING, /* it is accepted, but probably not what was meant */
};

/* Stored at most; the others are only counted. A file of 16 MiB could have millions. */
#define EW_DIAGNOSTICS_STORED_MAX 1000

struct ew_diagnostic {
	enum ew_severity severity;
	size_t file;	     /* index in files[] */
	unsigned int line;   /* from 1; 0: the whole file */
	unsigned int column; /* in characters, from 1; 0: the whole file */
	size_t order;	     /* in which it was added */
	char *text;	     /* WHAT WAS WRONG; expected WHAT (did you mean "x"?) */
};

struct ew_diagnostics {
	size_t n;
	struct ew_diagnostic *items;
	size_t n_files;
	char **files;		     /* in the order of their first mention */
	size_t n_errors, n_warnings; /* all, stored or not */
	bool strict;		     /* set by the caller: a warning is an error */
	bool out_of_memory;	     /* something could not be stored; counted all the same */
};

/*
 * Adds a diagnostic about FILE (copied). Want of memory sets out_of_memory, and the diagnostic still counts: a mistake
 * never makes a policy valid by getting lost.
 */
void ew_diagnostics_add(struct ew_diagnostics *diag, enum ew_severity severity, const char *file, unsigned int line,
			unsigned int column, const char *fmt, ...) EW_PRINTF(6, 7);

#define ew_diagnose_error(diag, file, line, column, ...) \
	ew_diagnostics_add(diag, EW_SEVERITY_ERROR, file, line, column, __VA_ARGS__)
#define ew_diagnose_warning(diag, file, line, column, ...) \
	ew_diagnostics_add(diag, EW_SEVERITY_WARNING, file, line, column, __VA_ARGS__)

/* Sorts by file (in order of first mention), line and column. */
void ew_diagnostics_sort(struct ew_diagnostics *diag);

/*
 * One line each, "FILE:LINE:COLUMN: error: TEXT", or "FILE: error: TEXT" for what concerns a whole file. Names in it
 * are escaped as escape.h says.
 */
void ew_diagnostics_print(const struct ew_diagnostics *diag, FILE *out);

/* The same as a JSON array of {"severity", "file", "line", "column", "text"}; line and column are null for a whole
 * file. */
void ew_diagnostics_print_json(const struct ew_diagnostics *diag, FILE *out);

void ew_diagnostics_clear(struct ew_diagnostics *diag);

/*
 * TEXT fit to be quoted in a message: at most EW_SHOWN_MAX bytes of it, cut between characters and marked with "...".
 * Written to BUF, which is returned.
 */
#define EW_SHOWN_MAX 64
struct ew_shown {
	char text[EW_SHOWN_MAX + 4];
};
const char *ew_shown(const char *text, struct ew_shown *buf);

#endif
