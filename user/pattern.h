/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PATTERN_H
#define EW_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/pattern.h>

/*
 * Patterns of cgroup paths: `*` is any text within one component, `**` any text, `?` one character. "/" and "**" and
 * "/" together also stand for a single "/", as in "/a" "/" "**" "/b", which matches /a/b. Every other byte stands for
 * itself.
 */

struct ew_pattern {
	const char *text; /* as ew_text_check() lets it pass */
	__u64 set;	  /* profiles that it puts on a cgroup */
};

/* Whether TEXT is a pattern and no literal path. */
bool ew_pattern_is(const char *text);

/*
 * ew_pattern_compile - the automaton of N patterns
 *
 * CUT is the set of EW_PATTERN_CUT. Returns 0 and an array of *N_STATES states, which the caller frees; -E2BIG when it
 * would take more than EW_PATTERN_STATES_MAX states, or too much memory on the way there; -ENOMEM. The out-parameters
 * are untouched on failure.
 */
int ew_pattern_compile(const struct ew_pattern *patterns, size_t n, __u64 cut, struct ew_pattern_state **states,
		       size_t *n_states);

/* What the patterns that match PATH are for, by the automaton of STATES, as the programs walk it (bpf/match.h). */
__u64 ew_pattern_set(const struct ew_pattern_state *states, const char *path);

/* Whether one does. */
bool ew_pattern_matches(const struct ew_pattern_state *states, const char *path);

/*
 * ew_pattern_excess - which of N patterns, for which ew_pattern_compile() said -E2BIG, was too much for it
 *
 * The index of one that does not fit with those before it, which do.
 */
size_t ew_pattern_excess(const struct ew_pattern *patterns, size_t n);

#endif
