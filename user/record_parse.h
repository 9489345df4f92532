/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_PARSE_H
#define EW_RECORD_PARSE_H

#include <json.h>
#include <stdbool.h>

#include "record_view.h"

/*
 * A record of JSON Lines as the view that it was made of, so that what prints and filters records does not know where
 * one is from. It is taken to pieces, put together as the programs send it, and goes through the same check.
 */
struct ew_parsed {
	struct ew_record_view view; /* `time` is that of day: its offset is 0 */
	/*
	 * The names that the record has. Slots of profiles are their places in the record's list; users and groups are
	 * those of its gains.
	 */
	struct ew_record_names names;
	char profile[EW_PROFILES_MAX][EW_PROFILE_NAME_MAX];
	char cgroup[EW_PATH_MAX]; /* "": not known */
	char user[64], group[64]; /* of the gains; "": none */
	struct ew_record bytes;	  /* what the view was made of */
};

/* Empties *OUT, for what fills it. */
void ew_parsed_begin(struct ew_parsed *out);

/*
 * ew_record_parse - ROOT, of type "exec"
 *
 * What descriptors are is taken as far as it is printed: their sockets' peers are not; nor are the arguments, the
 * parents and the names of ids other than the gains'. Keys that are not known here are passed over. *OUT points into
 * itself: pass it on by reference. Returns 0, or -EBADMSG with *WHY set.
 */
int ew_record_parse(json_object *root, struct ew_parsed *out, const char **why);

/* The time of a record of any type, nanoseconds since the epoch. False: it has none. */
bool ew_record_parse_time(json_object *root, __u64 *out);

#endif
