/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_nfa.h"
#include "util.h"

/*
 * The automaton: each of its states stands for a set of places in the graph of the patterns (the subset construction;
 * Hopcroft, Ullman, "Introduction to Automata Theory", 2.3). Places that another of the set covers are left out, which
 * keeps patterns such as "*foo*" from multiplying: once one matches, its like do not matter.
 *
 * A place is a node and the number of continuation bytes of a UTF-8 character that are still to come before it.
 */
#define PLACE(node, bytes) ((__u32)(node) << 2 | (bytes))
#define PLACE_NODE(place) ((place) >> 2)
#define PLACE_BYTES(place) ((place)&3)

#define PLACES_MAX (1 << 21) /* in all states: 8 MiB */
#define ASKED_MAX 50000000   /* questions to ew_nfa_covers(): of hostile patterns there could be many times more */

/* Bytes that a state without an edge for the very byte tells apart. */
enum kind {
	KIND_ASCII, /* but "/" */
	KIND_SLASH,
	KIND_FOLLOWING, /* 0x80 to 0xbf: a continuation */
	KIND_TWO,	/* 0xc2 to 0xdf: begins a character of two bytes */
	KIND_THREE,
	KIND_FOUR,
	KIND_INVALID,
	KIND_MAX
};

struct list {
	size_t n, room;
	__u32 *items;
};

struct automaton {
	struct ew_nfa nfa;
	size_t n_states, states_room;
	struct ew_pattern_state *states;
	size_t *begins; /* of each state's places, in `places`; the next state's is their end */
	struct list places;
	__u32 *table; /* states by their places; EW_PATTERN_DEAD is an empty place */
	size_t table_room;
	__u32 *seen; /* by place: the last round in which it was added */
	__u32 round;
	size_t asked;
	/* of the state whose row is being made: places after a byte of each kind, and edges that take one byte */
	struct list after[KIND_MAX], bytes, now;
};

static enum kind kind_of(unsigned int byte)
{
	if (byte == '/')
		return KIND_SLASH;
	if (byte < 0x80)
		return KIND_ASCII;
	if (byte < 0xc0)
		return KIND_FOLLOWING;
	if (byte < 0xc2 || byte > 0xf4)
		return KIND_INVALID;
	return byte < 0xe0 ? KIND_TWO : byte < 0xf0 ? KIND_THREE : KIND_FOUR;
}

static int push(struct list *list, __u32 item)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		__u32 *items = reallocarray(list->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->n++] = item;
	return 0;
}

/* Adds a place to a->now, once a round, and those that edges which take nothing lead to. */
static int add_place(struct automaton *a, __u32 place)
{
	size_t i = a->now.n;
	int err;

	if (a->seen[place] == a->round)
		return 0;
	a->seen[place] = a->round;
	err = push(&a->now, place);
	for (; i < a->now.n && !err; i++) {
		__u32 e = EW_NFA_NONE;

		if (!PLACE_BYTES(a->now.items[i]))
			e = a->nfa.nodes[PLACE_NODE(a->now.items[i])].edges;
		for (; e != EW_NFA_NONE && !err; e = a->nfa.edges[e].next) {
			__u32 next = PLACE(a->nfa.edges[e].target, 0);

			if (a->nfa.edges[e].take != EW_NFA_NOTHING || a->seen[next] == a->round)
				continue;
			a->seen[next] = a->round;
			err = push(&a->now, next);
		}
	}
	return err;
}

/* Leaves out of a->now what another place of it covers. */
static void leave_out_covered(struct automaton *a)
{
	__u32 *items = a->now.items;
	size_t left = 0;

	for (size_t i = 0; i < a->now.n; i++) {
		__u32 node = PLACE_NODE(items[i]);

		if (a->asked >= ASKED_MAX)
			break;
		if (items[i] == EW_NFA_NONE || PLACE_BYTES(items[i]) || a->nfa.nodes[node].loop == EW_NFA_NO_LOOP)
			continue;
		a->asked += a->now.n;
		for (size_t j = 0; j < a->now.n; j++)
			if (j != i && items[j] != EW_NFA_NONE && ew_nfa_covers(&a->nfa, node, PLACE_NODE(items[j])))
				items[j] = EW_NFA_NONE;
	}
	for (size_t i = 0; i < a->now.n; i++)
		if (items[i] != EW_NFA_NONE)
			items[left++] = items[i];
	a->now.n = left;
}

static int compare(const void *left, const void *right)
{
	__u32 a = *(const __u32 *)left, b = *(const __u32 *)right;

	return (a > b) - (a < b);
}

