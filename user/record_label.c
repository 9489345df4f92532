/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_label.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "json_get.h"
#include "util.h"
#include "words.h"

static size_t length_of(__u16 len)
{
	return len & ~(unsigned int)EW_LABEL_CUT;
}

ssize_t ew_labels_find(struct ew_record_view *view, const char *text, size_t len)
{
	const struct ew_record *r = &view->record;
	size_t before = length_of(r->label_before_len), after = length_of(r->label_after_len);

	if (r->label_module >= EW_LABEL_MODULE_MAX || before >= EW_LABEL_MAX || after >= EW_LABEL_MAX ||
	    before + after > len)
		return -EBADMSG;
	view->label_before = text;
	view->label_after = text + before;
	return (ssize_t)(before + after);
}

void ew_label_gain(const struct ew_record_view *view, unsigned int flags, char *out, size_t size)
{
	const char *kind = ew_words_name(&ew_gain_words, EW_GAIN_LABEL);
	size_t used = (size_t)snprintf(out, size, "%s:", kind), len = length_of(view->record.label_after_len);

	if (!view->record.label_module || !len || view->record.label_after_len & EW_LABEL_CUT ||
	    ew_escape(out + used, size - used, view->label_after, len, flags) >= size - used)
		snprintf(out, size, "%s", kind);
}

static void add_label(struct ew_doc *doc, json_object *object, const char *key, const char *text, __u16 len)
{
	ew_doc_add_name(doc, object, key, length_of(len) ? text : NULL, length_of(len));
}

void ew_label_add_json(struct ew_doc *doc, json_object *root, const struct ew_record_view *view)
{
	const struct ew_record *r = &view->record;
	json_object *object;

	if (!r->label_module)
		return;
	object = ew_doc_add_object(doc, root, "label");
	ew_doc_add_string(doc, object, "module", ew_words_name(&ew_label_module_words, r->label_module));
	add_label(doc, object, "before", view->label_before, r->label_before_len);
	add_label(doc, object, "after", view->label_after, r->label_after_len);
	if ((r->label_before_len | r->label_after_len) & EW_LABEL_CUT)
		ew_doc_add_true(doc, object, "truncated");
	if (r->label_module != EW_LABEL_SELINUX)
		return;
	ew_doc_add_number(doc, object, "sid_before", r->sid_before);
	ew_doc_add_number(doc, object, "sid_after", r->sid_after);
}

static __u32 sid(json_object *object, const char *key, const char **why)
{
	__u64 number = ew_json_number(object, key);

	if (number > UINT32_MAX) {
		*why = *why ?: "a number of the record is missing or out of range";
		return 0;
	}
	return (__u32)number;
}

static __u16 take(json_object *object, const char *key, char *text, const char **why)
{
	char name[EW_LABEL_MAX];
	ssize_t len = ew_unescape(name, sizeof(name), ew_json_string(object, key));

	if (len < 0 || len >= EW_LABEL_MAX || memchr(name, '\0', (size_t)len)) {
		*why = *why ?: "a label of the record is too long, or not escaped as names are";
		return 0;
	}
	memcpy(text, name, (size_t)len);
	return (__u16)len;
}

size_t ew_label_parse(json_object *root, struct ew_record *r, char *text, const char **why)
{
	json_object *object = ew_json_object(root, "label");
	int module = object ? ew_words_find(&ew_label_module_words, ew_json_string(object, "module")) : EW_LABEL_NONE;
	size_t used;

	if (!object)
		return 0;
	if (module <= EW_LABEL_NONE) {
		*why = *why ?: "the module of the record's label is not known here";
		return 0;
	}
	r->label_module = (__u32)module;
	r->sid_before = sid(object, "sid_before", why);
	r->sid_after = sid(object, "sid_after", why);
	r->label_before_len = take(object, "before", text, why);
	r->label_after_len = take(object, "after", text + r->label_before_len, why);
	used = (size_t)r->label_before_len + r->label_after_len;
	/* which of them is, is not told */
	if (ew_json_true(object, "truncated")) {
		r->label_before_len |= EW_LABEL_CUT;
		r->label_after_len |= EW_LABEL_CUT;
	}
	return used;
}
