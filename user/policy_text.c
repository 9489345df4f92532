/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <execward/limits.h>

#include "diagnostics.h"
#include "util.h"
#include "words.h"

#define UNSUPPORTED "not supported by this version of execward"

/* The largest id: (uid_t)-1 means "no id" to the kernel (setresuid(2)). */
#define ID_MAX 4294967294U

static bool refuse(struct ew_why *why, const char *fmt, ...) EW_PRINTF(2, 3);
static bool refuse(struct ew_why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return false;
}

static bool refuse_unknown(struct ew_why *why, const char *what, const char *text, const char *expected,
			   const char *nearest)
{
	struct ew_shown shown;

	if (!nearest)
		return refuse(why, "unknown %s \"%s\"; expected %s", what, ew_shown(text, &shown), expected);
	return refuse(why, "unknown %s \"%s\"; expected %s (did you mean \"%s\"?)", what, ew_shown(text, &shown),
		      expected, nearest);
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

static bool check_version(const char *text, struct ew_why *why)
{
	struct ew_shown shown;

	if (EW_STREQ(text, "1"))
		return true;
	return refuse(why, "version %s is " UNSUPPORTED "; expected 1", ew_shown(text, &shown));
}

static bool check_profile_name(const char *text, struct ew_why *why)
{
	struct ew_shown shown;

	/* Not isalnum(): it follows the locale. */
	static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	if (!strchr(alphanumeric, text[0]))
		return refuse(why, "profile name \"%s\" begins with \"%.1s\"; expected a letter or digit of ASCII",
			      ew_shown(text, &shown), (text[0] & 0x80) ? "?" : text);
	for (const char *p = text; *p; p++) {
		if (!strchr(alphanumeric, *p) && !strchr("._-", *p))
			return refuse(
				why,
				"profile name \"%s\" has a character other than A-Z a-z 0-9 . _ -; expected only these",
				ew_shown(text, &shown));
	}
	return true;
}

/* What check_path() looks for in detail, in one pass over the thousands of paths that are right. */
static bool is_right_path(const char *text)
{
	const char *begin = text + 1, *p = begin; /* of the component */

	if (*text != '/' || !*begin)
		return false;
	for (;; p++) {
		size_t length = (size_t)(p - begin);

		if (*p && *p != '/') {
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				return false;
			continue;
		}
		if (!length || length > NAME_MAX ||
		    (*begin == '.' && (length == 1 || (length == 2 && begin[1] == '.'))))
			return false;
		if (!*p)
			return true;
		begin = p + 1;
	}
}

/* Absolute and normalised, so that one object has one spelling and two mentions can be told equal. */
static bool check_path(const char *what, const char *text, struct ew_why *why)
{
	static const char form[] = "a path from \"/\" without \"//\", \".\", \"..\" and without a \"/\" at its end";
	const char *component = text + 1, *bad = NULL;
	struct ew_shown shown;

	if (is_right_path(text))
		return true;
	if (has_control(text))
		return refuse(why, "%s \"%s\" has a control character; expected printable text", what,
			      ew_shown(text, &shown));
	if (*text != '/')
		return refuse(why, "%s \"%s\" is not absolute; expected %s", what, ew_shown(text, &shown), form);
	while (*component && !bad) {
		size_t length = strcspn(component, "/");

		if (!length)
			bad = "//";
		else if (length == 1 && component[0] == '.')
			bad = ".";
		else if (length == 2 && component[0] == '.' && component[1] == '.')
			bad = "..";
		else if (length > NAME_MAX)
			return refuse(why, "%s \"%s\" has a component of %zu bytes; expected at most %d", what,
				      ew_shown(text, &shown), length, NAME_MAX);
		component += length;
		if (*component == '/' && *++component == '\0')
			bad = bad ?: "/\" at its end, \"";
	}
	if (!bad)
		return true;
	if (bad[0] == '/' && bad[1] == '"')
		return refuse(why, "%s \"%s\" ends in \"/\"; expected %s", what, ew_shown(text, &shown), form);
	return refuse(why, "%s \"%s\" has a \"%s\" in it; expected %s", what, ew_shown(text, &shown), bad, form);
}

static bool check_program(const char *text, struct ew_why *why)
{
	if (EW_STREQ(text, "/"))
		return refuse(why, "program \"/\" is a directory; expected the path of a program");
	return check_path("program", text, why);
}

static bool check_cgroup(const char *text, struct ew_why *why)
{
	struct ew_shown shown;

	if (strchr(text, '['))
		return refuse(
			why,
			"cgroup \"%s\" has a \"[\" in it; expected a path, or a pattern of \"*\", \"**\" and \"?\"",
			ew_shown(text, &shown));
	if (strstr(text, "***"))
		return refuse(
			why,
			"cgroup \"%s\" has a \"***\" in it; expected \"*\" within a component or \"**\" across them",
			ew_shown(text, &shown));
	return check_path("cgroup", text, why);
}

/* The spelling that the records use may be what was meant by CAP_NET_RAW, or by net_raw. */
static const char *nearest_cap(const char *text)
{
	char lower[64];
	size_t i;

	for (i = 0; text[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	lower[i] = '\0';
	return ew_cap_nearest(lower);
}

static bool check_capability(const char *text, struct ew_why *why)
{
	if (ew_cap_find(text) >= 0)
		return true;
	return refuse_unknown(why, "capability", text, "a name of capabilities(7), such as cap_net_raw",
			      nearest_cap(text));
}

static bool refuse_unknown_gain(const char *text, struct ew_why *why)
{
	static const char *const kinds[] = {"uid", "gid", "label", "caps"};
	static const char expected[] =
		"uid, gid, caps, label, uid:USER, gid:GROUP, label:GLOB or a capability such as cap_net_raw";
	const char *colon = strchr(text, ':'), *nearest;
	char guess[64], prefix[32];

	if (!colon) {
		/* "cap" is short for nothing, and near to "caps" before it is near to any capability. */
		nearest = ew_words_nearest(text, kinds, EW_ARRAY_SIZE(kinds)) ?: nearest_cap(text);
		return refuse_unknown(why, "gain", text, expected, nearest);
	}
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(colon - text < 31 ? colon - text : 31), text);
	nearest = ew_words_nearest(prefix, kinds, 3);
	if (nearest && strlen(colon) < sizeof(guess) - 8) {
		snprintf(guess, sizeof(guess), "%s%s", nearest, colon);
		nearest = guess;
	} else {
		nearest = NULL;
	}
	return refuse_unknown(why, "gain", text, expected, nearest);
}

/* LENGTH digits of TEXT. */
static bool parse_number(const char *what, const char *text, size_t length, __u32 *out, struct ew_why *why)
{
	unsigned long long number;
	struct ew_shown shown;
	char digits[64];

	snprintf(digits, sizeof(digits), "%.*s", (int)length, text);
	errno = 0;
	number = strtoull(digits, NULL, 10);
	if (errno || length >= sizeof(digits) || number > ID_MAX)
		return refuse(why, "%s id %s is too large; expected 0 to %u", what, ew_shown(digits, &shown), ID_MAX);
	/* To some tools 010 is eight. */
	if (digits[0] == '0' && length > 1)
		return refuse(why, "%s id %s begins with a zero; expected a decimal number without", what,
			      ew_shown(digits, &shown));
	*out = (__u32)number;
	return true;
}

static bool parse_id(const char *text, struct ew_gain_word *out, struct ew_why *why)
{
	const char *what = out->kind == EW_GAIN_UID ? "user" : "group";
	struct ew_shown shown;

	if (!*text)
		return refuse(why, "no %s after \"%s:\"; expected a name or a number", what,
			      ew_words_name(&ew_gain_words, out->kind));
	if (text[strspn(text, "0123456789")] != '\0') {
		out->name = text;
		return !has_control(text) ||
		       refuse(why, "%s \"%s\" has a control character; expected a name or a number", what,
			      ew_shown(text, &shown));
	}
	return parse_number(what, text, strlen(text), &out->number, why);
}

bool ew_user_word_parse(const char *text, struct ew_user_word *out, struct ew_why *why)
{
	static const char digits[] = "0123456789";
	size_t first = strspn(text, digits), last = 0;
	struct ew_user_word word = {0};
	struct ew_shown shown;

	if (!text[strspn(text, "0123456789-")]) {
		bool range = text[first] == '-';

		if (range)
			last = strspn(text + first + 1, digits);
		if (!first || (range && !last) || text[first + range + last])
			return refuse(why, "users \"%s\"; expected a name, a number, or a range such as 1000-1999",
				      ew_shown(text, &shown));
		if (!parse_number("user", text, first, &word.first, why) ||
		    !parse_number("user", range ? text + first + 1 : text, range ? last : first, &word.last, why))
			return false;
		if (word.first > word.last)
			return refuse(why, "users \"%s\" end before they begin; expected %u-%u", ew_shown(text, &shown),
				      word.last, word.first);
	} else if (has_control(text)) {
		return refuse(why, "user \"%s\" has a control character; expected a name or a number",
			      ew_shown(text, &shown));
	} else {
		word.name = text;
	}
	*out = word;
	return true;
}

static bool check_user(const char *text, struct ew_why *why)
{
	struct ew_user_word word;

	return ew_user_word_parse(text, &word, why);
}

/* A glob of labels, as patterns of cgroups are written. */
static bool parse_label(const char *text, struct ew_gain_word *out, struct ew_why *why)
{
	struct ew_shown shown;

	if (!*text)
		return refuse(why, "no label after \"label:\"; expected a label, or a pattern of labels");
	if (strlen(text) >= EW_LABEL_MAX)
		return refuse(why, "label \"%s\" is longer than %d bytes; expected a shorter one, or a pattern",
			      ew_shown(text, &shown), EW_LABEL_MAX - 1);
	if (has_control(text))
		return refuse(why, "label \"%s\" has a control character; expected printable text",
			      ew_shown(text, &shown));
	if (strstr(text, "***"))
		return refuse(why, "label \"%s\" has a \"***\" in it; expected \"*\" or \"**\"",
			      ew_shown(text, &shown));
	out->kind = EW_GAIN_LABEL;
	out->name = text;
	return true;
}

bool ew_gain_word_parse(const char *text, struct ew_gain_word *out, struct ew_why *why)
{
	int value = ew_words_find(&ew_gain_words, text);

	*out = (struct ew_gain_word){0};
	if (value >= 0) {
		out->kind = (enum ew_gain_kind)value;
		out->any = true;
		return true;
	}
	if (!strncmp(text, "uid:", 4) || !strncmp(text, "gid:", 4)) {
		out->kind = text[0] == 'u' ? EW_GAIN_UID : EW_GAIN_GID;
		return parse_id(text + 4, out, why);
	}
	if (!strncmp(text, "label:", 6))
		return parse_label(text + 6, out, why);
	value = ew_cap_find(text);
	if (value < 0)
		return refuse_unknown_gain(text, why);
	out->kind = EW_GAIN_CAPS;
	out->cap = (unsigned int)value;
	return true;
}

static bool check_gain(const char *text, struct ew_why *why)
{
	struct ew_gain_word word;

	return ew_gain_word_parse(text, &word, why);
}

static bool check_remark(const char *text, struct ew_why *why)
{
	/* It is printed in one line with what it explains. */
	if (!has_control(text))
		return true;
	return refuse(why, "reason has a line break or a control character; expected one line of text");
}

bool ew_verity_parse(const char *text, __u8 digest[EW_VERITY_SIZE], struct ew_why *why)
{
	static const char prefix[] = "sha256:", digits[] = "0123456789abcdef";
	const char *hex = text + sizeof(prefix) - 1;
	__u8 parsed[EW_VERITY_SIZE] = {};
	struct ew_shown shown;
	bool right = strncmp(text, prefix, sizeof(prefix) - 1) == 0 && strlen(hex) == 2 * EW_VERITY_SIZE &&
		     strspn(hex, digits) == 2 * EW_VERITY_SIZE;

	if (!right)
		return refuse(why,
			      "\"%s\" is no digest; expected \"sha256:\" and 64 hexadecimal digits in lower case "
			      "(fsverity measure FILE)",
			      ew_shown(text, &shown));
	for (size_t i = 0; i < sizeof(parsed) * 2; i++)
		parsed[i / 2] = (__u8)(parsed[i / 2] << 4 | (strchr(digits, hex[i]) - digits));
	memcpy(digest, parsed, sizeof(parsed));
	return true;
}

static bool check_verity(const char *text, struct ew_why *why)
{
	__u8 digest[EW_VERITY_SIZE];

	return ew_verity_parse(text, digest, why);
}

static bool check_fd_min(const char *text, struct ew_why *why)
{
	unsigned long long number;
	struct ew_shown shown;

	errno = 0;
	number = strtoull(text, NULL, 10);
	if (!errno && number <= EW_FD_MIN_MAX)
		return true;
	return refuse(why, "\"min\" %s is out of range; expected 0 to %d", ew_shown(text, &shown), EW_FD_MIN_MAX);
}

bool ew_text_check(enum ew_text_kind kind, const char *text, struct ew_why *why)
{
	static bool (*const checks[EW_TEXT_MAX])(const char *, struct ew_why *) = {
		[EW_TEXT_VERSION] = check_version, [EW_TEXT_PROFILE_NAME] = check_profile_name,
		[EW_TEXT_GAIN] = check_gain,	   [EW_TEXT_CAPABILITY] = check_capability,
		[EW_TEXT_PROGRAM] = check_program, [EW_TEXT_CGROUP] = check_cgroup,
		[EW_TEXT_REMARK] = check_remark,   [EW_TEXT_USER] = check_user,
		[EW_TEXT_VERITY] = check_verity,   [EW_TEXT_FD_MIN] = check_fd_min,
	};

	return !checks[kind] || checks[kind](text, why);
}
