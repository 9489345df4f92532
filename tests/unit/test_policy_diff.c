/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_diff.h"
#include "policy_help.h"
#include "policy_print.h"

/* From one policy to the next: slots that stay, what changes, and the merged policy as text. */

#define HEAD "version: 1\nprofiles:\n"

/* The image of TEXT with the slots of BEFORE (NULL: none), those KEPT not to be had. */
static int compile(const char *text, const struct ew_image *before, __u64 kept, struct ew_image **out)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_slots slots = {.kept = kept};
	int err;

	for (unsigned int slot = 0; before && slot < EW_PROFILES_MAX; slot++)
		memcpy(slots.name[slot], before->profiles[slot].name, EW_PROFILE_NAME_MAX);
	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	err = ew_policy_compile_slots(policy, 0, &fake_machine, before ? &slots : NULL, out, &diag);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
	return err;
}

static struct ew_image *image_of(const char *text, const struct ew_image *before)
{
	struct ew_image *image = NULL;

	assert_int_equal(compile(text, before, 0, &image), 0);
	return image;
}

static void assert_diff(const char *before, const char *after, const char *expected)
{
	EW_CLEANUP(ew_image_free) struct ew_image *a = image_of(before, NULL), *b = image_of(after, a);
	EW_CLEANUP(ew_diff_clear) struct ew_diff diff = {0};
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(ew_policy_diff(a, b, &diff), 0);
	ew_diff_print(&diff, f);
	fclose(f);
	assert_string_equal(text, expected);
}

/* N profiles, named PREFIX0 and so on; the caller frees. */
static char *many(const char *prefix, unsigned int n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(n ? HEAD : "version: 1\nprofiles: []\n", f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, "- {name: %s%u, mode: deny, cgroups: [/%s%u]}\n", prefix, i, prefix, i);
	fclose(f);
	return text;
}

static void no_difference(void **state)
{
	(void)state;
	/* other lines, another order of profiles, ids and cgroups */
	assert_diff(HEAD "- {name: a, mode: deny, cgroups: [/x, /y]}\n"
			 "- name: b\n  mode: kill\n  except:\n"
			 "  - {program: /p, gain: [\"uid:33\", \"uid:root\"], from: [/q, /r]}\n",
		    HEAD "\n\n- name: b\n  mode: kill\n  except:\n"
			 "  - {program: /p, gain: [\"uid:0\", \"uid:www-data\"], from: [/r, /q]}\n"
			 "- {name: a, mode: deny, cgroups: [/y, /x]}\n",
		    "");
	assert_diff("version: 1\nprofiles: []\n", "version: 1\nprofiles: []\n", "");
}

static void every_difference(void **state)
{
	(void)state;
	assert_diff(
		HEAD "- name: a\n  mode: deny\n  cgroups: [/x, /z]\n  except:\n"
		     "  - {program: /p, gain: [uid]}\n"
		     "  - {program: /o, gain: [uid]}\n"
		     "- {name: goes, mode: audit, cgroups: [/y, /x]}\n"
		     "- {name: same, mode: audit}\n",
		HEAD "- name: a\n  mode: kill\n  cgroups: [/x]\n  shapes: [memfd]\n  except:\n"
		     "  - {program: /p, gain: [uid, cap_kill]}\n"
		     "  - {program: /n, gain: [gid], from: [/q]}\n"
		     "- {name: comes, mode: deny, exec: none, cgroups: [/x]}\n"
		     "- {name: same, mode: audit}\n",
		"~ profile a: mode deny, gains uid gid caps -> mode kill, gains uid gid caps, shapes memfd (p.yaml:3)\n"
		"+ profile comes: mode deny, gains uid gid caps, exec none (p.yaml:10)\n"
		"- profile goes: mode audit, gains uid gid caps (p.yaml:9)\n"
		"+ exception a /n from /q: gain gid (p.yaml:9)\n"
		"- exception a /o: gain uid (p.yaml:8)\n"
		"~ exception a /p: gain uid -> gain uid cap_kill (p.yaml:8)\n"
		"~ cgroup /x: a, goes -> a, comes (p.yaml:5)\n"
		"- cgroup /y: goes (p.yaml:9)\n"
		"- cgroup /z: a (p.yaml:5)\n");
}

