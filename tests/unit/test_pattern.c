/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Patterns of cgroup paths: the automaton against a table, against a plain matcher, and against fnmatch(3). */
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match.h"
#include "pattern.h"
#include "util.h"

#define CUT (1ULL << 63)

static __u64 run(const struct ew_pattern_state *states, size_t n, const char *path)
{
	__u32 state = EW_PATTERN_START;
	__u64 set = 0;

	do
		assert_true(state < n);
	while (ew_match_step(&states[state], *path++, &state, &set));
	return set;
}

/* Does one pattern match, by an automaton of its own? */
static bool matches(const char *pattern, const char *path)
{
	const struct ew_pattern one = {pattern, 4};
	_cleanup_free_ struct ew_pattern_state *states = NULL;
	size_t n = 0;
	__u64 set;

	assert_int_equal(ew_pattern_compile(&one, 1, CUT, &states, &n), 0);
	assert_true(states[EW_PATTERN_CUT].set == CUT);
	assert_true(states[EW_PATTERN_DEAD].set == 0);
	set = run(states, n, path);
	assert_true(set == 0 || set == 4);
	assert_int_equal(ew_pattern_matches(states, path), set != 0);
	return set;
}

static const struct {
	const char *pattern, *path;
	bool match;
} table[] = {
	{"/a*", "/a", true},
	{"/a*", "/abc", true},
	{"/a*", "/b", false},
	{"/a*", "/a/b", false},
	{"/*", "/a", true},
	{"/*", "/a/b", false},
	{"/*/b", "/a/b", true},
	{"/*/b", "/a/a/b", false},
	{"/*/*", "/a", false},
	{"/*/*", "/a/b", true},
	{"/a*c", "/abcbc", true},
	{"/a*c", "/abcb", false},
	{"/a*b*c", "/axbxbxc", true},
	{"/a*b*c", "/axbx/bxc", false},
	{"/system.slice/php*-fpm.service", "/system.slice/php8.2-fpm.service", true},
	{"/system.slice/php*-fpm.service", "/system.slice/php-fpm.service", true},
	{"/system.slice/php*-fpm.service", "/system.slice/php/x-fpm.service", false},
	{"/system.slice/php*-fpm.service", "/system.slice/php8.2-fpm.service/below", false},
	{"/a?", "/ab", true},
	{"/a?", "/a", false},
	{"/a?", "/abc", false},
	{"/a?b", "/a/b", false},
	{"/a?", "/a/", false},
	{"/?", "/\xc3\xa4", true},
	{"/??", "/\xc3\xa4", false},
	{"/*?", "/\xe2\x82\xac", true},
	{"/*??", "/\xe2\x82\xac", false},
	{"/?x", "/\xe2\x82\xacx", true},
	{"/?", "/\xf0\x9f\x98\x80", true},
	/* what is no character is matched by a star alone */
	{"/?", "/\x80", false},
	{"/??", "/\xc3x", false},
	{"/*", "/\xc3\xff", true},
	{"/**", "/a", true},
	{"/**", "/a/b/c", true},
	{"/a/**", "/a", false},
	{"/a/**", "/a/b", true},
	{"/a/**", "/a/b/c", true},
	{"/a/**", "/ab/c", false},
	{"/a**", "/a", true},
	{"/a**", "/ab/c", true},
	{"/a**z", "/a/b/z", true},
	{"/a**z", "/az", true},
	{"/a/**/b", "/a/b", true},
	{"/a/**/b", "/a/x/b", true},
	{"/a/**/b", "/a/x/y/b", true},
	{"/a/**/b", "/a/xb", false},
	{"/a/**/b", "/ab", false},
	{"/**/b", "/b", true},
	{"/**/b", "/a/b", true},
	{"/**/b", "/ab", false},
	{"/**/b", "/b/c", false},
	{"/**b", "/ab", true},
	{"/**/a/**/b", "/a/a/x/b", true},
	{"/**/a/**/b", "/b/a", false},
	{"/**/*.scope", "/user.slice/x.scope", true},
	{"/**/*.scope", "/x.scope", true},
	{"/**/*.scope", "/x.scope/y", false},
	{"/a.b*", "/axb", false},
	/* a backslash is a byte of unit names */
	{"/a\\x2d*", "/a\\x2db", true},
	{"/a\\*", "/a*", false},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(table); i++)
		if (matches(table[i].pattern, table[i].path) != table[i].match)
			fail_msg("\"%s\" and \"%s\": expected %d", table[i].pattern, table[i].path, table[i].match);
}

