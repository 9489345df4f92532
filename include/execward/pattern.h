/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_PATTERN_H
#define EXECWARD_PATTERN_H

#include <linux/types.h>

#include <execward/limits.h>

/*
 * All cgroup patterns of a policy as one deterministic automaton: a state is an entry of an array, and each byte of a
 * path leads from one state to the next. So what a path costs depends on its length alone, not on the patterns.
 */
enum ew_pattern_state_number {
	EW_PATTERN_DEAD, /* nothing matches any more, whatever follows */
	EW_PATTERN_CUT,	 /* for a path that is not known whole: has every profile that refuses and has a pattern */
	EW_PATTERN_START,
};

struct ew_pattern_state {
	__u64 set;	 /* profiles of the patterns that match a path which ends here */
	__u16 next[256]; /* state by the next byte */
};

_Static_assert(sizeof(struct ew_pattern_state) == 8 + 512, "no holes");
_Static_assert(EW_PATTERN_STATES_MAX <= 1 << 16, "a state's number is a __u16");

#endif