static void ids_and_capabilities(void **state)
{
	(void)state;
	assert_diff(HEAD "- name: a\n  mode: deny\n  allow_caps: [cap_kill]\n  except:\n"
			 "  - {program: /p, gain: [\"uid:33\", \"uid:7\", \"gid:9\"]}\n"
			 "  - {program: /q, gain: [\"uid:33\"]}\n",
		    HEAD "- name: a\n  mode: deny\n  allow_caps: [cap_kill, cap_chown]\n  except:\n"
			 "  - {program: /p, gain: [\"uid:33\", \"uid:7\", \"gid:8\"]}\n"
			 "  - {program: /q, gain: [\"uid:0\"]}\n",
		    "~ profile a: mode deny, gains uid gid caps, allow_caps cap_kill -> mode deny, gains uid gid caps, "
		    "allow_caps cap_chown cap_kill (p.yaml:3)\n"
		    "~ exception a /p: gain uid:7 uid:33 gid:9 -> gain uid:7 uid:33 gid:8 (p.yaml:7)\n"
		    "~ exception a /q: gain uid:33 -> gain uid:0 (p.yaml:8)\n");
}

static void patterns(void **state)
{
	(void)state;
	assert_diff(HEAD "- {name: a, mode: deny, cgroups: [\"/x/*\", /x, \"/goes/**\"]}\n- {name: b, mode: kill}\n",
		    HEAD "- {name: a, mode: deny, cgroups: [/x, \"/x/*\", \"/new?\"]}\n"
			 "- {name: b, mode: kill, cgroups: [\"/x/*\"]}\n",
		    "- pattern /goes/**: a (p.yaml:3)\n"
		    "+ pattern /new?: a (p.yaml:3)\n"
		    "~ pattern /x/*: a -> a, b (p.yaml:3)\n");
}

static void users(void **state)
{
	(void)state;
	/* cut in other ways, under the same names: no difference */
	assert_diff(HEAD "- {name: a, mode: deny, users: [1000-1999, 1500-2500, root]}\n",
		    HEAD "- {name: a, mode: deny, users: [0, 2000-2500, 1000-1200, 1201-1999]}\n", "");
	assert_diff(HEAD "- {name: a, mode: deny, users: [1000-1999, www-data, 7]}\n- {name: b, mode: kill}\n",
		    HEAD "- {name: a, mode: deny, users: [1000-1499, 1600-2999, www-data]}\n"
			 "- name: b\n  mode: kill\n  users: [9,\n  1400-1700, 4294967294]\n",
		    "- user 7: a (p.yaml:3)\n"
		    "+ user 9: b (p.yaml:6)\n"
		    "~ user 1400-1499: a -> a, b (p.yaml:3)\n"
		    "~ user 1500-1599: a -> b (p.yaml:7)\n"
		    "~ user 1600-1700: a -> a, b (p.yaml:3)\n"
		    "+ user 2000-2999: a (p.yaml:3)\n"
		    "+ user 4294967294: b (p.yaml:7)\n");
	assert_diff(HEAD "- {name: a, mode: deny, users: [0-4294967294]}\n", HEAD "- {name: a, mode: deny}\n",
		    "- user 0-4294967294: a (p.yaml:3)\n");
}

