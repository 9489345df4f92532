/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_LIMITS_H
#define EXECWARD_LIMITS_H

/*
 * Limits that both sides of the system call boundary share. Sizes are in bytes and include the terminating NUL.
 * A name that does not fit is refused when the policy is read, never cut.
 */

/*
 * Layout of every pinned map and of every record, and what the programs mean by what is in them. A tool of another
 * number refuses to touch them; programs of another build, but of the same number, take them over (user/upgrade.h).
 */
#define EW_ABI 8

/*
 * What belongs to a policy is kept twice, a half for each of two generations: half `generation & 1` is that policy's. A
 * reload fills the other half, and one store to ew_state.generation puts it in force.
 */
#define EW_HALVES 2
#define EW_HALF(generation) ((generation) & (EW_HALVES - 1))
/* Halves, a bit each: that of one generation, or both. */
#define EW_HALF_OF(generation) (1U << EW_HALF(generation))
#define EW_HALVES_ALL ((1U << EW_HALVES) - 1)

#define EW_PROFILES_MAX 64 /* a set of profiles is one 64-bit word, a bit for each slot */
#define EW_PROFILE_NAME_MAX 64
#define EW_POLICY_FILE_MAX 128 /* base name of a policy file */
#define EW_CGROUP_PATH_MAX 512 /* literal cgroup path in a policy */
#define EW_CGROUP_DEPTH_MAX \
	65536 /* levels looked at once the map of cgroups had no room; the walk ends at the last one */
#define EW_EXCEPTIONS_MAX 65536 /* (profile, program, from) triples in force */
#define EW_CGROUP_PATHS_MAX 1024
#define EW_PATTERNS_MAX 1024	    /* cgroup patterns in a policy */
#define EW_PATTERN_STATES_MAX 65536 /* of the automaton that they make, 520 bytes each */
#define EW_CGROUP_TRACE_MAX 1024    /* TRACE_CGROUP_PATH_LEN, kernel/cgroup/cgroup-internal.h: a longer path is cut */
#define EW_CGROUPS_MAX 1000000
#define EW_EXCEPTION_IDS_MAX 8 /* user or group ids one exception can name */
#define EW_USERS_MAX 2047      /* users and ranges of users that policies can name, and again commands */
#define EW_USER_RANGES 8192    /* entries of a table of users: both, and the gaps between them */
#define EW_PROGRAMS_MAX 4096   /* tagged programs of a policy, and again those of commands */
#define EW_VERITIES_MAX 4096   /* fs-verity digests that the exceptions of a policy can name */
#define EW_LABEL_MAX 256 /* of a security module's label as text; a longer one is cut, and no exception is for it */
#define EW_LABEL_GLOBS_MAX 64	/* globs of labels that the exceptions of a policy can name, a bit each */
#define EW_PROGRAM_NAME_MAX 248 /* of the path that `list` shows */
#define EW_READERS_MAX 16
#define EW_PATH_MAX 4096	/* PATH_MAX, linux/limits.h */
#define EW_FDS_DESCRIBED_MAX 32 /* descriptors that one record describes; the others it counts */
#define EW_FD_PATH_MAX 256	/* of the path of a descriptor; of a longer one the end */
#define EW_FD_PEER_MAX 108	/* UNIX_PATH_MAX, linux/un.h */
#define EW_WAKE_NSEC 10000000	/* for so long after it was woken a reader looks by itself */
#define EW_PARENTS_MAX 8	/* that one record names */
#define EW_ARGS_MAX 32		/* arguments that one record has */
#define EW_ARGS_SIZE 1024	/* bytes of them, each with a NUL behind it */
#define EW_FD_ALLOWS_MAX 1024	/* entries of `allow` of one profile */
#define EW_FD_MIN_MAX 1048576	/* of `min`: fs.nr_open as kernels come with it */
#define EW_COMM_MAX 16		/* TASK_COMM_LEN, include/linux/sched.h */

#endif
