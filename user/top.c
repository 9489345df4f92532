/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top.h"

#include <string.h>

#include "util.h"

#define NSEC_PER_SEC 1000000000ULL
#define OTHERS "(others)"
#define EVENT_STEP 512 /* bytes that an event has room for: a multiple of it */

/* In the memory that the event before it had, if it fits. */
static void keep(struct ew_top_event *event, const void *data, size_t len)
{
	if (!event->data || len > event->room) {
		size_t room = (len / EVENT_STEP + 1) * EVENT_STEP;

		free(event->data);
		/* what was there is better than nothing, but what is not told of what happened is worse */
		*event = (struct ew_top_event){.data = malloc(room), .room = room};
	}
	event->len = len;
	if (event->data)
		memcpy(event->data, data, len);
}

/* Where KEY is among the rows, or is to be. */
static size_t find(const struct ew_top *top, __u64 key)
{
	size_t low = 0, high = top->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (top->rows[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct ew_top_row *others(struct ew_top *top)
{
	if (!top->others.name)
		top->others.name = strdup(OTHERS);
	return &top->others;
}

static struct ew_top_row *row_of(struct ew_top *top, __u64 key, ew_top_name_fn name, void *ctx)
{
	size_t at = find(top, key);
	char *text;

	if (at < top->n && top->rows[at].key == key)
		return &top->rows[at];
	if (top->n == EW_TOP_ROWS_MAX)
		return others(top);
	if (top->n == top->room) {
		size_t room = top->room ? 2 * top->room : 64;
		struct ew_top_row *rows = reallocarray(top->rows, room, sizeof(*rows));

		if (!rows)
			return others(top);
		top->rows = rows;
		top->room = room;
	}
	text = name(ctx);
	if (!text)
		return others(top);
	memmove(&top->rows[at + 1], &top->rows[at], (top->n++ - at) * sizeof(*top->rows));
	top->rows[at] = (struct ew_top_row){.key = key, .name = text};
	return &top->rows[at];
}

/* Empties the slots of seconds that have passed since ROW was last counted. */
static void advance(struct ew_top_row *row, __s64 second)
{
	__s64 passed = second - row->second;

	if (passed <= 0)
		return;
	for (__s64 i = 1; i <= passed && i <= EW_TOP_WINDOW; i++)
		memset(row->slots[(row->second + i) % EW_TOP_WINDOW], 0, sizeof(row->slots[0]));
	if (passed >= EW_TOP_WINDOW)
		memset(row->slots, 0, sizeof(row->slots));
	row->second = second;
}

static void count(struct ew_top_row *row, const struct ew_top_exec *exec, __s64 second)
{
	bool gain = exec->counts >> EW_TOP_GAINS & 1;

	advance(row, second);
	row->total[EW_TOP_EXECS]++;
	for (unsigned int i = EW_TOP_EXECS + 1; i < EW_TOP_COUNTS; i++)
		row->total[i] += exec->counts >> i & 1;
	/* one that comes a little late counts where it belongs, one of long ago in the sums alone */
	if (row->second - second < EW_TOP_WINDOW) {
		row->slots[second % EW_TOP_WINDOW][0]++;
		row->slots[second % EW_TOP_WINDOW][1] += gain;
	}
}

void ew_top_add(struct ew_top *top, const struct ew_top_exec *exec, ew_top_name_fn name, void *ctx)
{
	struct ew_top_row *row = row_of(top, exec->key, name, ctx);
	__s64 second = (__s64)(exec->time / NSEC_PER_SEC);

	ew_top_tick(top, exec->time);
	count(row, exec, second);
	count(&top->all, exec, second);
	if (exec->counts || !row->notable)
		keep(&row->last, exec->data, exec->len);
	row->notable |= exec->counts != 0;
	keep(&top->events[top->n_events++ % EW_TOP_EVENTS_MAX], exec->data, exec->len);
}

void ew_top_tick(struct ew_top *top, __u64 time)
{
	__s64 second = (__s64)(time / NSEC_PER_SEC);

	if (!top->first)
		top->first = second;
	if (second > top->second)
		top->second = second;
}

unsigned int ew_top_window(const struct ew_top *top)
{
	__s64 watched = top->second - top->first + 1;

	return watched < 1 ? 1 : watched > EW_TOP_WINDOW ? EW_TOP_WINDOW : (unsigned int)watched;
}

static void sum_up(struct ew_top_row *row, __s64 second)
{
	advance(row, second);
	row->rate_in[0] = row->rate_in[1] = 0;
	for (unsigned int i = 0; i < EW_TOP_WINDOW; i++) {
		row->rate_in[0] += row->slots[i][0];
		row->rate_in[1] += row->slots[i][1];
	}
}

void ew_top_sum_up(struct ew_top *top)
{
	for (size_t i = 0; i < top->n; i++)
		sum_up(&top->rows[i], top->second);
	sum_up(&top->others, top->second);
	sum_up(&top->all, top->second);
}

const struct ew_top_event *ew_top_event(const struct ew_top *top, unsigned int back)
{
	const struct ew_top_event *event;

	if (back >= top->n_events || back >= EW_TOP_EVENTS_MAX)
		return NULL;
	event = &top->events[(top->n_events - 1 - back) % EW_TOP_EVENTS_MAX];
	return event->data ? event : NULL;
}

void ew_top_clear(struct ew_top *top)
{
	for (size_t i = 0; i < top->n; i++) {
		free(top->rows[i].name);
		free(top->rows[i].last.data);
	}
	for (size_t i = 0; i < EW_TOP_EVENTS_MAX; i++)
		free(top->events[i].data);
	free(top->others.name);
	free(top->others.last.data);
	free(top->all.last.data);
	free(top->rows);
	*top = (struct ew_top){0};
}
