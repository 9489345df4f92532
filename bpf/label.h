/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_LABEL_H
#define EW_BPF_LABEL_H

#include "label_text.h"
#include "paths.h"

/*
 * The gain `label`. A security module has computed the label of an exec in its own bprm_creds_for_exec hook, so it is
 * in the new credentials when ew_creds_from_file runs.
 */

/* What ew_label_find() (user/label.c) found, set when this is loaded; the module 0: there is none. */
const volatile __u32 ew_label_module;
const volatile __s32 ew_label_offset;
const volatile __u64 ew_label_state; /* address of selinux_state */

/* A label that changes, for the record, and the match with the globs of exceptions. Kept from hook to hook. */
struct ew_label_change {
	__u64 before_word, after_word;
	struct ew_label_text before, after;
	struct ew_path_match match;
};
/* None can be made: the record has no names, and no exception allows the change. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_label_change);
} label_changes SEC(".maps");

static __always_inline __u64 ew_label_of(const struct cred *cred)
{
	return ew_label_word(cred, ew_label_module, ew_label_offset);
}

/* Whether the label may change; cheap, and what most execs end with. */
static __always_inline bool ew_label_may_change(const struct cred *before, const struct cred *after)
{
	return ew_label_module && ew_label_of(before) != ew_label_of(after);
}

/* A profile that was replaced has two labels of one name for a while: that is no change. Without branches. */
static __always_inline bool ew_label_differ(const struct ew_label_text *a, const struct ew_label_text *b)
{
	const __u64 *x = (const __u64 *)a->text, *y = (const __u64 *)b->text;
	__u64 differ = a->cut | b->cut;

	for (__u32 i = 0; i < EW_LABEL_MAX / sizeof(*x); i++)
		differ |= x[i] ^ y[i];
	return differ;
}

/* The globs of the policy GENERATION that match the label after. */
static __always_inline __u64 ew_label_matched(struct ew_label_change *change, __u32 generation)
{
	struct ew_path_match *match = &change->match;

	if (change->after.cut)
		return 0;
	match->path[0] = EW_LABEL_MARK;
	bpf_probe_read_kernel(match->path + 1, EW_LABEL_MAX, change->after.text);
	return ew_path_matched(match, change->after.length + 1, EW_HALF(generation));
}

/*
 * Adds to the gain of X that its label changes from one word to the other, if that is a change. Not static, so that it
 * is verified once, by itself (ew_fds_scan()).
 */
__noinline int ew_label_change(struct ew_state *st, struct ew_exec *x, __u64 from, __u64 to)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct ew_label_change *change;

	if (!st || !x)
		return 0;
	change = EW_STORAGE_MAKE(&label_changes, current);
	if (change) {
		change->before_word = from;
		change->after_word = to;
		ew_label_read(&change->before, ew_label_module, ew_label_state, from);
		ew_label_read(&change->after, ew_label_module, ew_label_state, to);
		if (ew_label_module == EW_LABEL_APPARMOR && !ew_label_differ(&change->before, &change->after))
			return 0;
		if (st->labels & EW_LABELS_USED)
			x->gain.labels = ew_label_matched(change, x->generation);
	}
	x->gain.kinds |= EW_BIT(EW_GAIN_LABEL);
	x->gain.causes |= EW_BIT(EW_CAUSE_LABEL);
	return 0;
}

static __always_inline void ew_label_gain(struct ew_state *st, const struct cred *before, const struct cred *after,
					  struct ew_exec *x)
{
	__u64 from, to;

	if (!ew_label_module || (!(st->labels & EW_LABELS_USED) && !st->readers))
		return;
	from = ew_label_of(before);
	to = ew_label_of(after);
	if (from != to)
		ew_label_change(st, x, from, to);
}

/* Appends one label to the paths of the record. Returns its length, as the record has it. */
static __always_inline __u16 ew_label_put_text(struct ew_scratch *s, const struct ew_label_text *text)
{
	char *to = ew_fd_room(s, EW_LABEL_MAX);
	__u32 length = text->length & (EW_LABEL_MAX - 1);

	if (!to)
		return EW_LABEL_CUT;
	bpf_probe_read_kernel(to, length, text->text);
	s->fd.used += length;
	return length | (text->cut ? EW_LABEL_CUT : 0);
}

/* The record of SIZE bytes with the labels of a change behind its paths. Returns its new size. */
static __always_inline __u64 ew_label_append_to(struct ew_scratch *s, struct task_struct *current, __u64 size)
{
	struct ew_label_change *change = bpf_task_storage_get(&label_changes, current, 0, 0);
	struct ew_record *r = &s->record;

	r->label_module = ew_label_module;
	r->label_before_len = r->label_after_len = EW_LABEL_CUT;
	if (!change)
		return size;
	s->fd.used = size - EW_RECORD_FIXED;
	if (ew_label_module == EW_LABEL_SELINUX) {
		r->sid_before = change->before_word;
		r->sid_after = change->after_word;
	}
	r->label_before_len = ew_label_put_text(s, &change->before);
	r->label_after_len = ew_label_put_text(s, &change->after);
	return EW_RECORD_FIXED + s->fd.used;
}

#endif
