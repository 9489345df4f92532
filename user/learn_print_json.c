/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "json_doc.h"
#include "learn_entry.h"
#include "words.h"

/* What was learned, as one document. Names are escaped as in records; only `text` is what a policy takes. */

struct list {
	struct ew_doc *doc;
	json_object *array;
};

static void append_name(struct ew_doc *doc, json_object *array, const char *name)
{
	_cleanup_free_ char *escaped = ew_escape_dup(name, strlen(name), 0);

	ew_doc_append(doc, array, escaped ? json_object_new_string(escaped) : NULL);
}

static void append_gain(void *ctx, const char *word, bool named)
{
	const struct list *list = ctx;

	(void)named;
	append_name(list->doc, list->array, word);
}

static void add_name(struct ew_doc *doc, json_object *o, const char *key, const char *name)
{
	ew_doc_add_name(doc, o, key, name, name ? strlen(name) : 0);
}

static void add_bool(struct ew_doc *doc, json_object *o, const char *key, bool value)
{
	ew_doc_add(doc, o, key, json_object_new_boolean(value));
}

/* The profile in SLOT, and where it is; null: the policy has it not. */
static void add_profile(const struct ew_learn *learn, struct ew_doc *doc, json_object *o, unsigned int slot)
{
	const struct ew_profile *profile = &learn->image->profiles[slot];
	char rule[EW_POLICY_FILE_MAX + 16];
	bool assumed = learn->assumed >> slot & 1;

	snprintf(rule, sizeof(rule), "%s:%u", profile->file, profile->line);
	add_name(doc, o, "profile", profile->name);
	add_name(doc, o, "rule", assumed ? NULL : rule);
}

/* The images of callers of the entry that learned[I] begins; null: any. */
static void add_from(const struct ew_learn *learn, struct ew_doc *doc, json_object *o, size_t i)
{
	const struct ew_learned *first = &learn->learned[i];
	json_object *array;

	if (!first->from) {
		ew_doc_add_null(doc, o, "from");
		return;
	}
	array = ew_doc_add_array(doc, o, "from");
	append_name(doc, array, first->from);
	for (size_t j = i + 1; j < learn->n_learned; j++)
		if (ew_learn_together(first, &learn->learned[j]))
			append_name(doc, array, learn->learned[j].from);
}

static void add_gains(const struct ew_learn *learn, struct ew_doc *doc, json_object *o,
		      const struct ew_learned *learned)
{
	struct list list = {doc, ew_doc_add_array(doc, o, "gain")};
	const struct ew_exception_text text = ew_learn_text_of(learn, learned);

	ew_exception_each_gain(&text, append_gain, &list);
}

static void add_risk(struct ew_doc *doc, json_object *o, const struct ew_risk *risk)
{
	json_object *object = ew_doc_add_object(doc, o, "risk");

	ew_doc_add_string(doc, object, "level", ew_risk_level_name(ew_risk_level(risk)));
	ew_doc_add_number(doc, object, "score", risk->score);
	ew_doc_add_string(doc, object, "gain", risk->gain);
	ew_doc_add_string(doc, object, "why", risk->why);
}

static void add_text(const struct ew_learn *learn, struct ew_doc *doc, json_object *o, size_t i)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f)
		ew_learn_put_entry(learn, i, f);
	ew_doc_add(doc, o, "text", f && fclose(f) == 0 ? json_object_new_string(text) : NULL);
}

/* The entry that learned[I] begins. */
static json_object *entry_json(const struct ew_learn *learn, struct ew_doc *doc, size_t i)
{
	const struct ew_learned *learned = &learn->learned[i];
	struct ew_learn_sum sum = ew_learn_entry_sum(learn, i);
	json_object *o = json_object_new_object();

	add_profile(learn, doc, o, learned->exception.key.profile);
	add_name(doc, o, "program", learned->program);
	add_from(learn, doc, o, i);
	add_gains(learn, doc, o, learned);
	add_risk(doc, o, &learned->risk);
	ew_doc_add_number(doc, o, "count", sum.count);
	ew_doc_add_number(doc, o, "needed_by", sum.needed_by);
	add_name(doc, o, "cgroup", learned->cgroup ? ew_interned(&learn->paths, learned->cgroup - 1) : NULL);
	if (learned->replaces)
		ew_doc_add_number(doc, o, "replaces_line", learned->replaces);
	else
		ew_doc_add_null(doc, o, "replaces_line");
	add_text(learn, doc, o, i);
	return o;
}

static json_object *unlearned_json(const struct ew_learn *learn, struct ew_doc *doc, const struct ew_unlearned *u)
{
	json_object *o = json_object_new_object(), *shapes;

	add_profile(learn, doc, o, u->slot);
	ew_doc_add_string(doc, o, "reason", ew_words_name(&ew_reason_words, u->reason));
	shapes = ew_doc_add_array(doc, o, "shape");
	for (unsigned int i = 0; i < EW_SHAPE_MAX; i++)
		if (u->shapes & EW_BIT(i))
			append_name(doc, shapes, ew_words_name(&ew_shape_words, i));
	add_name(doc, o, "program", u->program);
	ew_doc_add_number(doc, o, "count", u->count);
	ew_doc_add_string(doc, o, "why", ew_learn_remedy(u));
	return o;
}

/* What was proved. */
static void add_replay(const struct ew_learn *learn, struct ew_doc *doc, json_object *root)
{
	json_object *replay = ew_doc_add_object(doc, root, "replay");
	bool each_needed = true;

	for (size_t i = 0; i < learn->n_learned; i++)
		each_needed &= learn->learned[i].needed_by != 0;
	ew_doc_add_number(doc, replay, "pass", learn->learnable);
	ew_doc_add_number(doc, replay, "refused", ew_learn_still_refused(learn));
	add_bool(doc, replay, "each_needed", each_needed);
}

int ew_learn_print_json(const struct ew_learn *learn, unsigned long lines, unsigned long bad, FILE *out)
{
	struct ew_doc doc = {};
	_cleanup_json_ json_object *root = json_object_new_object();
	_cleanup_free_ char *line = NULL;
	json_object *child;

	ew_doc_add_number(&doc, root, "v", 1);
	child = ew_doc_add_object(&doc, root, "lines");
	ew_doc_add_number(&doc, child, "read", lines);
	ew_doc_add_number(&doc, child, "bad", bad);
	ew_doc_add_number(&doc, root, "records", learn->records);
	ew_doc_add_number(&doc, root, "refused", learn->refused);
	ew_doc_add_number(&doc, root, "allowed_now", learn->allowed_by);
	ew_doc_add_number(&doc, root, "not_apart", learn->not_apart);
	ew_doc_add_number(&doc, root, "lost", learn->lost);
	child = ew_doc_add_array(&doc, root, "exceptions");
	for (size_t i = 0; i < learn->n_learned; i++)
		if (ew_learn_begins_entry(learn, i))
			ew_doc_append(&doc, child, entry_json(learn, &doc, i));
	child = ew_doc_add_array(&doc, root, "unlearned");
	for (size_t i = 0; i < learn->n_unlearned; i++)
		ew_doc_append(&doc, child, unlearned_json(learn, &doc, &learn->unlearned[i]));
	add_replay(learn, &doc, root);
	line = ew_doc_line(&doc, root);
	if (!line)
		return -ENOMEM;
	fprintf(out, "%s\n", line);
	return 0;
}
