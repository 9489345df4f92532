/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <linux/capability.h>

#include <cmocka.h>

#include "util.h"
#include "words.h"

static const struct {
	const struct ew_words *words;
	unsigned int max;
} lists[] = {
	{&ew_verdict_words, EW_VERDICT_MAX}, {&ew_gain_words, EW_GAIN_MAX},	{&ew_cause_words, EW_CAUSE_MAX},
	{&ew_shape_words, EW_SHAPE_MAX},     {&ew_reason_words, EW_REASON_MAX},
};

static void every_value_has_a_name_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(lists); i++) {
		const struct ew_words *words = lists[i].words;

		assert_int_equal(words->n, lists[i].max);
		for (unsigned int value = 0; value < words->n; value++) {
			assert_non_null(words->names[value]);
			assert_true(*words->names[value]);
			assert_int_equal(ew_words_find(words, ew_words_name(words, value)), value);
		}
	}
}

static void names_are_in_the_order_of_the_enums(void **state)
{
	(void)state;
	assert_string_equal(ew_words_name(&ew_verdict_words, EW_VERDICT_KILL), "kill");
	assert_string_equal(ew_words_name(&ew_gain_words, EW_GAIN_CAPS), "caps");
	assert_string_equal(ew_words_name(&ew_cause_words, EW_CAUSE_FILECAPS), "filecaps");
	assert_string_equal(ew_words_name(&ew_shape_words, EW_SHAPE_NOSUID_MOUNT), "nosuid-mount");
	assert_string_equal(ew_words_name(&ew_reason_words, EW_REASON_UNEVALUABLE), "unevaluable");
}

static void unknown_values_and_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(lists); i++) {
		assert_string_equal(ew_words_name(lists[i].words, lists[i].max), "unknown");
		assert_string_equal(ew_words_name(lists[i].words, UINT32_MAX), "unknown");
		assert_int_equal(ew_words_find(lists[i].words, "unknown"), -ENOENT);
		assert_int_equal(ew_words_find(lists[i].words, ""), -ENOENT);
	}
	assert_int_equal(ew_words_find(&ew_verdict_words, "Deny"), -ENOENT);
}

static void nearest_word(void **state)
{
	static const char *const words[] = {"uid", "gid", "caps", "gains", "interpreted"};
	static const struct {
		const char *text, *nearest;
	} cases[] = {
		{"uid", "uid"},
		{"uidd", "uid"},
		{"iud", "uid"},
		{"gians", "gains"},
		{"gain", "gains"},
		{"cap", "caps"},
		{"CAPS", NULL},
		{"xyz", NULL},
		{"", NULL},
		{"u", NULL},
		{"int", "interpreted"},
		{"in", NULL},
		{"interprted", "interpreted"},
		{"ui", "uid"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		const char *nearest = ew_words_nearest(cases[i].text, words, EW_ARRAY_SIZE(words));

		if (!cases[i].nearest && nearest)
			fail_msg("\"%s\" is near \"%s\"", cases[i].text, nearest);
		if (cases[i].nearest && (!nearest || !EW_STREQ(nearest, cases[i].nearest)))
			fail_msg("\"%s\" is near \"%s\", not \"%s\"", cases[i].text, nearest ? nearest : "nothing",
				 cases[i].nearest);
	}
	assert_null(ew_words_nearest("uid", words, 0));
}

static void long_texts_are_near_nothing(void **state)
{
	char text[4096];
	const char *const words[] = {text, "uid"};

	(void)state;
	memset(text, 'u', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(ew_words_nearest(text, words, EW_ARRAY_SIZE(words)));
	/* A long candidate is passed over, too. */
	assert_string_equal(ew_words_nearest("uid", words, EW_ARRAY_SIZE(words)), "uid");
}

static void capabilities(void **state)
{
	(void)state;
	assert_in_range(ew_cap_count(), CAP_CHECKPOINT_RESTORE + 1, EW_CAPS_MAX);
	for (unsigned int cap = 0; cap < ew_cap_count(); cap++)
		assert_int_equal(ew_cap_find(ew_cap_name(cap)), cap);
	assert_string_equal(ew_cap_name(CAP_CHOWN), "cap_chown");
	assert_string_equal(ew_cap_name(CAP_NET_RAW), "cap_net_raw");
	assert_string_equal(ew_cap_name(CAP_CHECKPOINT_RESTORE), "cap_checkpoint_restore");
	assert_string_equal(ew_cap_name(63), "cap_63");
	assert_null(ew_cap_name(64));
	assert_string_equal(ew_cap_nearest("cap_net_rwa"), "cap_net_raw");
	assert_null(ew_cap_nearest("frobnicate"));
}

static void capabilities_have_one_spelling(void **state)
{
	(void)state;
	assert_int_equal(ew_cap_find("CAP_CHOWN"), -ENOENT);
	assert_int_equal(ew_cap_find("chown"), -ENOENT);
	assert_int_equal(ew_cap_find("0"), -ENOENT);
	assert_int_equal(ew_cap_find("cap_63"), -ENOENT);
	assert_int_equal(ew_cap_find(""), -ENOENT);
	assert_int_equal(ew_cap_find("cap_chown "), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_a_name_and_back),
		cmocka_unit_test(names_are_in_the_order_of_the_enums),
		cmocka_unit_test(unknown_values_and_names),
		cmocka_unit_test(nearest_word),
		cmocka_unit_test(long_texts_are_near_nothing),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(capabilities_have_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
