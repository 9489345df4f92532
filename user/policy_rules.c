/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_rules.h"

#include <errno.h>
#include <string.h>

#include <execward/limits.h>

#include "distinct.h"
#include "policy_fds.h"
#include "policy_text.h"

#define error_at(diag, path, node, ...) ew_diagnose_error(diag, path, (node)->line, (node)->column, __VA_ARGS__)
#define warning_at(diag, path, node, ...) ew_diagnose_warning(diag, path, (node)->line, (node)->column, __VA_ARGS__)

static void check_exec_none(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag)
{
	if (profile->exec == EW_POLICY_EXEC_NONE && profile->except_count)
		error_at(diag, path, ew_node_get(profile->node, "exec"),
			 "\"exec: none\" in a profile with exceptions; expected one without the other (exceptions at "
			 "line %u)",
			 profile->except[0].node->line);
}

static void check_idle(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag)
{
	if (profile->exec == EW_POLICY_EXEC_NONE)
		return;
	if (!profile->gains && !profile->shapes && !(profile->fds && profile->fds->mode))
		warning_at(diag, path, profile->node,
			   "profile refuses nothing; expected a gain, a shape, \"fds\" or \"exec: none\"");
	else if (profile->allow_caps_count && !(profile->gains & EW_BIT(EW_GAIN_CAPS)))
		warning_at(diag, path, ew_node_get(profile->node, "allow_caps"),
			   "\"allow_caps\" without effect; expected \"caps\" among the gains");
}

/* Gains of one exception: that some are controlled, and that the ids fit. */
static void check_gains(const char *path, const struct ew_policy_profile *profile,
			const struct ew_policy_exception *exception, struct ew_diagnostics *diag)
{
	const struct ew_node *list = ew_node_get(exception->node, "gain");
	unsigned int kinds = 0, ids[EW_GAIN_MAX] = {0};
	struct ew_gain_word word;
	struct ew_why why;
	bool whole = true;

	for (unsigned int i = 0; i < exception->gain_count; i++) {
		/* What does not parse has been told. */
		if (!ew_gain_word_parse(exception->gain[i], &word, &why)) {
			whole = false;
			continue;
		}
		kinds |= EW_BIT(word.kind);
		if (word.any || word.kind == EW_GAIN_CAPS || word.kind == EW_GAIN_LABEL)
			continue;
		if (++ids[word.kind] == EW_EXCEPTION_IDS_MAX + 1)
			error_at(diag, path, ew_node_item(list, i),
				 "more than %d %s ids in an exception; expected at most %d, or \"%.3s\" for any",
				 EW_EXCEPTION_IDS_MAX, word.kind == EW_GAIN_UID ? "user" : "group",
				 EW_EXCEPTION_IDS_MAX, exception->gain[i]);
	}
	if (whole && !(kinds & profile->gains) && profile->exec != EW_POLICY_EXEC_NONE)
		warning_at(diag, path, list,
			   "exception for gains that profile \"%s\" does not control; expected a gain of a kind in its "
			   "\"gains\"",
			   profile->name);
}

/* One pair that an exception is for; FROM is "" for any. */
struct pair {
	const char *program, *from;
	const struct ew_policy_exception *exception;
	const struct ew_node *node; /* of the exception, or of the entry of its `from` */
};

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = strcmp(a->program, b->program);

	if (!order)
		order = strcmp(a->from, b->from);
	if (order)
		return order;
	if (a->node->line != b->node->line)
		return a->node->line < b->node->line ? -1 : 1;
	return (a->node->column > b->node->column) - (a->node->column < b->node->column);
}

static size_t count_pairs(const struct ew_policy_profile *profile)
{
	size_t n = 0;

	for (unsigned int i = 0; i < profile->except_count; i++)
		n += profile->except[i].from_count ?: 1;
	return n;
}

static size_t fill_pairs(const struct ew_policy_exception *exception, struct pair *pairs)
{
	const struct ew_node *from = ew_node_get(exception->node, "from");
	struct pair pair = {exception->program, "", exception, exception->node};

	if (!exception->from_count)
		pairs[0] = pair;
	for (unsigned int i = 0; i < exception->from_count; i++) {
		pair.from = exception->from[i];
		pair.node = ew_node_item(from, i);
		pairs[i] = pair;
	}
	return exception->from_count ?: 1;
}

static void refuse_pair(const char *path, const struct pair *again, const struct pair *first,
			struct ew_diagnostics *diag)
{
	struct ew_shown program, from;
	bool any = !*again->from;

