/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_LABEL_TEXT_H
#define EW_BPF_LABEL_TEXT_H

#include <execward/label.h>

/*
 * The label that a security module keeps in credentials: a word at an offset that is known once the kernel runs, and
 * its text. No hook tells either, so what the modules themselves read is read here (security/apparmor/include/label.h,
 * security/selinux/include/objsec.h; Linux 6.1 to 7.3).
 */

struct cred___label {
	void *security;
} __attribute__((preserve_access_index));

/* The labels of AppArmor: one profile, or several that are stacked, each in a name space. */
struct aa_policy___label {
	char *hname;
} __attribute__((preserve_access_index));
struct aa_ns___label {
	struct aa_policy___label base;
	struct aa_ns___label *parent;
} __attribute__((preserve_access_index));
struct aa_profile___label {
	struct aa_policy___label base;
	struct aa_ns___label *ns;
} __attribute__((preserve_access_index));
struct aa_label___label {
	int size;
	struct aa_profile___label *vec[1];
} __attribute__((preserve_access_index));

#define EW_LABEL_PROFILES_MAX 4 /* of a stack; a label of more counts as cut */
#define EW_LABEL_NS_PREFIX 6	/* "root//", which the name of every other name space begins with */

/* The word: of AppArmor a pointer, of SELinux a number (sid). 0: it cannot be read. */
static __always_inline __u64 ew_label_word(const struct cred *cred, __u32 module, __s32 offset)
{
	void *at = ((const struct cred___label *)cred)->security + offset;
	__u64 word = 0;

	bpf_probe_read_kernel(&word, module == EW_LABEL_SELINUX ? sizeof(__u32) : sizeof(__u64), at);
	return word;
}

/* One byte more. There is room for what comes in between the names behind the last of them. */
static __always_inline void ew_label_put(struct ew_label_text *text, char byte)
{
	text->text[text->length & (2 * EW_LABEL_MAX - 1)] = byte;
	text->length++;
}

static __always_inline void ew_label_append(struct ew_label_text *text, const char *from)
{
	__u32 used = text->length;
	long size;

	if (used >= EW_LABEL_MAX) {
		text->cut = 1;
		return;
	}
	size = bpf_probe_read_kernel_str(text->text + (used & (EW_LABEL_MAX - 1)), EW_LABEL_MAX, from);
	if (size <= 0 || size == EW_LABEL_MAX)
		text->cut = 1;
	text->length = used + (size > 0 ? size - 1 : 0);
}

/* As AppArmor prints it in the first name space: ":NAMESPACE://PROFILE" in others. */
static __always_inline void ew_label_apparmor_profile(struct ew_label_text *text, struct aa_profile___label *profile)
{
	struct aa_ns___label *ns = BPF_CORE_READ(profile, ns);

	if (BPF_CORE_READ(ns, parent)) {
		ew_label_put(text, ':');
		ew_label_append(text, BPF_CORE_READ(ns, base.hname) + EW_LABEL_NS_PREFIX);
		ew_label_put(text, ':');
		ew_label_put(text, '/');
		ew_label_put(text, '/');
	}
	ew_label_append(text, BPF_CORE_READ(profile, base.hname));
}

static __always_inline void ew_label_apparmor(struct ew_label_text *text, struct aa_label___label *label)
{
	/* the last member of its structure, and of no length known here */
	struct aa_profile___label **vec = (void *)label + bpf_core_field_offset(struct aa_label___label, vec);
	__u32 n = BPF_CORE_READ(label, size);

	if (n > EW_LABEL_PROFILES_MAX)
		text->cut = 1;
	for (__u32 i = 0; i < EW_LABEL_PROFILES_MAX; i++) {
		struct aa_profile___label *profile = NULL;

		if (i >= n)
			break;
		if (i) {
			ew_label_put(text, '/');
			ew_label_put(text, '/');
			ew_label_put(text, '&');
		}
		bpf_probe_read_kernel(&profile, sizeof(profile), vec + i);
		ew_label_apparmor_profile(text, profile);
	}
}

/*
 * The contexts of SELinux by their numbers: the first ones in an array, the others in a tree whose nodes are pages, and
 * which grows at the root (security/selinux/ss/sidtab.c). All of it belongs to the policy in force.
 */
struct context___label {
	__u32 user, role, type, len;
	char *str;
} __attribute__((preserve_access_index));
struct sidtab_entry___label {
	__u32 sid;
	struct context___label context;
} __attribute__((preserve_access_index));
struct sidtab_isid_entry___label {
	int set;
	struct sidtab_entry___label entry;
} __attribute__((preserve_access_index));
struct sidtab_node_leaf___label {
	struct sidtab_entry___label entries[1];
} __attribute__((preserve_access_index));
union sidtab_entry_inner___label {
	void *ptr_inner;
} __attribute__((preserve_access_index));
struct sidtab___label {
	union sidtab_entry_inner___label roots[4];
	struct sidtab_isid_entry___label isids[1];
} __attribute__((preserve_access_index));
struct policydb___label {
	char **sym_val_to_name[8];
} __attribute__((preserve_access_index));
struct selinux_policy___label {
	struct sidtab___label *sidtab;
	struct policydb___label policydb;
} __attribute__((preserve_access_index));
struct selinux_state___label {
	struct selinux_policy___label *policy;
} __attribute__((preserve_access_index));

