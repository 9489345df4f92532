/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TAGGED_H
#define EW_TAGGED_H

#include <sys/types.h>

#include "pins.h"
#include "policy_read.h"
#include "user_ranges.h"

/* Everything that is tagged, and what put it under each of its profiles: for `list`. */

enum ew_tagged_kind { EW_TAGGED_CGROUP, EW_TAGGED_USERS, EW_TAGGED_PROGRAM, EW_TAGGED_PROCESS, EW_TAGGED_MAX };

enum ew_origin_kind {
	EW_ORIGIN_POLICY,  /* a policy names it */
	EW_ORIGIN_PATTERN, /* a pattern of a policy matches it */
	EW_ORIGIN_COMMAND, /* `execward tag`, or `execward run` by root */
	EW_ORIGIN_FORK,	   /* of a process, from here on: inherited from its parent */
	EW_ORIGIN_SELF,	   /* it put itself there */
	EW_ORIGIN_PROGRAM, /* it executed a tagged program */
	EW_ORIGIN_STICKY,  /* it forked or executed in a cgroup under a sticky profile */
	EW_ORIGIN_MAX
};
extern const char *const ew_origin_words[EW_ORIGIN_MAX];

struct ew_origin {
	unsigned int slot; /* of the profile */
	enum ew_origin_kind kind;
	char *pattern; /* of EW_ORIGIN_PATTERN; NULL: its path is too long to be matched, and counts as matched */
	char *rule;    /* FILE:LINE, of the first two kinds */
	bool exact;    /* that is where it is named; else where the profile is */
};

struct ew_tagged {
	enum ew_tagged_kind kind;
	char *name;	 /* cgroup path, ids of users, path of the program, or the process's command: as it is */
	char *shown;	 /* the same, escaped */
	pid_t pid, ppid; /* of a process */
	__u64 id;	 /* of a cgroup */
	__u64 own;	 /* profiles of its own */
	__u64 policy;	 /* those of them that a policy put there */
	__u64 command;	 /* and those that a command put there; not of a process */
	__u64 by[EW_BY_MAX];
	struct ew_user_span users;
	struct ew_identity program;
	size_t n_origins;
	struct ew_origin *origins; /* by slot */
};

struct ew_tagged_list {
	size_t n, room;
	struct ew_tagged *items; /* cgroups by path, users, programs, then processes by id */
};

/* Gathers what is tagged. Returns 0 or a negative errno; ew_tagged_clear() gives the memory back in any case. */
int ew_tagged_read(const struct ew_pins *pins, struct ew_tagged_list *out);
void ew_tagged_clear(struct ew_tagged_list *list);

/* The entry of a process or of a cgroup, by its path as it is; NULL when it is not tagged itself. */
const struct ew_tagged *ew_tagged_process(const struct ew_tagged_list *list, pid_t pid);
const struct ew_tagged *ew_tagged_cgroup(const struct ew_tagged_list *list, const char *path);

/* Whether anything was tagged by a policy: only then the next call needs that policy. */
bool ew_tagged_any_policy(const struct ew_tagged_list *list);

/*
 * ew_tagged_explain - finds out the origins of all that is in LIST
 *
 * POLICY is the one in force, as it was read from its files, or NULL: then the lines are those of profiles. Returns 0
 * or a negative errno.
 */
int ew_tagged_explain(const struct ew_pins *pins, const struct ew_policy *policy, struct ew_tagged_list *list);

#endif
