/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_GAIN_H
#define EW_BPF_GAIN_H

#include <execward/creds.h>
#include <execward/words.h>

/*
 * What a transition gains, from the two creds alone. Pure: the unit tests compile the same lines.
 *
 * The rules follow security/commoncap.c, cap_bprm_creds_from_file(), Linux 6.1 to 7.3.
 */

#define EW_CAP_SETGID 6 /* linux/capability.h */
#define EW_CAP_SETUID 7
#define EW_SECBIT_NOROOT 1 /* linux/securebits.h */

struct ew_gain {
	__u32 kinds;  /* EW_BIT(EW_GAIN_*) */
	__u32 causes; /* EW_BIT(EW_CAUSE_*) */
	__u64 caps;   /* which capabilities */
	__u64 labels; /* globs that the new label matches, by number; EW_GAIN_LABEL is set by who computes this */
};

struct ew_gain_hints {
	_Bool egid_in_groups; /* after.egid is one of the supplementary groups of before */
	_Bool file_caps;      /* the file is known to carry capabilities */
};

static inline _Bool ew_gain_has_cap(const struct ew_creds *c, unsigned int cap)
{
	return c->permitted >> cap & 1;
}

/*
 * Whose doing gained capabilities are. Root's fix-up hands out the whole bounding set, unless the file has capabilities
 * and the task is root by the set-uid bit only: then the file's stand. So any other result of a root exec is the
 * file's, and the whole bounding set is root's: the set-uid bit's, if that is what made root.
 */
static inline __u32 ew_gain_caps_causes(const struct ew_creds *before, const struct ew_creds *after, _Bool file_caps)
{
	_Bool uid_root = after->root_uid != (__u32)-1 && after->uid == after->root_uid;
	_Bool euid_root = after->root_uid != (__u32)-1 && after->euid == after->root_uid;
	_Bool fixed_up = !(after->securebits & EW_SECBIT_NOROOT) && (uid_root || euid_root);

	if (!fixed_up || after->permitted != (before->bset | before->inheritable))
		return EW_BIT(EW_CAUSE_FILECAPS);
	if (uid_root)
		return EW_BIT(EW_CAUSE_ROOT);
	if (file_caps)
		return EW_BIT(EW_CAUSE_FILECAPS);
	return before->euid == after->euid ? EW_BIT(EW_CAUSE_ROOT) : EW_BIT(EW_CAUSE_SETUID);
}

static inline void ew_gain_compute(const struct ew_creds *before, const struct ew_creds *after,
				   const struct ew_gain_hints *hints, struct ew_gain *gain)
{
	gain->kinds = 0;
	gain->causes = 0;
	gain->labels = 0;
	gain->caps = after->permitted & ~before->permitted;

	if (after->euid != before->uid && after->euid != before->euid && after->euid != before->suid &&
	    !ew_gain_has_cap(before, EW_CAP_SETUID)) {
		gain->kinds |= EW_BIT(EW_GAIN_UID);
		gain->causes |= EW_BIT(EW_CAUSE_SETUID);
	}
	if (after->egid != before->gid && after->egid != before->egid && after->egid != before->sgid &&
	    !hints->egid_in_groups && !ew_gain_has_cap(before, EW_CAP_SETGID)) {
		gain->kinds |= EW_BIT(EW_GAIN_GID);
		gain->causes |= EW_BIT(EW_CAUSE_SETGID);
	}
	if (gain->caps) {
		gain->kinds |= EW_BIT(EW_GAIN_CAPS);
		gain->causes |= ew_gain_caps_causes(before, after, hints->file_caps);
	}
}

/* What a file would give to whoever execs it. */
struct ew_grants {
	_Bool setuid, setgid, caps; /* it has set-id bits, capabilities that count here */
	__u32 uid, gid;
	__u64 permitted, inheritable; /* of its capabilities */
};

/*
 * What the credentials would be without no_new_privs, under which the kernel computes no gain: bprm_fill_uid() in
 * fs/exec.c, then cap_bprm_creds_from_file(). Ambient capabilities are left out, as all of them are permitted before.
 */
static inline void ew_gain_foresee(const struct ew_creds *before, const struct ew_grants *grants,
				   struct ew_creds *after)
{
	_Bool uid_root, euid_root;

	*after = *before;
	if (grants->setuid)
		after->euid = grants->uid;
	if (grants->setgid)
		after->egid = grants->gid;
	after->suid = after->euid;
	after->sgid = after->egid;
	after->permitted = 0;
	if (grants->caps)
		after->permitted = (before->bset & grants->permitted) | (before->inheritable & grants->inheritable);
	if (before->securebits & EW_SECBIT_NOROOT || before->root_uid == (__u32)-1)
		return;
	uid_root = before->uid == before->root_uid;
	euid_root = after->euid == before->root_uid;
	/* of a file with capabilities the set-uid bit makes root by name only */
	if (uid_root || (euid_root && !grants->caps))
		after->permitted = before->bset | before->inheritable;
}

#endif