/* Profiles that go, and others that get their slots, are not the same to a user. */
static void users_of_a_reused_slot(void **state)
{
	_cleanup_free_ char *old = many("a", EW_PROFILES_MAX), *new = many("b", EW_PROFILES_MAX);
	EW_CLEANUP(ew_image_free) struct ew_image *a = image_of(old, NULL), *b = image_of(new, a);
	EW_CLEANUP(ew_diff_clear) struct ew_diff diff = {0};
	struct ew_image_user user = {.first = 5, .last = 6, .set = 1};
	bool found = false;

	(void)state;
	a->users[0] = b->users[0] = user;
	a->n_users = b->n_users = 1;
	assert_int_equal(ew_policy_diff(a, b, &diff), 0);
	for (size_t i = 0; i < diff.n; i++) {
		if (strcmp(diff.changes[i].kind, "user"))
			continue;
		assert_false(found);
		found = true;
		assert_string_equal(diff.changes[i].what, "5-6");
		assert_string_equal(diff.changes[i].before, a->profiles[0].name);
		assert_string_equal(diff.changes[i].after, b->profiles[0].name);
		assert_string_equal(diff.changes[i].origin, "");
	}
	assert_true(found);
}

static char *program_is(const char *path)
{
	struct ew_identity identity = {0};
	char *text;

	fake_program(NULL, path, &identity);
	assert_true(asprintf(&text, "%s (inode %llu of 8:1)", path, (unsigned long long)identity.ino) > 0);
	return text;
}

static void programs(void **state)
{
	_cleanup_free_ char *goes = program_is("/goes"), *new = program_is("/new"), *p = program_is("/p"), *text;

	(void)state;
	assert_true(
		asprintf(&text,
			 "- program %s: a (p.yaml:3)\n+ program %s: b (p.yaml:5)\n~ program %s: a -> a, b (p.yaml:3)\n",
			 goes, new, p) > 0);
	assert_diff(HEAD "- {name: a, mode: deny, programs: [/goes, /p, /same/one]}\n- {name: b, mode: kill}\n",
		    HEAD "- {name: a, mode: deny, programs: [/same/two, /p]}\n"
			 "- name: b\n  programs: [/new, /p]\n  mode: kill\n",
		    text);
}

static void json(void **state)
{
	EW_CLEANUP(ew_image_free) struct ew_image *a = image_of(HEAD "- {name: a, mode: deny}\n", NULL);
	EW_CLEANUP(ew_image_free) struct ew_image *b = image_of(HEAD "- {name: b, mode: deny}\n", a);
	EW_CLEANUP(ew_diff_clear) struct ew_diff diff = {0};
	json_object *list;

	(void)state;
	assert_int_equal(ew_policy_diff(a, b, &diff), 0);
	list = ew_diff_json(&diff);
	assert_string_equal(
		json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN),
		"[{\"change\":\"remove\",\"kind\":\"profile\",\"what\":\"a\",\"before\":\"mode deny, gains uid gid "
		"caps\",\"after\":null,\"origin\":\"p.yaml:3\"},"
		"{\"change\":\"add\",\"kind\":\"profile\",\"what\":\"b\",\"before\":null,\"after\":\"mode deny, gains "
		"uid gid caps\",\"origin\":\"p.yaml:3\"}]");
	json_object_put(list);
}

static void slots_stay(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *a =
		image_of(HEAD "- {name: a, mode: deny}\n- {name: b, mode: deny}\n- {name: c, mode: deny}\n", NULL);
	EW_CLEANUP(ew_image_free)
	struct ew_image *b = image_of(
		HEAD "- {name: n, mode: deny, cgroups: [/n]}\n- {name: c, mode: deny}\n- {name: b, mode: deny}\n", a);

	(void)state;
	assert_string_equal(b->profiles[1].name, "b");
	assert_string_equal(b->profiles[2].name, "c");
	/* not that of a, while there are others */
	assert_int_equal(b->profiles[0].flags, 0);
	assert_string_equal(b->profiles[3].name, "n");
	assert_true(b->cgroups[0].set == 1ULL << 3);
	assert_int_equal(b->n_profiles, 3);
}

