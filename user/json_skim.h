/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_JSON_SKIM_H
#define EW_JSON_SKIM_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * Walking once over JSON (RFC 8259) of which is known what comes when, without a tree being made of it. It has to be
 * written as execward writes it: without blanks, numbers whole and not below 0, no `\u`. Anything else fails, which
 * says nothing about it but that a parser has to look. After that there is nothing left to walk over: every function
 * returns its nothing, so that who lists the keys need look at `failed` only at the end.
 */

#define EW_SKIM_TEXT_MAX \
	16384 /* bytes of a string that has escapes, or characters beyond ASCII, once these are undone */

struct ew_skim {
	const char *at, *end;
	bool failed;
	char decoded[EW_SKIM_TEXT_MAX + 1]; /* the last string that was not plain; need not be set at first */
};

struct ew_skim_text {
	const char *text; /* `len` bytes, and if it is not plain a NUL: then it is good until the next such string */
	size_t len;
	bool plain; /* printable ASCII without a backslash: what escape.h leaves as it is */
};

void ew_skim_fail(struct ew_skim *skim);

/* Is the LEN bytes at TEXT what comes next? Then it is passed over. */
bool ew_skim_maybe(struct ew_skim *skim, const char *text, size_t len);

/* The same, of a literal. */
#define EW_SKIM_MAYBE(skim, literal) ew_skim_maybe(skim, literal, sizeof(literal) - 1)

/* And it has to be. */
#define EW_SKIM_NEED(skim, literal)                \
	do {                                       \
		if (!EW_SKIM_MAYBE(skim, literal)) \
			ew_skim_fail(skim);        \
	} while (0)

/* A number, MAX at most. */
__u64 ew_skim_number(struct ew_skim *skim, __u64 max);

struct ew_skim_text ew_skim_string(struct ew_skim *skim);

/* A string or null, which is as a string of no bytes. */
struct ew_skim_text ew_skim_string_or_null(struct ew_skim *skim);

/* Any value is passed over. Returns where it begins. */
const char *ew_skim_value(struct ew_skim *skim);

#endif
