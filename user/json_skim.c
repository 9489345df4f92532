/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_skim.h"

#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 8 /* of records, and no more than the stack bears */

void ew_skim_fail(struct ew_skim *s)
{
	s->failed = true;
	s->at = s->end;
}

bool ew_skim_maybe(struct ew_skim *s, const char *text, size_t len)
{
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

__u64 ew_skim_number(struct ew_skim *s, __u64 max)
{
	const char *from = s->at;
	bool over = false;
	__u64 n = 0;

	while (s->at < s->end && is_digit(*s->at) && !over)
		over = __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (__u64)(*s->at++ - '0'), &n);
	/* a point or an exponent is what is not expected next, whatever that is */
	if (s->at == from || (*from == '0' && s->at - from > 1) || over || n > max) {
		ew_skim_fail(s);
		return 0;
	}
	return n;
}

/* What the character behind a backslash stands for; 0: for none that is known here. */
static char unquote(char c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : '\0';
}

/* A string from the character behind its first quote on. */
static struct ew_skim_text decode(struct ew_skim *s)
{
	size_t n = 0;

	for (; s->at < s->end && *s->at != '"' && n < EW_SKIM_TEXT_MAX; s->at++) {
		char c = *s->at;

		if ((unsigned char)c < 0x20)
			break;
		if (c == '\\') {
			if (++s->at == s->end)
				break;
			c = unquote(*s->at);
			if (!c)
				break;
		}
		s->decoded[n++] = c;
	}
	s->decoded[n] = '\0';
	EW_SKIM_NEED(s, "\"");
	return s->failed ? (struct ew_skim_text){.text = ""} : (struct ew_skim_text){.text = s->decoded, .len = n};
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

struct ew_skim_text ew_skim_string(struct ew_skim *s)
{
	const char *from;

	EW_SKIM_NEED(s, "\"");
	for (from = s->at; s->at < s->end && is_plain(*s->at);)
		s->at++;
	if (s->at < s->end && *s->at == '"')
		return (struct ew_skim_text){.text = from, .len = (size_t)(s->at++ - from), .plain = true};
	if (!s->failed)
		s->at = from;
	return decode(s);
}

struct ew_skim_text ew_skim_string_or_null(struct ew_skim *s)
{
	if (EW_SKIM_MAYBE(s, "null"))
		return (struct ew_skim_text){.text = "", .plain = true};
	return ew_skim_string(s);
}

/* --- what is passed over --- */

static void skip_string(struct ew_skim *s)
{
	EW_SKIM_NEED(s, "\"");
	for (; s->at < s->end && *s->at != '"'; s->at++) {
		if ((unsigned char)*s->at < 0x20)
			break;
		if (*s->at == '\\' && (++s->at == s->end || !unquote(*s->at)))
			break;
	}
	EW_SKIM_NEED(s, "\"");
}

static void skip(struct ew_skim *s, unsigned int depth);

static void skip_object(struct ew_skim *s, unsigned int depth)
{
	if (EW_SKIM_MAYBE(s, "}"))
		return;
	do {
		skip_string(s);
		EW_SKIM_NEED(s, ":");
		skip(s, depth);
	} while (EW_SKIM_MAYBE(s, ","));
	EW_SKIM_NEED(s, "}");
}

static void skip_array(struct ew_skim *s, unsigned int depth)
{
	if (EW_SKIM_MAYBE(s, "]"))
		return;
	do
		skip(s, depth);
	while (EW_SKIM_MAYBE(s, ","));
	EW_SKIM_NEED(s, "]");
}

static void skip(struct ew_skim *s, unsigned int depth)
{
	if (depth > DEPTH_MAX || s->at == s->end)
		ew_skim_fail(s);
	else if (*s->at == '"')
		skip_string(s);
	else if (EW_SKIM_MAYBE(s, "{"))
		skip_object(s, depth + 1);
	else if (EW_SKIM_MAYBE(s, "["))
		skip_array(s, depth + 1);
	else if (is_digit(*s->at))
		ew_skim_number(s, UINT64_MAX);
	else if (!EW_SKIM_MAYBE(s, "true") && !EW_SKIM_MAYBE(s, "false") && !EW_SKIM_MAYBE(s, "null"))
		ew_skim_fail(s);
}

const char *ew_skim_value(struct ew_skim *s)
{
	const char *from = s->at;

	skip(s, 1);
	return from;
}
