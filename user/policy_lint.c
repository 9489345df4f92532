/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_lint.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "distinct.h"
#include "policy_schema.h"
#include "policy_text.h"
#include "words.h"

/* More keys than any mapping of a schema has; a static assert cannot count to a NULL key, so lint_mapping() does. */
#define FIELDS_MAX 64
#define WORDS_MAX 64

struct lint {
	const char *file;
	struct ew_diagnostics *diag;
	bool broken; /* libcyaml would refuse the file, or read something else from it */
};

/* How a message calls a value: "the policy", "KEY" or entry of "KEY". */
struct subject {
	const char *key; /* NULL: the whole document */
	bool entry;
};

struct phrase {
	char text[320];
};

static void lint_value(struct lint *l, struct subject subject, const struct ew_node *node,
		       const cyaml_schema_value_t *schema);

#define mistake(l, node, ...) ew_diagnose_error((l)->diag, (l)->file, (node)->line, (node)->column, __VA_ARGS__)

/* A mistake after which the file cannot be loaded. */
#define broken(l, node, ...)                   \
	do {                                   \
		mistake(l, node, __VA_ARGS__); \
		(l)->broken = true;            \
	} while (0)

static const char *subject_name(struct subject subject, struct phrase *buf)
{
	if (!subject.key)
		return "the policy";
	snprintf(buf->text, sizeof(buf->text), "%s\"%s\"", subject.entry ? "entry of " : "", subject.key);
	return buf->text;
}

/* " (did you mean "x"?)", or nothing. */
static const char *suggestion(const char *text, const char *const *words, size_t n, struct phrase *buf)
{
	const char *nearest = ew_words_nearest(text, words, n);

	buf->text[0] = '\0';
	if (nearest)
		snprintf(buf->text, sizeof(buf->text), " (did you mean \"%s\"?)", nearest);
	return buf->text;
}

static const char *joined(const char *const *words, size_t n, struct phrase *buf)
{
	size_t used = 0;

	buf->text[0] = '\0';
	for (size_t i = 0; i < n && used < sizeof(buf->text); i++)
		used += (size_t)snprintf(buf->text + used, sizeof(buf->text) - used, "%s%s", i ? ", " : "", words[i]);
	return buf->text;
}

static size_t enumeration_words(const cyaml_schema_value_t *schema, const char *words[WORDS_MAX])
{
	size_t n = schema->enumeration.count < WORDS_MAX ? schema->enumeration.count : WORDS_MAX;

	for (size_t i = 0; i < n; i++)
		words[i] = schema->enumeration.strings[i].str;
	return n;
}

/* The type that SCHEMA wants of SUBJECT, in words. */
static const char *wanted(struct subject subject, const cyaml_schema_value_t *schema, struct phrase *buf)
{
	const char *words[WORDS_MAX];
	struct phrase list;

	switch (schema->type) {
	case CYAML_INT:
	case CYAML_UINT:
		return "a number";
	case CYAML_BOOL:
		return "yes or no";
	case CYAML_ENUM:
	case CYAML_FLAGS:
		joined(words, enumeration_words(schema, words), &list);
		snprintf(buf->text, sizeof(buf->text), "%s of %.300s",
			 schema->type == CYAML_FLAGS && !subject.entry ? "a list" : "one", list.text);
		return buf->text;
	case CYAML_SEQUENCE:
	case CYAML_SEQUENCE_FIXED:
		return "a list";
	case CYAML_MAPPING:
		return "keys with values";
	default:
		return "text";
	}
}

static bool is_nothing(const struct ew_node *node)
{
	return node->type == EW_NODE_SCALAR && node->plain &&
	       (!node->length || EW_STREQ(node->text, "~") || !strcasecmp(node->text, "null"));
}

static const char *found(const struct ew_node *node)
{
	if (node->type == EW_NODE_MAPPING)
		return "keys with values";
	if (node->type == EW_NODE_SEQUENCE)
		return "a list";
	return is_nothing(node) ? "no value" : "text";
}

/* Whether NODE is of TYPE; tells the mistake if not. An alias has been told already. */
static bool expect_type(struct lint *l, struct subject subject, const struct ew_node *node, enum ew_node_type type,
			const cyaml_schema_value_t *schema)
{
	struct phrase name, want;

	if (node->type == type && !is_nothing(node))
		return true;
	l->broken = true;
	if (node->type != EW_NODE_ALIAS)
		mistake(l, node, "%s holds %s; expected %s", subject_name(subject, &name), found(node),
			wanted(subject, schema, &want));
	return false;
}

static void unknown_key(struct lint *l, struct subject subject, const struct ew_node *key,
			const cyaml_schema_field_t *fields, size_t n_fields)
{
	const char *words[FIELDS_MAX];
	struct phrase name, list, near;
	struct ew_shown shown;

	for (size_t i = 0; i < n_fields; i++)
		words[i] = fields[i].key;
	broken(l, key, "unknown key \"%s\" in %s; expected one of %s%s", ew_shown(key->text, &shown),
	       subject_name(subject, &name), joined(words, n_fields, &list),
	       suggestion(key->text, words, n_fields, &near));
}

