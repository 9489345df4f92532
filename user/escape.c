/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"
#include "util.h"

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

bool ew_escape_controls(uint32_t c)
{
	static const struct range controls[] = {
		{0x00, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
	};

	return in_ranges(controls, EW_ARRAY_SIZE(controls), c);
}

static bool is_wide(uint32_t c)
{
	static const struct range wide[] = {
		{0x1100, 0x115f},   {0x231a, 0x231b},	{0x2329, 0x232a},   {0x23e9, 0x23f3},	{0x25fd, 0x27bf},
		{0x2b1b, 0x2b55},   {0x2e80, 0xa4cf},	{0xa960, 0xa97f},   {0xac00, 0xd7a3},	{0xf900, 0xfaff},
		{0xfe10, 0xfe6f},   {0xff01, 0xff60},	{0xffe0, 0xffe6},   {0x16fe0, 0x18dff}, {0x1aff0, 0x1b2ff},
		{0x1d300, 0x1d37f}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd},
	};

	return c >= 0x1100 && in_ranges(wide, EW_ARRAY_SIZE(wide), c);
}

/* Where escaped text goes: counts everything, writes what fits as long as everything before it did. */
struct sink {
	char *dst;
	size_t size;	/* 0: full */
	size_t written; /* below size */
	size_t length;
};

static void put(struct sink *sink, const char *text, size_t len)
{
	sink->length += len;
	if (sink->written + len < sink->size) {
		memcpy(sink->dst + sink->written, text, len);
		sink->written += len;
	} else {
		sink->size = 0;
	}
}

/* Of these every byte can be the last: then there is no room left for anything. */
static void put_plain(struct sink *sink, const unsigned char *text, size_t len)
{
	size_t room = sink->size ? sink->size - 1 - sink->written : 0, n = len < room ? len : room;

	sink->length += len;
	if (n)
		memcpy(sink->dst + sink->written, text, n);
	sink->written += n;
}

static size_t plain_length(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *from = p;

	while (p < end && *p >= 0x20 && *p < 0x7f && *p != '\\')
		p++;
	return (size_t)(p - from);
}

static void put_bytes(struct sink *sink, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		const char text[] = {'\\', 'x', digits[bytes[i] >> 4], digits[bytes[i] & 15]};

		put(sink, text, sizeof(text));
	}
}

size_t ew_escape(char *dst, size_t size, const void *src, size_t len, unsigned int flags)
{
	struct sink sink = {.dst = dst, .size = size};
	const unsigned char *p = src;
	const unsigned char *end = p + len;

	while (p < end) {
		uint32_t c = 0;
		size_t n = plain_length(p, end);

		/* nearly all there is */
		if (n) {
			put_plain(&sink, p, n);
			p += n;
			continue;
		}
		n = ew_utf8_decode(p, (size_t)(end - p), &c);
		if ((flags & EW_ESCAPE_TEXT) && (*p == '\n' || *p == '\t' || *p == '\\'))
			put(&sink, (const char *)p, 1);
		else if (*p == '\\')
			put(&sink, "\\\\", 2);
		else if (!n || ew_escape_controls(c) || ((flags & EW_ESCAPE_ASCII) && c > 0x7e))
			put_bytes(&sink, p, n ? n : 1);
		else
			put(&sink, (const char *)p, n);
		p += n ? n : 1;
	}
	if (size)
		dst[sink.written] = '\0';
	return sink.length;
}

char *ew_escape_dup(const void *src, size_t len, unsigned int flags)
{
	size_t size = ew_escape(NULL, 0, src, len, flags) + 1;
	char *text = malloc(size);

	if (text)
		ew_escape(text, size, src, len, flags);
	return text;
}

/* Length in bytes of the unit that must stay whole at TEXT: an escape or a character; *WIDTH gets its columns. */
static size_t unit_length(const char *text, size_t left, size_t *width)
{
	uint32_t c = 0;
	size_t n;

	if (text[0] == '\\' && left >= 2) {
		n = text[1] == 'x' && left >= 4 ? 4 : 2;
		*width = n;
		return n;
	}
	n = ew_utf8_decode((const unsigned char *)text, left, &c);
	*width = n && is_wide(c) ? 2 : 1;
	return n ? n : 1;
}

size_t ew_text_width(const char *text)
{
	size_t total = 0, left = strlen(text);

	while (left) {
		size_t width, n = unit_length(text, left, &width);

		total += width;
		text += n;
		left -= n;
	}
	return total;
}

size_t ew_text_elide(char *text, size_t width, const char *mark)
{
	size_t len = strlen(text), mark_len = strlen(mark), total = ew_text_width(text);
	size_t head = 0, head_width = 0, tail = 0, tail_width = total;

	if (total <= width)
		return total;
	/* one column is the mark's */
	while (head < len) {
		size_t w, n = unit_length(text + head, len - head, &w);

		if (3 * (head_width + w) >= width)
			break;
		head += n;
		head_width += w;
	}
	/* the mark can have more bytes than what it stands for, but the text must not grow */
	while (tail < len && (head_width + 1 + tail_width > width || tail < head + mark_len)) {
		size_t w, n = unit_length(text + tail, len - tail, &w);

		tail += n;
		tail_width -= w;
	}
	if (head_width + 1 > width || tail < head + mark_len) {
		text[head] = '\0';
		return head_width;
	}
	memcpy(text + head, mark, mark_len);
	memmove(text + head + mark_len, text + tail, len - tail + 1);
	return head_width + 1 + tail_width;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character or escape at *TEXT, which is moved behind it; -1: it is no escape. */
static int take_byte(const char **text)
{
	const char *p = *text;
	int high, low;

	if (*p != '\\') {
		*text = p + 1;
		return (unsigned char)*p;
	}
	if (p[1] == '\\') {
		*text = p + 2;
		return '\\';
	}
	high = p[1] == 'x' ? hex_digit(p[2]) : -1;
	low = high < 0 ? -1 : hex_digit(p[3]);
	*text = p + 4;
	return low < 0 ? -1 : high << 4 | low;
}

ssize_t ew_unescape(char *dst, size_t size, const char *text)
{
	_cleanup_free_ char *again = NULL;
	const char *p = text;
	size_t n = 0;
	int byte = 0;

	while (*p && n + 1 < size && (byte = take_byte(&p)) >= 0)
		dst[n++] = (char)byte;
	dst[n] = '\0';
	/* what is not escaped though it should be did not come from here */
	if (byte >= 0 && !*p)
		again = ew_escape_dup(dst, n, 0);
	if (again && strcmp(again, text) == 0)
		return (ssize_t)n;
	dst[0] = '\0';
	return -1;
}
