/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * asuser UID GID GROUP,GROUP... COMMAND [ARG...] - runs COMMAND as a login would
 *
 * Without capabilities at the time of the exec: setpriv(1) still holds root's when it execs, so that a set-uid program
 * would give it nothing new.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	gid_t groups[64], gid;
	size_t n = 0;
	uid_t uid;

	if (argc < 5) {
		fprintf(stderr, "usage: asuser UID GID GROUP,GROUP... COMMAND [ARG...]\n");
		return 2;
	}
	uid = (uid_t)strtoul(argv[1], NULL, 10);
	gid = (gid_t)strtoul(argv[2], NULL, 10);
	for (char *word = strtok(argv[3], ","); word && n < sizeof(groups) / sizeof(groups[0]);
	     word = strtok(NULL, ","))
		groups[n++] = (gid_t)strtoul(word, NULL, 10);
	if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0) {
		fprintf(stderr, "asuser: %s\n", strerror(errno));
		return 2;
	}
	execvp(argv[4], &argv[4]);
	fprintf(stderr, "asuser: %s: %s\n", argv[4], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
