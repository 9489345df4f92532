/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "skim_bases.h"
#include "words.h"

/*
 * Lines that are skimmed come to what they come to when they are parsed. Every record that any unit test makes is also
 * compared, and has to be skimmed (keep_records.c); here are those that nobody has made like that.
 */

static void as_written(void **state)
{
	char *lines[3];
	size_t n = bases(lines);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(skims(lines[i]));
		for (size_t len = 0; len < strlen(lines[i]); len++)
			assert_false(skims_as_parsed(lines[i], len));
	}
	for (unsigned int verdict = 0; verdict < EW_VERDICT_MAX; verdict++) {
		_cleanup_free_ char *line = instead(lines[1], "deny", ew_words_name(&ew_verdict_words, verdict));

		assert_true(skims(line));
	}
	free_bases(lines);
}

/* Each byte is another one, is not there, is there twice: never anything else than what a parser makes of it. */
static void bytes(void **state)
{
	static const char others[] = "\"\\{}[],:01-9.eE+ \t\n\x01\x7f\x80\xff\xc3xnu/a~";
	size_t skimmed = 0;
	char *lines[3];
	size_t n = bases(lines);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0; lines[i][at]; at++) {
			char twice[] = {lines[i][at], lines[i][at], '\0'};
			_cleanup_free_ char *less = with(lines[i], at, 1, ""), *more = with(lines[i], at, 1, twice);
			_cleanup_free_ char *other = strdup(lines[i]);

			skimmed += skims(less) + skims(more);
			for (size_t o = at % 4; o < sizeof(others) - 1; o += 4) {
				other[at] = others[o];
				skimmed += skims(other);
			}
			other[at] = '\0';
			assert_false(skims_as_parsed(other, strlen(lines[i])));
		}
	}
	/* in names and numbers another byte is as good */
	assert_true(skimmed > 1000);
	free_bases(lines);
}

/* What is not as it is written is left to the parser: what it says of it is what is told. */
static void not_skimmed(void **state)
{
	static const char *const changes[][2] = {
		{"\"v\":1,\"type\":\"exec\"", "\"type\":\"exec\",\"v\":1"},
		{"\"v\":1", "\"v\":2"},
		{"\"v\":1", "\"v\": 1"},
		{"\"type\":\"exec\"", "\"type\":\"lost\""},
		{"\"pid\":", "\"new\":1,\"pid\":"},
		{"\"pid\":812,\"tid\":813", "\"tid\":813,\"pid\":812"},
		{",\"cause\":[\"setuid\"]", ""},
		{",\"cause\":[\"setuid\"]", ",\"cause\":[\"setuid\"],\"cause\":[\"setuid\"]"},
		{"\"uid:root\"", "\"uid:\\u0072oot\""},
		{"\"sid_before\":", "\"sid_between\":1,\"sid_before\":"},
		{"\"dangerous\":true,", ""},
		{"\"danger\":[\"proc\"]", "\"danger\":[]"},
		{"\"danger\":[\"proc\"]", "\"danger\":[\"new\"]"},
		{"\"count\":5", "\"count\":1"},
		{"\"kind\":\"socket\"", "\"kind\":\"eventfd\""},
		{"\"socket:[5]\"", "\"socket:[6]\""},
	};
	_cleanup_free_ char *longer = NULL, *behind = NULL;
	char *lines[3];
	size_t n = bases(lines);

	(void)state;
	for (size_t c = 0; c < EW_ARRAY_SIZE(changes); c++) {
		size_t tried = 0;

		for (size_t i = 0; i < n; i++) {
			_cleanup_free_ char *line = NULL;

			if (!strstr(lines[i], changes[c][0]))
				continue;
			line = instead(lines[i], changes[c][0], changes[c][1]);
			if (skims(line))
				fail_msg("skimmed, with %s", changes[c][1]);
			tried++;
		}
		assert_true(tried > 0);
	}
	longer = instead(lines[0], "}", "} ");
	assert_false(skims(longer));
	assert_true(asprintf(&behind, "%s%s", lines[0], lines[0]) > 0);
	assert_false(skims(behind));
	assert_false(skims_as_parsed("{\0}", 3));
	for (size_t depth = 40; depth < EW_RECORD_LINE_MAX; depth *= 20) {
		_cleanup_free_ char *deep = malloc(2 * depth + 2), *line = NULL;

		memset(deep, '[', depth);
		memset(deep + depth, ']', depth);
		strcpy(deep + 2 * depth, ",");
		line = instead(lines[0], "{\"0\":\"root\"},", deep);
		assert_false(skims(line));
	}
	free_bases(lines);
}

