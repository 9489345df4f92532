/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "escape.h"
#include "util.h"

struct example {
	const char *bytes;
	size_t len;
	const char *expected;
};
/* Of a literal that may hold NUL bytes. */
#define EXAMPLE(bytes, expected)                   \
	{                                          \
		bytes, sizeof(bytes) - 1, expected \
	}

static const struct example examples[] = {
	EXAMPLE("", ""),
	EXAMPLE("/usr/bin/sudo", "/usr/bin/sudo"),
	EXAMPLE("a \"quoted\" name's", "a \"quoted\" name's"),
	EXAMPLE("back\\slash", "back\\\\slash"),
	EXAMPLE("\\x41", "\\\\x41"),
	EXAMPLE("line\nbreak\r\ttab", "line\\x0abreak\\x0d\\x09tab"),
	EXAMPLE("nul\0byte", "nul\\x00byte"),
	EXAMPLE("\033[31mred\033]0;title\007", "\\x1b[31mred\\x1b]0;title\\x07"),
	EXAMPLE("del\177", "del\\x7f"),
	/* what is fine */
	EXAMPLE("\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
		"\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"),
	EXAMPLE("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf",
		"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf"),
	/* C1 controls, U+0080 and U+009F; the first that is none, U+00A0 */
	EXAMPLE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0"),
	/* line and paragraph separators, bidirectional controls, and their neighbours */
	EXAMPLE("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9", "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xa9"),
	EXAMPLE("\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf", "\\xe2\\x80\\xaa\\xe2\\x80\\xae\xe2\x80\xaf"),
	EXAMPLE("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
		"\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa"),
	EXAMPLE("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\xe2\x80\x8d\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c"),
	/* stray continuation, bytes that never occur */
	EXAMPLE("\x80z\xbf", "\\x80z\\xbf"),
	EXAMPLE("\xc0\xc1\xf5\xf8\xfe\xff", "\\xc0\\xc1\\xf5\\xf8\\xfe\\xff"),
	/* over-long */
	EXAMPLE("\xc0\xaf", "\\xc0\\xaf"),
	EXAMPLE("\xe0\x80\xaf", "\\xe0\\x80\\xaf"),
	EXAMPLE("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"),
	EXAMPLE("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"),
	/* surrogates, and what is above U+10FFFF */
	EXAMPLE("\xed\xa0\x80", "\\xed\\xa0\\x80"),
	EXAMPLE("\xed\xbf\xbf", "\\xed\\xbf\\xbf"),
	EXAMPLE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"),
	/* cut off: at the end, and by another character */
	EXAMPLE("\xc3", "\\xc3"),
	EXAMPLE("\xe2\x82", "\\xe2\\x82"),
	EXAMPLE("\xf0\x9f\x98", "\\xf0\\x9f\\x98"),
	EXAMPLE("\xe2\x82z", "\\xe2\\x82z"),
	EXAMPLE("\xf0\x9f\xc3\xa4", "\\xf0\\x9f\xc3\xa4"),
};

static void check_example(const struct example *e, unsigned int flags)
{
	_cleanup_free_ char *text = ew_escape_dup(e->bytes, e->len, flags);

	assert_non_null(text);
	assert_string_equal(text, e->expected);
	assert_int_equal(ew_escape(NULL, 0, e->bytes, e->len, flags), strlen(e->expected));
}

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(examples); i++)
		check_example(&examples[i], 0);
}

static void test_flags(void **state)
{
	static const struct example text =
		EXAMPLE("one\n\ttwo \\n \033 \xff \xc3\xa4", "one\n\ttwo \\n \\x1b \\xff \xc3\xa4");
	static const struct example ascii = EXAMPLE("\xc3\xa4 \\ ~", "\\xc3\\xa4 \\\\ ~");

	(void)state;
	check_example(&text, EW_ESCAPE_TEXT);
	check_example(&ascii, EW_ESCAPE_ASCII);
}

/* The opposite of ew_escape(), as its header says it is to be had. */
static size_t unescape(const char *text, unsigned char *out)
{
	size_t n = 0;

	while (*text) {
		unsigned int byte;

		if (text[0] != '\\') {
			out[n++] = (unsigned char)*text++;
		} else if (text[1] == '\\') {
			out[n++] = '\\';
			text += 2;
		} else {
			assert_int_equal(sscanf(text, "\\x%2x", &byte), 1);
			out[n++] = (unsigned char)byte;
			text += 4;
		}
	}
	return n;
}

/* Valid UTF-8 by another's judgement, and without a control character. */
static void assert_harmless(const char *text)
{
	_cleanup_free_ char *quoted = NULL;
	struct json_tokener *tokener = json_tokener_new();
	json_object *string;
	size_t n = 0;

	quoted = malloc(2 * strlen(text) + 3);
	assert_non_null(quoted);
	quoted[n++] = '"';
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		assert_true(*p >= 0x20 && *p != 0x7f);
		assert_false(p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f);
		if (*p == '"' || *p == '\\')
			quoted[n++] = '\\';
		quoted[n++] = (char)*p;
	}
	quoted[n++] = '"';
	quoted[n] = '\0';
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	string = json_tokener_parse_ex(tokener, quoted, (int)n + 1);
	assert_non_null(string);
	json_object_put(string);
	json_tokener_free(tokener);
}

static void assert_round_trip(const unsigned char *bytes, size_t len)
{
	_cleanup_free_ char *text = ew_escape_dup(bytes, len, 0);
	unsigned char back[64];

	assert_non_null(text);
	assert_harmless(text);
	assert_int_equal(unescape(text, back), len);
	assert_memory_equal(back, bytes, len);
}

