/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_TEXT_H
#define EW_POLICY_TEXT_H

#include <stdbool.h>

#include <linux/types.h>

#include <execward/verity.h>
#include <execward/words.h>

#include "policy_schema.h"

/* The texts of a policy that are more than words of a closed list: names, paths, gains. */

/* Why a text is refused: "WHAT WAS WRONG; expected WHAT", without the place. */
struct ew_why {
	char text[512];
};

/* Whether TEXT is right for its KIND; false with the reason in WHY. Looks at nothing but the text. */
bool ew_text_check(enum ew_text_kind kind, const char *text, struct ew_why *why);

/* A gain that an exception lists. */
struct ew_gain_word {
	enum ew_gain_kind kind;
	bool any;	  /* the whole kind: `uid`, `gid`, `caps`, `label` */
	unsigned int cap; /* of EW_GAIN_CAPS */
	const char *name; /* of a user or group, NULL: by number; or the glob of labels; within the parsed text */
	__u32 number;	  /* user or group id */
};

/* Parses `uid:NAME|NUMBER`, `gid:NAME|NUMBER`, `label:GLOB`, `cap_xxx`, `uid`, `gid`, `caps`, `label`; false with the
 * reason in WHY. */
bool ew_gain_word_parse(const char *text, struct ew_gain_word *out, struct ew_why *why);

/* Parses `sha256:` and 64 hexadecimal digits in lower case; false with the reason in WHY. */
bool ew_verity_parse(const char *text, __u8 digest[EW_VERITY_SIZE], struct ew_why *why);

/* Users: a name, or the ids FIRST to LAST. */
struct ew_user_word {
	const char *name; /* within the parsed text; NULL: by number */
	__u32 first, last;
};

/* Parses `NAME`, `NUMBER`, `NUMBER-NUMBER`; false with the reason in WHY. */
bool ew_user_word_parse(const char *text, struct ew_user_word *out, struct ew_why *why);

#endif
