/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LEARN_H
#define EW_LEARN_H

#include <stdio.h>

#include "image.h"
#include "intern.h"
#include "policy_compile.h"
#include "predict.h"
#include "record_parse.h"
#include "risk.h"

/*
 * The smallest exceptions that would have allowed what records say was refused. Nothing is asked of this machine but
 * the names of users and groups: programs are told apart by the paths that records and policy have for them. Whether an
 * exec would pass is decided by ew_predict_decide(), as for `explain`.
 */

/* Whoever executes chooses programs and ids: what differs is kept apart up to this, and counted past it. */
#define EW_LEARN_CASES_MAX 4096
#define EW_LEARN_PATHS_MAX 65536
#define EW_LEARN_BYTES_MAX (32U << 20)

/* Refused execs that no decision can tell apart. Compared by its bytes: without holes. */
struct ew_learn_key {
	__u64 set;	       /* slots of the profiles that applied, of those that are known here */
	__u64 caps;	       /* gained */
	__u32 program, from;   /* numbers of paths, from 1; 0: not known */
	__u32 kinds;	       /* gained */
	__u32 euid, egid;      /* afterwards */
	__u32 reason, decider; /* as recorded; slot of the profile */
	__u32 shapes;
	__u32 early; /* 1: refused before anything was gained */
	__u32 label; /* gained: number of its text, among the paths, from 1; 0: not known whole, or nobody minds it */
};

_Static_assert(sizeof(struct ew_learn_key) == 56, "no holes");

struct ew_learn_case {
	struct ew_learn_key key;
	__u64 count;
	__u32 cgroup; /* number of a path of its first, from 1; 0: not known */
	/* made by ew_learn_finish(), where a profile minds the label: */
	__u64 glob;	       /* that is this label, as a bit; 0: there is none */
	const char *why_label; /* there can be none */
};

/* An exception that is advised, or, with `why`, one that would be, could it be written. */
struct ew_learned {
	struct ew_image_exception exception; /* as it is read back from `text` */
	const char *program, *from;	     /* paths, plain; from NULL: any */
	__u32 replaces;			     /* line of the profile's own exception for the same; 0: there is none */
	__u64 count;			     /* execs that it is for */
	__u64 needed_by;		     /* of these: that pass, and would not without it */
	__u32 cgroup;			     /* of one of them, as in struct ew_learn_case */
	struct ew_risk risk;
	char *text; /* of an entry of `except` */
};

/* Refused execs that no exception can allow. */
struct ew_unlearned {
	__u32 reason, slot, shapes;
	const char *program; /* of the first; NULL: not known */
	const char *why;     /* no exception can: for reason `gain` */
	__u64 count;
};

struct ew_learn {
	/* The policy, and what stands for profiles that it does not have, and globs for labels; owned. */
	struct ew_image *image;
	__u64 assumed; /* slots of those */
	struct ew_interned paths, keys;
	struct ew_learn_case *cases; /* by the numbers of keys */
	size_t cases_room;
	__u64 records;	  /* of type exec */
	__u64 refused;	  /* of these */
	__u64 not_apart;  /* of these: there were too many different ones */
	__u64 lost;	  /* that a reader told it had lost */
	__u64 allowed_by; /* of the refused: by the policy as it is now */

	/* made by ew_learn_finish() */
	bool labels_full; /* the policy's automaton has no room for one more */
	size_t n_learned, n_unlearned;
	struct ew_learned *learned;	/* the riskiest first */
	struct ew_unlearned *unlearned; /* by reason, then the most frequent first */
	__u64 learnable;		/* of the refused: that pass with what was learned */
};

/*
 * ew_learn_init - begins with POLICY, which may be empty or NULL
 *
 * Returns 0; -EINVAL with errors in DIAG; -ENOMEM. ew_learn_clear() gives the memory back in each case.
 */
int ew_learn_init(struct ew_learn *learn, const struct ew_policy *policy, struct ew_diagnostics *diag);

/* Takes a record. Returns 0 or -ENOMEM. */
int ew_learn_take(struct ew_learn *learn, const struct ew_parsed *record);

/* Finds the exceptions, and replays the records with them. Returns 0 or -ENOMEM. */
int ew_learn_finish(struct ew_learn *learn);

/*
 * How many of the refused execs pass where the learned exceptions are there, but for WITHOUT (NULL: all are). Returns
 * 0 or -ENOMEM.
 */
int ew_learn_replay(struct ew_learn *learn, const struct ew_learned *without, __u64 *passes);

/* What was found, as text to be pasted. */
void ew_learn_print(const struct ew_learn *learn, FILE *out);

/* The same as one JSON document. LINES were read, of which BAD were left out. Returns 0 or -ENOMEM. */
int ew_learn_print_json(const struct ew_learn *learn, unsigned long lines, unsigned long bad, FILE *out);

void ew_learn_clear(struct ew_learn *learn);

/*
 * ew_learn_exception - the exception that would allow the one RECORD, were uid, gid and caps controlled
 *
 * And the label, if it gained nothing else. As an entry of `except`. The caller frees it. NULL: none can, or there is
 * no memory.
 */
char *ew_learn_exception(const struct ew_parsed *record);

#endif
