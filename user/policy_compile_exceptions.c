/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

#include "distinct.h"
#include "policy_text.h"

/* A user or group by number. Two spellings of one are no mistake: they are stored once. */
static void add_id(__u32 *ids, __u32 *n, __u32 id)
{
	for (__u32 i = 0; i < *n; i++) {
		if (ids[i] == id)
			return;
	}
	/* ew_policy_check_profile() has counted the words. */
	if (*n < EW_EXCEPTION_IDS_MAX)
		ids[(*n)++] = id;
}

static int resolve_id(struct ew_compiler *c, const struct ew_gain_word *word, const struct ew_node *node, __u32 *out)
{
	*out = word->number;
	return word->name ? ew_compiler_resolve_name(c, word->kind == EW_GAIN_UID, word->name, node, out) : 0;
}

static int compile_gains(struct ew_compiler *c, const struct ew_policy_exception *exception, struct ew_exception *out)
{
	const struct ew_node *list = ew_node_get(exception->node, "gain");

	out->line = exception->node->line;
	for (unsigned int i = 0; i < exception->gain_count; i++) {
		struct ew_gain_word word;
		struct ew_why why;
		__u32 id;
		int err;

		if (!ew_gain_word_parse(exception->gain[i], &word, &why))
			continue; /* an error when it was read */
		if (word.any) {
			out->kinds |= EW_BIT(word.kind);
		} else if (word.kind == EW_GAIN_CAPS) {
			out->caps |= 1ULL << word.cap;
		} else if (word.kind == EW_GAIN_LABEL) {
			err = ew_compiler_label(c, word.name, ew_node_item(list, i), &out->labels);
			if (err == -ENOMEM)
				return err;
		} else {
			err = resolve_id(c, &word, ew_node_item(list, i), &id);
			if (err == -ENOMEM)
				return err;
			if (!err && word.kind == EW_GAIN_UID)
				add_id(out->uids, &out->n_uids, id);
			else if (!err)
				add_id(out->gids, &out->n_gids, id);
		}
	}
	return 0;
}

