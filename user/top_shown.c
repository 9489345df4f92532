/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_shown.h"

#include <string.h>

#include "escape.h"
#include "record_text.h"
#include "util.h"

const char *const ew_top_sort_words[EW_TOP_SORTS] = {
	[EW_TOP_BY_EXECS] = "execs",   [EW_TOP_BY_GAINS] = "gains", [EW_TOP_BY_DENIALS] = "denials",
	[EW_TOP_BY_AUDITS] = "audits", [EW_TOP_BY_LEAKS] = "leaks", [EW_TOP_BY_NAME] = "name",
};

static size_t index_of(const struct ew_top_shown *shown, __u64 key)
{
	for (size_t i = 0; i < shown->n; i++)
		if (shown->lines[i].key == key)
			return i;
	return 0;
}

/* Room for N lines. Returns how many there is room for. */
static size_t make_room(struct ew_top_shown *shown, size_t n)
{
	struct ew_top_line *lines;

	if (n <= shown->room)
		return n;
	lines = reallocarray(shown->lines, n, 2 * sizeof(*lines));
	if (!lines)
		return shown->room;
	shown->lines = lines;
	shown->room = 2 * n;
	return n;
}

static int more_first(double left, double right)
{
	return (left < right) - (left > right);
}

static int compare(const void *left, const void *right, void *arg)
{
	const struct ew_top_line *l = left, *r = right;
	enum ew_top_sort sort = *(enum ew_top_sort *)arg;
	int order = 0;

	if (sort == EW_TOP_BY_EXECS || sort == EW_TOP_BY_GAINS)
		order = more_first(l->rate[sort == EW_TOP_BY_GAINS], r->rate[sort == EW_TOP_BY_GAINS]);
	if (!order && sort != EW_TOP_BY_NAME)
		order = (l->total[sort] < r->total[sort]) - (l->total[sort] > r->total[sort]);
	order = order ?: strcmp(l->name, r->name);
	return order ?: (l->key > r->key) - (l->key < r->key);
}

_Static_assert((int)EW_TOP_BY_EXECS == EW_TOP_EXECS && (int)EW_TOP_BY_LEAKS == EW_TOP_LEAKS,
	       "what is sorted by is the number of a count");

/* The cgroup that is selected; 0: none, as it is the first line that is. */
static __u64 selected_key(const struct ew_top_shown *shown)
{
	return shown->selected && shown->selected < shown->n ? shown->lines[shown->selected].key : 0;
}

static void sort_lines(struct ew_top_shown *shown, __u64 selected)
{
	if (shown->n)
		qsort_r(shown->lines, shown->n, sizeof(*shown->lines), compare, &shown->sort);
	if (shown->selected)
		shown->selected = index_of(shown, selected);
}

void ew_top_shown_sort(struct ew_top_shown *shown, enum ew_top_sort key)
{
	shown->sort = key;
	sort_lines(shown, selected_key(shown));
}

static void take_line(struct ew_top_line *line, const struct ew_top_row *row, double window)
{
	line->key = row->key;
	line->name = row->name;
	line->rate[0] = row->rate_in[0] / window;
	line->rate[1] = row->rate_in[1] / window;
	memcpy(line->total, row->total, sizeof(line->total));
}

void ew_top_shown_rows(struct ew_top_shown *shown, struct ew_top *top)
{
	__u64 selected = selected_key(shown);
	double window = ew_top_window(top);
	size_t n = top->n + (top->others.name != NULL);

	ew_top_sum_up(top);
	shown->n = make_room(shown, n);
	for (size_t i = 0; i < shown->n; i++)
		take_line(&shown->lines[i], i < top->n ? &top->rows[i] : &top->others, window);
	shown->rate[0] = top->all.rate_in[0] / window;
	shown->rate[1] = top->all.rate_in[1] / window;
	sort_lines(shown, selected);
}

static void clear_events(struct ew_top_shown *shown)
{
	for (size_t i = 0; i < EW_TOP_EVENTS_MAX; i++) {
		free(shown->events[i].text);
		shown->events[i].text = NULL;
	}
	shown->n_taken = 0;
}

void ew_top_shown_events(struct ew_top_shown *shown, const struct ew_top *top, unsigned int n, unsigned int width)
{
	const struct ew_record_text_options options = {.width = width, .ascii = shown->flags & EW_ESCAPE_ASCII};
	const struct ew_record_names *names;
	__s64 offset;

	if (n > EW_TOP_EVENTS_MAX)
		n = EW_TOP_EVENTS_MAX;
	if (shown->n_events == top->n_events && shown->n_taken >= n && shown->width == width)
		return;
	clear_events(shown);
	for (unsigned int back = 0; back < n; back++) {
		const struct ew_top_event *event = ew_top_event(top, back);
		const struct ew_record_view *view =
			event ? shown->source->open(shown->source->ctx, event, &names, &offset) : NULL;

		if (!view)
			continue;
		shown->events[back].text = ew_record_text(view, names, offset, &options);
		shown->events[back].verdict = view->record.verdict;
	}
	shown->n_events = top->n_events;
	shown->n_taken = n;
	shown->width = width;
}

/* The row with KEY, as it is now. */
static const struct ew_top_row *row_now(const struct ew_top *top, __u64 key)
{
	for (size_t i = 0; i < top->n; i++)
		if (top->rows[i].key == key)
			return &top->rows[i];
	return top->others.name ? &top->others : NULL;
}

char *ew_top_shown_explain(const struct ew_top_shown *shown, const struct ew_top *top)
{
	const struct ew_top_row *row =
		shown->selected < shown->n ? row_now(top, shown->lines[shown->selected].key) : NULL;
	_cleanup_free_ char *name = row ? ew_escape_dup(row->name, strlen(row->name), shown->flags) : NULL;
	char *text = NULL;
	size_t size;
	FILE *out = row && row->last.data ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	fprintf(out,
		"%s\n%llu execs, %llu with a gain, %llu denied, %llu audited, %llu with leaked descriptors\n\nThe last "
		"%s:\n",
		name ?: "?", (unsigned long long)row->total[EW_TOP_EXECS], (unsigned long long)row->total[EW_TOP_GAINS],
		(unsigned long long)row->total[EW_TOP_DENIALS], (unsigned long long)row->total[EW_TOP_AUDITS],
		(unsigned long long)row->total[EW_TOP_LEAKS], row->notable ? "that was more than an exec" : "exec");
	shown->source->explain(shown->source->ctx, &row->last, shown->flags, out);
	fclose(out);
	return text;
}

void ew_top_shown_clear(struct ew_top_shown *shown)
{
	clear_events(shown);
	free(shown->lines);
	shown->lines = NULL;
	shown->n = shown->room = 0;
}
