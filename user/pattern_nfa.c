/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pattern_nfa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Why an edge takes nothing. Two such edges of one node are the same only if they have the same reason. */
enum mark { MARK_NONE, MARK_WITHIN, MARK_ACROSS, MARK_SKIPPED, MARK_SKIPPING };

#define KNOWN_MAX (1 << 22) /* answers of ew_nfa_covers() that are kept; when half of it is full, it says no */

bool ew_pattern_is(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

static int add_node(struct ew_nfa *nfa, __u32 loop, __u32 *out)
{
	if (nfa->n_nodes == nfa->nodes_room) {
		size_t room = nfa->nodes_room ? 2 * nfa->nodes_room : 1024;
		struct ew_nfa_node *nodes = reallocarray(nfa->nodes, room, sizeof(*nodes));

		if (!nodes)
			return -ENOMEM;
		nfa->nodes = nodes;
		nfa->nodes_room = room;
	}
	*out = (__u32)nfa->n_nodes;
	nfa->nodes[nfa->n_nodes++] = (struct ew_nfa_node){.loop = loop, .edges = EW_NFA_NONE};
	return 0;
}

static int add_edge(struct ew_nfa *nfa, __u32 from, __u32 take, enum mark mark, __u32 target)
{
	if (nfa->n_edges == nfa->edges_room) {
		size_t room = nfa->edges_room ? 2 * nfa->edges_room : 1024;
		struct ew_nfa_edge *edges = reallocarray(nfa->edges, room, sizeof(*edges));

		if (!edges)
			return -ENOMEM;
		nfa->edges = edges;
		nfa->edges_room = room;
	}
	nfa->edges[nfa->n_edges] = (struct ew_nfa_edge){take, mark, target, nfa->nodes[from].edges};
	nfa->nodes[from].edges = (__u32)nfa->n_edges++;
	return 0;
}

static __u32 find_target(const struct ew_nfa *nfa, __u32 from, __u32 take, __u32 mark)
{
	for (__u32 e = nfa->nodes[from].edges; e != EW_NFA_NONE; e = nfa->edges[e].next)
		if (nfa->edges[e].take == take && nfa->edges[e].mark == mark)
			return nfa->edges[e].target;
	return EW_NFA_NONE;
}

/* The node that an edge of *AT leads to, made if there is none: then it becomes *AT. */
static int go(struct ew_nfa *nfa, __u32 *at, __u32 take, enum mark mark, enum ew_nfa_loop loop)
{
	__u32 target = find_target(nfa, *at, take, mark);
	int err = 0;

	if (target == EW_NFA_NONE) {
		err = add_node(nfa, loop, &target);
		if (!err)
			err = add_edge(nfa, *at, take, mark, target);
	}
	*at = target;
	return err;
}

/* What follows a "/" is a double star and another "/": no component, or any text up to a "/". */
static int go_components(struct ew_nfa *nfa, __u32 *at)
{
	__u32 from = *at, skipping = *at, after = find_target(nfa, *at, EW_NFA_NOTHING, MARK_SKIPPED);
	int err;

	if (after != EW_NFA_NONE) {
		*at = after;
		return 0;
	}
	err = go(nfa, &skipping, EW_NFA_NOTHING, MARK_SKIPPING, EW_NFA_ACROSS);
	*at = skipping;
	if (!err)
		err = go(nfa, at, '/', MARK_NONE, EW_NFA_NO_LOOP);
	return err ?: add_edge(nfa, from, EW_NFA_NOTHING, MARK_SKIPPED, *at);
}

static int add_pattern(struct ew_nfa *nfa, const struct ew_pattern *pattern)
{
	const char *p = pattern->text;
	__u32 at = 0;
	int err = 0;

	while (*p && !err) {
		if (p > pattern->text && p[-1] == '/' && !strncmp(p, "**/", 3)) {
			err = go_components(nfa, &at);
			p += 3;
		} else if (p[0] == '*' && p[1] == '*') {
			err = go(nfa, &at, EW_NFA_NOTHING, MARK_ACROSS, EW_NFA_ACROSS);
			p += 2;
		} else if (*p == '*') {
			err = go(nfa, &at, EW_NFA_NOTHING, MARK_WITHIN, EW_NFA_WITHIN);
			p++;
		} else if (*p == '?') {
			err = go(nfa, &at, EW_NFA_CHARACTER, MARK_NONE, EW_NFA_NO_LOOP);
			p++;
		} else {
			err = go(nfa, &at, (unsigned char)*p, MARK_NONE, EW_NFA_NO_LOOP);
			p++;
		}
	}
	if (!err)
		nfa->nodes[at].accept |= pattern->set;
	return err;
}

static __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static __u64 hash_node(const struct ew_nfa *nfa, const struct ew_nfa_node *node)
{
	__u64 hash = mix(node->accept, node->loop), sum = 0;

	/* a sum: the order of the edges means nothing */
	for (__u32 e = node->edges; e != EW_NFA_NONE; e = nfa->edges[e].next)
		sum += mix(mix(nfa->edges[e].take, nfa->edges[e].mark), nfa->edges[e].target);
	return mix(hash, sum);
}

/* No node has two edges of one kind, so as many edges, each with its like, are the same edges. */
static bool same_node(const struct ew_nfa *nfa, const struct ew_nfa_node *a, const struct ew_nfa_node *b)
{
	size_t left = 0;

	if (a->accept != b->accept || a->loop != b->loop)
		return false;
	for (__u32 e = b->edges; e != EW_NFA_NONE; e = nfa->edges[e].next)
		left++;
	for (__u32 e = a->edges; e != EW_NFA_NONE; e = nfa->edges[e].next, left--)
		if (find_target(nfa, (__u32)(b - nfa->nodes), nfa->edges[e].take, nfa->edges[e].mark) !=
		    nfa->edges[e].target)
			return false;
	return left == 0;
}

/* Makes one of equal ends, from the last node to the first, as edges lead to higher numbers only. */
static int share_ends(struct ew_nfa *nfa)
{
	size_t room = 1;
	_cleanup_free_ __u32 *table = NULL, *same = NULL;

	while (room < 2 * nfa->n_nodes)
		room *= 2;
	table = malloc(room * sizeof(*table));
	same = malloc(nfa->n_nodes * sizeof(*same));
	if (!table || !same)
		return -ENOMEM;
	memset(table, 0xff, room * sizeof(*table)); /* EW_NFA_NONE */
	for (__u32 n = (__u32)nfa->n_nodes; n-- > 0;) {
		size_t i;

		for (__u32 e = nfa->nodes[n].edges; e != EW_NFA_NONE; e = nfa->edges[e].next)
			nfa->edges[e].target = same[nfa->edges[e].target];
		i = hash_node(nfa, &nfa->nodes[n]) & (room - 1);
		while (table[i] != EW_NFA_NONE && !same_node(nfa, &nfa->nodes[n], &nfa->nodes[table[i]]))
			i = (i + 1) & (room - 1);
		if (table[i] == EW_NFA_NONE)
			table[i] = n;
		same[n] = table[i];
	}
	return 0;
}

int ew_nfa_make(const struct ew_pattern *patterns, size_t n, struct ew_nfa *nfa)
{
	__u32 first;
	int err;

	*nfa = (struct ew_nfa){};
	err = add_node(nfa, EW_NFA_NO_LOOP, &first);
	for (size_t i = 0; i < n && !err; i++)
		err = add_pattern(nfa, &patterns[i]);
	return err ?: share_ends(nfa);
}

void ew_nfa_free(struct ew_nfa *nfa)
{
	free(nfa->nodes);
	free(nfa->edges);
	free(nfa->known);
	*nfa = (struct ew_nfa){};
}

/* A pair of nodes and the answer in one word; 0 is an empty place. Nodes are far fewer than 2^31. */
static __u64 known_word(__u32 a, __u32 b, bool yes)
{
	return 1ULL << 63 | (__u64)a << 32 | (__u64)b << 1 | yes;
}

static __u64 *known_place(const struct ew_nfa *nfa, __u32 a, __u32 b)
{
	__u64 pair = known_word(a, b, false);
	size_t i = mix(pair, 0) & (nfa->known_room - 1);

	while (nfa->known[i] && (nfa->known[i] & ~1ULL) != pair)
		i = (i + 1) & (nfa->known_room - 1);
	return &nfa->known[i];
}

static bool grow_known(struct ew_nfa *nfa)
{
	size_t old_room = nfa->known_room;
	__u64 *old = nfa->known;

	if (old_room == KNOWN_MAX)
		return false;
	nfa->known_room = old_room ? 4 * old_room : 1 << 12;
	nfa->known = calloc(nfa->known_room, sizeof(*nfa->known));
	if (!nfa->known) {
		nfa->known = old;
		nfa->known_room = old_room;
		return false;
	}
	for (size_t i = 0; i < old_room; i++)
		if (old[i])
			*known_place(nfa, (__u32)(old[i] >> 32 & 0x7fffffff), (__u32)(old[i] >> 1 & 0x7fffffff)) =
				old[i];
	free(old);
	return true;
}

/*
 * A stays where it is over all that its loop takes. So it covers B if it covers, or leads by the same edge to, each
 * node that B leads to, and if it accepts what B accepts. Edges lead to higher numbers only, so this ends.
 */
static bool find_covers(struct ew_nfa *nfa, __u32 a, __u32 b)
{
	const struct ew_nfa_node *from = &nfa->nodes[a], *to = &nfa->nodes[b];
	bool across = from->loop == EW_NFA_ACROSS;

	if (to->accept & ~from->accept || (to->loop == EW_NFA_ACROSS && !across))
		return false;
	for (__u32 e = to->edges; e != EW_NFA_NONE; e = nfa->edges[e].next) {
		const struct ew_nfa_edge *edge = &nfa->edges[e];

		if (find_target(nfa, a, edge->take, edge->mark) == edge->target)
			continue;
		if ((edge->take == '/' && !across) || !ew_nfa_covers(nfa, a, edge->target))
			return false;
	}
	return true;
}

bool ew_nfa_covers(struct ew_nfa *nfa, __u32 a, __u32 b)
{
	__u64 *place;
	bool yes;

	if (a == b)
		return true;
	if (2 * nfa->n_known >= nfa->known_room && !grow_known(nfa))
		return false;
	place = known_place(nfa, a, b);
	if (*place)
		return *place & 1;
	yes = find_covers(nfa, a, b);
	/* what was asked meanwhile may have moved the place */
	if (2 * nfa->n_known < nfa->known_room) {
		*known_place(nfa, a, b) = known_word(a, b, yes);
		nfa->n_known++;
	}
	return yes;
}