static void slots_at_the_limit(void **state)
{
	_cleanup_free_ char *old = many("a", EW_PROFILES_MAX), *new = many("b", EW_PROFILES_MAX);
	EW_CLEANUP(ew_image_free) struct ew_image *a = image_of(old, NULL), *b = image_of(new, a), *c = NULL;

	(void)state;
	/* all 64 at once */
	assert_int_equal(b->n_profiles, EW_PROFILES_MAX);
	/* one of them is kept, so there is room for 63 others and no more */
	assert_int_equal(compile(new, a, 1ULL << 5, &c), -EINVAL);
	assert_null(c);
	free(new);
	new = many("b", EW_PROFILES_MAX - 1);
	assert_int_equal(compile(new, a, 1ULL << 5, &c), 0);
	assert_int_equal(c->n_profiles, EW_PROFILES_MAX - 1);
	assert_int_equal(c->profiles[5].flags, 0);
	ew_image_free(&c);
	/* the last goes, and its slot is that of one named before all that stay */
	{
		_cleanup_free_ char *stay = many("a", EW_PROFILES_MAX - 1), *text = NULL;

		assert_true(asprintf(&text, HEAD "- {name: first, mode: kill}\n%s", stay + strlen(HEAD)) > 0);
		c = image_of(text, a);
		assert_string_equal(c->profiles[EW_PROFILES_MAX - 1].name, "first");
		assert_string_equal(c->profiles[0].name, "a0");
		assert_int_equal(c->n_profiles, EW_PROFILES_MAX);
	}
	ew_image_free(&c);
}

static void paths_are_known(void **state)
{
	EW_CLEANUP(ew_image_free)
	struct ew_image *image = image_of(HEAD "- name: a\n  mode: deny\n  except:\n"
					       "  - {program: /p, gain: [uid], from: [/q, /r]}\n",
					  NULL);

	(void)state;
	for (size_t i = 0; i < image->n_exceptions; i++)
		assert_string_equal(ew_image_path_of(image, &image->exceptions[i].key.program), "/p");
	assert_null(ew_image_path_of(image, &(struct ew_identity){.ino = 1}));
	assert_int_equal(image->n_paths, 3);
}

/* What is printed is the same policy, and prints the same but for its places. */
static void printed_is_the_same(void **state)
{
	static const char text[] = HEAD
		"- name: a\n  mode: deny\n  gains: [uid, caps]\n  shapes: [memfd]\n  cgroups: [/x, \"/a b\", '/c: d']\n"
		"  allow_caps: [cap_kill]\n  except:\n"
		"    - {program: /p, gain: [\"uid:root\", caps], from: [/q, /r], reason: \"a \\\"b\\\" \\\\ # "
		"\\u00fc\"}\n"
		"    - program: /o\n      gain:\n      - gid\n      reason: >-\n        two\n        lines\n"
		"- {name: \"1\", mode: audit, exec: none, cgroups: []}\n";
	EW_CLEANUP(ew_diff_clear) struct ew_diff diff = {0};
	EW_CLEANUP(ew_image_free) struct ew_image *a = image_of(text, NULL), *b = NULL;
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	_cleanup_free_ char *printed = NULL;
	size_t size;
	FILE *f = open_memstream(&printed, &size);

	(void)state;
	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	ew_policy_print(policy, f);
	fclose(f);
	ew_policy_free(&policy);
	b = image_of(printed, NULL);
	assert_int_equal(ew_policy_diff(a, b, &diff), 0);
	assert_int_equal(diff.n, 0);
	assert_non_null(strstr(printed, "  # p.yaml:3\n"));
	assert_non_null(strstr(printed, "reason: \"a \\\"b\\\" \\\\ # \u00fc\"\n"));
	assert_non_null(strstr(printed, "reason: \"two lines\"\n"));
	ew_diagnostics_clear(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_difference),
		cmocka_unit_test(every_difference),
		cmocka_unit_test(ids_and_capabilities),
		cmocka_unit_test(users),
		cmocka_unit_test(users_of_a_reused_slot),
		cmocka_unit_test(programs),
		cmocka_unit_test(patterns),
		cmocka_unit_test(json),
		cmocka_unit_test(slots_stay),
		cmocka_unit_test(slots_at_the_limit),
		cmocka_unit_test(paths_are_known),
		cmocka_unit_test(printed_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
