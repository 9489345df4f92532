/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_CREDS_H
#define EXECWARD_CREDS_H

#include <linux/types.h>

/*
 * What the decision needs of a struct cred (include/linux/cred.h), the same on every kernel. Ids are kernel ids, that
 * is, ids of the initial user namespace; capability sets have bit N for capability N (capabilities(7)).
 */
struct ew_creds {
	__u32 uid, euid, suid;
	__u32 gid, egid, sgid;
	__u32 securebits;   /* SECBIT_*, linux/securebits.h */
	__u32 root_uid;	    /* the id that uid 0 of the cred's user namespace maps to; (u32)-1 when it maps to none */
	__u32 userns_level; /* 0 is the initial user namespace */
	__u32 pad;
	__u64 permitted, effective, inheritable, bset;
};

_Static_assert(sizeof(struct ew_creds) == 72, "struct ew_creds has no holes and is the same for bpf and user space");

#endif