static __u64 hash_places(const __u32 *places, size_t n)
{
	__u64 hash = 14695981039346656037ULL;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ places[i]) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

/* Where the state of N places is in the table, or would be. */
static __u32 *find_state(const struct automaton *a, const __u32 *places, size_t n)
{
	size_t i;

	for (i = hash_places(places, n) & (a->table_room - 1); a->table[i]; i = (i + 1) & (a->table_room - 1)) {
		size_t begin = a->begins[a->table[i]];

		if (n == a->begins[a->table[i] + 1] - begin &&
		    !memcmp(a->places.items + begin, places, n * sizeof(*places)))
			break;
	}
	return &a->table[i];
}

/* Room for twice the states, in a table that is a quarter full at most. */
static int grow(struct automaton *a)
{
	size_t room = a->states_room ? 2 * a->states_room : 256;
	struct ew_pattern_state *states = reallocarray(a->states, room, sizeof(*states));
	size_t *begins = reallocarray(a->begins, room + 1, sizeof(*begins));
	__u32 *table = calloc(4 * room, sizeof(*table));

	a->states = states ?: a->states;
	a->begins = begins ?: a->begins;
	if (!states || !begins || !table) {
		free(table);
		return -ENOMEM;
	}
	free(a->table);
	a->table = table;
	a->table_room = 4 * room;
	a->states_room = room;
	for (size_t state = EW_PATTERN_START; state < a->n_states; state++)
		*find_state(a, a->places.items + begins[state], begins[state + 1] - begins[state]) = (__u32)state;
	return 0;
}

/* A state without places yet. */
static int add_state(struct automaton *a)
{
	int err = a->n_states == EW_PATTERN_STATES_MAX ? -E2BIG : a->n_states == a->states_room ? grow(a) : 0;

	if (err)
		return err;
	a->states[a->n_states] = (struct ew_pattern_state){};
	a->begins[a->n_states++] = a->places.n;
	a->begins[a->n_states] = a->places.n;
	return 0;
}

/* A state of the places in a->now. */
static int add_state_of_now(struct automaton *a)
{
	int err = a->places.n + a->now.n > PLACES_MAX ? -E2BIG : add_state(a);

	for (size_t i = 0; i < a->now.n && !err; i++) {
		__u32 place = a->now.items[i];

		if (!PLACE_BYTES(place))
			a->states[a->n_states - 1].set |= a->nfa.nodes[PLACE_NODE(place)].accept;
		err = push(&a->places, place);
	}
	if (!err)
		a->begins[a->n_states] = a->places.n;
	return err;
}

/* The number of the state that stands for the places of two lists, and for those they lead to for nothing. */
static int intern(struct automaton *a, const struct list *some, const __u32 *more, size_t n_more, __u16 *out)
{
	int err = 0;

	a->now.n = 0;
	a->round++;
	for (size_t i = 0; i < some->n && !err; i++)
		err = add_place(a, some->items[i]);
	for (size_t i = 0; i < n_more && !err; i++)
		err = add_place(a, more[i]);
	if (err)
		return err;
	*out = EW_PATTERN_DEAD;
	if (!a->now.n)
		return 0;
	leave_out_covered(a);
	qsort(a->now.items, a->now.n, sizeof(*a->now.items), compare);
	*out = (__u16)*find_state(a, a->now.items, a->now.n);
	if (*out)
		return 0;
	err = add_state_of_now(a);
	if (err)
		return err;
	*out = (__u16)(a->n_states - 1);
	/* only now, as the table may have grown */
	*find_state(a, a->now.items, a->now.n) = *out;
	return 0;
}

static int follow_edge(struct automaton *a, const struct ew_nfa_edge *edge)
{
	int err;

	if (edge->take == EW_NFA_NOTHING)
		return 0;
	if (edge->take != EW_NFA_CHARACTER)
		return push(&a->bytes, edge->take) ?: push(&a->bytes, PLACE(edge->target, 0));
	err = push(&a->after[KIND_ASCII], PLACE(edge->target, 0));
	for (__u32 bytes = 1; bytes <= 3 && !err; bytes++)
		err = push(&a->after[KIND_TWO + bytes - 1], PLACE(edge->target, bytes));
	return err;
}