/* The plain definition. */
static bool plain(const char *start, const char *p, const char *t)
{
	if (p > start && p[-1] == '/' && !strncmp(p, "**/", 3)) {
		if (plain(start, p + 3, t))
			return true;
		for (; *t; t++)
			if (*t == '/' && plain(start, p + 3, t + 1))
				return true;
		return false;
	}
	if (*p == '*') {
		bool across = p[1] == '*';

		for (;; t++) {
			if (plain(start, p + 1 + across, t))
				return true;
			if (!*t || (*t == '/' && !across))
				return false;
		}
	}
	if (*p == '?') {
		if (!*t || *t == '/')
			return false;
		for (t++; ((unsigned char)*t & 0xc0) == 0x80; t++)
			;
		return plain(start, p + 1, t);
	}
	return *p == *t && (!*p || plain(start, p + 1, t + 1));
}

static const char *pick(const char *const *words, size_t n)
{
	return words[(size_t)random() % n];
}

/* "/" and up to MAX words. */
static void compose(char *out, const char *const *words, size_t n, size_t max)
{
	strcpy(out, "/");
	for (size_t left = (size_t)random() % (max + 1); left; left--) {
		const char *word = pick(words, n);

		/* no "***", which no policy has */
		if (*word != '*' || out[strlen(out) - 1] != '*')
			strcat(out, word);
	}
}

/* The last is not for fnmatch(3), which knows characters only in some locales. */
static const char *const path_words[] = {"a", "b", "a", "b", "/", "\xc3\xa4"};
#define ASCII_WORDS (EW_ARRAY_SIZE(path_words) - 1)

static void test_random_sets(void **state)
{
	static const char *const words[] = {"a", "b", "/", "*", "**", "?", "/**/", "\xc3\xa4"};
	char text[16][128], path[64];
	size_t hits = 0;

	(void)state;
	srandom(2);
	for (int round = 0; round < 3000; round++) {
		_cleanup_free_ struct ew_pattern_state *states = NULL;
		size_t n_patterns = 1 + (size_t)random() % 6, n;
		struct ew_pattern patterns[16];
		int err;

		for (size_t i = 0; i < n_patterns; i++) {
			compose(text[i], words, EW_ARRAY_SIZE(words), 7);
			patterns[i] = (struct ew_pattern){text[i], 1ULL << (random() % 3)};
		}
		err = ew_pattern_compile(patterns, n_patterns, 0, &states, &n);
		assert_int_equal(err, 0);
		for (int i = 0; i < 60; i++) {
			__u64 expected = 0;

			compose(path, path_words, EW_ARRAY_SIZE(path_words), 9);
			for (size_t j = 0; j < n_patterns; j++)
				if (plain(text[j], text[j], path))
					expected |= patterns[j].set;
			if (run(states, n, path) != expected)
				fail_msg("\"%s\" of %zu patterns, the first \"%s\"", path, n_patterns, text[0]);
			hits += expected != 0;
		}
	}
	assert_true(hits > 10000);
}

/* Where they agree: without double stars, and where a star may take slashes, without the others. */
static void test_fnmatch(void **state)
{
	static const char *const within[] = {"a", "b", "/", "*", "?"};
	static const char *const across[] = {"a", "b", "/", "**"};
	char pattern[128], path[64], starred[128];
	size_t hits = 0;

	(void)state;
	srandom(3);
	for (int round = 0; round < 40000; round++) {
		bool both = round & 1;
		int expected;

		compose(path, path_words, ASCII_WORDS, 8);
		if (both) {
			size_t j = 0;

			compose(pattern, across, EW_ARRAY_SIZE(across), 7);
			if (strstr(pattern, "/**/"))
				continue;
			for (size_t i = 0; pattern[i]; i++)
				if (pattern[i] != '*' || pattern[i + 1] != '*')
					starred[j++] = pattern[i];
			starred[j] = '\0';
			expected = fnmatch(starred, path, FNM_NOESCAPE);
		} else {
			compose(pattern, within, EW_ARRAY_SIZE(within), 7);
			expected = fnmatch(pattern, path, FNM_NOESCAPE | FNM_PATHNAME);
		}
		if (matches(pattern, path) != (expected == 0))
			fail_msg("\"%s\" and \"%s\": fnmatch says %d", pattern, path, expected);
		hits += expected == 0;
	}
	assert_true(hits > 2000);
}

