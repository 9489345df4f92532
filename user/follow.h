/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_FOLLOW_H
#define EW_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/policy.h>

/*
 * Watching the programs that a policy names, to notice when a path leads to another file: a package's upgrade renames a
 * new one over the old. The directories are watched (inotify(7)): of the path, and of each symbolic link on the way
 * that is in the place of the file itself. A directory further up that is replaced, and a file system mounted over the
 * file, are noticed by ew_follow_look() alone.
 */

#define EW_FOLLOW_HOPS 8 /* symbolic links in a row that are watched */

struct ew_followed {
	char *path;
	struct ew_identity identity; /* when it was looked at last */
	int error;		     /* negative errno in its place */
	int watches[EW_FOLLOW_HOPS]; /* inotify's numbers of the directories, n_watches of them */
	unsigned int n_watches;
};

struct ew_follow {
	int fd; /* readable when something has happened in a directory; -1 before ew_follow_set() */
	size_t n;
	struct ew_followed *files; /* by path */
};
#define EW_FOLLOW_NONE ((struct ew_follow){.fd = -1})

/*
 * ew_follow_set - follows these paths, as they are now, and no others
 *
 * PATHS is sorted in place; a path that is in it twice is followed once, one where there is no file, too. If they are
 * those that it follows already, it goes on as before. Returns 1 if it was so, 0, or
 * a negative errno (-ENOSPC, -EMFILE: no more may be watched, see inotify(7)), and then nothing is followed.
 * ew_follow_clear() releases everything.
 */
int ew_follow_set(struct ew_follow *follow, const char **paths, size_t n);
void ew_follow_clear(struct ew_follow *follow);

/* Reads what has happened; does not wait. Returns 1 if a path leads to another file than before, 0, or a negative
 * errno. */
int ew_follow_changed(struct ew_follow *follow);

/* Looks at every path, whatever has happened. Returns as ew_follow_changed(). */
int ew_follow_look(struct ew_follow *follow);

#endif