static void test_every_pair_of_bytes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 0x10000; i++) {
		const unsigned char bytes[] = {(unsigned char)(i >> 8), (unsigned char)i};

		assert_round_trip(bytes, 2);
	}
}

/* Random bytes of those that make up multi-byte sequences, the same ones each time. */
static void test_random_sequences(void **state)
{
	static const unsigned char pool[] = {0x41, 0x5c, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xa8, 0xbf, 0xc0, 0xc2,
					     0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x00, 0x0a};
	uint32_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		unsigned char bytes[12];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = pool[(seed >> 16) % sizeof(pool)];
		}
		assert_round_trip(bytes, sizeof(bytes));
	}
}

/* Cut at any size: a prefix, terminated, of whole characters and escapes, and the length of the whole. */
static void test_cut(void **state)
{
	static const char bytes[] = "a\xc3\xa4\\\n\xf0\x9f\x98\x80\xffz";
	static const char whole[] = "a\xc3\xa4\\\\\\x0a\xf0\x9f\x98\x80\\xffz";
	static const size_t ends[] = {0, 1, 3, 5, 9, 13, 17, 18}; /* of whole units */

	(void)state;
	for (size_t size = 1; size <= sizeof(whole) + 1; size++) {
		_cleanup_free_ char *buffer = malloc(size); /* of exactly this size, for the address sanitizer */
		size_t expected = 0;

		assert_non_null(buffer);
		assert_int_equal(ew_escape(buffer, size, bytes, sizeof(bytes) - 1, 0), sizeof(whole) - 1);
		for (size_t i = 0; i < EW_ARRAY_SIZE(ends); i++) {
			if (ends[i] < size)
				expected = ends[i];
		}
		assert_int_equal(strlen(buffer), expected);
		assert_memory_equal(buffer, whole, expected);
	}
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(ew_text_width(""), 0);
	assert_int_equal(ew_text_width("/usr/bin"), 8);
	assert_int_equal(ew_text_width("\xc3\xa4\xe2\x86\x92\xe2\x80\xa6"), 3); /* "ä→…" */
	assert_int_equal(ew_text_width("\xe6\xbc\xa2\xed\x95\x9c"), 4);		/* a Chinese and a Korean character */
	assert_int_equal(ew_text_width("\xef\xbc\xa1\xf0\x9f\x98\x80"), 4);	/* full-width A, an emoticon */
	assert_int_equal(ew_text_width("\\xff\\\\"), 6);
}

static void check_elide(const char *text, size_t width, const char *mark, const char *expected)
{
	size_t size = strlen(text) + 1;
	_cleanup_free_ char *buffer = malloc(size);
	size_t left;

	assert_non_null(buffer);
	memcpy(buffer, text, size);
	left = ew_text_elide(buffer, width, mark);
	assert_int_equal(left, ew_text_width(buffer));
	assert_true(left <= width);
	if (expected)
		assert_string_equal(buffer, expected);
	assert_harmless(buffer);
}

static void test_elide(void **state)
{
	static const char *const texts[] = {
		"",
		"a",
		"ab",
		"abc",
		"/usr/lib/openssh/ssh-keysign",
		"\\xff\\xfe\\\\\\x0a\\x0a",
		"\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2",
		"a\xc3\xa4\xe6\xbc\xa2\\x0a\xf0\x9f\x98\x80z",
	};

	(void)state;
	check_elide("/usr/bin/sudo", 13, "\xe2\x80\xa6", "/usr/bin/sudo");
	check_elide("/usr/lib/openssh/ssh-keysign", 13, "\xe2\x80\xa6", "/usr\xe2\x80\xa6-keysign");
	check_elide("/usr/lib/openssh/ssh-keysign", 13, "~", "/usr~-keysign");
	/* the mark is longer than the two letters it stands for */
	check_elide("abcdef", 5, "\xe2\x80\xa6",
		    "a\xe2\x80\xa6"
		    "ef");
	/* an escape goes as a whole */
	check_elide("aa\\xffbbbbbbbbbbbb", 12, "~", "aa~bbbbbbbbb");
	check_elide("abc\\\\", 2, "~", "~");
	check_elide("abc\\x0a", 3, "~", "~");
	for (size_t i = 0; i < EW_ARRAY_SIZE(texts); i++) {
		for (size_t width = 0; width < 40; width++) {
			check_elide(texts[i], width, "\xe2\x80\xa6", NULL);
			check_elide(texts[i], width, "~", NULL);
		}
	}
}

static void test_unescape(void **state)
{
	static const char *const bad[] = {"\\", "\\x", "\\x4", "\\x0A", "\\x41", "\\n", "\n", "\xff", "\033[2J", "a\\"};
	char bytes[128];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(examples); i++) {
		assert_int_equal(ew_unescape(bytes, sizeof(bytes), examples[i].expected), examples[i].len);
		assert_memory_equal(bytes, examples[i].bytes, examples[i].len);
		assert_int_equal(bytes[examples[i].len], 0);
		/* room for all of it and a NUL, or none */
		if (examples[i].len)
			assert_int_equal(ew_unescape(bytes, examples[i].len, examples[i].expected), -1);
	}
	for (size_t i = 0; i < EW_ARRAY_SIZE(bad); i++) {
		assert_int_equal(ew_unescape(bytes, sizeof(bytes), bad[i]), -1);
		assert_string_equal(bytes, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_every_pair_of_bytes),
		cmocka_unit_test(test_random_sequences),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_elide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
