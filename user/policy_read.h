/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_READ_H
#define EW_POLICY_READ_H

#include <stddef.h>

#include "diagnostics.h"
#include "policy_schema.h"
#include "policy_yaml.h"

/*
 * Policy files as they were read, merged, before anything is looked up on this machine. policy_compile.c turns them
 * into what the kernel side uses.
 */

#define EW_POLICY_FILE_SIZE_MAX (16 << 20) /* bytes */

struct ew_policy_file {
	char *path;			     /* as given, or DIRECTORY/NAME */
	const char *name;		     /* base name, within path */
	struct ew_policy_document *document; /* never NULL */
	struct ew_node *root;		     /* the places of what is in it */
};

struct ew_policy {
	size_t n_files;
	struct ew_policy_file *files; /* in the order in which they merge */
	size_t n_profiles;	      /* at most EW_PROFILES_MAX */
	size_t n_exceptions;	      /* entries of `except` */
};

enum ew_read_flag {
	EW_READ_ANY_OWNER =
		1 << 0, /* owner and mode of a file or directory are a warning: it is not going to be loaded */
};

/* The directories of a system, the first taking precedence; file-hierarchy(7). */
#define EW_POLICY_DIRS_N 3
extern const char *const ew_policy_dirs[EW_POLICY_DIRS_N];

/*
 * ew_policy_read_dirs - read the files *.yaml of N directories, the first taking precedence
 *
 * Of files with one name only the first is read; a link to /dev/null in its place disables the name. Files merge in the
 * order of their names (strcmp(3)). A directory that does not exist is empty, and no file at all is an empty policy.
 * A file must be a regular one, owned by root and not writable by others, so must its directory.
 *
 * Returns 0 and a policy that ew_policy_free() releases; -EINVAL when there is an error in DIAG; -ENOMEM. *OUT is
 * untouched on failure. DIAG is left sorted, and can hold warnings also on success.
 */
int ew_policy_read_dirs(const char *const *dirs, size_t n, unsigned int flags, struct ew_policy **out,
			struct ew_diagnostics *diag);

/* The same for N files, merged in the order given. Symbolic links are followed: the user named them. */
int ew_policy_read_files(const char *const *files, size_t n, unsigned int flags, struct ew_policy **out,
			 struct ew_diagnostics *diag);

/* The same for LENGTH bytes in memory, called PATH in messages. */
int ew_policy_read_buffer(const char *path, const char *text, size_t length, struct ew_policy **out,
			  struct ew_diagnostics *diag);

void ew_policy_free(struct ew_policy **policy);

#endif
