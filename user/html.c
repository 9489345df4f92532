/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "html.h"

#include <stdbool.h>
#include <string.h>

#include "escape.h"
#include "utf8.h"
#include "util.h"

/* Characters that nobody sees (The Unicode Standard, default ignorable), and those that XML 1.0 forbids. */
static bool is_hidden(uint32_t c)
{
	return c < 0x20 || c == 0xad || c == 0x034f || (c >= 0x115f && c <= 0x1160) || (c >= 0x17b4 && c <= 0x17b5) ||
	       (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
	       c == 0xffa0 || (c >= 0xfff0 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe || c >= 0xe0000;
}

static void put_character(const char *bytes, size_t n, uint32_t c, FILE *out)
{
	static const struct {
		char character;
		const char *entity;
	} entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < EW_ARRAY_SIZE(entities); i++) {
		if (c == (unsigned char)entities[i].character) {
			fputs(entities[i].entity, out);
			return;
		}
	}
	if (!is_hidden(c)) {
		fwrite(bytes, 1, n, out);
		return;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(out, "\\x%02x", (unsigned char)bytes[i]);
}

void ew_html_text(const char *text, FILE *out)
{
	_cleanup_free_ char *safe = ew_escape_dup(text, strlen(text), EW_ESCAPE_TEXT);
	size_t left = safe ? strlen(safe) : 0, n;
	uint32_t c;

	for (const char *at = safe; left; at += n, left -= n) {
		n = ew_utf8_decode((const unsigned char *)at, left, &c);
		if (!n)
			return; /* ew_escape() leaves nothing that is no UTF-8 */
		put_character(at, n, c, out);
	}
}

void ew_html_elided(const char *text, size_t width, FILE *out)
{
	_cleanup_free_ char *safe = ew_escape_dup(text, strlen(text), EW_ESCAPE_TEXT);
	_cleanup_free_ char *cut = safe ? malloc(strlen(safe) + 8) : NULL;

	if (!cut)
		return;
	strcpy(cut, safe);
	ew_text_elide(cut, width, "…");
	ew_html_text(cut, out);
}
