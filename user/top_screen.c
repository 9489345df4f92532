/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdarg.h>
#include <string.h>

#include "escape.h"
#include "util.h"

#define KEY_ESCAPE 27
#define ESCAPE_WAIT 25 /* milliseconds in which the rest of a key that begins with Escape comes */
#define HEAD_LINES 2
#define EVENTS_MIN 3

static struct {
	SCREEN *screen;
	struct ew_top_shown shown;
	const char *mark; /* of what is cut */
	bool paused, coloured;
	size_t first;	   /* the row on the first line */
	char *explanation; /* NULL: the table is shown */
	size_t line;	   /* of it, the first that is shown */
} ui;

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

	return room < EVENTS_MIN ? EVENTS_MIN : room > EW_TOP_EVENTS_MAX ? EW_TOP_EVENTS_MAX : room;
}
static int row_lines(void)
{
	return LINES - HEAD_LINES - 2 - event_lines();
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
	put(0, "%s%s%s  %zu cgroup%s  %.1f execs/s  %.1f gains/s  by %s%s", ui.shown.source->title,
	    notes->unloaded ? "  UNLOADED" : "", ui.paused ? "  PAUSED" : "", ui.shown.n, ui.shown.n == 1 ? "" : "s",
	    ui.shown.rate[0], ui.shown.rate[1], ew_top_sort_words[ui.shown.sort], more);
	attroff(A_BOLD);
	attron(A_REVERSE);
	put(1, "%-*s", COLS, "   EXEC/s   GAIN/s   DENIED  AUDITED    LEAKS  CGROUP");
	attroff(A_REVERSE);
}

static void draw_row(int y, const struct ew_top_line *line)
{
	_cleanup_free_ char *name = ew_escape_dup(line->name, strlen(line->name), ui.shown.flags);

	put(y, "%9.1f%9.1f%9llu%9llu%9llu  %s", line->rate[0], line->rate[1],
	    (unsigned long long)line->total[EW_TOP_DENIALS], (unsigned long long)line->total[EW_TOP_AUDITS],
	    (unsigned long long)line->total[EW_TOP_LEAKS], name ?: "?");
}

static void draw_rows(void)
{
	struct ew_top_shown *shown = &ui.shown;
	size_t lines = (size_t)row_lines();

	if (shown->selected >= shown->n)
		shown->selected = shown->n ? shown->n - 1 : 0;
	if (shown->selected < ui.first)
		ui.first = shown->selected;
	if (shown->selected >= ui.first + lines)
		ui.first = shown->selected - lines + 1;
	if (!shown->n)
		put(HEAD_LINES, "   nothing yet");
	for (size_t i = 0; i < lines && ui.first + i < shown->n; i++) {
		attr_t attr = ui.first + i == shown->selected ? A_REVERSE : 0;

		attron(attr);
		draw_row(HEAD_LINES + (int)i, &shown->lines[ui.first + i]);
		attroff(attr);
	}
}

static void draw_table(const struct ew_top_notes *notes)
{
	int lines = event_lines(), at = HEAD_LINES + row_lines();

	draw_head(notes);
	draw_rows();
	attron(A_BOLD);
	put(at, "last events%s",
	    notes->unloaded ? "; execward was unloaded, nothing more will come, not even after another load" : "");
	attroff(A_BOLD);
	for (int i = 0; i < lines; i++) {
		const char *text = ui.shown.events[lines - 1 - i].text;
		attr_t attr = colour(ui.shown.events[lines - 1 - i].verdict);

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

/* All that can come to be shown, while it stands still and the terminal grows. */
#define ALL_EVENTS EW_TOP_EVENTS_MAX

static void take(struct ew_top *top, unsigned int events)
{
	ew_top_shown_rows(&ui.shown, top);
	ew_top_shown_events(&ui.shown, top, events, (unsigned int)COLS);
}

void ew_top_screen_refresh(struct ew_top *top, const struct ew_top_notes *notes)
{
	if (!ui.paused)
		take(top, (unsigned int)event_lines());
	draw(notes);
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
		ew_top_shown_sort(&ui.shown, (enum ew_top_sort)(sort - sorts));
	} else if (key == 'p' || key == ' ') {
		ui.paused = !ui.paused;
		take(top, ui.paused ? ALL_EVENTS : (unsigned int)event_lines());
	} else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		ui.explanation = ew_top_shown_explain(&ui.shown, top);
		ui.line = 0;
	} else if (key == KEY_DOWN || key == 'j') {
		ui.shown.selected++;
	} else if (key == KEY_UP || key == 'k') {
		ui.shown.selected -= ui.shown.selected > 0;
	} else if (key == KEY_NPAGE) {
		ui.shown.selected += page;
	} else if (key == KEY_PPAGE) {
		ui.shown.selected -= ui.shown.selected > page ? page : ui.shown.selected;
	}
}

bool ew_top_screen_keys(struct ew_top *top, const struct ew_top_notes *notes)
{
	bool any = false;
	int key;

	while ((key = getch()) != ERR) {
		any = true;
		if (key == KEY_RESIZE)
			ew_top_screen_refresh(top, notes);
		else if (ui.explanation)
			explanation_key(key);
		else if (key == 'q' || key == 3) /* Ctrl-C */
			return false;
		else
			table_key(top, key);
	}
	if (any)
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
	ui.shown.source = source;
	ui.shown.sort = sort;
	ui.shown.flags = EW_STREQ(nl_langinfo(CODESET), "UTF-8") ? 0 : EW_ESCAPE_ASCII;
	ui.mark = ui.shown.flags ? "~" : "…";
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
	ew_top_shown_clear(&ui.shown);
	free(ui.explanation);
	ui.explanation = NULL;
}
