/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_DIFF_H
#define EW_POLICY_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include <json.h>

#include "image.h"
#include "util.h"

/*
 * What changes from one compiled policy to another, by meaning: a rule that only moved to another file or line is no
 * change. Another kind of rule is one more row in the table of policy_diff.c. Profiles that stay have the same slot in
 * both.
 */

struct ew_change {
	const char *kind; /* "profile", ...: the order of the table */
	char *what;	  /* which, in words */
	char *before;	  /* NULL: it is new */
	char *after;	  /* NULL: it goes */
	char *origin;	  /* FILE:LINE, of the new rule where there is one */
	size_t order;
};

struct ew_diff {
	size_t n, room;
	struct ew_change *changes; /* sorted by kind, then by what */
	__u64 alike;		   /* profiles that are the same one in both, by slot */
	bool out_of_memory;
};

/* Returns 0 and the changes in *OUT, which ew_diff_clear() releases, or -ENOMEM. */
int ew_policy_diff(const struct ew_image *before, const struct ew_image *after, struct ew_diff *out);
void ew_diff_clear(struct ew_diff *diff);

/* A line for each change, "+ ", "- " or "~ ", then kind, which, and what it says; names are escaped (escape.h). */
void ew_diff_print(const struct ew_diff *diff, FILE *out);

/* An array of {"change": "add" | "remove" | "change", "kind", "what", "before", "after", "origin"}; the caller owns it.
 */
json_object *ew_diff_json(const struct ew_diff *diff);

/* What a profile and an exception of IMAGE say, as the changes have it: memory that the caller frees, or NULL. */
char *ew_profile_text(const struct ew_profile *profile);
char *ew_exception_text(const struct ew_exception *exception, const struct ew_image *image);

/* The path by which one of two images (the second may be NULL) names a file, or "inode N of MAJOR:MINOR". */
char *ew_identity_text(const struct ew_identity *identity, const struct ew_image *image, const struct ew_image *other);

#endif
