/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include <execward/label.h>

#include "decide.h"
#include "label.h"
#include "match.h"
#include "policy_diff.h"

/* Labels of security modules: globs from the policy to the automaton and to exceptions. */

#define HEAD "version: 1\nprofiles:\n"

static struct ew_image *compile(const char *text, const struct ew_image *before, __u64 kept)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;
	struct ew_slots slots = {.kept = kept, .labels = before};

	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(ew_policy_compile_slots(policy, 0, &fake_machine, &slots, &image, &diag), 0);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
	return image;
}

/* The set of globs that match LABEL, as the programs find it. */
static __u64 matched(const struct ew_image *image, const char *label)
{
	char text[EW_LABEL_MAX + 1] = {EW_LABEL_MARK};
	__u32 state = EW_PATTERN_START;
	const char *at = text;
	__u64 set = 0;

	strncpy(text + 1, label, sizeof(text) - 2);
	while (ew_match_step(&image->pattern_states[state], *at++, &state, &set))
		;
	return set;
}

static void globs(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *image =
		compile(HEAD "- name: web\n  mode: deny\n  gains: [label]\n  cgroups: [\"/a*\", \"/**\"]\n  except:\n"
			     "    - {program: /a, gain: [\"label:ew_*\", \"label:unconfined\"]}\n"
			     "    - {program: /b, gain: [\"label:/**\", \"label:ew_*\"]}\n"
			     "    - {program: /c, gain: [label, cap_net_raw]}\n",
			NULL, 0);

	(void)state;
	assert_int_equal(image->profiles[0].gains, EW_BIT(EW_GAIN_LABEL));
	assert_true(ew_image_labels(image));
	assert_int_equal(image->n_labels, 3);
	assert_string_equal(ew_image_label(image, 2), "/**");
	assert_string_equal(ew_image_label(image, 3), "?");
	assert_true(image->exceptions[0].value.labels == 3 && image->exceptions[0].value.kinds == 0);
	assert_true(image->exceptions[1].value.labels == 5);
	assert_true(image->exceptions[2].value.labels == 0);
	assert_int_equal(image->exceptions[2].value.kinds, EW_BIT(EW_GAIN_LABEL));
	assert_true(matched(image, "ew_tight") == 1);
	assert_true(matched(image, "ew_a/b") == 0);
	assert_true(matched(image, "unconfined") == 2);
	assert_true(matched(image, "unconfined2") == 0);
	/* not those of the cgroup pattern, nor are globs matched by cgroups */
	assert_true(matched(image, "/abc") == 4);
	assert_true(matched(image, "") == 0);
	assert_true(image->pattern_states[EW_PATTERN_CUT].set == 1);
}

static void default_gains_leave_labels_out(void **state)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = compile(HEAD "- {name: web, mode: deny}\n", NULL, 0);

	(void)state;
	assert_false(ew_image_labels(image));
	assert_int_equal(image->n_pattern_states, 0);
}

/* An exception's numbers mean the same in the policy before and in the next, so that a profile can be kept. */
static void numbers_stay(void **state)
{
#define ONE(glob) "    - {program: /" glob ", gain: [\"label:" glob "\"]}\n"
#define PROFILE HEAD "- name: web\n  mode: deny\n  gains: [label]\n  except:\n"
	EW_CLEANUP(ew_image_free) struct ew_image *a = compile(PROFILE ONE("a") ONE("b"), NULL, 0);
	EW_CLEANUP(ew_image_free) struct ew_image *b = compile(PROFILE ONE("c") ONE("b"), a, 0);
	EW_CLEANUP(ew_image_free) struct ew_image *kept = compile(PROFILE ONE("c"), a, 1ULL << 40);

	(void)state;
	assert_string_equal(ew_image_label(b, 1), "b");
	assert_string_equal(ew_image_label(b, 2), "c");
	assert_int_equal(b->n_labels, 2);
	assert_string_equal(ew_image_label(kept, 0), "a");
	assert_true(matched(kept, "b") == 2 && matched(kept, "c") == 4);
	assert_true(ew_image_hash(a) != ew_image_hash(b));
}

