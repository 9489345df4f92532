/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exception_text.h"
#include "util.h"

/* An exception as policy writes it. */

#define KINDS(kind) EW_BIT(EW_GAIN_##kind)

static void assert_printed(const struct ew_exception_text *text, const char *expected)
{
	_cleanup_free_ char *printed = NULL;
	size_t size;
	FILE *f = open_memstream(&printed, &size);

	ew_exception_print(text, 2, f);
	fclose(f);
	assert_string_equal(printed, expected);
}

static void gains(void **state)
{
	static const struct {
		struct ew_exception exception;
		const char *gains;
	} cases[] = {
		{{.n_uids = 2, .uids = {0, 4000000000}, .n_gids = 1, .gids = {0}},
		 "\"uid:root\", \"uid:4000000000\", \"gid:root\""},
		{{.n_gids = 1, .gids = {4000000000}}, "\"gid:4000000000\""},
		{{.caps = 1 << 13 | 1}, "cap_chown, cap_net_raw"},
		{{.caps = 7}, "caps"},
		{{.caps = 15}, "caps"},
		/* any of a kind says what single ones do */
		{{.kinds = KINDS(UID), .n_uids = 1, .uids = {7}, .n_gids = 1, .gids = {0}}, "uid, \"gid:root\""},
		{{.kinds = KINDS(GID), .n_uids = 1, .uids = {0}, .n_gids = 1, .gids = {7}}, "gid, \"uid:root\""},
		{{.kinds = KINDS(UID) | KINDS(CAPS), .caps = 7}, "uid, caps"},
		{{.kinds = KINDS(LABEL), .caps = 1}, "label, cap_chown"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		const struct ew_exception_text text = {
			.program = "/p", .exception = &cases[i].exception, .caps_all = 7};
		_cleanup_free_ char *expected = NULL;

		assert_true(asprintf(&expected, "  - program: /p\n    gain: [%s]\n", cases[i].gains) > 0);
		assert_printed(&text, expected);
	}
}

static void paths(void **state)
{
	static const struct ew_exception any = {.kinds = KINDS(UID)};
	struct ew_exception_text text = {.program = "/usr/bin/a-b_c.d+1", .from = "/x", .exception = &any};

	(void)state;
	assert_printed(&text, "  - program: /usr/bin/a-b_c.d+1\n    gain: [uid]\n    from: [/x]\n");
	text.program = "/a b";
	text.from = "/a, \"b\": #\n\x1b[2J";
	assert_printed(&text,
		       "  - program: \"/a b\"\n    gain: [uid]\n    from: [\"/a, \\\"b\\\": #\\x0a\\x1b[2J\"]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gains),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
