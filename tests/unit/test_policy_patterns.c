/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include "match.h"

/* Patterns of cgroups, from the policy to the automaton: sets, limits, places of errors. */

#define HEAD "version: 1\nprofiles:\n"

static struct ew_image *compile(const char *text)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;

	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(ew_policy_compile(policy, 0, &fake_machine, &image, &diag), 0);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
	return image;
}

static __u64 set_of(const struct ew_image *image, const char *path)
{
	__u32 state = EW_PATTERN_START;
	__u64 set = 0;

	while (ew_match_step(&image->pattern_states[state], *path++, &state, &set))
		;
	return set;
}

static void sets(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *image = compile(HEAD "- {name: a, mode: deny, cgroups: [\"/x/*\", /y, \"/both?\"]}\n"
					      "- {name: b, mode: audit, cgroups: [\"/**\", \"/both?\"]}\n"
					      "- {name: c, mode: kill, cgroups: [\"/z*\"]}\n"
					      "- {name: d, mode: kill, cgroups: [/z]}\n");

	(void)state;
	assert_int_equal(image->n_cgroups, 2);
	assert_int_equal(image->n_patterns, 4);
	assert_string_equal(image->patterns[1].path, "/both?");
	assert_true(image->patterns[1].set == 3);
	assert_int_equal(image->patterns[1].line, 3);
	assert_string_equal(image->patterns[1].file, "p.yaml");
	assert_true(set_of(image, "/x/1") == 3);
	assert_true(set_of(image, "/x/1/2") == 2);
	assert_true(set_of(image, "/both1") == 3);
	assert_true(set_of(image, "/y") == 2);
	assert_true(set_of(image, "/z1") == 6);
	/* a path that is cut has what refuses and has a pattern: not b, which audits, nor d, whose path is literal */
	assert_true(image->pattern_states[EW_PATTERN_CUT].set == 5);
}

static void no_patterns_no_automaton(void **state)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = compile(HEAD "- {name: a, mode: deny, cgroups: [/x]}\n");

	(void)state;
	assert_int_equal(image->n_patterns, 0);
	assert_int_equal(image->n_pattern_states, 0);
	assert_null(image->pattern_states);
}

/* What check says of a profile with N patterns, FMT with their number in it. */
static char *verdict_of_many(const char *fmt, unsigned int n)
{
	char *text = NULL, *verdict;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(HEAD "- name: web\n  mode: deny\n  cgroups:\n", out);
	for (unsigned int i = 0; i < n; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(out, fmt, i, i);
#pragma GCC diagnostic pop
	}
	fclose(out);
	verdict = verdict_of("p.yaml", text, size);
	free(text);
	return verdict;
}

static void limit(void **state)
{
	_cleanup_free_ char *fits = verdict_of_many("  - \"/c%u/*\"\n", EW_PATTERNS_MAX);
	_cleanup_free_ char *over = verdict_of_many("  - \"/c%u/*\"\n", EW_PATTERNS_MAX + 1);
	/* as many literal paths do not count, nor does a second mention */
	_cleanup_free_ char *beside = verdict_of_many("  - \"/c%u/*\"\n  - /d%u\n", EW_PATTERNS_MAX);

	(void)state;
	assert_string_equal(fits, "");
	assert_string_equal(over,
			    "p.yaml:1030:5: error: too many cgroup patterns; expected at most 1024 in all files\n");
	assert_string_equal(beside, "");
}

/* The first pattern that does not fit is named, at its place. */
static void too_many_states(void **state)
{
	(void)state;
	assert_verdict(
		HEAD "- name: web\n  mode: deny\n  cgroups:\n    - \"/a*\"\n"
		     "    - \"/*x?????????????????????????\"\n    - \"/b*\"\n",
		"p.yaml:7:7: error: cgroup pattern \"/*x?????????????????????????\", with those before it, makes an "
		"automaton of more than 65536 states; expected fewer patterns with text after a \"*\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
		cmocka_unit_test(no_patterns_no_automaton),
		cmocka_unit_test(limit),
		cmocka_unit_test(too_many_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