static void lint_key(struct lint *l, struct subject subject, const struct ew_node *key, const struct ew_node *value,
		     const cyaml_schema_field_t *fields, size_t n_fields, const struct ew_node *first[FIELDS_MAX])
{
	struct phrase name;
	size_t i;

	if (key->type == EW_NODE_ALIAS) {
		l->broken = true;
		return;
	}
	if (key->type != EW_NODE_SCALAR) {
		broken(l, key, "a key in %s is %s; expected a word", subject_name(subject, &name), found(key));
		return;
	}
	for (i = 0; i < n_fields; i++)
		if (EW_STREQ(key->text, fields[i].key) && strlen(key->text) == key->length)
			break;
	if (i == n_fields) {
		unknown_key(l, subject, key, fields, n_fields);
		return;
	}
	if (first[i]) {
		broken(l, key, "duplicate key \"%s\"; expected it once (first at line %u)", key->text, first[i]->line);
		return;
	}
	first[i] = key;
	lint_value(l, (struct subject){.key = fields[i].key}, value, &fields[i].value);
}

static void lint_mapping(struct lint *l, struct subject subject, const struct ew_node *node,
			 const cyaml_schema_value_t *schema)
{
	const cyaml_schema_field_t *fields = schema->mapping.fields;
	const struct ew_node *first[FIELDS_MAX] = {0};
	struct phrase name, want;
	size_t n_fields = 0;

	while (fields[n_fields].key && n_fields < FIELDS_MAX)
		n_fields++;
	for (size_t i = 0; i + 1 < node->n; i += 2)
		lint_key(l, subject, node->items[i], node->items[i + 1], fields, n_fields, first);
	for (size_t i = 0; i < n_fields; i++) {
		if (!first[i] && !(fields[i].value.flags & CYAML_FLAG_OPTIONAL))
			broken(l, node, "missing key \"%s\" in %s; expected %s", fields[i].key,
			       subject_name(subject, &name),
			       wanted((struct subject){.key = fields[i].key}, &fields[i].value, &want));
	}
}

static int compare_texts(const void *left, const void *right)
{
	const struct ew_node *a = *(const struct ew_node *const *)left, *b = *(const struct ew_node *const *)right;
	int order = strcmp(a->text, b->text);

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : 1;
}

static bool may_repeat(const struct ew_node *list)
{
	_cleanup_free_ __u64 *hashes = calloc(list->n, sizeof(*hashes));
	size_t n = 0;

	for (size_t i = 0; hashes && i < list->n; i++)
		if (list->items[i]->type == EW_NODE_SCALAR)
			hashes[n++] = ew_hash(0, list->items[i]->text, strlen(list->items[i]->text));
	return !hashes || !ew_hashes_differ(hashes, n);
}

/* Sorted, because a list may be as long as a hostile file is large. */
static void find_duplicates(struct lint *l, struct subject subject, const struct ew_node *node)
{
	_cleanup_free_ const struct ew_node **sorted = NULL;
	struct ew_shown shown;
	size_t n = 0, first = 0;

	if (node->n < 2 || !may_repeat(node))
		return;
	sorted = calloc(node->n, sizeof(*sorted));
	if (!sorted) {
		l->diag->out_of_memory = true;
		l->broken = true;
		return;
	}
	for (size_t i = 0; i < node->n; i++) {
		if (node->items[i]->type == EW_NODE_SCALAR)
			sorted[n++] = node->items[i];
	}
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_texts);
	for (size_t i = 1; i < n; i++) {
		if (EW_STREQ(sorted[i]->text, sorted[first]->text))
			mistake(l, sorted[i], "duplicate entry \"%s\" in \"%s\"; expected it once (first at line %u)",
				ew_shown(sorted[i]->text, &shown), subject.key, sorted[first]->line);
		else
			first = i;
	}
}

static void lint_text(struct lint *l, struct subject subject, const struct ew_node *node,
		      const cyaml_schema_value_t *schema)
{
	struct phrase name;
	struct ew_why why;

	if (!expect_type(l, subject, node, EW_NODE_SCALAR, schema))
		return;
	if (strlen(node->text) != node->length)
		broken(l, node, "NUL byte in %s; expected text without it", subject_name(subject, &name));
	else if (schema->type == CYAML_STRING && node->length < schema->string.min)
		broken(l, node, "%s is empty; expected text", subject_name(subject, &name));
	else if (schema->type == CYAML_STRING && node->length > schema->string.max)
		broken(l, node, "%s is %zu bytes long; expected at most %" PRIu32, subject_name(subject, &name),
		       node->length, schema->string.max);
	else if (!ew_text_check(ew_schema_text_kind(schema), node->text, &why))
		mistake(l, node, "%s", why.text);
}

