/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_PRINT_H
#define EW_POLICY_PRINT_H

#include <linux/types.h>
#include <stdio.h>

#include "policy_read.h"

/*
 * ew_policy_print - all of POLICY as one policy file
 *
 * Each profile follows a comment "# FILE:LINE" of where it stands. What is read back from it compiles to the same
 * image, but for files and lines. It prints the nodes of the files, so it knows nothing of keys.
 */
void ew_policy_print(const struct ew_policy *policy, FILE *out);

/*
 * ew_policy_hash - a number by which a policy is known again: of its files, the lines of its profiles, and all that
 * they hold
 *
 * Never 0. Not for use against anybody who wants two policies to look alike.
 */
__u64 ew_policy_hash(const struct ew_policy *policy);

/* One profile, or a part of one, INDENT blanks from the left, ended by a newline. */
void ew_policy_print_node(const struct ew_node *node, unsigned int indent, FILE *out);

/* LENGTH bytes of UTF-8 as a YAML scalar in double quotes. */
void ew_policy_print_quoted(const char *text, size_t length, FILE *out);

#endif
