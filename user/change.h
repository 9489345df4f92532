/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CHANGE_H
#define EW_CHANGE_H

#include <json.h>
#include <stdbool.h>

#include <execward/change.h>

#include "record_text.h"
#include "record_view.h"

/*
 * Records of changes, of type `tag` and `policy`: what a tool did to a tag or to the policy in force. They come through
 * the same buffers as those of execs. Functions that make a line do it as those of record_json.h and record_text.h do.
 */

/* Whether the LEN bytes at DATA, as a reader got them, are a change and not an exec. */
bool ew_change_is(const void *data, size_t len);

/* Checks and copies them. Returns 0, or -EBADMSG when they are no change of this ABI. */
int ew_change_read(struct ew_change_record *out, const void *data, size_t len);

char *ew_change_json(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset);
char *ew_change_text(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset,
		     const struct ew_record_text_options *options);
/* Without the time, for a journal that has it. */
char *ew_change_message(const struct ew_change_record *change, const struct ew_record_names *names);

/* Calls EACH with the profiles of a tag one by one, escaped; one that has no name any more is "#SLOT". */
void ew_change_each_profile(const struct ew_change_record *change, const struct ew_record_names *names,
			    unsigned int flags, void (*each)(void *ctx, const char *profile), void *ctx);

/* What was tagged, as "cgroup /web.slice", escaped, or the number of the policy. The caller frees it; NULL: no memory.
 */
char *ew_change_object(const struct ew_change_record *change, unsigned int flags);

/* One that was written as JSON, with the names that it had. */
struct ew_change_parsed {
	struct ew_change_record change; /* its time is since the epoch */
	struct ew_record_names names;
	char profile[EW_PROFILES_MAX][EW_PROFILE_NAME_MAX];
};

/*
 * ew_change_parse - takes ROOT, of type `tag` or `policy`, to pieces
 *
 * Returns 0, or -EBADMSG with *WHY set. OUT has pointers into itself: not to be copied.
 */
int ew_change_parse(json_object *root, struct ew_change_parsed *out, const char **why);

#endif
