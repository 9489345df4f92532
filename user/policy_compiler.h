/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_COMPILER_H
#define EW_POLICY_COMPILER_H

#include <errno.h>
#include <string.h>

#include "lookups.h"
#include "policy_compile.h"
#include "util.h"

/*
 * What the files of the compiler share; nobody else includes this. policy_compile.c goes through the policy and makes
 * profiles and cgroups, policy_compile_subjects.c makes users and programs and chooses slots,
 * policy_compile_exceptions.c makes exceptions, policy_compile_fds.c what a profile says of descriptors,
 * policy_compile_labels.c numbers globs of labels, policy_compile_patterns.c makes the automaton, and
 * policy_compile_names.c looks up names and paths on this machine.
 */

/* An exception in the making, with where it comes from. */
struct ew_compiler_source {
	const struct ew_policy_exception *exception;
	const char *program, *from; /* paths, for messages; from is "" for any */
};

struct ew_compiler {
	unsigned int flags;
	const struct ew_resolver *resolver;
	struct ew_diagnostics *diag;
	struct ew_image *image;
	struct ew_compiler_source *sources; /* of image->exceptions, by index */
	size_t room;			    /* in both */
	struct {
		const struct ew_policy_file *file;
		const struct ew_node *node;
	} patterns[EW_PATTERNS_MAX], labels[EW_LABEL_GLOBS_MAX]; /* places of those of the image, by index */
	const struct ew_slots *slots;
	__u64 staying; /* of those, the ones that the policy has */
	__u64 taken;
	struct ew_lookups lookups;

	/* What is being compiled. */
	const struct ew_policy_file *file;
	const struct ew_policy_profile *profile;
	__u32 slot;
};

#define ew_compiler_error(c, node, ...) \
	ew_diagnose_error((c)->diag, (c)->file->path, (node)->line, (node)->column, __VA_ARGS__)

/* The users and the programs of the profile that is being compiled. Return 0 or -ENOMEM; mistakes are told. */
int ew_compiler_users(struct ew_compiler *c);
int ew_compiler_programs(struct ew_compiler *c);

/*
 * ew_compiler_exception - adds an exception of the profile that is being compiled, for each of its images
 * ew_compiler_add_exception - adds one with that key and value; SOURCE says where it comes from
 *
 * Return 0 or -ENOMEM; mistakes are told.
 */
int ew_compiler_exception(struct ew_compiler *c, const struct ew_policy_exception *exception);
int ew_compiler_add_exception(struct ew_compiler *c, const struct ew_compiler_source *source,
			      const struct ew_identity *program, const struct ew_identity *from,
			      const struct ew_exception *value);

/*
 * Finds exceptions of the profile, from index START on, that have one key: of one exception it is two names of one
 * image (/bin/sh and /usr/bin/sh), and one of them goes; of two it is a mistake, since only one of them could be found.
 * Returns 0 or -ENOMEM; mistakes are told.
 */
int ew_compiler_merge_twins(struct ew_compiler *c, size_t start);

/*
 * What the profile says of descriptors; after ew_compiler_merge_twins(), as `allow` for a program adds up. Returns 0 or
 * -ENOMEM; mistakes are told.
 */
int ew_compiler_fds(struct ew_compiler *c);

/* Makes one of programs that several profiles name, or one profile by several paths. */
void ew_compiler_merge_programs(struct ew_image *image);

/* Which of the slots that are taken already stay so under POLICY. */
void ew_compiler_keep_slots(struct ew_compiler *c, const struct ew_policy *policy);

/* Chooses the slot of the profile that is being compiled; false with an error when there is none. */
bool ew_compiler_take_slot(struct ew_compiler *c);

/*
 * The id of a user (USER) or group. Returns 0; -ENOMEM; or another negative errno, when the mistake, at NODE, is told.
 */
int ew_compiler_resolve_name(struct ew_compiler *c, bool user, const char *name, const struct ew_node *node,
			     __u32 *out);

/* The identity of a program; an error or warning is told, and then -EINVAL says to leave it out. */
int ew_compiler_resolve_program(struct ew_compiler *c, const char *path, const struct ew_node *node,
				struct ew_identity *out);

/*
 * ew_compiler_label - adds to LABELS the number of GLOB, which `label:GLOB` at NODE names
 * ew_compiler_keep_labels - gives those globs their numbers that profiles which stay by force have; before the others
 *
 * Return 0; -ENOMEM; or -EINVAL when the mistake is told.
 */
int ew_compiler_label(struct ew_compiler *c, const char *glob, const struct ew_node *node, __u64 *labels);
int ew_compiler_keep_labels(struct ew_compiler *c);

/* Makes the image's automaton. Returns 0 or -ENOMEM; that it would be too large is told. */
int ew_compiler_patterns(struct ew_compiler *c);

/* Gives the image the paths that were looked up, and the digests. Returns 0 or -ENOMEM. */
int ew_compiler_keep_paths(struct ew_compiler *c);

#endif
