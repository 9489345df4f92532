/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdarg.h>
#include <string.h>

#include "escape.h"
#include "record_text.h"
#include "util.h"

#define KEY_ESCAPE 27
#define ESCAPE_WAIT 25 /* milliseconds in which the rest of a key that begins with Escape comes */
#define HEAD_LINES 2
#define EVENTS_MIN 3

/* What is shown of a row: it stands still while that is paused. */
struct shown {
	__u64 key;
	char *name; /* escaped */
	double rate[2];
	__u64 total[EW_TOP_COUNTS];
};

static struct {
	SCREEN *screen;
	const struct ew_top_source *source;
	unsigned int flags; /* of ew_escape() */
	const char *mark;
	enum ew_top_sort sort;
	bool paused, coloured;
	struct shown *rows;
	size_t n_rows, selected, first;
	double rate[2]; /* of everything */
	struct {
		char *text;
		__u32 verdict;
	} events[EW_TOP_EVENTS_MAX]; /* the last one first */
	char *explanation;	     /* NULL: the table is shown */
	size_t line;		     /* of it, the first that is shown */
} ui;

static void clear_shown(void)
{
	for (size_t i = 0; i < ui.n_rows; i++)
		free(ui.rows[i].name);
	free(ui.rows);
	ui.rows = NULL;
	ui.n_rows = 0;
}

static void clear_events(void)
{
	for (size_t i = 0; i < EW_TOP_EVENTS_MAX; i++) {
		free(ui.events[i].text);
		ui.events[i].text = NULL;
	}
}

/* One line at Y, cut where the terminal ends. What there is to say is escaped already. */
static void EW_PRINTF(2, 3) put(int y, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text && COLS > 0)
		ew_text_elide(text, (size_t)COLS, ui.mark);
	mvaddstr(y, 0, text ?: "");
	clrtoeol();
}

/* The lines that events have, and those of rows above them. */
static int event_lines(void)
{
	int room = (LINES - HEAD_LINES - 2) / 3;

	return room < EVENTS_MIN ? EVENTS_MIN : room;
}
static int row_lines(void)
{
	return LINES - HEAD_LINES - 2 - event_lines();
}

static size_t index_of(__u64 key)
{
	for (size_t i = 0; i < ui.n_rows; i++)
		if (ui.rows[i].key == key)
			return i;
	return 0;
}

/* The rows as they are now; the selection stays on its cgroup, or, on the first line, there. */
static void take_rows(struct ew_top *top)
{
	_cleanup_free_ struct ew_top_row **list = ew_top_sorted(top, ui.sort);
	__u64 selected = ui.selected < ui.n_rows ? ui.rows[ui.selected].key : 0;
	double window = ew_top_window(top);
	size_t n = 0;

	while (list && list[n])
		n++;
	clear_shown();
	ui.rows = calloc(n + 1, sizeof(*ui.rows));
	for (size_t i = 0; ui.rows && i < n; i++) {
		struct shown *shown = &ui.rows[i];

		*shown = (struct shown){
			.key = list[i]->key,
			.name = ew_escape_dup(list[i]->name, strlen(list[i]->name), ui.flags),
			.rate = {list[i]->rate_in[0] / window, list[i]->rate_in[1] / window},
		};
		memcpy(shown->total, list[i]->total, sizeof(shown->total));
		ui.n_rows++;
	}
	ui.rate[0] = top->all.rate_in[0] / window;
	ui.rate[1] = top->all.rate_in[1] / window;
	if (ui.selected)
		ui.selected = index_of(selected);
}

static void take_events(const struct ew_top *top)
{
	const struct ew_record_text_options options = {.width = (unsigned int)COLS,
						       .ascii = ui.flags & EW_ESCAPE_ASCII};
	const struct ew_record_names *names;
	__s64 offset;

	clear_events();
	for (unsigned int back = 0; back < EW_TOP_EVENTS_MAX && (int)back < LINES; back++) {
		const struct ew_top_event *event = ew_top_event(top, back);
		const struct ew_record_view *view =
			event ? ui.source->open(ui.source->ctx, event, &names, &offset) : NULL;

		if (!view)
			continue;
		ui.events[back].text = ew_record_text(view, names, offset, &options);
		ui.events[back].verdict = view->record.verdict;
	}
}

static attr_t colour(__u32 verdict)
{
	if (!ui.coloured || verdict == EW_VERDICT_ALLOW || verdict >= EW_VERDICT_MAX)
		return 0;
	return (attr_t)COLOR_PAIR(verdict == EW_VERDICT_AUDIT ? 1 : 2);
}

