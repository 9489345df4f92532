/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PROFILE_NAMES_H
#define EW_PROFILE_NAMES_H

#include <json.h>

#include "pins.h"

/* The names of the loaded profiles, as they were read. An empty name is an empty slot. */
struct ew_profile_names {
	char name[EW_PROFILES_MAX][EW_PROFILE_NAME_MAX];
	__u64 gone;	  /* those that no file has any more, a bit each */
	__u32 generation; /* of the policy that they are of; 0: they could not be read */
};

void ew_profile_names_read(const struct ew_pins *pins, struct ew_profile_names *names);

/*
 * Reads them again if another policy is in force by now. For who needs them for every record: reading costs a look into
 * a map of maps, for which kernels up to 6.7 wait for all who may be running a program (maybe_wait_bpf_programs(),
 * kernel/bpf/syscall.c); asking what is in force does not.
 */
void ew_profile_names_follow(const struct ew_pins *pins, struct ew_profile_names *names);

/*
 * As they are in policy GENERATION, if that is the next one, which a reload is just about to put in force; else in the
 * one in force. The next ew_profile_names_follow() reads those in force again.
 */
void ew_profile_names_ahead(const struct ew_pins *pins, struct ew_profile_names *names, __u32 generation);

/* The name of a slot's profile; for a slot without one, its number, in BUF. */
const char *ew_profile_name(const struct ew_profile_names *names, unsigned int slot, char buf[16]);

/* The names of a set of slots as "web, db (gone)". Returns memory that the caller frees, or NULL. */
char *ew_profile_names_join(const struct ew_profile_names *names, __u64 set);

/* The same as a JSON array. */
json_object *ew_profile_names_json(const struct ew_profile_names *names, __u64 set);

#endif
