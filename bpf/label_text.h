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

/* The text of the label that WORD stands for. TEXT is in a map, and all zero behind. */
static __always_inline void ew_label_read(struct ew_label_text *text, __u32 module, __u64 word)
{
	__builtin_memset(text, 0, sizeof(*text));
	if (module == EW_LABEL_APPARMOR && word)
		ew_label_apparmor(text, (void *)word);
	else
		text->cut = 1;
	if (text->length >= EW_LABEL_MAX) {
		text->cut = 1;
		text->length = EW_LABEL_MAX - 1;
	}
}

#endif
