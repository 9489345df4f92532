/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include <glob.h>

/*
 * Policies that are refused, each for what it says and where. bad/expected.txt is the table: every line that `check`
 * says of every file of bad/. What cannot be a text file under version control is made here.
 */

/* The lines of the table about FILE; the caller frees. */
static char *expected_of(const char *table, const char *file)
{
	size_t length = strlen(file), size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (const char *line = table; *line; line += strcspn(line, "\n") + 1) {
		if (!strncmp(line, file, length) && line[length] == ':')
			fprintf(out, "%.*s\n", (int)strcspn(line, "\n"), line);
	}
	fclose(out);
	return text;
}

static void bad_files(void **state)
{
	_cleanup_free_ char *table = NULL;
	size_t length, lines = 0, told = 0;
	unsigned int wrong = 0;
	glob_t files;

	(void)state;
	table = test_file("bad/expected.txt", &length);
	table[length] = '\0';
	for (const char *p = table; *p; p++)
		lines += *p == '\n';
	assert_int_equal(glob(EW_TEST_DIR "/bad/*.yaml", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 60);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1;
		_cleanup_free_ char *text = test_file(files.gl_pathv[i] + strlen(EW_TEST_DIR) + 1, &length);
		_cleanup_free_ char *verdict = verdict_of(name, text, length);
		_cleanup_free_ char *expected = expected_of(table, name);

		if (!*expected || !EW_STREQ(verdict, expected)) {
			print_error("%s: expected\n%sbut check says\n%s", name, expected, verdict);
			wrong++;
		}
		for (const char *p = verdict; *p; p++)
			told += *p == '\n';
	}
	globfree(&files);
	assert_int_equal(wrong, 0);
	/* No line of the table is about a file that is gone. */
	assert_int_equal(told, lines);
}

struct raw {
	const char *bytes;
	size_t length;
	const char *expected;
};
#define RAW(bytes, expected)                       \
	{                                          \
		bytes, sizeof(bytes) - 1, expected \
	}

static void bad_bytes(void **state)
{
	static const struct raw cases[] = {
		RAW("version: 1\nprofiles: []\0\n", "p.yaml:2:13: error: NUL byte (U+0000); expected printable text\n"),
		RAW("a\xff\nb\xc3\nc: \xe2\x82\n",
		    "p.yaml:1:2: error: invalid UTF-8, byte 0xff; expected text in UTF-8\n"
		    "p.yaml:2:2: error: invalid UTF-8, byte 0xc3; expected text in UTF-8\n"
		    "p.yaml:3:4: error: invalid UTF-8, byte 0xe2; expected text in UTF-8\n"),
		/* over-long "/", a surrogate, above U+10FFFF; one is told a line */
		RAW("# \xc0\xaf \xff\n", "p.yaml:1:3: error: invalid UTF-8, byte 0xc0; expected text in UTF-8\n"),
		RAW("# \xed\xa0\x80\n", "p.yaml:1:3: error: invalid UTF-8, byte 0xed; expected text in UTF-8\n"),
		RAW("# \xf4\x90\x80\x80\n", "p.yaml:1:3: error: invalid UTF-8, byte 0xf4; expected text in UTF-8\n"),
		/* columns count characters */
		RAW("# \xc3\xa4\xe2\x82\xac\x01\n",
		    "p.yaml:1:5: error: control character (U+0001); expected printable text\n"),
		RAW("# \x7f\n# \xc2\x80\n", "p.yaml:1:3: error: control character (U+007F); expected printable text\n"
					    "p.yaml:2:3: error: control character (U+0080); expected printable text\n"),
		RAW("# \xc2\xa0\n# \xc2\x9f\n",
		    "p.yaml:2:3: error: control character (U+009F); expected printable text\n"),
		RAW("# a\rb\n",
		    "p.yaml:1:4: error: carriage return without a line feed (U+000D); expected printable text\n"),
		RAW("# a\r",
		    "p.yaml:1:4: error: carriage return without a line feed (U+000D); expected printable text\n"),
		RAW("# \xc2\x85x\n", "p.yaml:1:3: error: invisible line separator (U+0085); expected printable text\n"),
		RAW("# \xe2\x80\xa8\n",
		    "p.yaml:1:3: error: invisible line separator (U+2028); expected printable text\n"),
		RAW("a\xef\xbb\xbf\n",
		    "p.yaml:1:2: error: byte order mark inside the file (U+FEFF); expected printable text\n"),
		RAW("# \xef\xbf\xbf\n",
		    "p.yaml:1:3: error: character that YAML does not allow (U+FFFF); expected printable text\n"),
		/* UTF-16 is not guessed at */
		RAW("\xff\xfev\0e\0", "p.yaml:1:1: error: invalid UTF-8, byte 0xff; expected text in UTF-8\n"),
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *verdict = verdict_of("p.yaml", cases[i].bytes, cases[i].length);

		assert_string_equal(verdict, cases[i].expected);
	}
}

