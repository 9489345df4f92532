/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_CHANGE_H
#define EXECWARD_CHANGE_H

#include <linux/types.h>

#include <execward/limits.h>
#include <execward/words.h>

#define EW_COMMAND_MAX 16

/*
 * A change of policy or of a tag, as every reader gets it. The tool that made it fills in all but the first group, in
 * the map `changes`, and runs ew_announce, which fills in that one and sends no more of `object` than is used.
 *
 * The programs make one by themselves of a cgroup whose path they cannot match whole (EW_CHANGE_CUT): `command` is
 * empty then, and who made the cgroup, or the tool that walks over it, is in the first group.
 */
struct ew_change_record {
	__u32 type;	  /* EW_RECORD_TAG or EW_RECORD_POLICY: where an exec has its own */
	__u32 generation; /* of the policy in force */
	__u64 time;	  /* CLOCK_BOOTTIME, nanoseconds */
	__u32 pid, uid;	  /* of the tool; in the initial namespaces */
	char comm[EW_COMM_MAX];

	__u32 action;		      /* enum ew_action */
	__u32 subject;		      /* of a tag: enum ew_subject */
	char command[EW_COMMAND_MAX]; /* the verb of the tool */
	__u64 profiles;		      /* of a tag: slots */
	__u64 id;		      /* of a cgroup or process; of users the first and, above 32 bits, the last */
	__u64 policy_hash;	      /* of a policy: of its files; 0: there is none, or not known */
	__u32 n_profiles, n_exceptions, n_cgroups, n_patterns; /* of a policy */
	__u32 object_len;
	__u32 marks;		  /* EW_CHANGE_* */
	char object[EW_PATH_MAX]; /* path of a cgroup or program, without a NUL */
};
/* `object` is the beginning of a path. The cgroup got the profiles that refuse and have patterns, or none has. */
#define EW_CHANGE_CUT 1U

#define EW_CHANGE_FIXED ((unsigned int)__builtin_offsetof(struct ew_change_record, object))

#endif
