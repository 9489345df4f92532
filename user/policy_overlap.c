/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_overlap.h"

#include <errno.h>
#include <string.h>

#include <execward/limits.h>

#include "policy_text.h"
#include "words.h"

#define warning_at(diag, path, node, ...) ew_diagnose_warning(diag, path, (node)->line, (node)->column, __VA_ARGS__)

/* What an exception lists, as far as it parses. */
struct listed {
	unsigned int kinds; /* in any way */
	unsigned int any;   /* whole kinds */
	__u64 caps;
};

static bool parse(const struct ew_policy_exception *exception, unsigned int i, struct ew_gain_word *word)
{
	struct ew_why why;

	return ew_gain_word_parse(exception->gain[i], word, &why);
}

static struct listed listed_by(const struct ew_policy_exception *exception)
{
	struct listed listed = {0};
	struct ew_gain_word word;

	for (unsigned int i = 0; i < exception->gain_count; i++) {
		if (!parse(exception, i, &word))
			continue;
		listed.kinds |= EW_BIT(word.kind);
		if (word.any)
			listed.any |= EW_BIT(word.kind);
		else if (word.kind == EW_GAIN_CAPS)
			listed.caps |= 1ULL << word.cap;
	}
	return listed;
}

static const struct ew_node *gain_node(const struct ew_policy_exception *exception, unsigned int i)
{
	return ew_node_item(ew_node_get(exception->node, "gain"), i);
}

/* Gains that the same exception covers by another word, or that `allow_caps` lets pass. */
static void check_words(const char *path, const struct ew_policy_profile *profile,
			const struct ew_policy_exception *exception, struct ew_diagnostics *diag)
{
	const struct ew_node *allow = ew_node_get(profile->node, "allow_caps");
	struct listed listed = listed_by(exception);
	struct ew_gain_word word;

	for (unsigned int i = 0; i < exception->gain_count; i++) {
		if (!parse(exception, i, &word) || word.any)
			continue;
		if (listed.any & EW_BIT(word.kind))
			warning_at(diag, path, gain_node(exception, i),
				   "\"%s\" without effect; \"%s\" in the same list (line %u) covers it",
				   exception->gain[i], ew_words_name(&ew_gain_words, word.kind),
				   ew_node_get(exception->node, "gain")->line);
		for (unsigned int j = 0; word.kind == EW_GAIN_CAPS && j < profile->allow_caps_count; j++)
			if (EW_STREQ(profile->allow_caps[j], exception->gain[i]))
				warning_at(diag, path, gain_node(exception, i),
					   "\"%s\" without effect; \"allow_caps\" (line %u) lets it pass",
					   exception->gain[i], ew_node_item(allow, j)->line);
	}
}

static bool lists_word(const struct ew_policy_exception *exception, const char *text)
{
	for (unsigned int i = 0; i < exception->gain_count; i++)
		if (EW_STREQ(exception->gain[i], text))
			return true;
	return false;
}

/* Does WIDE cover every gain that NARROW lists? */
static bool covers(const struct ew_policy_exception *wide, const struct ew_policy_exception *narrow)
{
	struct listed listed = listed_by(wide);
	struct ew_gain_word word;

	for (unsigned int i = 0; i < narrow->gain_count; i++)
		if (!parse(narrow, i, &word) || !(listed.any & EW_BIT(word.kind) || lists_word(wide, narrow->gain[i])))
			return false;
	return true;
}

static int compare_program(const void *left, const void *right)
{
	const struct ew_policy_exception *const *a = left, *const *b = right;

	return strcmp((*a)->program, (*b)->program);
}

static int compare_programs(const void *left, const void *right)
{
	const struct ew_policy_exception *const *a = left, *const *b = right;
	int order = compare_program(left, right);

	/* of one program that without `from` comes first */
	return order ?: !!(*a)->from_count - !!(*b)->from_count;
}

static const struct ew_policy_exception **sorted_by_program(const struct ew_policy_profile *profile)
{
	const struct ew_policy_exception **sorted = calloc(profile->except_count + 1, sizeof(*sorted));

	for (unsigned int i = 0; sorted && i < profile->except_count; i++)
		sorted[i] = &profile->except[i];
	if (sorted && profile->except_count)
		qsort(sorted, profile->except_count, sizeof(*sorted), compare_programs);
	return sorted;
}

/* An exception for some images, where one for any allows as much. */
static void check_from(const char *path, const struct ew_policy_profile *profile,
		       const struct ew_policy_exception *const *sorted, struct ew_diagnostics *diag)
{
	const struct ew_policy_exception *wide = NULL;

	for (unsigned int i = 0; i < profile->except_count; i++) {
		if (!sorted[i]->from_count)
			wide = sorted[i];
		else if (wide && EW_STREQ(wide->program, sorted[i]->program) && covers(wide, sorted[i]))
			warning_at(diag, path, sorted[i]->node,
				   "exception without effect; the one for any \"from\" (line %u) covers it",
				   wide->node->line);
	}
}