static void byte_order_mark_and_line_ends(void **state)
{
	(void)state;
	assert_verdict("\xef\xbb\xbfversion: 1\r\nprofiles: []\r\n", "");
	assert_verdict(
		"\xef\xbb\xbfversoin: 1\r\nprofiles: no\r\n",
		"p.yaml:1:1: error: unknown key \"versoin\" in the policy; expected one of version, profiles (did you "
		"mean \"version\"?)\n"
		"p.yaml:1:1: error: missing key \"version\" in the policy; expected a number\n"
		"p.yaml:2:11: error: \"profiles\" holds text; expected a list\n");
	assert_verdict("\xef\xbb\xbf",
		       "p.yaml:1:1: error: empty file; expected a policy that begins with \"version: 1\"\n");
}

/* A policy of N profiles, or one of N exceptions, or one of N cgroups; the caller frees. */
static char *many(const char *head, const char *fmt, unsigned int n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(head, out);
	for (unsigned int i = 0; i < n; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(out, fmt, i);
#pragma GCC diagnostic pop
	}
	fclose(out);
	return text;
}

static void limits(void **state)
{
	static const struct {
		const char *head, *fmt;
		unsigned int limit;
		const char *expected;
	} cases[] = {
		{"version: 1\nprofiles:\n", "- {name: p%u, mode: deny}\n", EW_PROFILES_MAX,
		 "p.yaml:67:3: error: too many profiles; expected at most 64 in all files\n"},
		{"version: 1\nprofiles:\n- name: web\n  mode: deny\n  except:\n", "  - {program: /p/%u, gain: [uid]}\n",
		 EW_EXCEPTIONS_MAX,
		 "p.yaml:65542:5: error: too many exceptions; expected at most 65536 of a program and an image that "
		 "execs it\n"},
		{"version: 1\nprofiles:\n- name: web\n  mode: deny\n  cgroups:\n", "  - /c%u\n", EW_CGROUP_PATHS_MAX,
		 "p.yaml:1030:5: error: too many cgroups; expected at most 1024 in all files\n"},
		{"version: 1\nprofiles:\n- name: web\n  mode: deny\n  except:\n  - program: /p\n    gain:\n",
		 "    - uid:%u\n", EW_EXCEPTION_IDS_MAX,
		 "p.yaml:16:7: error: more than 8 user ids in an exception; expected at most 8, or \"uid\" for any\n"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *fits = many(cases[i].head, cases[i].fmt, cases[i].limit);
		/* told once, at the first that is too many */
		_cleanup_free_ char *over = many(cases[i].head, cases[i].fmt, cases[i].limit + 2);

		assert_verdict(fits, "");
		assert_verdict(over, cases[i].expected);
	}
}

static void images_count_as_exceptions(void **state)
{
	static const char head[] = "version: 1\nprofiles:\n- name: web\n  mode: deny\n  except:\n"
				   "  - {program: /q, gain: [uid]}\n  - program: /p\n    gain: [uid]\n    from:\n";
	_cleanup_free_ char *fits = many(head, "    - /i/%u\n", EW_EXCEPTIONS_MAX - 1);
	_cleanup_free_ char *over = many(head, "    - /i/%u\n", EW_EXCEPTIONS_MAX);

	(void)state;
	assert_verdict(fits, "");
	assert_verdict(over,
		       "p.yaml:7:5: error: too many exceptions; expected at most 65536 of a program and an image that "
		       "execs it\n");
}

#define WEB "version: 1\nprofiles:\n- name: web\n  mode: deny\n"
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_HEAD                                                                   \
	"  except:\n  - {program: {path: /q, verity: \"" DIGEST "\"}, gain: [uid]}\n" \
	"  - program: /p\n    gain: [uid]\n    from:\n"

static void digests_count_as_exceptions(void **state)
{
	_cleanup_free_ char *fits = many(WEB DIGEST_HEAD, "    - /i/%u\n", EW_EXCEPTIONS_MAX - 2);
	_cleanup_free_ char *over = many(WEB DIGEST_HEAD, "    - /i/%u\n", EW_EXCEPTIONS_MAX - 1);

	(void)state;
	assert_verdict(fits, "");
	assert_verdict(over,
		       "p.yaml:7:5: error: too many exceptions; expected at most 65536 of a program and an image that "
		       "execs it\n");
}

static void descriptors_of_programs_count_as_exceptions(void **state)
{
	static const char head[] = WEB
		"  fds: {mode: deny, allow: [{kind: fifo}, {kind: socket, program: /f}, {kind: char}]}\n" DIGEST_HEAD;
	_cleanup_free_ char *fits = many(head, "    - /i/%u\n", EW_EXCEPTIONS_MAX - 3);
	_cleanup_free_ char *over = many(head, "    - /i/%u\n", EW_EXCEPTIONS_MAX - 2);

	(void)state;
	assert_verdict(fits, "");
	assert_verdict(over,
		       "p.yaml:5:8: error: too many exceptions; expected at most 65536, those of \"allow\" included\n");
}

static void hostile_sizes(void **state)
{
	_cleanup_free_ char *deep = many("", "[", 100000);
	_cleanup_free_ char *keys = many("", "k%u: 1\n", 100000);
	_cleanup_free_ char *words =
		many("version: 1\nprofiles:\n- name: w\n  mode: deny\n  gains:\n", "  - w%u\n", 100000);
	_cleanup_free_ char *verdict = NULL;

	(void)state;
	assert_verdict(deep, "p.yaml:1:17: error: nested too deep; expected at most 16 levels\n");
	/* Of very many mistakes the first are listed, and all are counted. */
	verdict = verdict_of("p.yaml", keys, strlen(keys));
	assert_non_null(strstr(verdict, "p.yaml:999:1: error: unknown key \"k998\""));
	assert_null(strstr(verdict, "p.yaml:1001:1: error"));
	assert_non_null(strstr(verdict, "\n99002 more not listed\n"));
	free(verdict);
	verdict = verdict_of("p.yaml", words, strlen(words));
	assert_non_null(strstr(verdict, "p.yaml:6:5: error: unknown word \"w0\" for \"gains\""));
}

static void too_many_values(void **state)
{
	_cleanup_free_ char *text = many("[", "a,", EW_YAML_NODES_MAX);

	(void)state;
	assert_verdict(text, "p.yaml:1:4000000: error: too many values; expected at most 2000000 in a file\n");
}

static void hostile_names_stay_in_their_line(void **state)
{
	_cleanup_free_ char *verdict = NULL;

	(void)state;
	assert_verdict("version: 1\nprofiles: []\n\"a\\nb\\e[2J\\u202e\": 1\n",
		       "p.yaml:3:1: error: unknown key \"a\\x0ab\\x1b[2J\\xe2\\x80\\xae\" in the policy; expected one "
		       "of version, "
		       "profiles\n");
	verdict = verdict_of("x\n\x1b.yaml", "", 0);
	assert_string_equal(verdict,
			    "x\\x0a\\x1b.yaml:1:1: error: empty file; expected a policy that begins with \"version: "
			    "1\"\n");
}

static void long_names_are_cut_between_characters(void **state)
{
	char text[512] = "version: 1\nprofiles: []\n";
	char expected[512] = "p.yaml:3:1: error: unknown key \"a";

	(void)state;
	strcat(text, "a");
	for (unsigned int i = 0; i < 40; i++)
		strcat(text, "\xc3\xa4");
	for (unsigned int i = 0; i < 31; i++)
		strcat(expected, "\xc3\xa4");
	strcat(text, ": 1\n");
	strcat(expected, "...\" in the policy; expected one of version, profiles\n");
	assert_verdict(text, expected);
}

static void file_name_limit(void **state)
{
	char name[EW_POLICY_FILE_MAX + 8] = "d/";
	_cleanup_free_ char *verdict = NULL;
	static const char text[] = "version: 1\nprofiles: []\n";

	(void)state;
	memset(name + 2, 'n', EW_POLICY_FILE_MAX - 1);
	verdict = verdict_of(name, text, strlen(text));
	assert_string_equal(verdict, "");
	free(verdict);
	strcat(name, "n");
	verdict = verdict_of(name, text, strlen(text));
	assert_non_null(strstr(verdict, ": error: file name of 128 bytes; expected at most 127\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files),
		cmocka_unit_test(bad_bytes),
		cmocka_unit_test(byte_order_mark_and_line_ends),
		cmocka_unit_test(limits),
		cmocka_unit_test(images_count_as_exceptions),
		cmocka_unit_test(digests_count_as_exceptions),
		cmocka_unit_test(descriptors_of_programs_count_as_exceptions),
		cmocka_unit_test(hostile_sizes),
		cmocka_unit_test(too_many_values),
		cmocka_unit_test(hostile_names_stay_in_their_line),
		cmocka_unit_test(long_names_are_cut_between_characters),
		cmocka_unit_test(file_name_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
