/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CALLER_H
#define EW_CALLER_H

#include <sys/types.h>

#include <execward/limits.h>

#include "predict.h"

/* Who is to exec: a process there is, this one, or a user as a login would leave him. */
struct ew_caller {
	struct ew_predict_caller who;
	struct ew_caller_status status;
	pid_t pid;		   /* 0: no process in particular */
	bool securebits_known;	   /* nobody is told those of another process */
	char *cgroup;		   /* path in the v2 hierarchy; NULL: in none */
	char *exe;		   /* path of the image; NULL: not known */
	struct ew_identity exe_id; /* all zero: not known */
	char proc[32];		   /* its directory in /proc */
	__u64 caps_known;	   /* every capability that the kernel has */
};

/*
 * ew_caller_get - process PID, or this one for 0, and in place of its ids and capabilities those of USER, if not NULL
 *
 * USER is a name or an id. Logs its errors. Returns 0 or a negative errno; in both cases ew_caller_clear() gives the
 * memory back.
 */
int ew_caller_get(struct ew_caller *caller, pid_t pid, const char *user);
void ew_caller_clear(struct ew_caller *caller);

/* Where the link NAME of the caller's /proc/PID (exe, cwd, root) leads to; to be freed. NULL: that is not told. */
char *ew_caller_link(const struct ew_caller *caller, const char *name);

/* ew_identity_of_fd() for a file that the caller can reach. */
int ew_caller_identity(const struct ew_caller *caller, int fd, struct ew_identity *out, bool *idmapped);

/* The files that an exec leads to. */
struct ew_exec_files {
	size_t n;
	struct ew_predict_file file[EW_PREDICT_LEVELS];
	char *path[EW_PREDICT_LEVELS]; /* as the caller's root sees it */
	bool elf;		       /* the last one is a program in the ELF format, or could not be read */
};

/*
 * ew_exec_files_get - the program at PATH, and the interpreters that scripts ask for
 *
 * As CALLER finds them: with a pid in that process's root and mounts. A PATH without "/" is looked for in $PATH;
 * another relative one is from this process's directory. What cannot be executed is told by `error` of the last file.
 * Logs its errors. Returns 0, or a negative errno when PATH itself cannot be looked at.
 */
int ew_exec_files_get(struct ew_exec_files *files, const struct ew_caller *caller, const char *path);
void ew_exec_files_clear(struct ew_exec_files *files);

#endif