static void draw_head(const struct ew_top_notes *notes)
{
	char more[128] = "";
	size_t n = 0;

	if (notes->lost)
		n += (size_t)snprintf(more + n, sizeof(more) - n, "  LOST %llu", (unsigned long long)notes->lost);
	if (notes->bad && n < sizeof(more))
		n += (size_t)snprintf(more + n, sizeof(more) - n, "  %llu left out", (unsigned long long)notes->bad);
	if (notes->over && n < sizeof(more))
		snprintf(more + n, sizeof(more) - n, "  END");
	attron(A_BOLD);
	put(0, "%s%s  %zu cgroup%s  %.1f execs/s  %.1f gains/s  by %s%s", ui.source->title, ui.paused ? "  PAUSED" : "",
	    ui.n_rows, ui.n_rows == 1 ? "" : "s", ui.rate[0], ui.rate[1], ew_top_sort_words[ui.sort], more);
	attroff(A_BOLD);
	attron(A_REVERSE);
	put(1, "%-*s", COLS, "   EXEC/s   GAIN/s   DENIED  AUDITED    LEAKS  CGROUP");
	attroff(A_REVERSE);
}

static void draw_rows(void)
{
	int lines = row_lines();

	if (ui.selected >= ui.n_rows)
		ui.selected = ui.n_rows ? ui.n_rows - 1 : 0;
	if (ui.selected < ui.first)
		ui.first = ui.selected;
	if (ui.selected >= ui.first + (size_t)lines)
		ui.first = ui.selected - (size_t)lines + 1;
	for (int i = 0; i < lines; i++) {
		size_t at = ui.first + (size_t)i;
		bool marked = at == ui.selected;
		const struct shown *row;

		if (at >= ui.n_rows) {
			put(HEAD_LINES + i, "%s", i || ui.n_rows ? "" : "   nothing yet");
			continue;
		}
		row = &ui.rows[at];
		attron(marked ? A_REVERSE : 0);
		put(HEAD_LINES + i, "%9.1f%9.1f%9llu%9llu%9llu  %s", row->rate[0], row->rate[1],
		    (unsigned long long)row->total[EW_TOP_DENIALS], (unsigned long long)row->total[EW_TOP_AUDITS],
		    (unsigned long long)row->total[EW_TOP_LEAKS], row->name ?: "?");
		attroff(marked ? A_REVERSE : 0);
	}
}

static void draw_table(const struct ew_top_notes *notes)
{
	int lines = event_lines(), at = HEAD_LINES + row_lines();

	draw_head(notes);
	draw_rows();
	attron(A_BOLD);
	put(at, "last events");
	attroff(A_BOLD);
	for (int i = 0; i < lines; i++) {
		const char *text = ui.events[lines - 1 - i].text;
		attr_t attr = colour(ui.events[lines - 1 - i].verdict);

		attron(attr);
		put(at + 1 + i, "%s", text ?: "");
		attroff(attr);
	}
	attron(A_DIM);
	put(LINES - 1, "q quit  Enter explain  p pause  sort: e execs g gains d denials a audits l leaks n name");
	attroff(A_DIM);
}