static void test_is_pattern(void **state)
{
	(void)state;
	assert_true(ew_pattern_is("/a*"));
	assert_true(ew_pattern_is("/?"));
	assert_false(ew_pattern_is("/a"));
	assert_false(ew_pattern_is("/a\\x2db"));
}

static void test_cut(void **state)
{
	(void)state;
	assert_false(ew_match_is_cut(1022));
	assert_true(ew_match_is_cut(1023));
}

/* N patterns by FMT, which has a %u, each of its own set or all of one. Returns the error; the number of states in
 * *N_STATES. */
static int many(const char *fmt, unsigned int n, unsigned int sets, size_t *n_states, const char *hit)
{
	_cleanup_free_ struct ew_pattern *patterns = calloc(n, sizeof(*patterns));
	_cleanup_free_ struct ew_pattern_state *states = NULL;
	int err;

	assert_non_null(patterns);
	for (unsigned int i = 0; i < n; i++) {
		char *text = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		assert_true(asprintf(&text, fmt, i) > 0);
#pragma GCC diagnostic pop
		patterns[i] = (struct ew_pattern){text, 1ULL << i % sets};
	}
	*n_states = 0;
	err = ew_pattern_compile(patterns, n, 0, &states, n_states);
	if (!err && hit)
		assert_true(run(states, *n_states, hit) != 0);
	for (unsigned int i = 0; i < n; i++)
		free((char *)patterns[i].text);
	return err;
}

/* 1,024 patterns as one would write them fit, whatever their form; where stars multiply the states there is a limit. */
static void test_sizes(void **state)
{
	static const struct {
		const char *fmt, *hit;
		unsigned int n, sets;
		int err;
	} cases[] = {
		{"/system.slice/php%u*-fpm.service", "/system.slice/php77-fpm.service", 1024, 64, 0},
		{"/user.slice/user-%u.slice/**", "/user.slice/user-1000.slice/x/y", 1024, 64, 0},
		{"/kubepods.slice/**/cri-%u-*.scope", "/kubepods.slice/a/b/cri-3-a.scope", 1024, 64, 0},
		{"/**/*-%u-*.service", "/a/b/x-17-y.service", 1024, 1, 0},
		{"/**/*-%u-??????.service", "/a/b/x-17-abcdef.service", 1024, 1, 0},
		{"/**word%u-**", "/a/word5-", 1024, 1, 0},
		{"/a/*word%u-*/b", "/a/xword5-/b", 1024, 1, 0},
		/* which of them matched so far takes a state for each set of them */
		{"/*word%u-*", NULL, 64, 64, -E2BIG},
		{"/%u**a???????????????????????????????", NULL, 1, 1, -E2BIG},
		{"/*%u*a*b*c*d*e*f*g*h*i*j*k*l*m*n*o*p*q*r*s*t*u*v*w*x*y*z", NULL, 1024, 64, -E2BIG},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		size_t n_states;
		int err = many(cases[i].fmt, cases[i].n, cases[i].sets, &n_states, cases[i].hit);

		if (err != cases[i].err)
			fail_msg("%u times \"%s\": %d, %zu states", cases[i].n, cases[i].fmt, err, n_states);
	}
}

/* A single text of N bytes takes a state for each byte, the start, and the two that every automaton has. */
static void test_states_limit(void **state)
{
	_cleanup_free_ char *text = malloc(EW_PATTERN_STATES_MAX + 1);
	_cleanup_free_ struct ew_pattern_state *states = NULL;
	struct ew_pattern pattern = {text, 1};
	size_t n = 7;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', EW_PATTERN_STATES_MAX);
	text[EW_PATTERN_STATES_MAX - 2] = '\0';
	assert_int_equal(ew_pattern_compile(&pattern, 1, 0, &states, &n), -E2BIG);
	assert_null(states);
	assert_int_equal(n, 7);
	text[EW_PATTERN_STATES_MAX - 3] = '\0';
	assert_int_equal(ew_pattern_compile(&pattern, 1, 0, &states, &n), 0);
	assert_int_equal(n, EW_PATTERN_STATES_MAX);
	assert_true(run(states, n, text) == 1);
}

static void test_none(void **state)
{
	_cleanup_free_ struct ew_pattern_state *states = NULL;
	size_t n;

	(void)state;
	assert_int_equal(ew_pattern_compile(NULL, 0, 0, &states, &n), 0);
	assert_true(run(states, n, "/a") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	     cmocka_unit_test(test_random_sets), cmocka_unit_test(test_fnmatch),
		cmocka_unit_test(test_is_pattern),   cmocka_unit_test(test_cut),	 cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_states_limit), cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
