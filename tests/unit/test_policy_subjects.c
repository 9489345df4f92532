/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include "policy_text.h"

/* `users`, `programs` and `sticky`, from the policy to the image. What is refused is in bad/. */

#define HEAD "version: 1\nprofiles:\n"

static struct ew_image *compile(const char *text, unsigned int flags, const char *told)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;
	_cleanup_free_ char *said = NULL;

	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	ew_policy_compile(policy, flags, &fake_machine, &image, &diag);
	said = diagnostics_text(&diag);
	assert_string_equal(said, told);
	ew_diagnostics_clear(&diag);
	ew_policy_free(&policy);
	return image;
}

static void users(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *image = compile(HEAD "- {name: a, mode: deny, users: [www-data, 1000-60000, 7]}\n"
					      "- {name: b, mode: deny}\n"
					      "- {name: c, mode: deny, users: [root, \"0-4294967294\"]}\n",
					 0, "");
	static const struct ew_image_user expected[] = {
		{33, 33, 1, 3, "p.yaml"}, {1000, 60000, 1, 3, "p.yaml"},   {7, 7, 1, 3, "p.yaml"},
		{0, 0, 4, 5, "p.yaml"},	  {0, 4294967294, 4, 5, "p.yaml"},
	};

	(void)state;
	assert_int_equal(image->n_users, EW_ARRAY_SIZE(expected));
	for (size_t i = 0; i < image->n_users; i++) {
		assert_true(image->users[i].first == expected[i].first && image->users[i].last == expected[i].last);
		assert_true(image->users[i].set == expected[i].set);
		assert_int_equal(image->users[i].line, expected[i].line);
		assert_string_equal(image->users[i].file, expected[i].file);
	}
}

static void user_words(void **state)
{
	static const struct {
		const char *text, *name;
		__u32 first, last;
	} right[] = {
		{"0", NULL, 0, 0},    {"4294967294", NULL, 4294967294, 4294967294},
		{"5-5", NULL, 5, 5},  {"0-4294967294", NULL, 0, 4294967294},
		{"a-b", "a-b", 0, 0}, {"1000-x", "1000-x", 0, 0},
		{"1.5", "1.5", 0, 0}, {"www-data", "www-data", 0, 0},
	};
	static const char *const wrong[] = {"-", "-1", "1-", "1-2-3", "--", "2-1", "01", "1-02", "4294967295", ""};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(right); i++) {
		struct ew_user_word word;
		struct ew_why why;

		assert_true(ew_user_word_parse(right[i].text, &word, &why));
		assert_int_equal(!word.name, !right[i].name);
		if (word.name)
			assert_string_equal(word.name, right[i].name);
		assert_true(word.first == right[i].first && word.last == right[i].last);
	}
	for (size_t i = 0; i < EW_ARRAY_SIZE(wrong); i++) {
		struct ew_user_word word = {.first = 77};
		struct ew_why why;

		assert_false(ew_user_word_parse(wrong[i], &word, &why));
		assert_int_equal(word.first, 77);
	}
}

static void programs(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *image = compile(HEAD "- {name: a, mode: deny, programs: [/same/one, /p, /same/two]}\n"
					      "- {name: b, mode: deny, programs: [/p]}\n",
					 0, "");
	struct ew_identity same, p;

	(void)state;
	fake_program(NULL, "/same/one", &same);
	fake_program(NULL, "/p", &p);
	assert_int_equal(image->n_programs, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct ew_image_program *program = &image->programs[i];
		bool is_p = !memcmp(&program->key.program, &p, sizeof(p));

		assert_true(is_p || !memcmp(&program->key.program, &same, sizeof(same)));
		assert_true(program->set == (is_p ? 3 : 1));
		assert_int_equal(program->key.generation, 0);
		assert_string_equal(program->file, "p.yaml");
	}
}

static void missing_programs(void **state)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;

	(void)state;
	image = compile(HEAD "- {name: a, mode: deny, programs: [/missing/x, /p]}\n", EW_COMPILE_MISSING_OK,
			"p.yaml:3:36: warning: program \"/missing/x\" does not exist; expected an installed program\n");
	assert_int_equal(image->n_programs, 1);
	assert_null(
		compile(HEAD "- {name: a, mode: deny, programs: [/missing/x, /p]}\n", 0,
			"p.yaml:3:36: error: program \"/missing/x\" does not exist; expected an installed program\n"));
}

static void sticky(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *image =
		compile(HEAD "- {name: a, mode: deny}\n- {name: b, mode: deny, sticky: yes}\n"
			     "- {name: c, mode: deny, sticky: no}\n- {name: d, mode: deny, sticky: true}\n",
			0, "");

	(void)state;
	assert_true(ew_image_sticky(image) == 10);
	assert_int_equal(image->profiles[1].flags, EW_PROFILE_USED | EW_PROFILE_STICKY);
	assert_int_equal(image->profiles[2].flags, EW_PROFILE_USED);
}

/* N entries of KEY, each as FORMAT makes of its number. */
static char *many(const char *key, const char *format, unsigned int n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fprintf(f, HEAD "- name: a\n  mode: deny\n  %s:\n", key);
	for (unsigned int i = 0; i < n; i++) {
		fputs("  - ", f);
		fprintf(f, format, i); /* NOLINT: the formats are below */
		fputc('\n', f);
	}
	fclose(f);
	return text;
}

static void limits(void **state)
{
	_cleanup_free_ char *users_most = many("users", "%u", EW_USERS_MAX);
	_cleanup_free_ char *users_more = many("users", "%u", EW_USERS_MAX + 1);
	_cleanup_free_ char *programs_most = many("programs", "/p%u", EW_PROGRAMS_MAX);
	_cleanup_free_ char *programs_more = many("programs", "/p%u", EW_PROGRAMS_MAX + 1);
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;

	(void)state;
	image = compile(users_most, 0, "");
	assert_int_equal(image->n_users, EW_USERS_MAX);
	assert_null(compile(users_more, 0,
			    "p.yaml:2053:5: error: too many users; expected at most 2047 users and ranges in all "
			    "files\n"));
	ew_image_free(&image);
	image = compile(programs_most, 0, "");
	assert_int_equal(image->n_programs, EW_PROGRAMS_MAX);
	assert_null(compile(programs_more, 0,
			    "p.yaml:4102:5: error: too many programs; expected at most 4096 in the \"programs\" of all "
			    "files\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users),    cmocka_unit_test(user_words),
		cmocka_unit_test(programs), cmocka_unit_test(missing_programs),
		cmocka_unit_test(sticky),   cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