/* Where one place leads to. */
static int follow_place(struct automaton *a, __u32 place)
{
	const struct ew_nfa_node *node = &a->nfa.nodes[PLACE_NODE(place)];
	int err = 0;

	if (PLACE_BYTES(place))
		return push(&a->after[KIND_FOLLOWING], place - 1);
	for (unsigned int kind = 0; kind < KIND_MAX && node->loop && !err; kind++)
		if (kind != KIND_SLASH || node->loop == EW_NFA_ACROSS)
			err = push(&a->after[kind], place);
	for (__u32 e = node->edges; e != EW_NFA_NONE && !err; e = a->nfa.edges[e].next)
		err = follow_edge(a, &a->nfa.edges[e]);
	return err;
}

static int make_row(struct automaton *a, size_t state)
{
	__u16 next[KIND_MAX], target;
	_cleanup_free_ __u32 *more = NULL;
	int err = 0;

	a->bytes.n = 0;
	for (unsigned int kind = 0; kind < KIND_MAX; kind++)
		a->after[kind].n = 0;
	for (size_t i = a->begins[state]; i < a->begins[state + 1] && !err; i++)
		err = follow_place(a, a->places.items[i]);
	for (unsigned int kind = 0; kind < KIND_MAX && !err; kind++)
		err = intern(a, &a->after[kind], NULL, 0, &next[kind]);
	if (err)
		return err;
	/* new states move the array, so its address is taken anew for each write */
	for (unsigned int byte = 1; byte < 256; byte++)
		a->states[state].next[byte] = next[kind_of(byte)];

	more = malloc((a->bytes.n / 2 + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	if (a->bytes.n)
		qsort(a->bytes.items, a->bytes.n / 2, 2 * sizeof(*a->bytes.items), compare);
	for (size_t i = 0; i < a->bytes.n && !err;) {
		__u32 byte = a->bytes.items[i];
		size_t n = 0;

		for (; i < a->bytes.n && a->bytes.items[i] == byte; i += 2)
			more[n++] = a->bytes.items[i + 1];
		err = intern(a, &a->after[kind_of(byte)], more, n, &target);
		if (!err)
			a->states[state].next[byte] = target;
	}
	return err;
}

static int make_states(struct automaton *a, __u64 cut)
{
	const __u32 first = PLACE(0, 0);
	const struct list none = {};
	__u16 start;
	int err;

	a->seen = calloc(PLACE(a->nfa.n_nodes, 0), sizeof(*a->seen));
	if (!a->seen)
		return -ENOMEM;
	err = add_state(a); /* EW_PATTERN_DEAD */
	if (!err)
		err = add_state(a); /* EW_PATTERN_CUT */
	if (!err)
		err = intern(a, &none, &first, 1, &start); /* EW_PATTERN_START */
	if (!err)
		a->states[EW_PATTERN_CUT].set = cut;
	for (size_t state = EW_PATTERN_START; state < a->n_states && !err; state++)
		err = make_row(a, state);
	return err;
}

static void automaton_clear(struct automaton *a)
{
	ew_nfa_free(&a->nfa);
	free(a->states);
	free(a->begins);
	free(a->places.items);
	free(a->table);
	free(a->seen);
	free(a->bytes.items);
	free(a->now.items);
	for (unsigned int kind = 0; kind < KIND_MAX; kind++)
		free(a->after[kind].items);
}

int ew_pattern_compile(const struct ew_pattern *patterns, size_t n, __u64 cut, struct ew_pattern_state **states,
		       size_t *n_states)
{
	EW_CLEANUP(automaton_clear) struct automaton a = {};
	int err = ew_nfa_make(patterns, n, &a.nfa);

	if (!err)
		err = make_states(&a, cut);
	if (err)
		return err;
	*n_states = a.n_states;
	*states = TAKE_PTR(a.states);
	return 0;
}

__u64 ew_pattern_set(const struct ew_pattern_state *states, const char *path)
{
	__u32 number = EW_PATTERN_START;

	while (*path && number != EW_PATTERN_DEAD)
		number = states[number].next[(unsigned char)*path++];
	return states[number].set;
}

bool ew_pattern_matches(const struct ew_pattern_state *states, const char *path)
{
	return ew_pattern_set(states, path) != 0;
}

size_t ew_pattern_excess(const struct ew_pattern *patterns, size_t n)
{
	size_t fits = 0;

	while (n - fits > 1) {
		size_t middle = fits + (n - fits) / 2, n_states;
		_cleanup_free_ struct ew_pattern_state *states = NULL;

		if (ew_pattern_compile(patterns, middle, 0, &states, &n_states))
			n = middle;
		else
			fits = middle;
	}
	return n - 1;
}
