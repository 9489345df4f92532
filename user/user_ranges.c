/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "user_ranges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Where a span begins, or the user after its last. */
struct edge {
	__u32 at;
	bool begin;
	const struct ew_user_span *span;
};

static int compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	return (a->at > b->at) - (a->at < b->at);
}

/* How many spans that are open have each profile. */
struct open_spans {
	unsigned int policy[64], command[64];
};

static void count(unsigned int counts[64], __u64 set, bool begin)
{
	for (; set; set &= set - 1) {
		if (begin)
			counts[__builtin_ctzll(set)]++;
		else
			counts[__builtin_ctzll(set)]--;
	}
}

static __u64 counted(const unsigned int counts[64])
{
	__u64 set = 0;

	for (unsigned int i = 0; i < 64; i++)
		set |= (__u64)(counts[i] > 0) << i;
	return set;
}

/* TABLE has ROOM entries, all zero. Returns how many are used, or -ENOSPC. */
static ssize_t sweep(const struct edge *edges, size_t n, struct ew_user_range *table, size_t room)
{
	struct open_spans open = {0};
	size_t used = 1;

	for (size_t i = 0; i < n;) {
		__u32 at = edges[i].at;
		struct ew_user_range next = {.first = at};

		for (; i < n && edges[i].at == at; i++) {
			count(open.policy, edges[i].span->policy, edges[i].begin);
			count(open.command, edges[i].span->command, edges[i].begin);
		}
		next.policy = counted(open.policy);
		next.command = counted(open.command);
		if (at == EW_USER_NONE ||
		    (next.policy == table[used - 1].policy && next.command == table[used - 1].command))
			continue;
		if (at != 0 && used == room)
			return -ENOSPC;
		table[at ? used++ : 0] = next;
	}
	return (ssize_t)used;
}

/* The ranges that SPANS make, in TABLE as above. */
static ssize_t build(const struct ew_user_span *spans, size_t n, struct ew_user_range *table, size_t room)
{
	_cleanup_free_ struct edge *edges = calloc(2 * n + 1, sizeof(*edges));

	if (!edges)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		edges[2 * i] = (struct edge){spans[i].first, true, &spans[i]};
		edges[2 * i + 1] = (struct edge){spans[i].last + 1, false, &spans[i]};
	}
	qsort(edges, 2 * n, sizeof(*edges), compare_edges);
	return sweep(edges, 2 * n, table, room);
}

int ew_user_ranges_build(const struct ew_user_span *spans, size_t n, struct ew_user_range *out)
{
	_cleanup_free_ struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));
	ssize_t used = table ? build(spans, n, table, EW_USER_RANGES) : -ENOMEM;

	if (used < 0)
		return (int)used;
	for (; used < EW_USER_RANGES; used++)
		table[used].first = EW_USER_NONE;
	memcpy(out, table, EW_USER_RANGES * sizeof(*out));
	return 0;
}

ssize_t ew_user_ranges_disjoin(const struct ew_user_span *spans, size_t n, struct ew_user_span **out)
{
	_cleanup_free_ struct ew_user_range *table = calloc(2 * n + 1, sizeof(*table));
	_cleanup_free_ struct ew_user_span *list = calloc(2 * n + 1, sizeof(*list));
	ssize_t used = table && list ? build(spans, n, table, 2 * n + 1) : -ENOMEM, kept = 0;

	for (ssize_t i = 0; i < used; i++)
		if (table[i].policy | table[i].command)
			list[kept++] = (struct ew_user_span){
				.first = table[i].first,
				.last = (i + 1 < used ? table[i + 1].first : EW_USER_NONE) - 1,
				.policy = table[i].policy,
				.command = table[i].command,
			};
	if (used < 0)
		return used;
	*out = TAKE_PTR(list);
	return kept;
}

size_t ew_user_ranges_spans(const struct ew_user_range *table, struct ew_user_span *out)
{
	size_t n = 0;

	for (size_t i = 0; i < EW_USER_RANGES && table[i].first != EW_USER_NONE; i++) {
		__u32 next = i + 1 < EW_USER_RANGES ? table[i + 1].first : EW_USER_NONE;

		if (table[i].policy | table[i].command)
			out[n++] = (struct ew_user_span){table[i].first, next - 1, table[i].policy, table[i].command};
	}
	return n;
}

size_t ew_user_ranges_clear(struct ew_user_span *spans, size_t n, __u32 first, __u32 last, __u64 profiles,
			    struct ew_user_span *cleared)
{
	size_t total = n;

	for (size_t i = 0; i < n; i++) {
		struct ew_user_span *span = &spans[i];

		if (span->first > last || span->last < first)
			continue;
		if (span->first < first) {
			spans[total] = *span;
			spans[total++].last = first - 1;
			span->first = first;
		}
		if (span->last > last) {
			spans[total] = *span;
			spans[total++].first = last + 1;
			span->last = last;
		}
		cleared->policy |= span->policy & profiles;
		cleared->command |= span->command & profiles;
		span->policy &= ~profiles;
		span->command &= ~profiles;
	}
	return total;
}
