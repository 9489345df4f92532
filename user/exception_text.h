/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_EXCEPTION_TEXT_H
#define EW_EXCEPTION_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include <execward/policy.h>

#include "image.h"

/* An exception as policy writes it, where one is advised. */
struct ew_exception_text {
	const char *program; /* path, plain */
	const char *from;    /* the same of the caller's image; NULL: any */
	const struct ew_exception *exception;
	const struct ew_image *image; /* whose globs of labels the exception has; NULL: it has none */
	__u64 caps_all;		      /* a list of all of these is written `caps` */
};

/*
 * Calls EACH with the words of its `gain` one by one. NAMED: the name of a user, a group or a label is in it, plain, so
 * that it has to be quoted. Ids are named as they are called here, or by number where such a name could not be written.
 */
typedef void (*ew_exception_gain_fn)(void *ctx, const char *word, bool named);
void ew_exception_each_gain(const struct ew_exception_text *text, ew_exception_gain_fn each, void *ctx);

/* An entry of `except`, INDENT blanks from the left. Ids are named as they are called here. */
void ew_exception_print(const struct ew_exception_text *text, unsigned int indent, FILE *out);

#endif
