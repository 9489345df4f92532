/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "escape.h"
#include "learn_help.h"

/* Labels of security modules among what is learned: each exception names the very label, and is matched as in the
 * kernel. */

#define PLAIN "\"uid\":33,\"euid\":33,\"suid\":33,\"gid\":33,\"egid\":33,\"sgid\":33"
#define LABELS WEB "    gains: [uid, gid, caps, label]\n"

/* A refused exec of PATH that gains the label of these very bytes, and MORE. */
static void take_more(const char *label, const char *path, const char *exe, const char *more, int times)
{
	_cleanup_free_ char *escaped = ew_escape_dup(label, strlen(label), 0), *gain = NULL, *file = NULL, *from = NULL;
	json_object *name = json_object_new_string(escaped);
	struct line l = {.after = *more ? NULL : PLAIN, .permitted = "0000000000000000"};

	assert_true(asprintf(&gain, "%s\"label\"", more) > 0);
	assert_true(asprintf(&file, "\"%s\"", path) > 0);
	assert_true(asprintf(&from, "\"%s\"", exe) > 0);
	l.gain = gain;
	l.path = file;
	l.exe = from;
	l.label = json_object_to_json_string_ext(name, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	take(l, times);
	json_object_put(name);
}

static void take_label(const char *label)
{
	take_more(label, "/usr/bin/man", "/usr/bin/dash", "", 1);
}

/* POLICY with the entries of TEXT, as somebody who pastes them leaves it. */
static char *paste(const char *policy, const char *text)
{
	char *out, *end, *entries = strstr(text, "    except:\n");

	assert_non_null(entries);
	assert_true(asprintf(&out, "%s%s", policy, entries) > 0);
	end = strstr(out, "\n\n# No exception can");
	if (end)
		end[1] = '\0';
	return out;
}

static void all_kinds(void)
{
	take_label("/usr/bin/man");
	take_more("/usr/bin/man", "/usr/bin/man", "/usr/bin/bash", "", 2);
	take_label("groff");
	take_more("unconfined", "/usr/bin/sudo", "/usr/bin/dash", "\"uid:root\",", 1);
	take_more("unconfined", "/usr/bin/wide", "/usr/bin/dash", "", 1);
	take_more("system_u:system_r:passwd_t", "/usr/bin/passwd", "/usr/bin/dash", "", 3);
}

static void pasted(void **state)
{
	_cleanup_free_ char *text = NULL, *policy = NULL, *again = NULL, *other = NULL;

	(void)state;
	begin(LABELS);
	all_kinds();
	text = finish();
	assert_int_equal(learn.refused, 9);
	assert_int_equal(learn.learnable, 9);
	assert_int_equal(learn.n_learned, 5);
	assert_int_equal(learn.n_unlearned, 0);
	/* several labels are several gains; what needs another set of them is another entry */
	assert_has(text, "      - program: /usr/bin/man\n"
			 "        gain: [\"label:/usr/bin/man\", \"label:groff\"]\n"
			 "        from: [/usr/bin/dash]\n");
	assert_has(text, "        gain: [\"label:/usr/bin/man\"]\n        from: [/usr/bin/bash]\n");
	assert_has(text, "        gain: [\"uid:root\", \"label:unconfined\"]\n");
	assert_has(text, "      # critical: label:unconfined: leaves the security module's rules");
	assert_has(text, "      # medium: label: takes another label: ");
	/* the riskiest first */
	assert_true(strstr(text, "/usr/bin/wide") < strstr(text, "/usr/bin/man"));
	assert_true(strstr(text, "/usr/bin/wide") < strstr(text, "/usr/bin/passwd"));
	policy = paste(LABELS, text);
	ew_learn_clear(&learn);

	begin(policy);
	all_kinds();
	again = finish();
	assert_int_equal(learn.allowed_by, 9);
	assert_int_equal(learn.n_learned, 0);
	ew_learn_clear(&learn);

	/* of labels that were not recorded it lets none pass */
	begin(policy);
	take_label("/usr/bin/ma");
	take_label("/usr/bin/manx");
	take_label("unconfined");
	other = finish();
	assert_int_equal(learn.allowed_by, 0);
	assert_int_equal(learn.learnable, 3);
	assert_has(other, "; in place of the one for it in line ");
	ew_learn_clear(&learn);
}

/* The images of callers that take the same label are one entry. */
static void together(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(LABELS);
	take_label("x");
	take_more("x", "/usr/bin/man", "/usr/bin/bash", "", 1);
	text = finish();
	assert_has(text, "# Replayed with 1 exception: all 2 of them pass;");
	assert_has(text, "        gain: [\"label:x\"]\n        from: [/usr/bin/dash, /usr/bin/bash]\n");
	ew_learn_clear(&learn);
}

/* Names to fear that a policy can have: the policy that is printed names exactly that, and nothing else. */
static void hostile(void **state)
{
	static const char *const names[] = {
		"\"], from: [",
		"a\", \"uid:root",
		"\\",
		"\\x41",
		"%s%n",
		"a: b #c",
		" - program: /bin/sh",
		"{}[]&!|>'`@,",
		"\xc3\xa9\xf0\x9f\x98\x80",
		"a\xc2\x85\xc2\x9b[31m",
		"a\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf\xef\xbf\xbe\xef\xbf\xbf",
		"\xef\xbb\xbf",
		"ew_a//&:ns://b",
		"uid:root",
		"label:x",
		"~",
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = NULL, *policy = NULL, *again = NULL;

		begin(LABELS);
		take_label(names[i]);
		text = finish();
		if (learn.learnable != 1)
			fail_msg("not learned: %s\n%s", names[i], text);
		/* nothing that drives a terminal */
		assert_null(strstr(text, "\xc2\x9b"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		policy = paste(LABELS, text);
		ew_learn_clear(&learn);
		begin(policy);
		assert_int_equal(learn.image->n_exceptions, 1);
		assert_int_equal(learn.image->exceptions[0].value.kinds, 0);
		assert_int_equal(learn.image->exceptions[0].value.n_uids, 0);
		assert_int_equal(learn.image->n_labels, 1);
		assert_string_equal(learn.image->labels[0].path + 1, names[i]);
		take_label(names[i]);
		again = finish();
		assert_int_equal(learn.allowed_by, 1);
		ew_learn_clear(&learn);
	}
}

/* Names that a policy can not have as they are are told, and nothing that the same exec gained is advised. */
static void cannot(void **state)
{
	static const struct {
		const char *label, *why;
	} names[] = {
		{"/usr/*/man", "its new label has a * or ? in its name, which a policy takes for a pattern: write one"},
		{"a?", "its new label has a * or ? in its name"},
		{"***", "its new label has a * or ? in its name"},
		{"a\nb", "its new label cannot be written in a policy as it is: write a pattern for it"},
		{"a\x1b[31m", "its new label cannot be written in a policy as it is"},
		{"a\xff", "its new label cannot be written in a policy as it is"},
		{"", "its new label is not known whole: only the gain `label`, any label, would allow it"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = NULL;

		begin(LABELS);
		take_more(names[i].label, "/usr/bin/man", "/usr/bin/dash", "\"uid:root\",", 2);
		text = finish();
		assert_int_equal(learn.n_learned, 0);
		assert_int_equal(learn.learnable, 0);
		assert_int_equal(learn.n_unlearned, 1);
		assert_int_equal(learn.image->n_labels, 0);
		assert_has(text, "#   2 times, profile web: gain, first /usr/bin/man: its new label ");
		assert_has(text, names[i].why);
		assert_null(strchr(text, '\x1b'));
		ew_learn_clear(&learn);
	}
}

/* A label that is cut is none, and then nothing of it is advised; that the one before is cut takes nothing away. */
static void not_whole(void **state)
{
	static const struct line cut = {.gain = "\"uid:root\",\"label\"",
					.permitted = "0000000000000000",
					.label = "\"new\",\"truncated\":true"},
				 null = {.gain = "\"label\"",
					 .after = PLAIN,
					 .permitted = "0000000000000000",
					 .label = "null"},
				 none = {.gain = "\"label\"", .after = PLAIN, .permitted = "0000000000000000"},
				 before = {.gain = "\"label:new\"",
					   .after = PLAIN,
					   .permitted = "0000000000000000",
					   .label = "\"new\",\"truncated\":true"};
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(LABELS);
	take(cut, 1);
	take(null, 1);
	take(none, 1);
	take(before, 1);
	text = finish();
	assert_int_equal(learn.learnable, 1);
	assert_has(text, "        gain: [\"label:new\"]\n");
	assert_has(text, "#   3 times, profile web: gain, first /usr/bin/sudo: its new label is not known whole");
	ew_learn_clear(&learn);
}

/* What the policy has for a program stays, with its patterns; what those match needs nothing. */
static void policy_counts(void **state)
{
	static const char policy[] = LABELS
		"    except:\n"
		"      - {program: /usr/bin/cat, gain: [\"label:second\", \"label:a*\"]}\n"
		"      - {program: /usr/bin/man, gain: [\"label:b*\", \"label:second\"], from: [/usr/bin/dash]}\n"
		"      - {program: /usr/bin/id, gain: [label], from: [/usr/bin/dash]}\n"
		"      - {program: /usr/bin/tr, gain: [\"label:/**\"], from: [/usr/bin/dash]}\n";
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(policy);
	take_more("abc", "/usr/bin/cat", "/usr/bin/dash", "", 1);
	take_label("bcd");
	take_label("second");
	take_more("x", "/usr/bin/id", "/usr/bin/dash", "\"uid:root\",", 1);
	take_more("/a/b", "/usr/bin/tr", "/usr/bin/dash", "\"uid:root\",", 1);
	take_label("abc");
	text = finish();
	assert_int_equal(learn.allowed_by, 3);
	assert_int_equal(learn.learnable, 6);
	assert_int_equal(learn.n_learned, 3);
	assert_has(text, "      - program: /usr/bin/man\n"
			 "        gain: [\"label:second\", \"label:b*\", \"label:abc\"]\n");
	assert_has(text, "        gain: [label, \"uid:root\"]\n");
	assert_has(text, "        gain: [\"uid:root\", \"label:/**\"]\n");
	/* nothing was needed but the one */
	assert_int_equal(learn.image->n_labels, 4 + 1);
	ew_learn_clear(&learn);
}

/* A policy can name so many labels: those that are past it are told, and what is printed can be pasted. */
static void too_many(void **state)
{
	_cleanup_free_ char *text = NULL, *policy = NULL, *pasted_policy = NULL;
	char label[32], *at;
	size_t size;
	FILE *f = open_memstream(&policy, &size);

	(void)state;
	fputs(LABELS "    except:\n", f);
	for (int i = 0; i < EW_LABEL_GLOBS_MAX - 3; i++)
		fprintf(f, "      - {program: /p/%d, gain: [\"label:l%d\"]}\n", i, i);
	fclose(f);
	begin(policy);
	for (int i = 0; i < 5; i++) {
		snprintf(label, sizeof(label), "n%d", i);
		take_label(label);
	}
	text = finish();
	assert_int_equal(learn.learnable, 3);
	assert_int_equal(learn.image->n_labels, EW_LABEL_GLOBS_MAX);
	assert_has(text, "        gain: [\"label:n0\", \"label:n1\", \"label:n2\"]\n");
	assert_has(text, "#   2 times, profile web: gain, first /usr/bin/man: a policy cannot have so many labels");
	at = strstr(text, "      - program:");
	*strstr(at, "\n\n# No") = '\0';
	assert_true(asprintf(&pasted_policy, "%s%s\n", policy, at) > 0);
	ew_learn_clear(&learn);
	begin(pasted_policy);
	assert_int_equal(learn.image->n_exceptions, EW_LABEL_GLOBS_MAX - 3 + 1);
	ew_learn_clear(&learn);
}

/* Nor can its automaton be of any size: what fits can be pasted. */
static void too_large(void **state)
{
	static const char policy[] = WEB "    gains: [label]\n    cgroups: [\"/**a????????????\"]\n    except:\n"
					 "      - {program: /p, gain: [\"label:**a?????????????\"]}\n";
	_cleanup_free_ char *text = NULL, *pasted_policy = NULL;
	char label[EW_LABEL_MAX], *at;

	(void)state;
	begin(policy);
	assert_true(learn.image->n_pattern_states < EW_PATTERN_STATES_MAX - EW_LABEL_MAX);
	for (int i = 0; i < 26; i++) {
		memset(label, 'A' + i, sizeof(label) - 1);
		label[sizeof(label) - 1] = '\0';
		take_label(label);
	}
	text = finish();
	assert_true(learn.learnable >= 1 && learn.image->n_labels < EW_LABEL_GLOBS_MAX);
	assert_int_equal(learn.n_unlearned, 1);
	assert_int_equal(learn.unlearned[0].count, 26 - learn.learnable);
	assert_true(learn.labels_full);
	assert_has(text, "a policy cannot have so many labels and patterns: write a pattern for several\n");
	at = strstr(text, "      - program:");
	*strstr(at, "\n\n# No") = '\0';
	assert_true(asprintf(&pasted_policy, "%s%s\n", policy, at) > 0);
	ew_learn_clear(&learn);
	begin(pasted_policy);
	ew_learn_clear(&learn);
}

/* Labels are asked for by profiles that mind them, and by one that is not here if nothing else was gained. */
static void who_minds(void **state)
{
	_cleanup_free_ char *text = NULL, *one = NULL;
	struct line unheard = {.gain = "\"label:x\"",
			       .after = PLAIN,
			       .permitted = "0000000000000000",
			       .label = "\"x\"",
			       .profile = "unheard",
			       .profiles = "\"unheard\""};

	(void)state;
	begin(WEB);
	take_more("x", "/usr/bin/sudo", "/usr/bin/dash", "\"uid:root\",", 1);
	take_more("y", "/usr/bin/sudo", "/usr/bin/dash", "\"uid:root\",", 1);
	take(unheard, 1);
	text = finish();
	assert_int_equal(learn.keys.n, 2);
	assert_has(text, "        gain: [\"uid:root\"]\n");
	assert_has(
		text,
		"# profile unheard, which the policy here does not have: taken to control uid, gid, caps and label\n");
	assert_has(text, "        gain: [\"label:x\"]\n");
	assert_int_equal(learn.learnable, 3);
	one = ew_learn_exception(&parsed);
	assert_string_equal(one, "      - program: /usr/bin/sudo\n        gain: [\"label:x\"]\n"
				 "        from: [/usr/bin/dash]\n");
	ew_learn_clear(&learn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pasted),   cmocka_unit_test(together),	 cmocka_unit_test(hostile),
		cmocka_unit_test(cannot),   cmocka_unit_test(not_whole), cmocka_unit_test(policy_counts),
		cmocka_unit_test(too_many), cmocka_unit_test(too_large), cmocka_unit_test(who_minds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
