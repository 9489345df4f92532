/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oci_state.h"
#include "util.h"

static int read_bytes(const char *text, size_t length, struct ew_oci_state *out)
{
	_cleanup_fclose_ FILE *in = fmemopen((void *)text, length, "r");

	assert_non_null(in);
	return ew_oci_state_read(in, out);
}

static int read_text(const char *text, struct ew_oci_state *out)
{
	return read_bytes(text, strlen(text), out);
}

#define STATE(id, pid, annotations)                                                    \
	"{\"ociVersion\":\"1.0.2\",\"id\":" id ",\"status\":\"creating\",\"pid\":" pid \
	",\"bundle\":\"/b\"" annotations "}"
#define ANNOTATED(value) ",\"annotations\":{\"run.oci\":\"x\",\"execward.profile\":" value "}"

static void test_good(void **state)
{
	struct ew_oci_state got;

	(void)state;
	assert_int_equal(read_text(STATE("\"c1\"", "4711", ANNOTATED("\"web\"")), &got), 0);
	assert_string_equal(got.id, "c1");
	assert_int_equal(got.pid, 4711);
	assert_string_equal(got.profile, "web");
	/* runtimes end it with a newline, or print it in lines */
	assert_int_equal(read_text("\n" STATE("\"c\\n2\"", "1", ANNOTATED("\"w\"")) " \n", &got), 0);
	assert_string_equal(got.id, "c\n2");
}

static void test_not_annotated(void **state)
{
	struct ew_oci_state got;

	(void)state;
	assert_int_equal(read_text(STATE("\"c\"", "1", ""), &got), -ENODATA);
	assert_int_equal(read_text(STATE("\"c\"", "1", ",\"annotations\":{\"execward\":\"web\"}"), &got), -ENODATA);
}

/* Each of them has an annotation that would be taken were it not for the one thing that is wrong. */
static void test_bad(void **state)
{
	static const char *const bad[] = {
		"{",
		"[" STATE("\"c\"", "1", ANNOTATED("\"web\"")) "]",
		STATE("\"c\"", "1", ANNOTATED("\"web\"")) "}",
		STATE("\"c\"", "1", ANNOTATED("\"web\"")) STATE("\"d\"", "2", ANNOTATED("\"other\"")),
		STATE("\"\"", "1", ANNOTATED("\"web\"")),
		STATE("7", "1", ANNOTATED("\"web\"")),
		STATE("\"c\"", "0", ANNOTATED("\"web\"")),
		STATE("\"c\"", "-1", ANNOTATED("\"web\"")),
		STATE("\"c\"", "2147483648", ANNOTATED("\"web\"")),
		STATE("\"c\"", "\"1\"", ANNOTATED("\"web\"")),
		STATE("\"c\"", "1", ANNOTATED("\"\"")),
		STATE("\"c\"", "1", ANNOTATED("7")),
		STATE("\"c\"", "1", ANNOTATED("null")),
		STATE("\"c\"", "1", ANNOTATED("\"web\\u0000x\"")),
		STATE("\"c\"", "1", ANNOTATED("\"\xff\"")),
		/* 64 bytes: one too many for a profile */
		STATE("\"c\"", "1", ANNOTATED("\"0123456789012345678901234567890123456789012345678901234567890123\"")),
	};
	struct ew_oci_state got;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(bad); i++)
		if (read_text(bad[i], &got) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
}

static void test_sizes(void **state)
{
	_cleanup_free_ char *text = malloc(EW_OCI_STATE_MAX);
	static const char good[] = STATE("\"c\"", "1", ANNOTATED("\"web\""));
	struct ew_oci_state got;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', EW_OCI_STATE_MAX);
	memcpy(text, good, strlen(good));
	assert_int_equal(read_bytes(text, EW_OCI_STATE_MAX - 1, &got), 0);
	assert_int_equal(read_bytes(text, EW_OCI_STATE_MAX, &got), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_not_annotated),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
