/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PATTERN_NFA_H
#define EW_PATTERN_NFA_H

#include "pattern.h"

/*
 * The patterns as a graph of nodes, in which one text can be at several nodes at once; pattern.c makes the automaton
 * of it. Equal beginnings of patterns share their nodes, and so do equal ends with equal sets.
 */

/* What an edge takes: a byte (1 to 255), a character, or nothing at all. */
enum ew_nfa_take { EW_NFA_CHARACTER = 256, EW_NFA_NOTHING };

/* What keeps a text at a node. */
enum ew_nfa_loop {
	EW_NFA_NO_LOOP,
	EW_NFA_WITHIN, /* every byte but "/": `*` */
	EW_NFA_ACROSS, /* every byte: `**` */
};

#define EW_NFA_NONE ((__u32)-1)

struct ew_nfa_edge {
	__u32 take;
	__u32 mark;   /* tells edges apart that take nothing: enum mark of pattern_nfa.c */
	__u32 target; /* a node, of a higher number */
	__u32 next;   /* edge of the same node, or EW_NFA_NONE */
};

struct ew_nfa_node {
	__u64 accept; /* profiles of the patterns that end here */
	__u32 loop;   /* enum ew_nfa_loop */
	__u32 edges;  /* the first, or EW_NFA_NONE */
};

struct ew_nfa {
	size_t n_nodes, nodes_room, n_edges, edges_room;
	struct ew_nfa_node *nodes; /* the first is where a text begins */
	struct ew_nfa_edge *edges;
	/* what ew_nfa_covers() found before */
	size_t n_known, known_room;
	__u64 *known;
};

/* Returns 0 or -ENOMEM. ew_nfa_free() releases it in any case. */
int ew_nfa_make(const struct ew_pattern *patterns, size_t n, struct ew_nfa *nfa);
void ew_nfa_free(struct ew_nfa *nfa);

/*
 * ew_nfa_covers - does node A match, with the same sets, all that node B matches?
 *
 * True only if it does; false also where that takes too long to find out. A is a node with a loop.
 */
bool ew_nfa_covers(struct ew_nfa *nfa, __u32 a, __u32 b);

#endif