	error_at(diag, path, again->node,
		 "another exception for \"%s\"%s%s%s; expected one that lists the gains of both (first at line %u)",
		 ew_shown(again->program, &program), any ? "" : " from \"", ew_shown(again->from, &from),
		 any ? "" : "\"", first->exception->node->line);
}

static bool may_repeat(const struct pair *pairs, size_t n)
{
	_cleanup_free_ __u64 *hashes = calloc(n, sizeof(*hashes));

	for (size_t i = 0; hashes && i < n; i++)
		hashes[i] = ew_hash(ew_hash(0, pairs[i].program, strlen(pairs[i].program)), pairs[i].from,
				    strlen(pairs[i].from));
	return !hashes || !ew_hashes_differ(hashes, n);
}

/* The kernel side finds one exception for a program and an image, so two would not add up. */
static int check_pairs(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag)
{
	size_t total = count_pairs(profile), n = 0, first = 0;
	_cleanup_free_ struct pair *pairs = NULL;

	if (total < 2)
		return 0;
	pairs = calloc(total, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	for (unsigned int i = 0; i < profile->except_count; i++)
		n += fill_pairs(&profile->except[i], pairs + n);
	if (!may_repeat(pairs, n))
		return 0;
	qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (size_t i = 1; i < n; i++) {
		if (!EW_STREQ(pairs[i].program, pairs[first].program) || !EW_STREQ(pairs[i].from, pairs[first].from))
			first = i;
		else if (pairs[i].exception != pairs[first].exception)
			refuse_pair(path, &pairs[i], &pairs[first], diag);
	}
	return 0;
}

int ew_policy_check_profile(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag)
{
	check_exec_none(path, profile, diag);
	check_idle(path, profile, diag);
	ew_policy_check_fds(path, profile, diag);
	for (unsigned int i = 0; i < profile->except_count; i++)
		check_gains(path, profile, &profile->except[i], diag);
	return check_pairs(path, profile, diag);
}

/* Where a profile is, for the comparison of names. At most EW_PROFILES_MAX are kept. */
struct place {
	const char *path;
	const struct ew_policy_profile *profile;
};

static void check_name(const struct place *places, const struct place *place, struct ew_diagnostics *diag)
{
	for (const struct place *other = places; other < place; other++) {
		if (!EW_STREQ(other->profile->name, place->profile->name))
			continue;
		error_at(diag, place->path, ew_node_get(place->profile->node, "name"),
			 "duplicate profile name \"%s\"; expected another name (first at %s:%u)", place->profile->name,
			 other->path, other->profile->node->line);
		return;
	}
}

/* Limits are of what is written, so that they do not depend on which programs a machine has. */
static void count_exceptions(const char *path, const struct ew_policy_profile *profile, size_t *n_pairs,
			     struct ew_diagnostics *diag)
{
	for (unsigned int i = 0; i < profile->except_count; i++) {
		size_t before = *n_pairs;

		/* by its identity and by its digest */
		*n_pairs += (profile->except[i].from_count ?: 1) * (profile->except[i].verity ? 2 : 1);
		if (before <= EW_EXCEPTIONS_MAX && *n_pairs > EW_EXCEPTIONS_MAX)
			error_at(diag, path, profile->except[i].node,
				 "too many exceptions; expected at most %d of a program and an image that execs it",
				 EW_EXCEPTIONS_MAX);
	}
	/* `allow` for a program is kept as an exception */
	for (unsigned int i = 0; profile->fds && i < profile->fds->allow_count; i++)
		if (profile->fds->allow[i].program && ++*n_pairs == EW_EXCEPTIONS_MAX + 1)
			error_at(diag, path, ew_node_get(profile->node, "fds"),
				 "too many exceptions; expected at most %d, those of \"allow\" included",
				 EW_EXCEPTIONS_MAX);
}

int ew_policy_check_merged(struct ew_policy *policy, struct ew_diagnostics *diag)
{
	struct place places[EW_PROFILES_MAX];
	size_t n_pairs = 0;

	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_file *file = &policy->files[f];

		for (unsigned int i = 0; i < file->document->profiles_count; i++) {
			const struct ew_policy_profile *profile = &file->document->profiles[i];

			if (policy->n_profiles == EW_PROFILES_MAX) {
				error_at(diag, file->path, profile->node,
					 "too many profiles; expected at most %d in all files", EW_PROFILES_MAX);
				return 0;
			}
			places[policy->n_profiles] = (struct place){file->path, profile};
			check_name(places, &places[policy->n_profiles], diag);
			policy->n_profiles++;
			policy->n_exceptions += profile->except_count;
			count_exceptions(file->path, profile, &n_pairs, diag);
		}
	}
	return 0;
}