#define MANY 2000

/* As many as there can be in a list, and one more. */
static void numbers(void **state)
{
	static const struct {
		const char *head, *item;
		size_t max;
	} lists[] = {
		{"\"profiles\":[", "\"p\"", EW_PROFILES_MAX - 1},
		{"\"truncated\":true,\"list\":[",
		 "{\"fd\":4,\"kind\":\"fifo\",\"access\":\"w\",\"path\":\"pipe:[5]\",\"dev\":\"0:8\",\"ino\":5}",
		 EW_FDS_DESCRIBED_MAX - 2},
	};
	char *lines[3];

	(void)state;
	bases(lines);
	for (size_t i = 0; i < EW_ARRAY_SIZE(lists); i++) {
		_cleanup_free_ char *line = instead(lines[1], "\"count\":5", "\"count\":9999");
		_cleanup_free_ char *more = NULL, *far = NULL, *many = malloc(MANY * 128);
		char *to;

		assert_true(asprintf(&more, "%s%s,", lists[i].head, lists[i].item) > 0);
		for (size_t n = 1; n <= lists[i].max + 1; n++) {
			char *longer = instead(line, lists[i].head, more);

			free(line);
			line = longer;
			assert_int_equal(skims(line), n <= lists[i].max);
		}
		/* and far more than there is room for */
		assert_non_null(many);
		to = stpcpy(many, lists[i].head);
		for (size_t n = 0; n < MANY; n++)
			to = stpcpy(stpcpy(to, lists[i].item), ",");
		far = instead(line, lists[i].head, many);
		assert_false(skims(far));
	}
	free_bases(lines);
}

/* Names as long as they can be, and one byte longer. */
static void lengths(void **state)
{
	static const struct {
		const char *name;
		size_t max; /* as records are parsed */
	} cases[] = {
		{"\"php-fpm\"", EW_COMM_MAX - 1},
		{"\"web\"", EW_PROFILE_NAME_MAX - 1},
		{"\"/usr/bin/sudo\"", EW_PATH_MAX},
		{"\"/usr/sbin/php-fpm8.2\"", EW_PATH_MAX},
		{"\"/system.slice/php8.2-fpm.service\"", EW_PATH_MAX - 1},
		{"\"a:b\"", EW_LABEL_MAX - 1},
	};
	static const char *const units[] = {"x", "\\\\x0a", "\\\\\\\\", "\""};
	char *lines[3];

	(void)state;
	bases(lines);
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		for (size_t u = 0; u < EW_ARRAY_SIZE(units); u++) {
			const char *unit = u == 3 ? "\\\"" : units[u];

			for (size_t len = cases[i].max - 1; len <= cases[i].max + 1; len++) {
				_cleanup_free_ char *name = malloc(strlen(unit) * len + 3), *line = NULL;
				char *to = stpcpy(name, "\"");

				for (size_t b = 0; b < len; b++)
					to = stpcpy(to, unit);
				strcpy(to, "\"");
				line = instead(lines[strstr(cases[i].name, "a:b") ? 2 : 0], cases[i].name, name);
				assert_int_equal(skims(line), len <= cases[i].max);
			}
		}
	}
	free_bases(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),  cmocka_unit_test(bytes),	  cmocka_unit_test(numbers),
		cmocka_unit_test(not_skimmed), cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