static void changes(void **state)
{
	EW_CLEANUP(ew_image_free) struct ew_image *a = compile(PROFILE ONE("a"), NULL, 0);
	EW_CLEANUP(ew_image_free)
	struct ew_image *b = compile(PROFILE "    - {program: /a, gain: [\"label:x\"]}\n", NULL, 0);
	EW_CLEANUP(ew_diff_clear) struct ew_diff diff = {0};

	(void)state;
	/* both have number 0 */
	assert_int_equal(ew_policy_diff(a, b, &diff), 0);
	assert_int_equal(diff.n, 1);
	assert_string_equal(diff.changes[0].before, "gain label:a");
	assert_string_equal(diff.changes[0].after, "gain label:x");
}

static void limit(void **state)
{
	char *text = NULL, *verdict;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	fputs(PROFILE, f);
	for (int i = 0; i <= EW_LABEL_GLOBS_MAX; i++)
		fprintf(f, "    - {program: /p%d, gain: [\"label:l%d\"]}\n", i, i);
	fclose(f);
	verdict = verdict_of("p.yaml", text, size);
	assert_string_equal(verdict, "p.yaml:71:30: error: too many labels; expected at most 64 different ones after "
				     "\"label:\"\n");
	free(verdict);
	free(text);
	assert_verdict(PROFILE ONE("*x?????????????????????????"),
		       "p.yaml:7:54: error: label pattern \"*x?????????????????????????\", with those before it, makes "
		       "an automaton of more than 65536 states; expected fewer patterns with text after a \"*\"\n");
}

static void exceptions(void **state)
{
	static const struct {
		struct ew_exception exception;
		__u64 labels;
		bool covers;
	} table[] = {
		{{.labels = 6}, 2, true},
		{{.labels = 6}, 1, false},
		{{.labels = 6}, 0, false}, /* of a label that is cut nothing matches */
		{{.labels = 0}, 0, false},
		{{.kinds = EW_BIT(EW_GAIN_LABEL)}, 0, true},
		{{.kinds = EW_BIT(EW_GAIN_UID)}, ~0ULL, false},
	};
	const struct ew_profile profile = {.gains = EW_BIT(EW_GAIN_LABEL)}, other = {.gains = EW_BIT(EW_GAIN_UID)};
	const struct ew_creds after = {};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(table); i++) {
		const struct ew_gain gain = {.kinds = EW_BIT(EW_GAIN_LABEL), .labels = table[i].labels};

		if (ew_exception_covers(&table[i].exception, &profile, &gain, &after) != table[i].covers)
			fail_msg("row %zu", i);
		assert_int_equal(ew_decide_gain(&profile, &gain, 0), EW_REASON_GAIN);
		assert_int_equal(ew_decide_gain(&other, &gain, 0), EW_REASON_NOT_CONTROLLED);
	}
}

static void agrees(void **state)
{
	static const struct {
		__u32 module;
		const char *file, *read;
		bool cut, agrees;
	} table[] = {
		{EW_LABEL_APPARMOR, "unconfined", "unconfined", false, true},
		{EW_LABEL_APPARMOR, "/usr/bin/x (enforce)", "/usr/bin/x", false, true},
		{EW_LABEL_APPARMOR, "a (enforce)//&b (complain)", "a//&b", false, true},
		{EW_LABEL_APPARMOR, "a//&b (enforce)", "a//&b", false, true},
		{EW_LABEL_APPARMOR, "a (enforce)", "b", false, false},
		{EW_LABEL_APPARMOR, "ab (enforce)", "a", false, false},
		{EW_LABEL_APPARMOR, "ab (enforce)", "a", true, true},
		{EW_LABEL_APPARMOR, "", "", false, false},
		{EW_LABEL_APPARMOR, "a:b", "a", false, false},
		{EW_LABEL_SELINUX, "u:r:t", "u:r:t", false, true},
		{EW_LABEL_SELINUX, "u:r:t:s0-s0:c0.c1023", "u:r:t", false, true},
		{EW_LABEL_SELINUX, "u:r:t2:s0", "u:r:t", false, false},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(table); i++) {
		struct ew_label_text read = {.length = (__u32)strlen(table[i].read), .cut = table[i].cut};

		strcpy(read.text, table[i].read);
		if (ew_label_agrees(table[i].module, table[i].file, &read) != table[i].agrees)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),	cmocka_unit_test(default_gains_leave_labels_out),
		cmocka_unit_test(numbers_stay), cmocka_unit_test(changes),
		cmocka_unit_test(limit),	cmocka_unit_test(exceptions),
		cmocka_unit_test(agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
