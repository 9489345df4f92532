/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_EXPLAIN_H
#define EW_EXPLAIN_H

#include "applies.h"
#include "record_view.h"

/* What `explain` has found out, and how it is told. */
struct ew_explain {
	struct ew_caller caller;
	struct ew_exec_files files;
	const char *cgroup; /* that the caller is in, or is to be in; NULL: none */
	struct ew_applies applies;
	const char *user;     /* of --as; NULL: none */
	const char *unloaded; /* why the policy is that of the files; NULL: it is the one in force */
	struct ew_prediction prediction;
	struct ew_predict_case judged;
	struct ew_decision decision;
	size_t level;		     /* of the file that a record would name */
	bool early;		     /* refused before there are credentials to compare */
	bool securebits_matter;	     /* those of the caller are not known, and could change the answer */
	struct ew_record_view *view; /* the record as it would be; owned */
};

/*
 * ew_explain_judge - predicts and decides, once caller, files, cgroup and applies are there
 *
 * ew_explain_reset() gives the memory of what is about the program back, ew_explain_clear() that of the caller, too.
 * Returns 0 or -ENOMEM.
 */
int ew_explain_judge(struct ew_explain *explain);
void ew_explain_reset(struct ew_explain *explain);
void ew_explain_clear(struct ew_explain *explain);

/* Would the exec go on? */
bool ew_explain_passes(const struct ew_explain *explain);

/*
 * The exception of the profile in SLOT that would let the exec pass, as an entry of `except`, INDENT blanks from the
 * left; *HAD is the one that it is to replace, or NULL. NULL when no exception can, or for want of memory; the caller
 * frees.
 */
char *ew_explain_exception(const struct ew_explain *explain, unsigned int slot, unsigned int indent,
			   const struct ew_exception **had);

/* What is taken for granted, and what else there is to say. Returns how many; each and the list are to be freed. */
size_t ew_explain_notes(const struct ew_explain *explain, char ***notes);

/* As text for people, or as one JSON document: the record as `trace --json` would print it, and more keys. Return 0 or
 * -ENOMEM. */
int ew_explain_print(const struct ew_explain *explain, FILE *out);
int ew_explain_print_json(const struct ew_explain *explain, FILE *out);

#endif
