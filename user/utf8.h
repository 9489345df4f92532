/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_UTF8_H
#define EW_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * ew_utf8_decode - the character that the N bytes (at least one) at TEXT begin with
 *
 * Returns its length in bytes and sets *CHARACTER, or returns 0 when the bytes are not UTF-8: stray or missing
 * continuation bytes, over-long forms, surrogates, numbers above U+10FFFF (RFC 3629 section 3).
 */
static inline size_t ew_utf8_decode(const unsigned char *text, size_t n, uint32_t *character)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length;
	uint32_t c;

	if (text[0] < 0x80) {
		*character = text[0];
		return 1;
	}
	if (text[0] < 0xc0 || text[0] > 0xf7)
		return 0;
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (length > n)
		return 0;
	c = text[0] & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3fU);
	}
	if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return length;
}

#endif
