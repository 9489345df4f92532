/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LEARN_ENTRY_H
#define EW_LEARN_ENTRY_H

#include "exception_text.h"
#include "learn.h"

/* What the two forms of what was learned, text and JSON, share: the entries of policy that exceptions are put into. */

/*
 * Exceptions that differ in the image of the caller alone are one entry with all of these. One that is to take the
 * place of another stands for itself.
 */
bool ew_learn_together(const struct ew_learned *a, const struct ew_learned *b);

/* LEARNED, as it is written. Refers to both. */
struct ew_exception_text ew_learn_text_of(const struct ew_learn *learn, const struct ew_learned *learned);

/* Is learned[I] the first of its entry? */
bool ew_learn_begins_entry(const struct ew_learn *learn, size_t i);

/* The text of the entry that learned[I] begins. */
void ew_learn_put_entry(const struct ew_learn *learn, size_t i, FILE *out);

/* What all of that entry come to: each is for other execs. */
struct ew_learn_sum {
	__u64 count, needed_by; /* as in struct ew_learned */
};
struct ew_learn_sum ew_learn_entry_sum(const struct ew_learn *learn, size_t i);

/* Execs that were judged again with what was learned, and are refused all the same. */
__u64 ew_learn_still_refused(const struct ew_learn *learn);

/* What would allow it, or why nothing can. Static. */
const char *ew_learn_remedy(const struct ew_unlearned *u);

#endif