/* The next screen line of TEXT, of which LEN bytes fit: broken where the terminal ends. */
static const char *break_line(const char *text, char *line, size_t size)
{
	size_t len = 0, columns = 0;

	while (text[len] && text[len] != '\n') {
		size_t bytes = 1;
		char one[8] = "";

		while ((text[len + bytes] & 0xc0) == 0x80 && bytes < 4)
			bytes++;
		memcpy(one, text + len, bytes);
		columns += ew_text_width(one);
		if (columns > (size_t)COLS || len + bytes >= size)
			break;
		len += bytes;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	return text + len + (text[len] == '\n' || !len);
}

static void draw_explanation(void)
{
	const char *at = ui.explanation;
	char line[4096];
	int y = 0;

	for (size_t i = 0; *at && y < LINES - 1; i++) {
		at = break_line(at, line, sizeof(line));
		if (i >= ui.line)
			mvaddstr(y++, 0, line);
	}
	attron(A_DIM);
	put(LINES - 1, "q back  up and down scroll");
	attroff(A_DIM);
}

static void draw(const struct ew_top_notes *notes)
{
	erase();
	if (COLS < EW_TOP_COLUMNS_MIN || LINES < EW_TOP_LINES_MIN) {
		put(0, "too small: %dx%d are needed", EW_TOP_COLUMNS_MIN, EW_TOP_LINES_MIN);
		if (LINES > 1)
			put(1, "this is %dx%d; q quits", COLS, LINES);
	} else if (ui.explanation) {
		draw_explanation();
	} else {
		draw_table(notes);
	}
	refresh();
}

void ew_top_screen_refresh(struct ew_top *top, const struct ew_top_notes *notes)
{
	if (!ui.paused) {
		take_rows(top);
		take_events(top);
	}
	draw(notes);
}

/* The row with KEY, as it is now. */
static struct ew_top_row *row_now(struct ew_top *top, __u64 key)
{
	for (size_t i = 0; i < top->n; i++)
		if (top->rows[i].key == key)
			return &top->rows[i];
	return top->others.name ? &top->others : NULL;
}

static void explain(struct ew_top *top)
{
	struct ew_top_row *row = ui.selected < ui.n_rows ? row_now(top, ui.rows[ui.selected].key) : NULL;
	_cleanup_free_ char *name = row ? ew_escape_dup(row->name, strlen(row->name), ui.flags) : NULL;
	char *text = NULL;
	size_t size;
	FILE *out = row && row->last.data ? open_memstream(&text, &size) : NULL;

	if (!out)
		return;
	fprintf(out,
		"%s\n%llu execs, %llu with a gain, %llu denied, %llu audited, %llu with leaked descriptors\n\nThe last "
		"%s:\n",
		name ?: "?", (unsigned long long)row->total[EW_TOP_EXECS], (unsigned long long)row->total[EW_TOP_GAINS],
		(unsigned long long)row->total[EW_TOP_DENIALS], (unsigned long long)row->total[EW_TOP_AUDITS],
		(unsigned long long)row->total[EW_TOP_LEAKS], row->notable ? "that was more than an exec" : "exec");
	ui.source->explain(ui.source->ctx, &row->last, ui.flags, out);
	fclose(out);
	ui.explanation = text;
	ui.line = 0;
}

static void explanation_key(int key)
{
	switch (key) {
	case 'q':
	case '\n':
	case '\r':
	case KEY_ENTER:
	case KEY_ESCAPE:
		free(ui.explanation);
		ui.explanation = NULL;
		return;
	case KEY_DOWN:
	case 'j':
		ui.line++;
		return;
	case KEY_UP:
	case 'k':
		ui.line -= ui.line > 0;
	}
}

static void table_key(struct ew_top *top, int key)
{
	static const char sorts[] = "egdaln"; /* in the order of enum ew_top_sort */
	const char *sort = key > 0 && key < 128 ? strchr(sorts, key) : NULL;
	size_t page = (size_t)(row_lines() > 1 ? row_lines() - 1 : 1);

	if (sort) {
		ui.sort = (enum ew_top_sort)(sort - sorts);
		take_rows(top);
	} else if (key == 'p' || key == ' ') {
		ui.paused = !ui.paused;
	} else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		explain(top);
	} else if (key == KEY_DOWN || key == 'j') {
		ui.selected++;
	} else if (key == KEY_UP || key == 'k') {
		ui.selected -= ui.selected > 0;
	} else if (key == KEY_NPAGE) {
		ui.selected += page;
	} else if (key == KEY_PPAGE) {
		ui.selected -= ui.selected > page ? page : ui.selected;
	}
}

bool ew_top_screen_keys(struct ew_top *top, const struct ew_top_notes *notes)
{
	int key;

	while ((key = getch()) != ERR) {
		if (key == KEY_RESIZE)
			ew_top_screen_refresh(top, notes);
		else if (ui.explanation)
			explanation_key(key);
		else if (key == 'q' || key == 3) /* Ctrl-C */
			return false;
		else
			table_key(top, key);
	}
	draw(notes);
	return true;
}

int ew_top_screen_open(FILE *out, FILE *in, enum ew_top_sort sort, const struct ew_top_source *source)
{
	const char *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, "");
	ui.screen = newterm(NULL, out, in);
	if (!ui.screen)
		return -ENOTSUP;
	set_term(ui.screen);
	ui.source = source;
	ui.sort = sort;
	ui.flags = EW_STREQ(nl_langinfo(CODESET), "UTF-8") ? 0 : EW_ESCAPE_ASCII;
	ui.mark = ui.flags ? "~" : "…";
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_WAIT);
	ui.coloured = has_colors() && !(no_color && *no_color) && start_color() == OK;
	if (ui.coloured) {
		use_default_colors();
		init_pair(1, COLOR_YELLOW, -1);
		init_pair(2, COLOR_RED, -1);
	}
	return 0;
}

void ew_top_screen_close(void)
{
	if (!ui.screen)
		return;
	endwin();
	delscreen(ui.screen);
	ui.screen = NULL;
	clear_shown();
	clear_events();
	free(ui.explanation);
	ui.explanation = NULL;
}
