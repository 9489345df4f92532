/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_ENTRIES_H
#define EW_POLICY_ENTRIES_H

#include <stddef.h>

#include "policy_compile.h"

/*
 * The places where a policy puts something under a profile: each word of `cgroups`, `users` and `programs`. The
 * compiled policy knows the first place of each thing alone, and what is in force none.
 */

enum ew_entry_kind { EW_ENTRY_CGROUP, EW_ENTRY_USERS, EW_ENTRY_PROGRAM };

struct ew_entry {
	enum ew_entry_kind kind;
	const char *profile; /* by name */
	const char *text;    /* as it is written */
	const char *file;    /* base name */
	unsigned int line;
	__u32 first, last;	     /* of EW_ENTRY_USERS; first > last: the machine has no such user */
	struct ew_identity identity; /* of EW_ENTRY_PROGRAM; all zero: there is no such file */
};

struct ew_entries {
	size_t n;
	struct ew_entry *items; /* in the order of the policy, to which their strings belong */
};

/*
 * ew_entries_make - all of POLICY's
 *
 * RESOLVER finds users and programs; what it does not find is no error. Returns 0 or -ENOMEM; ew_entries_clear() gives
 * the memory back.
 */
int ew_entries_make(const struct ew_policy *policy, const struct ew_resolver *resolver, struct ew_entries *out);
void ew_entries_clear(struct ew_entries *entries);

/*
 * The first entry of a profile that names the cgroup or pattern TEXT, users FIRST to LAST (or the first of several that
 * name some of them), the program of that IDENTITY or, where none does, that PATH (of which the beginning may be
 * replaced by "..."); or NULL.
 */
const struct ew_entry *ew_entry_of_cgroup(const struct ew_entries *entries, const char *profile, const char *text);
const struct ew_entry *ew_entry_of_users(const struct ew_entries *entries, const char *profile, __u32 first,
					 __u32 last);
const struct ew_entry *ew_entry_of_program(const struct ew_entries *entries, const char *profile,
					   const struct ew_identity *identity, const char *path);

#endif