#define EW_SELINUX_ROLES 2 /* SYM_ROLES and so on, security/selinux/ss/policydb.h */
#define EW_SELINUX_TYPES 3
#define EW_SELINUX_USERS 4
#define EW_SELINUX_LEVELS 4	 /* SIDTAB_MAX_LEVEL + 1 */
#define EW_SELINUX_INNER_SHIFT 9 /* SIDTAB_INNER_SHIFT, with pages of 4 KiB */

/* The address of the context that SID is the number of. */
static __always_inline struct context___label *ew_label_context(struct sidtab___label *table, __u32 sid)
{
	const __u32 size = bpf_core_type_size(struct sidtab_entry___label);
	const __u32 per_leaf = bpf_core_field_size(((struct sidtab_node_leaf___label *)0)->entries) / size;
	const __u32 initial = bpf_core_field_size(table->isids) / bpf_core_type_size(struct sidtab_isid_entry___label);
	const __u32 context = bpf_core_field_offset(struct sidtab_entry___label, context);
	__u32 index = sid - initial - 1, leaf = index / per_leaf, level = 0;
	void *node = NULL;

	if (!sid)
		return NULL;
	if (sid <= initial)
		return (void *)table + bpf_core_field_offset(struct sidtab___label, isids) +
		       (sid - 1) * bpf_core_type_size(struct sidtab_isid_entry___label) +
		       bpf_core_field_offset(struct sidtab_isid_entry___label, entry) + context;
	for (__u32 capacity = 1; level < EW_SELINUX_LEVELS - 1 && leaf >= capacity; level++)
		capacity <<= EW_SELINUX_INNER_SHIFT;
	bpf_probe_read_kernel(&node, sizeof(node),
			      (void *)table + bpf_core_field_offset(struct sidtab___label, roots) +
				      level * sizeof(node));
	for (__u32 i = 0; i < EW_SELINUX_LEVELS - 1; i++) {
		__u32 shift = (EW_SELINUX_LEVELS - 2 - i) * EW_SELINUX_INNER_SHIFT;

		if (EW_SELINUX_LEVELS - 1 - i > level)
			continue;
		bpf_probe_read_kernel(&node, sizeof(node),
				      node + (leaf >> shift & ((1 << EW_SELINUX_INNER_SHIFT) - 1)) * sizeof(node));
	}
	return node ? node + index % per_leaf * size + context : NULL;
}

static __always_inline void ew_label_selinux_name(struct ew_label_text *text, struct selinux_policy___label *policy,
						  __u32 kind, __u32 value)
{
	char **names = NULL, *name = NULL;

	bpf_core_read(&names, sizeof(names), &policy->policydb.sym_val_to_name[kind]);
	bpf_probe_read_kernel(&name, sizeof(name), names + value - 1);
	ew_label_append(text, name);
}

/* USER:ROLE:TYPE. A context that the policy does not have any more is kept as text. SELINUX: the address of
 * selinux_state. */
static __always_inline void ew_label_selinux(struct ew_label_text *text, __u64 selinux, __u32 sid)
{
	struct selinux_policy___label *policy = BPF_CORE_READ((struct selinux_state___label *)selinux, policy);
	struct context___label *context = ew_label_context(BPF_CORE_READ(policy, sidtab), sid);

	if (!policy || !context) {
		text->cut = 1;
		return;
	}
	if (BPF_CORE_READ(context, len)) {
		ew_label_append(text, BPF_CORE_READ(context, str));
		return;
	}
	ew_label_selinux_name(text, policy, EW_SELINUX_USERS, BPF_CORE_READ(context, user));
	ew_label_put(text, ':');
	ew_label_selinux_name(text, policy, EW_SELINUX_ROLES, BPF_CORE_READ(context, role));
	ew_label_put(text, ':');
	ew_label_selinux_name(text, policy, EW_SELINUX_TYPES, BPF_CORE_READ(context, type));
}

/* The text of the label that WORD stands for; SELINUX is as above. TEXT is in a map, and all zero
 * behind. */
static __always_inline void ew_label_read(struct ew_label_text *text, __u32 module, __u64 selinux, __u64 word)
{
	__builtin_memset(text, 0, sizeof(*text));
	if (module == EW_LABEL_APPARMOR && word)
		ew_label_apparmor(text, (void *)word);
	else if (module == EW_LABEL_SELINUX && word)
		ew_label_selinux(text, selinux, word);
	else
		text->cut = 1;
	if (text->length >= EW_LABEL_MAX) {
		text->cut = 1;
		text->length = EW_LABEL_MAX - 1;
	}
}

#endif
