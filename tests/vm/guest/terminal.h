/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TERMINAL_H
#define TERMINAL_H

/*
 * A terminal's memory: what TERM=screen is (terminfo(5)), as far as curses makes use of that, one column a character,
 * "?" for what is not ASCII. What it does not know it ends the program with 125 for: that is a fault of the test.
 * Included once.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 300
#define LINES_MAX 100
#define PARAMETERS_MAX 8

struct page {
	char text[LINES_MAX][COLUMNS_MAX];
	int x, y;
};

static struct {
	int columns, lines;
	struct page pages[2], *page; /* the usual one, and the one of ti/te (smcup, rmcup) */
	int saved_x, saved_y;
	int top, bottom; /* of what scrolls */
	bool wraps;	 /* the next character begins a line */
	bool hidden, keypad, attributes;
	enum { PLAIN, ESCAPE, SKIP, PARAMETERS } state;
	char sequence[64]; /* that has begun, behind ESC */
	size_t len;
} t;

static void fail(const char *what)
{
	fprintf(stderr, "tscreen: %s\n", what);
	exit(125);
}

static int within(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static void blank(int y, int from, int to)
{
	if (from < to)
		memset(t.page->text[y] + from, ' ', (size_t)(to - from));
}

/* Moves the lines from TOP on by N: up, or, below 0, down. */
static void scroll(int top, int n)
{
	int lines = t.bottom - top + 1, step = n < 0 ? -1 : 1;

	for (n = within(n < 0 ? -n : n, 0, lines); n; n--) {
		if (step > 0)
			memmove(t.page->text[top], t.page->text[top + 1], (size_t)(lines - 1) * COLUMNS_MAX);
		else
			memmove(t.page->text[top + 1], t.page->text[top], (size_t)(lines - 1) * COLUMNS_MAX);
		blank(step > 0 ? t.bottom : top, 0, COLUMNS_MAX);
	}
}

static void move(int x, int y)
{
	t.page->x = within(x, 0, t.columns - 1);
	t.page->y = within(y, 0, t.lines - 1);
	t.wraps = false;
}

static void line_feed(void)
{
	if (t.page->y == t.bottom)
		scroll(t.top, 1);
	else
		move(t.page->x, t.page->y + 1);
}

static void set_size(int columns, int lines)
{
	if (columns < 1 || columns > COLUMNS_MAX || lines < 1 || lines > LINES_MAX)
		fail("no such size");
	t.columns = columns;
	t.lines = lines;
	t.top = 0;
	t.bottom = lines - 1;
	for (int i = 0; i < 2; i++) {
		t.pages[i].x = within(t.pages[i].x, 0, columns - 1);
		t.pages[i].y = within(t.pages[i].y, 0, lines - 1);
	}
}

static void put(char c)
{
	if (t.wraps) {
		t.wraps = false;
		t.page->x = 0;
		line_feed();
	}
	t.page->text[t.page->y][t.page->x] = c;
	if (t.page->x < t.columns - 1)
		t.page->x++;
	else
		t.wraps = true;
}

static void set_mode(int mode, bool on)
{
	switch (mode) {
	case 1: /* of the keys; it comes with ESC = and ESC > */
		return;
	case 25:
		t.hidden = !on;
		return;
	case 1049:
		t.page = &t.pages[on];
		if (on)
			memset(t.page->text, ' ', sizeof(t.page->text));
		return;
	default:
		fail("a private mode that is not known");
	}
}

static void erase(char what, int mode)
{
	int from = mode ? 0 : t.page->x, to = mode == 1 ? t.page->x + 1 : COLUMNS_MAX;

	blank(t.page->y, from, to);
	if (what == 'K')
		return;
	for (int y = 0; y < t.lines; y++)
		if ((y < t.page->y && mode) || (y > t.page->y && mode != 1))
			blank(y, 0, COLUMNS_MAX);
}

/* N characters are put in, or, below 0, taken out, at the cursor. */
static void shift(int n)
{
	char *line = t.page->text[t.page->y];
	int x = t.page->x, rest;

	n = within(n, x - t.columns, t.columns - x);
	rest = t.columns - x - abs(n);
	memmove(line + x + (n > 0 ? n : 0), line + x - (n < 0 ? n : 0), (size_t)rest);
	blank(t.page->y, n > 0 ? x : x + rest, n > 0 ? x + n : t.columns);
}

/* ESC [ P[0] ; P[1] FINAL */
static void control(char final, const int *p)
{
	int n = p[0] ?: 1;

	switch (final) {
	case 'H':
		return move((p[1] ?: 1) - 1, n - 1);
	case 'A':
		return move(t.page->x, t.page->y - n);
	case 'B':
		return move(t.page->x, t.page->y + n);
	case 'C':
		return move(t.page->x + n, t.page->y);
	case 'D':
		return move(t.page->x - n, t.page->y);
	case 'G':
		return move(n - 1, t.page->y);
	case 'd':
		return move(t.page->x, n - 1);
	case 'J':
	case 'K':
		return erase(final, p[0]);
	case '@':
	case 'P':
		return shift(final == '@' ? n : -n);
	case 'L':
	case 'M':
		return scroll(t.page->y, final == 'M' ? n : -n);
	case 'S':
	case 'T':
		return scroll(t.top, final == 'S' ? n : -n);
	case 'r':
		t.top = n - 1;
		t.bottom = (p[1] ?: t.lines) - 1;
		return move(0, 0);
	case 'm':
		t.attributes = p[0] != 0 && p[0] != 39;
		return;
	case 'h':
	case 'l': /* insert mode (4), which nothing here uses, and the shape of the cursor (34) */
		if (p[0] == 4 && final == 'h')
			fail("insert mode is not known");
		return;
	default:
		fail("a sequence that is not known");
	}
}

static void end_sequence(char final)
{
	bool private = t.sequence[0] == '?';
	int p[PARAMETERS_MAX] = {0}, n = 0;

	t.sequence[t.len] = '\0';
	for (char *at = t.sequence + private; *at && n < PARAMETERS_MAX; at += *at == ';')
		p[n++] = (int)strtol(at, &at, 10);
	if (!private)
		return control(final, p);
	for (int i = 0; i < n; i++)
		set_mode(p[i], final == 'h');
}

static void escape(char c)
{
	t.state = PLAIN;
	switch (c) {
	case '[':
		t.state = PARAMETERS;
		t.len = 0;
		return;
	case '(':
	case ')':
		t.state = SKIP;
		return;
	case 'M':
		if (t.page->y == t.top)
			scroll(t.top, -1);
		else
			move(t.page->x, t.page->y - 1);
		return;
	case '7':
		t.saved_x = t.page->x;
		t.saved_y = t.page->y;
		return;
	case '8':
		return move(t.saved_x, t.saved_y);
	case '=':
	case '>':
		t.keypad = c == '=';
		return;
	default:
		fail("an escape that is not known");
	}
}

static void plain(char c)
{
	switch (c) {
	case '\033':
		t.state = ESCAPE;
		return;
	case '\b':
		return move(t.page->x - 1, t.page->y);
	case '\t':
		return move((t.page->x / 8 + 1) * 8, t.page->y);
	case '\r':
		return move(0, t.page->y);
	case '\n':
		return line_feed();
	default:
		/* of several bytes the first stands for all */
		if ((unsigned char)c >= ' ' && (c & 0xc0) != 0x80)
			put(c & 0x80 ? '?' : c);
	}
}

static void take(char c)
{
	switch (t.state) {
	case PLAIN:
		return plain(c);
	case ESCAPE:
		return escape(c);
	case SKIP:
		t.state = PLAIN;
		return;
	case PARAMETERS:
		if ((c >= '0' && c <= '9') || c == ';' || c == '?') {
			t.sequence[t.len++] = c;
			if (t.len == sizeof(t.sequence))
				fail("a sequence without end");
			return;
		}
		t.state = PLAIN;
		end_sequence(c);
	}
}

#endif
