/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd.h"
#include "json_get.h"
#include "record_lines.h"
#include "util.h"

static char path[] = "/tmp/ew-lines.XXXXXX", said_path[] = "/tmp/ew-said.XXXXXX";
static unsigned int taken;
static int (*skimming)(void *ctx, const char *line, size_t len);

static int make_files(void **state)
{
	(void)state;
	assert_true(mkstemp(path) >= 0);
	assert_true(mkstemp(said_path) >= 0);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	return unlink(path) | unlink(said_path);
}

static int take(void *ctx, json_object *root, const char *line, const char **why)
{
	(void)ctx;
	assert_int_equal(line[0], '{');
	*why = "strange";
	if (EW_STREQ(ew_json_string(root, "type"), "strange"))
		return -EBADMSG;
	taken++;
	return EW_STREQ(ew_json_string(root, "type"), "last") ? 7 : 0;
}

/* Reads LEN bytes at TEXT as a file; SAID is what goes to standard error, room for 512 bytes. */
static int read_text(struct ew_record_lines *lines, const char *text, size_t len, char *said)
{
	FILE *file = fopen(path, "we");
	int err, saved = dup(STDERR_FILENO);
	char *names[] = {path};
	size_t n;

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	taken = 0;
	*lines = (struct ew_record_lines){.skim = skimming};
	assert_non_null(freopen(said_path, "we", stderr));
	err = ew_record_lines_read(lines, 1, names, take, NULL);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	file = fopen(said_path, "re");
	n = fread(said, 1, 511, file);
	said[n] = '\0';
	fclose(file);
	return err;
}

#define GOOD "{\"v\":1,\"type\":\"exec\"}"

static void test_bad(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{"", "no record of execward: it is empty"},
		{"nonsense", "no record of execward: it is no JSON"},
		{"7", "no record of execward: it is no JSON"},
		{GOOD GOOD, "no record of execward: it is no JSON"},
		{"[]", "no record of execward: it is other JSON"},
		{"{\"type\":\"exec\"}", "no record of execward: it is other JSON"},
		{"{\"v\":\"1\",\"type\":\"exec\"}", "no record of execward: it is other JSON"},
		{"{\"v\":2,\"type\":\"exec\"}", "a record of another version than 1, the one that is known here"},
		{"{\"v\":1,\"type\":\"strange\"}", "strange"},
		{"{\"v\":1,\"type\":\"ex", "cut off"},
		{"\177ELF\1\2\377", "no record of execward: it is no JSON"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = NULL, *want = NULL;
		struct ew_record_lines lines;
		char said[512];

		assert_true(asprintf(&text, GOOD "\n%s\n" GOOD "\r\n", cases[i].line) > 0);
		assert_true(asprintf(&want, "execward: warning: %s:2: %s; left out\n", path, cases[i].why) > 0);
		assert_int_equal(read_text(&lines, text, strlen(text), said), 0);
		assert_string_equal(said, want);
		assert_int_equal(lines.lines, 3);
		assert_int_equal(lines.bad, 1);
		assert_int_equal(taken, 2);
	}
}

static void test_binary(void **state)
{
	static const char text[] = GOOD "\n{\"v\":1,\0\"type\":\"exec\"}\n" GOOD;
	struct ew_record_lines lines;
	char said[512];

	(void)state;
	assert_int_equal(read_text(&lines, text, sizeof(text) - 1, said), 0);
	assert_non_null(strstr(said, ":2: no record of execward: it has bytes of value 0; left out\n"));
	assert_int_equal(taken, 2);
}

/* A file without newlines takes no more memory than a line may have. */
static void test_long(void **state)
{
	size_t len = 3 * EW_RECORD_LINE_MAX;
	_cleanup_free_ char *text = malloc(len);
	struct ew_record_lines lines;
	char said[512];

	(void)state;
	memset(text, ' ', len);
	memcpy(text, GOOD, sizeof(GOOD) - 1);
	text[2 * EW_RECORD_LINE_MAX] = '\n';
	memcpy(text + len - sizeof(GOOD), "\n" GOOD, sizeof(GOOD));
	assert_int_equal(read_text(&lines, text, len, said), 0);
	assert_non_null(strstr(said, ":1: no record of execward: it is longer than any; left out\n"));
	assert_int_equal(lines.lines, 3);
	assert_int_equal(taken, 1);
	/* the longest one, and without its newline one that is longer by a byte */
	memset(text, ' ', len);
	memcpy(text, GOOD, sizeof(GOOD) - 1);
	assert_int_equal(read_text(&lines, text, EW_RECORD_LINE_MAX, said), 0);
	assert_int_equal(taken, 1);
	assert_int_equal(read_text(&lines, text, EW_RECORD_LINE_MAX + 1, said), 0);
	assert_non_null(strstr(said, ":1: no record of execward: it is longer than any; left out\n"));
	assert_int_equal(lines.lines, 1);
	text[EW_RECORD_LINE_MAX] = '\n';
	assert_int_equal(read_text(&lines, text, EW_RECORD_LINE_MAX + 1, said), 0);
	assert_int_equal(taken, 1);
}

/* Lines that somebody skims are not parsed, those that he does not take are. */
static int skim(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	assert_int_equal(strlen(line), len);
	return EW_STREQ(line, "taken") ? 0 : EW_STREQ(line, "last") ? 9 : -EAGAIN;
}

static void test_skim(void **state)
{
	static const char text[] = "taken\n" GOOD "\nbad\ntaken\n" GOOD "\nlast\n" GOOD;
	struct ew_record_lines lines;
	char said[512];

	(void)state;
	skimming = skim;
	assert_int_equal(read_text(&lines, text, sizeof(text) - 1, said), 9);
	skimming = NULL;
	assert_int_equal(taken, 2);
	assert_int_equal(lines.lines, 6);
	assert_int_equal(lines.bad, 1);
	assert_non_null(strstr(said, ":3: no record of execward: it is no JSON; left out\n"));
}

static void test_ends(void **state)
{
	static const char last[] = GOOD "\n{\"v\":1,\"type\":\"last\"}\n" GOOD "\n";
	static char nowhere[] = "/nowhere", directory[] = "/tmp", *none[] = {nowhere}, *dirs[] = {directory};
	struct ew_record_lines lines;
	char said[512];

	(void)state;
	assert_int_equal(read_text(&lines, last, sizeof(last) - 1, said), 7);
	assert_int_equal(taken, 2);
	assert_int_equal(ew_record_lines_end(&lines), EW_EXIT_OK);
	assert_int_equal(ew_record_lines_read(&lines, 1, none, take, NULL), -ENOENT);
	assert_int_equal(ew_record_lines_read(&lines, 1, dirs, take, NULL), -EISDIR);
	assert_int_equal(read_text(&lines, "x\n", 2, said), 0);
	assert_int_equal(ew_record_lines_end(&lines), EW_EXIT_FAILED);
	assert_int_equal(read_text(&lines, "", 0, said), 0);
	assert_int_equal(ew_record_lines_end(&lines), EW_EXIT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),  cmocka_unit_test(test_binary), cmocka_unit_test(test_long),
		cmocka_unit_test(test_skim), cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
