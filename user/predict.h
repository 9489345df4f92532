/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PREDICT_H
#define EW_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <execward/creds.h>
#include <execward/record.h>

#include "image.h"

#include "../bpf/decide.h"

/*
 * What an exec would come to, from facts about the caller and the file alone: the kernel's own computation up to
 * cap_bprm_creds_from_file() (security/commoncap.c, Linux 6.1 to 7.3), then the gain and the decision of the programs
 * (bpf/gain.h, bpf/decide.h). Nothing here asks the machine for anything, so all of it is unit-tested.
 *
 * Not known to user space, and so not looked at: whether the caller shares its fs_struct (CLONE_FS) with a process that
 * does not exec, which takes set-id bits their effect; the user namespace that a file system was mounted in; ACLs, and
 * the directories on the way to a file; modules other than the capability one.
 */

/* A map of user or group ids, as /proc/PID/uid_map has it (user_namespaces(7)). */
#define EW_ID_EXTENTS_MAX 340 /* UID_GID_MAP_MAX_EXTENTS, include/linux/user_namespace.h */
struct ew_id_map {
	bool all; /* every id maps to itself: the namespace is that of the reader */
	size_t n;
	struct {
		__u32 inside, outside, count;
	} extents[EW_ID_EXTENTS_MAX];
};

/* Reads a uid_map or gid_map. Returns 0, or -EBADMSG when F holds something else. */
int ew_id_map_parse(FILE *f, struct ew_id_map *map);

/* Has the namespace a number for ID? */
bool ew_id_map_has(const struct ew_id_map *map, __u32 id);

/* The id that 0 in the namespace stands for, or (u32)-1. */
__u32 ew_id_map_root(const struct ew_id_map *map);

#define EW_CALLER_GROUPS_MAX 65536 /* NGROUPS_MAX, linux/limits.h */
struct ew_predict_caller {
	struct ew_creds creds;
	__u64 ambient;
	bool no_new_privs;
	bool traced, tracer_capable; /* by one who holds CAP_SYS_PTRACE over the caller */
	/*
	 * What cancels ambient capabilities, and may be cut down for the sake of a tracer, is a change of the effective
	 * ids: from Linux 6.16 on. Before, it was effective ids that differ from the real ones.
	 */
	bool by_change;
	size_t n_groups;
	__u32 *groups; /* the supplementary ones; owned by whoever made the caller */
	struct ew_id_map uids, gids;
};

/* What /proc/PID/status says besides credentials. */
struct ew_caller_status {
	char comm[64];
	__u32 tgid, ppid, tracer;
};

/*
 * Reads /proc/PID/status into CALLER (ids, groups, capability sets, no_new_privs) and STATUS. CALLER's groups are
 * allocated. Returns 0, -EBADMSG when something is missing, or -ENOMEM.
 */
int ew_caller_parse_status(FILE *f, struct ew_predict_caller *caller, struct ew_caller_status *status);

/* The capabilities of a file, as the extended attribute security.capability has them. */
struct ew_file_caps {
	bool present;	/* and well-formed */
	bool malformed; /* exec fails with EINVAL */
	bool effective; /* the flag that makes an exec fail that would get less than `permitted` */
	__u64 permitted, inheritable;
	__u32 root; /* of revision 3: they count in user namespaces whose root this is. 0: everywhere */
};

/* Parses LEN bytes of the attribute (linux/capability.h, struct vfs_ns_cap_data). */
void ew_file_caps_parse(const void *data, size_t len, struct ew_file_caps *caps);

/*
 * The interpreter that a file asks for which begins with the LEN bytes at BUF, at most EW_SCRIPT_HEAD of them, as
 * load_script() in fs/binfmt_script.c finds it. Returns the length of its name in OUT, 0 when the file is no script, or
 * -ENOEXEC when the line is not one that the kernel takes.
 */
#define EW_SCRIPT_HEAD 256 /* BINPRM_BUF_SIZE, linux/binfmts.h */
int ew_script_interpreter(const char *buf, size_t len, char out[EW_SCRIPT_HEAD]);

/* A script, an interpreter that is one, and so on, and the program at the end: as many as exec_binprm() lets be. */
#define EW_PREDICT_LEVELS 6

struct ew_predict_file {
	int error; /* 0, or the errno for which it cannot be executed: -ENOENT, -ENOEXEC, ... */
	__u32 mode, uid, gid;
	bool unmapped; /* the mount has no number for its owner or group */
	bool nosuid, noexec;
	bool unlinked, script, acl;
	struct ew_file_caps caps;
	struct ew_identity identity;
	struct ew_identity
		verity; /* what stands for its fs-verity digest (image.h); dev 0: none that the kernel tells */
};

/* How far an exec gets before the kernel ends it by itself; what our hooks are asked by then. */
enum ew_stage {
	EW_STAGE_NONE, /* it is not asked at all */
	EW_STAGE_LOAD, /* whether it may exec, and about shapes */
	EW_STAGE_CREDS /* about gains, too */
};

struct ew_prediction {
	int error; /* 0, or the negative errno with which the kernel itself refuses */
	enum ew_stage stage;
	size_t n_levels;		 /* of FILES that are looked at */
	__u32 shapes[EW_PREDICT_LEVELS]; /* EW_BIT(EW_SHAPE_*): up to and including each level */
	struct ew_creds after;		 /* as before, where the exec does not get so far */
	struct ew_gain gain;
	struct ew_withheld withheld; /* by no_new_privs */
	__u64 label;		     /* the glob that is the new label and no other, as a bit; 0: there is none */
};

/* ew_predict - what CALLER would get by executing FILES[0], which leads to FILES[N - 1] */
void ew_predict(const struct ew_predict_caller *caller, const struct ew_predict_file *files, size_t n,
		struct ew_prediction *out);

/* One profile's word on an exec. */
struct ew_predict_word {
	struct ew_decision decision;
	const struct ew_exception *exception; /* that allows it; NULL: none */
	const struct ew_exception *narrower;  /* of reason `gain`: one that lists its gains for another image */
};

/* What is judged: by the identities of the program and of the caller's image; all zero: not known. */
struct ew_predict_case {
	const struct ew_image *image;
	const struct ew_prediction *prediction;
	const struct ew_predict_file *files;
	struct ew_identity from;
};

/* What the profile in SLOT says, were it the only one. */
void ew_predict_word(const struct ew_predict_case *c, unsigned int slot, struct ew_predict_word *out);

/*
 * What all profiles of SET say together. *LEVEL is the index of the file that the record names, and *EARLY whether the
 * exec is refused before credentials are computed.
 */
void ew_predict_decide(const struct ew_predict_case *c, __u64 set, struct ew_decision *out, size_t *level, bool *early);

/*
 * The smallest exception of PROFILE for the predicted gains, in OUT; what HAD lists is kept (NULL: nothing). Only
 * gains that the profile controls are in it. A label has to have its glob in PREDICTION, if HAD has none for it.
 */
void ew_predict_exception(const struct ew_profile *profile, const struct ew_prediction *prediction,
			  const struct ew_exception *had, struct ew_exception *out);

#endif
