/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_LABEL_H
#define EXECWARD_LABEL_H

#include <linux/types.h>

#include <execward/limits.h>
#include <execward/words.h>

/*
 * Labels of tasks: what a security module holds a task to, beside its ids and capabilities. An exec gains the kind
 * `label` when its label changes, be it to a tighter or to a wider one: which of them it is only the module's own
 * policy could tell.
 */

/*
 * The globs of `label:GLOB` are in the automaton of cgroup patterns (pattern.h), where the sets of what they match are
 * numbers of globs. A label begins there with this byte, as no path does.
 */
#define EW_LABEL_MARK 1

/* A label as text: of AppArmor the names of its profiles, with "//&" between them; of SELinux USER:ROLE:TYPE. */
struct ew_label_text {
	__u32 length; /* without the NUL */
	__u32 cut;    /* it is longer, or could not be read to its end */
	char text[2 * EW_LABEL_MAX];
};

/*
 * What ew_label_try (bpf/label.bpf.c) reads of the task that runs it, at a place in its credentials that its tool
 * guesses: by the text the tool sees whether a label is there.
 */
struct ew_label_probe {
	__s32 offset; /* from cred->security on; written by the tool */
	__u32 pad;
	__u64 state; /* address of selinux_state, of SELinux only; 0: the kernel does not tell it */
	struct ew_label_text own;
};

_Static_assert(sizeof(struct ew_label_text) == 8 + 2 * EW_LABEL_MAX, "no holes");

#endif
