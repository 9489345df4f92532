/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_SUBJECT_H
#define EXECWARD_SUBJECT_H

#include <execward/policy.h>

/* Who is tagged otherwise than by cgroup or process: users, and those who exec a program. */

/*
 * The tags of the real user ids (of the initial user namespace) from `first` up to the `first` of the next entry. A
 * table of EW_USER_RANGES is sorted, begins at id 0, and is filled up with entries at EW_USER_NONE, so that a search
 * takes the same number of steps whatever is in it.
 */
struct ew_user_range {
	__u32 first;
	__u32 pad;
	__u64 policy;  /* profiles that a policy file put on these users */
	__u64 command; /* profiles that `execward tag` put on them */
};

#define EW_USER_NONE ((__u32)-1) /* no task has this id (setresuid(2)) */

/* The table of the policy of number GENERATION; consecutive policies have different ones. */
#define EW_USER_TABLES 2
#define EW_USER_TABLE(generation) ((generation) % EW_USER_TABLES)

/* Generation 0 has what `execward tag` put there: it stays when the policy changes. */
#define EW_GENERATION_COMMAND 0

struct ew_program_key {
	struct ew_identity program;
	__u32 generation;
	__u32 pad;
};

struct ew_program_tag {
	__u64 set;
	char path[EW_PROGRAM_NAME_MAX]; /* for `list`; of a longer one the end, after "..." */
};

_Static_assert(sizeof(struct ew_user_range) == 24, "no holes");
_Static_assert(sizeof(struct ew_program_key) == 24, "a key with holes would never be found");
_Static_assert((EW_USER_RANGES & (EW_USER_RANGES - 1)) == 0, "the search halves it");
_Static_assert(2 * (EW_USERS_MAX + EW_USERS_MAX) + 1 <= EW_USER_RANGES,
	       "room for the policy's users and the commands'");

#endif
