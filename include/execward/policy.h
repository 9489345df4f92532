/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_POLICY_H
#define EXECWARD_POLICY_H

#include <linux/types.h>

#include <execward/limits.h>
#include <execward/words.h>

/* The compiled policy: what user space writes into the maps and the programs read. No implicit padding anywhere. */

enum ew_profile_flag {
	EW_PROFILE_USED = 1 << 0,
	EW_PROFILE_EXEC_NONE = 1 << 1,	    /* exec: none */
	EW_PROFILE_USERNS_INITIAL = 1 << 2, /* userns: initial */
	EW_PROFILE_STICKY = 1 << 3,	    /* sticky: yes */
	EW_PROFILE_GONE = 1 << 16,	    /* kept by `reload --force` for what was tagged with it; no file has it */
	EW_PROFILE_SELF_SERVICE = 1 << 4,   /* self_service: yes */
};

enum ew_fds_flag {
	EW_FDS_WHEN_GAIN = 1 << 0,	/* when: gain */
	EW_FDS_IGNORE_LISTEN = 1 << 1,	/* ignore: [listen_fds] */
	EW_FDS_ALLOW_PROGRAMS = 1 << 2, /* there are exceptions of EW_FROM_FDS */
};

struct ew_profile {
	/*
	 * Of the policy it belongs to; part of the key of its exceptions. Slot 0 has this and `sticky` whether it is
	 * used or not, since users, programs and what sticks are looked up before any profile.
	 */
	__u32 generation;
	__u32 flags;	  /* EW_PROFILE_* */
	__u32 mode;	  /* the verdict on a refusal: EW_VERDICT_AUDIT, _DENY or _KILL */
	__u32 gains;	  /* controlled kinds, EW_BIT(EW_GAIN_*) */
	__u32 shapes;	  /* refused shapes, EW_BIT(EW_SHAPE_*) */
	__u32 line;	  /* of the profile in its file, from 1 */
	__u64 allow_caps; /* capabilities whose gain is not looked at */
	__u64 sticky;	  /* the sticky profiles of the policy; the same in every slot */
	__u64 fds;	  /* the profiles of the policy that mind descriptors; the same in every slot */
	__u64 fds_always; /* those of them that mind them whether anything is gained or not; likewise */
	__u64 fd_allow;	  /* kinds that may cross into any program, bit N for enum ew_fd_kind */
	__u32 fd_mode;	  /* as `mode`, for descriptors; EW_VERDICT_ALLOW: they are not looked at */
	__u32 fd_flags;	  /* EW_FDS_* */
	__u32 fd_min;	  /* descriptors below are not looked at */
	__u32 fd_line;	  /* of `fds` in the profile's file */
	char name[EW_PROFILE_NAME_MAX];
	char file[EW_POLICY_FILE_MAX]; /* base name of the policy file */
};

/*
 * A file as the kernel holds it: the device of its superblock, encoded as in the kernel (major << 20 | minor,
 * include/linux/kdev_t.h), and its inode number. On btrfs and the like stat(2) tells another device.
 */
struct ew_identity {
	__u64 ino;
	__u32 dev;
	__u32 pad;
};

struct ew_exception_key {
	struct ew_identity program;
	struct ew_identity from; /* image of the task that execs; all zero for any image */
	__u32 generation;
	__u32 profile; /* slot */
};

/*
 * `pad` of `from`, which is else 0, as is the pad of every identity: no image, but `allow` of `fds` for the program. An
 * exec is never from there, so that these are not found in place of an exception, nor the other way round.
 */
#define EW_FROM_FDS 1

struct ew_exception {
	__u64 caps;   /* capabilities it lists by name */
	__u64 labels; /* globs of labels, by number, that the new label may match */
	__u64 fds;    /* of EW_FROM_FDS: kinds of descriptor, bit N for enum ew_fd_kind; nothing else then */
	__u32 kinds;  /* kinds allowed whatever the id or capability, EW_BIT(EW_GAIN_*): gain `uid`, `gid`, `caps` */
	__u32 line;   /* of the exception in the profile's file */
	__u32 n_uids, n_gids;
	__u32 uids[EW_EXCEPTION_IDS_MAX];
	__u32 gids[EW_EXCEPTION_IDS_MAX];
};

_Static_assert(sizeof(struct ew_profile) == 80 + EW_PROFILE_NAME_MAX + EW_POLICY_FILE_MAX, "no holes");
_Static_assert(sizeof(struct ew_exception_key) == 40, "a key with holes would never be found");
_Static_assert(sizeof(struct ew_exception) == 40 + 8 * EW_EXCEPTION_IDS_MAX, "no holes");

#endif
