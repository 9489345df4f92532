/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_MATCH_H
#define EW_BPF_MATCH_H

#include <execward/pattern.h>

/*
 * Walking a path through the automaton of patterns, from *NUMBER EW_PATTERN_START on and up to and including its NUL.
 * Pure: the unit tests compile the same lines.
 */

/* One byte further, from the state that *NUMBER is the number of. Returns false when the walk is over. */
static inline _Bool ew_match_step(const struct ew_pattern_state *at, char byte, __u32 *number, __u64 *set)
{
	if (!byte || *number == EW_PATTERN_DEAD) {
		*set = at->set;
		return 0;
	}
	*number = at->next[(__u8)byte];
	return 1;
}

/* A path of LENGTH bytes may be the beginning of a longer one: the kernel cuts without saying so. */
static inline _Bool ew_match_is_cut(__u32 length)
{
	return length >= EW_CGROUP_TRACE_MAX - 1;
}

#endif
