/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_HTML_H
#define EW_HTML_H

#include <stddef.h>
#include <stdio.h>

/*
 * ew_html_text - TEXT, which may be anything, as text of HTML and of XML, or between quotes in an attribute
 *
 * Whatever controls a terminal, the line or the direction of text, is no UTF-8, or cannot be seen, is shown as `\xNN`,
 * as escape.h does; a backslash stays as it is, since names of records are escaped already.
 */
void ew_html_text(const char *text, FILE *out);

/* The same, with its middle cut out where it takes more than WIDTH columns. */
void ew_html_elided(const char *text, size_t width, FILE *out);

#endif