/* Is cgroup PATH at or below TOP? */
static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return EW_STREQ(top, "/") || (strncmp(path, top, len) == 0 && (!path[len] || path[len] == '/'));
}

static void check_cgroups(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag)
{
	const struct ew_node *list = ew_node_get(profile->node, "cgroups");

	for (unsigned int i = 0; i < profile->cgroups_count; i++)
		for (unsigned int j = 0; j < profile->cgroups_count; j++)
			if (i != j && is_below(profile->cgroups[i], profile->cgroups[j])) {
				warning_at(diag, path, ew_node_item(list, i),
					   "\"%s\" without effect; it is below \"%s\" (line %u)", profile->cgroups[i],
					   profile->cgroups[j], ew_node_item(list, j)->line);
				break;
			}
}

/* A profile and where it is. */
struct placed {
	const struct ew_policy_file *file;
	const struct ew_policy_profile *profile;
	const struct ew_policy_exception **by_program;
};

static void placed_clear(struct placed (*all)[EW_PROFILES_MAX])
{
	for (size_t i = 0; i < EW_PROFILES_MAX; i++)
		free((*all)[i].by_program);
}

/* Does OTHER govern every cgroup of PROFILE? */
static bool governs(const struct ew_policy_profile *other, const struct ew_policy_profile *profile)
{
	for (unsigned int i = 0; i < profile->cgroups_count; i++) {
		bool below = false;

		for (unsigned int j = 0; j < other->cgroups_count; j++)
			below |= is_below(profile->cgroups[i], other->cgroups[j]);
		if (!below)
			return false;
	}
	return profile->cgroups_count;
}

/* Does PLACED refuse what the exception of another profile lets pass, whoever execs? */
static bool refuses(const struct placed *placed, const struct ew_policy_exception *exception)
{
	const struct ew_policy_profile *profile = placed->profile;
	struct listed listed = listed_by(exception);
	__u64 caps = listed.caps;

	if (profile->exec == EW_POLICY_EXEC_NONE)
		return true;
	for (unsigned int i = 0; i < profile->allow_caps_count; i++) {
		int cap = ew_cap_find(profile->allow_caps[i]);

		if (cap >= 0)
			caps &= ~(1ULL << cap);
	}
	/* single capabilities that it does not mind */
	if (!(listed.any & EW_BIT(EW_GAIN_CAPS)) && !caps)
		listed.kinds &= ~EW_BIT(EW_GAIN_CAPS);
	if (!(listed.kinds & profile->gains))
		return false;
	return !profile->except_count ||
	       !bsearch(&exception, placed->by_program, profile->except_count, sizeof(exception), compare_program);
}

/* Where all must allow, an exception of one profile does nothing for what another refuses. */
static void check_against(const struct placed *placed, const struct placed *other, struct ew_diagnostics *diag)
{
	const struct ew_policy_profile *profile = placed->profile;

	if (other->profile->mode == EW_VERDICT_AUDIT || !governs(other->profile, profile))
		return;
	for (unsigned int i = 0; i < profile->except_count; i++)
		if (refuses(other, &profile->except[i]))
			warning_at(diag, placed->file->path, profile->except[i].node,
				   "exception without effect in the cgroups of \"%s\"; profile \"%s\" (%s:%u) governs "
				   "them, too, "
				   "and refuses it",
				   profile->name, other->profile->name, other->file->path, other->profile->node->line);
}

int ew_policy_check_overlaps(const struct ew_policy *policy, struct ew_diagnostics *diag)
{
	EW_CLEANUP(placed_clear) struct placed placed[EW_PROFILES_MAX] = {0};
	size_t n = 0;

	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_file *file = &policy->files[f];

		for (unsigned int i = 0; i < file->document->profiles_count && n < EW_PROFILES_MAX; i++) {
			const struct ew_policy_profile *profile = &file->document->profiles[i];

			placed[n] = (struct placed){file, profile, sorted_by_program(profile)};
			if (!placed[n++].by_program)
				return -ENOMEM;
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (unsigned int j = 0; j < placed[i].profile->except_count; j++)
			check_words(placed[i].file->path, placed[i].profile, &placed[i].profile->except[j], diag);
		check_from(placed[i].file->path, placed[i].profile, placed[i].by_program, diag);
		check_cgroups(placed[i].file->path, placed[i].profile, diag);
		for (size_t j = 0; j < n; j++)
			if (i != j)
				check_against(&placed[i], &placed[j], diag);
	}
	ew_diagnostics_sort(diag);
	return 0;
}
