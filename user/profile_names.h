/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PROFILE_NAMES_H
#define EW_PROFILE_NAMES_H

#include <json.h>

#include "pins.h"

/* The names of the loaded profiles, read once. An empty name is an empty slot. */
struct ew_profile_names {
	char name[EW_PROFILES_MAX][EW_PROFILE_NAME_MAX];
	__u64 gone; /* those that no file has any more, a bit each */
};

void ew_profile_names_read(const struct ew_pins *pins, struct ew_profile_names *names);

/* The name of a slot's profile; for a slot without one, its number, in BUF. */
const char *ew_profile_name(const struct ew_profile_names *names, unsigned int slot, char buf[16]);

/* The names of a set of slots as "web, db (gone)". Returns memory that the caller frees, or NULL. */
char *ew_profile_names_join(const struct ew_profile_names *names, __u64 set);

/* The same as a JSON array. */
json_object *ew_profile_names_json(const struct ew_profile_names *names, __u64 set);

#endif
