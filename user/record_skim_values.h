/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_SKIM_VALUES_H
#define EW_RECORD_SKIM_VALUES_H

#include "json_skim.h"
#include "record_parse.h"
#include "words.h"

/*
 * Every function here is the twin of one of record_parse.c and its like, which say what a record is. It may take less
 * than that one does, and fail, but never more, nor make anything else of it: tests/unit/test_record_skim.c compares.
 */

struct ew_skim_parts {
	struct ew_skim json;
	struct ew_parsed *out;
	struct ew_record *r; /* out->bytes */
	/* Values that are passed over at first, as paths[] has them in another order than the line. NULL: not there. */
	const char *exe, *label, *fds, *script;
	bool label_named; /* a gain has the name of the new label: it is known whole */
};

/* The name TEXT, escaped as it is there, into the SIZE bytes at OUT. Returns its length. */
size_t ew_skim_name(struct ew_skim_parts *p, const struct ew_skim_text *text, char *out, size_t size);
size_t ew_skim_string_name(struct ew_skim_parts *p, char *out, size_t size);

/* Whether TEXT is WORD. */
bool ew_skim_is_word(const struct ew_skim_text *text, const char *word);

/* The value of a word, and the bits of an array of them. */
__u32 ew_skim_word(struct ew_skim_parts *p, const struct ew_words *words);
__u32 ew_skim_word_bits(struct ew_skim_parts *p, const struct ew_words *words);

/* Calls EACH for the values of an array, I from 0. Returns how many there are. */
size_t ew_skim_list(struct ew_skim_parts *p, void (*each)(struct ew_skim_parts *p, size_t i, void *ctx), void *ctx);

__u32 ew_skim_number32(struct ew_skim_parts *p);

/* What is behind the paths, to OUT. Return the bytes of it. */
size_t ew_skim_label(struct ew_skim_parts *p, char *out);
size_t ew_skim_fds(struct ew_skim_parts *p, char *out);

#endif
