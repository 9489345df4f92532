/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pattern.h"
#include "policy_compiler.h"

/* The automaton of all patterns: those of cgroup paths, and the globs of labels. */

#define ALL_MAX (EW_LABEL_GLOBS_MAX + EW_PATTERNS_MAX)

/* The globs of labels come first, as those that are kept from before have no place to be told of. */
static size_t list(const struct ew_image *image, struct ew_pattern patterns[ALL_MAX], __u64 *cut)
{
	size_t n = 0;

	*cut = 0;
	for (size_t i = 0; i < image->n_labels; i++)
		patterns[n++] = (struct ew_pattern){image->labels[i].path, image->labels[i].set};
	for (size_t i = 0; i < image->n_patterns; i++) {
		patterns[n++] = (struct ew_pattern){image->patterns[i].path, image->patterns[i].set};
		*cut |= image->patterns[i].set;
	}
	for (__u32 slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (image->profiles[slot].mode < EW_VERDICT_DENY)
			*cut &= ~(1ULL << slot);
	return n;
}

int ew_policy_compile_patterns(struct ew_image *image)
{
	struct ew_pattern patterns[ALL_MAX];
	struct ew_pattern_state *states;
	size_t n, n_states;
	__u64 cut;
	int err;

	n = list(image, patterns, &cut);
	if (!n)
		return 0;
	err = ew_pattern_compile(patterns, n, cut, &states, &n_states);
	if (err < 0)
		return err;
	free(image->pattern_states);
	image->pattern_states = states;
	image->n_pattern_states = n_states;
	return 0;
}

static void refuse(struct ew_compiler *c)
{
	struct ew_pattern patterns[ALL_MAX];
	struct ew_shown shown;
	__u64 cut;
	size_t n = list(c->image, patterns, &cut);
	size_t excess = ew_pattern_excess(patterns, n), n_labels = c->image->n_labels;
	bool label = excess < n_labels;

	c->file = label ? c->labels[excess].file : c->patterns[excess - n_labels].file;
	ew_compiler_error(c, label ? c->labels[excess].node : c->patterns[excess - n_labels].node,
			  "%s pattern \"%s\", with those before it, makes an automaton of more than %d states; "
			  "expected fewer patterns with text after a \"*\"",
			  label ? "label" : "cgroup", ew_shown(patterns[excess].text + label, &shown),
			  EW_PATTERN_STATES_MAX);
}

int ew_compiler_patterns(struct ew_compiler *c)
{
	int err = ew_policy_compile_patterns(c->image);

	if (err != -E2BIG)
		return err;
	refuse(c);
	return 0;
}