static int grow_exceptions(struct ew_compiler *c)
{
	size_t room = c->room ? 2 * c->room : 16;
	struct ew_image_exception *exceptions;
	struct ew_compiler_source *sources;

	exceptions = reallocarray(c->image->exceptions, room, sizeof(*exceptions));
	if (!exceptions)
		return -ENOMEM;
	c->image->exceptions = exceptions;
	sources = reallocarray(c->sources, room, sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	c->sources = sources;
	c->room = room;
	return 0;
}

int ew_compiler_add_exception(struct ew_compiler *c, const struct ew_compiler_source *source,
			      const struct ew_identity *program, const struct ew_identity *from,
			      const struct ew_exception *value)
{
	size_t i = c->image->n_exceptions;

	if (i == c->room && grow_exceptions(c))
		return -ENOMEM;
	c->image->exceptions[i] = (struct ew_image_exception){
		.key = {.program = *program, .from = *from, .profile = c->slot},
		.value = *value,
	};
	c->sources[i] = *source;
	c->image->n_exceptions++;
	return 0;
}

/* The digest that EXCEPTION names as well; 0, or -EINVAL after telling what is wrong, or -ENOMEM. */
static int resolve_verity(struct ew_compiler *c, const struct ew_policy_exception *exception, struct ew_identity *out)
{
	const struct ew_node *node = ew_node_get(ew_node_get(exception->node, "program"), "verity");
	__u8 digest[EW_VERITY_SIZE];
	struct ew_why why;
	int err;

	if (!ew_verity_parse(exception->verity, digest, &why))
		return -EINVAL; /* an error when it was read */
	err = ew_image_add_verity(c->image, digest, c->image->profiles[c->slot].file, node->line);
	if (err == -E2BIG)
		ew_compiler_error(c, node, "too many digests; expected at most %d in all files", EW_VERITIES_MAX);
	else if (err == -EEXIST)
		ew_compiler_error(
			c, node, "\"%s\" begins with the same 16 digits as another; expected digests that differ there",
			exception->verity);
	*out = ew_image_identity_of_verity(digest);
	return err && err != -ENOMEM ? -EINVAL : err;
}

/* Of the program, and of its digest if it has one. */
static int add_exceptions(struct ew_compiler *c, const struct ew_compiler_source *source,
			  const struct ew_identity *program, const struct ew_identity *verity,
			  const struct ew_identity *from, const struct ew_exception *value)
{
	int err = ew_compiler_add_exception(c, source, program, from, value);

	return err || !verity->dev ? err : ew_compiler_add_exception(c, source, verity, from, value);
}

int ew_compiler_exception(struct ew_compiler *c, const struct ew_policy_exception *exception)
{
	const struct ew_node *list = ew_node_get(exception->node, "from");
	struct ew_compiler_source source = {exception, exception->program, ""};
	struct ew_identity program = {0}, from = {0}, verity = {0};
	const struct ew_node *node = ew_node_get(exception->node, "program");
	struct ew_exception value = {0};
	int err = compile_gains(c, exception, &value), missing;

	if (err)
		return err;
	missing = ew_compiler_resolve_program(c, exception->program, ew_node_get(node, "path") ?: node, &program);
	if (!missing && exception->verity)
		missing = resolve_verity(c, exception, &verity);
	if (missing == -ENOMEM)
		return missing;
	if (!exception->from_count && !missing)
		return add_exceptions(c, &source, &program, &verity, &from, &value);
	/* An exception whose images are all missing must not become one for any image. */
	for (unsigned int i = 0; i < exception->from_count; i++) {
		err = ew_compiler_resolve_program(c, exception->from[i], ew_node_item(list, i), &from);
		if (err == -ENOMEM)
			return err;
		if (err || missing)
			continue;
		source.from = exception->from[i];
		err = add_exceptions(c, &source, &program, &verity, &from, &value);
		if (err)
			return err;
	}
	return 0;
}

static int compare_keys(const void *left, const void *right, void *context)
{
	const struct ew_image_exception *exceptions = context;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int order = memcmp(&exceptions[a].key, &exceptions[b].key, sizeof(exceptions[a].key));

	return order ? order : (a > b) - (a < b);
}

static void refuse_twin(struct ew_compiler *c, size_t again, size_t first)
{
	const struct ew_compiler_source *a = &c->sources[again], *b = &c->sources[first];
	struct ew_shown programs[2], froms[2];

	ew_shown(a->program, &programs[0]);
	ew_shown(b->program, &programs[1]);
	if (*a->from)
		ew_compiler_error(
			c, a->exception->node,
			"\"%s\" from \"%s\" is the same as \"%s\" from \"%s\" of another exception; expected one that "
			"lists the "
			"gains of both (first at line %u)",
			programs[0].text, ew_shown(a->from, &froms[0]), programs[1].text, ew_shown(b->from, &froms[1]),
			b->exception->node->line);
	else
		ew_compiler_error(c, a->exception->node,
				  "\"%s\" %s \"%s\" of another exception; expected one that lists the gains of both "
				  "(first at line %u)",
				  programs[0].text,
				  c->image->exceptions[again].key.program.dev == EW_VERITY_DEV
					  ? "has the same digest as"
					  : "is the same file as",
				  programs[1].text, b->exception->node->line);
}

static bool may_have_twins(const struct ew_compiler *c, size_t start)
{
	size_t n = c->image->n_exceptions - start;
	_cleanup_free_ __u64 *hashes = calloc(n, sizeof(*hashes));

	for (size_t i = 0; hashes && i < n; i++)
		hashes[i] = ew_hash(0, &c->image->exceptions[start + i].key, sizeof(struct ew_exception_key));
	return !hashes || !ew_hashes_differ(hashes, n);
}

int ew_compiler_merge_twins(struct ew_compiler *c, size_t start)
{
	size_t n = c->image->n_exceptions - start, first = 0, kept = start;
	_cleanup_free_ size_t *sorted = NULL;
	_cleanup_free_ bool *gone = NULL;

	if (n < 2 || !may_have_twins(c, start))
		return 0;
	sorted = calloc(n, sizeof(*sorted));
	gone = calloc(n, sizeof(*gone));
	if (!sorted || !gone)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = start + i;
	qsort_r(sorted, n, sizeof(*sorted), compare_keys, c->image->exceptions);
	for (size_t i = 1; i < n; i++) {
		const struct ew_image_exception *all = c->image->exceptions;

		if (memcmp(&all[sorted[i]].key, &all[sorted[first]].key, sizeof(all->key))) {
			first = i;
			continue;
		}
		gone[sorted[i] - start] = true;
		if (c->sources[sorted[i]].exception != c->sources[sorted[first]].exception)
			refuse_twin(c, sorted[i], sorted[first]);
	}
	for (size_t i = 0; i < n; i++) {
		if (gone[i])
			continue;
		c->image->exceptions[kept] = c->image->exceptions[start + i];
		c->sources[kept++] = c->sources[start + i];
	}
	c->image->n_exceptions = kept;
	return 0;
}
