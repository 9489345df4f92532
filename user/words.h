/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_WORDS_H
#define EW_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include <execward/words.h>

/*
 * The closed lists of <execward/words.h> as tables of names, and the names of capabilities. All strings are static; no
 * function here fails for want of memory.
 */

struct ew_words {
	const char *const *names; /* names[value]; every value below n has one */
	size_t n;		  /* the enum's _MAX */
};

extern const struct ew_words ew_verdict_words;	    /* enum ew_verdict */
extern const struct ew_words ew_gain_words;	    /* enum ew_gain_kind */
extern const struct ew_words ew_cause_words;	    /* enum ew_cause */
extern const struct ew_words ew_shape_words;	    /* enum ew_shape */
extern const struct ew_words ew_reason_words;	    /* enum ew_reason */
extern const struct ew_words ew_fd_kind_words;	    /* enum ew_fd_kind */
extern const struct ew_words ew_danger_words;	    /* enum ew_fd_danger */
extern const struct ew_words ew_action_words;	    /* enum ew_action */
extern const struct ew_words ew_subject_words;	    /* enum ew_subject */
extern const struct ew_words ew_label_module_words; /* enum ew_label_module */
extern const struct ew_words ew_record_words;	    /* enum ew_record_type */

/* The name of VALUE, or "unknown" for a value outside the list (a record of a newer program). Never NULL. */
const char *ew_words_name(const struct ew_words *words, unsigned int value);

/* The value of NAME, or -ENOENT when the list has no such word. Case matters. */
int ew_words_find(const struct ew_words *words, const char *name);

/*
 * The one of the N CANDIDATES that TEXT was most likely meant to be, by edit distance, where a beginning of the word
 * counts as one edit; or NULL when none is near: a suggestion that is far off is worse than none. The first of equally
 * near ones wins.
 */
const char *ew_words_nearest(const char *text, const char *const *candidates, size_t n);

/* Number of capabilities that libcap knows by name: numbers 0 to this less 1. */
#define EW_CAPS_MAX 64
unsigned int ew_cap_count(void);

/*
 * The name of capability CAP ("cap_sys_admin") as capabilities(7) has it; for one that libcap cannot name, "cap_41" and
 * the like. Valid for CAP below EW_CAPS_MAX, NULL above. The string stays.
 */
const char *ew_cap_name(unsigned int cap);

/* The number of the capability called NAME, or -ENOENT. Lower case only: policy and records write one spelling. */
int ew_cap_find(const char *name);

/* As ew_words_nearest(), among the names of capabilities. */
const char *ew_cap_nearest(const char *text);

#endif
