/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_skim.h"

#include <string.h>
#include <time.h>

#include "util.h"

/* Walks over JSON (RFC 8259) without blanks, which is how records are written, and leaves out the values of some keys.
 */
struct skim {
	const char *at, *end;
	char *out; /* NULL: what is walked over is left out */
	__u64 time;
	bool timed;
};

#define DEPTH_MAX 8 /* of records, and no more than the stack bears */

static bool skim_value(struct skim *s, unsigned int depth);

static void put(struct skim *s, const char *from)
{
	if (s->out)
		s->out = mempcpy(s->out, from, (size_t)(s->at - from));
}

static bool skim_char(struct skim *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	if (s->out)
		*s->out++ = c;
	return true;
}

/* A string; *TEXT is what is between its quotes, as written. */
static bool skim_string(struct skim *s, const char **text, size_t *len)
{
	const char *from = s->at;

	if (s->at == s->end || *s->at != '"')
		return false;
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if ((unsigned char)*s->at < 0x20)
			return false;
		if (*s->at != '\\')
			continue;
		if (++s->at == s->end || !strchr("\"\\/bfnrt", *s->at) || !*s->at)
			return false; /* and \u, which records have only for what is escaped anyway */
	}
	if (s->at == s->end)
		return false;
	s->at++;
	*text = from + 1;
	*len = (size_t)(s->at - from) - 2;
	put(s, from);
	return true;
}

/* Numbers of records are whole and not below 0. */
static bool skim_number(struct skim *s, int digits)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	if (s->at == from || s->at - from > digits || (*from == '0' && s->at - from > 1))
		return false;
	put(s, from);
	return true;
}

static bool skim_word(struct skim *s)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *from = s->at;

	for (size_t i = 0; i < EW_ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(s->end - s->at) < len || memcmp(s->at, words[i], len) != 0)
			continue;
		s->at += len;
		put(s, from);
		return true;
	}
	return false;
}

static bool is_one_of(const char *key, size_t len, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(keys[i]) == len && !memcmp(keys[i], key, len))
			return true;
	return false;
}

/* "2026-11-22T16:00:00.123456789Z" */
static bool parse_time(struct skim *s, const char *text, size_t len)
{
	static const char form[] = "0000-00-00T00:00:00.000000000Z";
	unsigned int n[7] = {0}, part = 0;
	struct tm tm = {0};

	if (len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (form[i] != '0') {
			if (text[i] != form[i])
				return false;
			part++;
		} else if (text[i] < '0' || text[i] > '9') {
			return false;
		} else {
			n[part] = n[part] * 10 + (unsigned int)(text[i] - '0');
		}
	}
	if (n[0] < 1970 || n[0] > 2500 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31)
		return false;
	tm.tm_year = (int)n[0] - 1900;
	tm.tm_mon = (int)n[1] - 1;
	tm.tm_mday = (int)n[2];
	s->time = ((__u64)timegm(&tm) + n[3] * 3600UL + n[4] * 60 + n[5]) * 1000000000 + n[6];
	return true;
}

/* The value of a key that is left out, or of one that is not. */
static bool skim_member(struct skim *s, const char *key, size_t len, unsigned int depth)
{
	static const char *const processes[] = {"pid", "tid", "ppid"}, *const numbers[] = {"ino", "id"};
	static const char *const wholes[] = {"argv", "parents"};
	int digits = is_one_of(key, len, processes, EW_ARRAY_SIZE(processes)) ? 9
		     : is_one_of(key, len, numbers, EW_ARRAY_SIZE(numbers))   ? 18
									      : 0;
	bool whole = depth == 1 && is_one_of(key, len, wholes, EW_ARRAY_SIZE(wholes));
	bool time = depth == 1 && len == 4 && !memcmp(key, "time", 4);
	char *out = s->out;
	const char *text;
	size_t text_len;
	bool good;

	if (!digits && !whole && !time)
		return skim_value(s, depth);
	s->out = NULL;
	if (time)
		good = skim_string(s, &text, &text_len) && !s->timed && (s->timed = parse_time(s, text, text_len));
	else
		good = digits ? skim_number(s, digits) : skim_value(s, depth);
	s->out = out;
	return good;
}

static bool skim_object(struct skim *s, unsigned int depth)
{
	const char *key;
	size_t len;

	if (!skim_char(s, '{'))
		return false;
	if (skim_char(s, '}'))
		return true;
	do {
		if (!skim_string(s, &key, &len) || !skim_char(s, ':') || !skim_member(s, key, len, depth + 1))
			return false;
	} while (skim_char(s, ','));
	return skim_char(s, '}');
}

static bool skim_array(struct skim *s, unsigned int depth)
{
	if (!skim_char(s, '['))
		return false;
	if (skim_char(s, ']'))
		return true;
	do {
		if (!skim_value(s, depth + 1))
			return false;
	} while (skim_char(s, ','));
	return skim_char(s, ']');
}

static bool skim_value(struct skim *s, unsigned int depth)
{
	const char *text;
	size_t len;

	if (depth > DEPTH_MAX || s->at == s->end)
		return false;
	switch (*s->at) {
	case '{':
		return skim_object(s, depth);
	case '[':
		return skim_array(s, depth);
	case '"':
		return skim_string(s, &text, &len);
	default:
		return *s->at >= '0' && *s->at <= '9' ? skim_number(s, 18) : skim_word(s);
	}
}

size_t ew_record_skim(const char *line, size_t len, char *out, __u64 *time)
{
	static const char head[] = "{\"v\":1,\"type\":\"exec\",";
	struct skim s = {.at = line, .end = line + len, .out = out};

	if (len < sizeof(head) || memcmp(line, head, sizeof(head) - 1) != 0)
		return 0;
	if (!skim_value(&s, 0) || s.at != s.end || !s.timed)
		return 0;
	*time = s.time;
	return (size_t)(s.out - out);
}