static void lint_word(struct lint *l, struct subject subject, const struct ew_node *node,
		      const cyaml_schema_value_t *schema)
{
	const char *words[WORDS_MAX];
	struct phrase name, list, near;
	struct ew_shown shown;
	struct ew_why why;
	size_t n;

	if (!expect_type(l, subject, node, EW_NODE_SCALAR, schema))
		return;
	if (!ew_text_check(ew_schema_text_kind(schema), node->text, &why)) {
		broken(l, node, "%s", why.text);
		return;
	}
	n = enumeration_words(schema, words);
	for (size_t i = 0; i < n; i++) {
		if (strlen(node->text) == node->length && EW_STREQ(node->text, words[i]))
			return;
	}
	broken(l, node, "unknown word \"%s\" for %s; expected one of %s%s", ew_shown(node->text, &shown),
	       subject_name((struct subject){.key = subject.key}, &name), joined(words, n, &list),
	       suggestion(node->text, words, n, &near));
}

static void lint_number(struct lint *l, struct subject subject, const struct ew_node *node,
			const cyaml_schema_value_t *schema)
{
	struct phrase name;
	struct ew_shown shown;
	struct ew_why why;

	if (!expect_type(l, subject, node, EW_NODE_SCALAR, schema))
		return;
	/* libcyaml would also take quotes, signs, hexadecimal and octal. */
	if (!node->plain || node->text[strspn(node->text, "0123456789")] || (node->text[0] == '0' && node->text[1]))
		broken(l, node, "%s holds \"%s\"; expected a decimal number", subject_name(subject, &name),
		       ew_shown(node->text, &shown));
	else if (!ew_text_check(ew_schema_text_kind(schema), node->text, &why))
		broken(l, node, "%s", why.text);
}

static void lint_bool(struct lint *l, struct subject subject, const struct ew_node *node,
		      const cyaml_schema_value_t *schema)
{
	/* libcyaml takes every text for true but for "no", "false", "disable" and "0": also "off". */
	static const char *const words[] = {"no", "false", "yes", "true"};
	struct phrase name;
	struct ew_shown shown;
	size_t i;

	if (!expect_type(l, subject, node, EW_NODE_SCALAR, schema))
		return;
	for (i = 0; i < EW_ARRAY_SIZE(words); i++) {
		if (node->plain && EW_STREQ(node->text, words[i]))
			break;
	}
	if (i == EW_ARRAY_SIZE(words))
		broken(l, node, "%s holds \"%s\"; expected yes or no", subject_name(subject, &name),
		       ew_shown(node->text, &shown));
}

/* SCHEMA is that of the list, ENTRY that of each entry. */
static void lint_list(struct lint *l, struct subject subject, const struct ew_node *node,
		      const cyaml_schema_value_t *schema)
{
	struct subject entry = {.key = subject.key, .entry = true};
	struct phrase name;

	if (!expect_type(l, subject, node, EW_NODE_SEQUENCE, schema))
		return;
	if (schema->type == CYAML_SEQUENCE && node->n < schema->sequence.min)
		broken(l, node, "%s holds %zu entries; expected at least %" PRIu32, subject_name(subject, &name),
		       node->n, schema->sequence.min);
	for (size_t i = 0; i < node->n; i++) {
		if (schema->type == CYAML_FLAGS)
			lint_word(l, entry, node->items[i], schema);
		else
			lint_value(l, entry, node->items[i], schema->sequence.entry);
	}
	find_duplicates(l, subject, node);
}

static void lint_value(struct lint *l, struct subject subject, const struct ew_node *node,
		       const cyaml_schema_value_t *schema)
{
	switch (schema->type) {
	case CYAML_MAPPING:
		if (expect_type(l, subject, node, EW_NODE_MAPPING, schema))
			lint_mapping(l, subject, node, schema);
		break;
	case CYAML_SEQUENCE:
	case CYAML_FLAGS:
		lint_list(l, subject, node, schema);
		break;
	case CYAML_ENUM:
		lint_word(l, subject, node, schema);
		break;
	case CYAML_INT:
	case CYAML_UINT:
		lint_number(l, subject, node, schema);
		break;
	case CYAML_BOOL:
		lint_bool(l, subject, node, schema);
		break;
	case CYAML_STRING:
		if (schema->flags & EW_SCHEMA_VERITY && node->type == EW_NODE_MAPPING)
			lint_mapping(l, subject, node, &ew_policy_verity_schema);
		else
			lint_text(l, subject, node, schema);
		break;
	default:
		/* A type that nobody taught this file: refused, or it would be loaded unchecked. */
		broken(l, node, "\"%s\" cannot be checked; expected a key that this version knows",
		       subject.key ? subject.key : "");
		break;
	}
}

bool ew_policy_lint(const char *file, const struct ew_node *root, const cyaml_schema_value_t *schema,
		    struct ew_diagnostics *diag)
{
	struct lint l = {.file = file, .diag = diag};

	lint_value(&l, (struct subject){0}, root, schema);
	return !l.broken;
}
