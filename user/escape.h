/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_ESCAPE_H
#define EW_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One spelling for names that others chose (commands, paths, cgroups), so that a hostile one can neither break a line
 * or a JSON string nor drive a terminal, and so that the exact bytes can be had back:
 *
 *   - a backslash is written `\\`;
 *   - a byte that is not part of valid UTF-8 (RFC 3629: stray, over-long, surrogate, cut off) is written `\xNN`;
 *   - so is each byte of a character that controls the terminal, the line or the direction of text: C0, DEL and C1
 *     (U+0000-001F, 007F-009F), the line and paragraph separators U+2028 and U+2029, and the bidirectional controls
 *     U+061C, 200E, 200F, 202A-202E and 2066-2069;
 *   - everything else stays as it is.
 *
 * NN are two lower-case hexadecimal digits. Replacing each `\\` by a backslash and each `\xNN` by its byte gives the
 * original. In JSON the result is an ordinary string, whose own quoting doubles the backslashes once more.
 */
enum ew_escape_flag {
	EW_ESCAPE_ASCII = 1 << 0, /* every byte above 0x7e becomes \xNN: for a terminal that is not UTF-8 */
	EW_ESCAPE_TEXT = 1 << 1,  /* running text that holds names, not a name: backslash, newline and tab stay */
};

/*
 * ew_escape - writes the LEN bytes at SRC, escaped, and a NUL to DST, which has room for SIZE bytes
 *
 * As snprintf(3): returns the length that the whole would have, without the NUL; when that is SIZE or more the text was
 * cut, never within a character or an escape. DST may be NULL when SIZE is 0. FLAGS are EW_ESCAPE_*.
 */
size_t ew_escape(char *dst, size_t size, const void *src, size_t len, unsigned int flags);

/* The same into memory that the caller frees. NULL when there is none. */
char *ew_escape_dup(const void *src, size_t len, unsigned int flags);

/* Is CHARACTER one that controls the terminal, the line or the direction of text, as above? */
bool ew_escape_controls(uint32_t character);

/*
 * ew_unescape - the bytes that TEXT was made of without a flag, and a NUL, to DST, which has room for SIZE bytes
 *
 * Returns their number, or -1: TEXT is not as ew_escape() makes it, or there are too many. DST then holds "".
 */
ssize_t ew_unescape(char *dst, size_t size, const char *text);

/*
 * ew_text_width - the columns of a terminal that valid UTF-8 without control characters takes
 *
 * East Asian wide characters and pictographs count 2 (Unicode Standard Annex 11, in whole blocks), all others 1: also
 * combining ones, so the answer can be too large but not too small.
 */
size_t ew_text_width(const char *text);

/*
 * ew_text_elide - cuts the middle out of TEXT so that it takes at most WIDTH columns, and puts MARK there
 *
 * Works in place. TEXT is as ew_text_width() wants it; MARK takes one column and, in bytes, no more than four. Neither
 * a character nor an escape is cut in two. The end of a path tells more than its beginning, so it gets two thirds of
 * the room. Returns the columns that are left.
 */
size_t ew_text_elide(char *text, size_t width, const char *mark);

#endif
