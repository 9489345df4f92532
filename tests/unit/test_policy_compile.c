/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

/* From a policy to an image, on a machine of the test's own. */

#define HEAD "version: 1\nprofiles:\n"

struct made {
	struct ew_image *image;
	char *told;
	int err;
};

static void unmake(struct made *made)
{
	ew_image_free(&made->image);
	free(made->told);
}

static struct made make(const char *text, unsigned int flags)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct made made = {0};

	assert_int_equal(ew_policy_read_buffer("dir/p.yaml", text, strlen(text), &policy, &diag), 0);
	made.err = ew_policy_compile(policy, flags, &fake_machine, &made.image, &diag);
	made.told = diagnostics_text(&diag);
	ew_diagnostics_clear(&diag);
	/* The image is whole without the policy. */
	ew_policy_free(&policy);
	return made;
}

static struct ew_identity identity_of(const char *path)
{
	struct ew_identity identity = {0};

	assert_int_equal(fake_program(NULL, path, &identity), 0);
	return identity;
}

/* The exception of SLOT for PROGRAM execed from FROM (NULL: any), or NULL. */
static const struct ew_exception *find(const struct ew_image *image, __u32 slot, const char *program, const char *from)
{
	struct ew_exception_key key = {.program = identity_of(program), .profile = slot};

	if (from)
		key.from = identity_of(from);
	for (size_t i = 0; i < image->n_exceptions; i++) {
		if (!memcmp(&image->exceptions[i].key, &key, sizeof(key)))
			return &image->exceptions[i].value;
	}
	return NULL;
}

static void profiles(void **state)
{
	EW_CLEANUP(unmake)
	struct made made = make(
		HEAD
		"- name: web\n  mode: deny\n"
		"- name: kill-all\n  mode: kill\n  exec: none\n  userns: initial\n  self_service: yes\n  gains: [gid]\n"
		"  shapes: [setid, ptraced]\n"
		"- name: watch\n  mode: audit\n  allow_caps: [cap_chown, cap_net_raw]\n",
		0);
	const struct ew_profile *p;

	(void)state;
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->n_profiles, 3);
	p = &made.image->profiles[0];
	assert_string_equal(p->name, "web");
	assert_string_equal(p->file, "p.yaml");
	assert_int_equal(p->line, 3);
	assert_int_equal(p->generation, 0);
	assert_int_equal(p->flags, EW_PROFILE_USED);
	assert_int_equal(p->mode, EW_VERDICT_DENY);
	assert_int_equal(p->gains, EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS));
	assert_int_equal(p->shapes, 0);
	assert_true(p->allow_caps == 0);
	p = &made.image->profiles[1];
	assert_int_equal(p->line, 5);
	assert_int_equal(p->flags,
			 EW_PROFILE_USED | EW_PROFILE_EXEC_NONE | EW_PROFILE_USERNS_INITIAL | EW_PROFILE_SELF_SERVICE);
	assert_int_equal(p->mode, EW_VERDICT_KILL);
	assert_int_equal(p->gains, EW_BIT(EW_GAIN_GID));
	assert_int_equal(p->shapes, EW_BIT(EW_SHAPE_SETID) | EW_BIT(EW_SHAPE_PTRACED));
	p = &made.image->profiles[2];
	assert_int_equal(p->mode, EW_VERDICT_AUDIT);
	assert_true(p->allow_caps == (1ULL << 0 | 1ULL << 13));
	assert_int_equal(made.image->profiles[3].flags, 0);
}

static void exceptions(void **state)
{
	EW_CLEANUP(unmake)
	struct made made =
		make(HEAD "- {name: a, mode: deny}\n"
			  "- name: b\n  mode: deny\n  except:\n"
			  "  - {program: /p, gain: [uid, cap_chown, cap_net_raw, \"gid:shadow\", \"gid:7\"]}\n"
			  "  - program: /q\n    gain: [\"uid:www-data\", caps, gid]\n    from: [/x, /y]\n",
		     0);
	const struct ew_exception *e;

	(void)state;
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->n_exceptions, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(made.image->exceptions[i].key.generation, 0);
	assert_null(find(made.image, 0, "/p", NULL));
	e = find(made.image, 1, "/p", NULL);
	assert_non_null(e);
	assert_int_equal(e->kinds, EW_BIT(EW_GAIN_UID));
	assert_true(e->caps == (1ULL << 0 | 1ULL << 13));
	assert_int_equal(e->n_uids, 0);
	assert_int_equal(e->n_gids, 2);
	assert_int_equal(e->gids[0], 42);
	assert_int_equal(e->gids[1], 7);
	assert_int_equal(e->line, 7);
	assert_null(find(made.image, 1, "/q", NULL));
	assert_non_null(find(made.image, 1, "/q", "/x"));
	e = find(made.image, 1, "/q", "/y");
	assert_non_null(e);
	assert_int_equal(e->kinds, EW_BIT(EW_GAIN_CAPS) | EW_BIT(EW_GAIN_GID));
	assert_int_equal(e->n_uids, 1);
	assert_int_equal(e->uids[0], 33);
	assert_int_equal(e->line, 8);
}

#define ZEROS "00000000000000000000000000000000"

/* By its identity and by the digest, which any path can have. */
static void digests(void **state)
{
	static const __u8 digest[EW_VERITY_SIZE] = {0x01, 0xff, [31] = 0x80};
	EW_CLEANUP(unmake)
	struct made made =
		make(HEAD "- name: x\n  mode: deny\n  except:\n"
			  "  - program: {path: /a, verity: \"sha256:01ff" ZEROS "0000000000000000000000000080\"}\n"
			  "    gain: [uid]\n    from: [/sh, /bash]\n"
			  "  - {program: /b, gain: [gid]}\n"
			  "- name: y\n  mode: deny\n  except:\n"
			  "  - {program: {path: /c, verity: \"sha256:01ff" ZEROS
			  "0000000000000000000000000080\"}, gain: [caps]}\n",
		     0);
	struct ew_exception_key key = {.program = {.ino = 0xff01, .dev = EW_VERITY_DEV}, .profile = 1};
	size_t found = 0;

	(void)state;
	assert_string_equal(made.told, "");
	assert_int_equal(made.image->n_exceptions, 4 + 1 + 2);
	assert_int_equal(made.image->n_verities, 1);
	assert_memory_equal(made.image->verities[0].digest, digest, sizeof(digest));
	assert_int_equal(made.image->verities[0].line, 6);
	assert_non_null(find(made.image, 0, "/a", "/sh"));
	assert_non_null(find(made.image, 1, "/c", NULL));
	for (size_t i = 0; i < made.image->n_exceptions; i++)
		found += !memcmp(&made.image->exceptions[i].key, &key, sizeof(key));
	assert_int_equal(found, 1);
	assert_string_equal(ew_image_path_of(made.image, &key.program),
			    "sha256:01ff" ZEROS "0000000000000000000000000080");
}

/* N digests: as many as there can be, and one more. */
static char *many_digests(unsigned int n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs(HEAD "- name: x\n  mode: deny\n  except:\n", f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f,
			"  - {program: {path: /p%u, verity: \"sha256:%016x" ZEROS "0000000000000000\"}, gain: [uid]}\n",
			i, i);
	fclose(f);
	return text;
}

static void digests_most(void **state)
{
	_cleanup_free_ char *most = many_digests(EW_VERITIES_MAX), *more = many_digests(EW_VERITIES_MAX + 1);
	EW_CLEANUP(unmake) struct made made = make(most, 0), refused = make(more, 0);

	(void)state;
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->n_verities, EW_VERITIES_MAX);
	assert_int_equal(refused.err, -EINVAL);
	assert_string_equal(refused.told,
			    "dir/p.yaml:4102:38: error: too many digests; expected at most 4096 in all files\n");
}

/* By which the daemon knows that nothing has changed. */
static void hash_tells_images_apart(void **state)
{
	static const char *const texts[] = {
		HEAD "- name: x\n  mode: deny\n  except:\n  - {program: /a, gain: [uid]}\n",
		HEAD "- name: x\n  mode: deny\n  except:\n  - {program: /b, gain: [uid]}\n",
		HEAD "- name: x\n  mode: deny\n  except:\n\n  - {program: /a, gain: [uid]}\n",
		HEAD "- name: x\n  mode: deny\n  cgroups: [/a]\n",
		HEAD "- name: x\n  mode: deny\n  cgroups: [/*]\n",
		HEAD "- name: x\n  mode: deny\n  users: [33]\n",
		HEAD "- name: x\n  mode: deny\n  users: [33-34]\n",
		HEAD "- name: x\n  mode: deny\n  programs: [/a]\n",
		HEAD "- name: x\n  mode: deny\n  programs: [/b]\n",
		HEAD "- name: x\n  mode: deny\n  fds: {mode: deny}\n",
		HEAD "- name: x\n  mode: deny\n  fds: {mode: deny, min: 4}\n",
		HEAD "- name: x\n  mode: deny\n  fds: {mode: deny, allow: [{kind: socket}]}\n",
		HEAD "- name: x\n  mode: deny\n  fds: {mode: deny, allow: [{kind: socket, program: /a}]}\n",
	};
	__u64 hashes[EW_ARRAY_SIZE(texts)];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(texts); i++) {
		EW_CLEANUP(unmake) struct made once = make(texts[i], 0), again = make(texts[i], 0);

		assert_int_equal(once.err, 0);
		hashes[i] = ew_image_hash(once.image);
		assert_true(hashes[i] && hashes[i] == ew_image_hash(again.image));
		for (size_t j = 0; j < i; j++)
			assert_true(hashes[j] != hashes[i]);
		/* the same text, and another file */
		if (once.image->n_exceptions) {
			once.image->exceptions[0].key.program.ino++;
			assert_true(ew_image_hash(once.image) != hashes[i]);
		}
	}
}

static void ids_are_stored_once(void **state)
{
	EW_CLEANUP(unmake)
	struct made made = make(
		HEAD
		"- name: a\n  mode: deny\n  except:\n"
		"  - {program: /p, gain: [\"uid:root\", \"uid:0\", \"uid:toor\", \"uid:4294967294\", \"gid:root\"]}\n",
		0);

	(void)state;
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->exceptions[0].value.n_uids, 2);
	assert_int_equal(made.image->exceptions[0].value.uids[0], 0);
	assert_int_equal(made.image->exceptions[0].value.uids[1], 4294967294U);
	assert_int_equal(made.image->exceptions[0].value.n_gids, 1);
	assert_int_equal(made.image->exceptions[0].value.gids[0], 0);
}

static void two_names_of_one_image(void **state)
{
	EW_CLEANUP(unmake)
	struct made made = make(HEAD "- name: a\n  mode: deny\n  except:\n"
				     "  - {program: /p, gain: [uid], from: [/z, /same/a, /same/b, /y]}\n"
				     "  - {program: /q, gain: [uid]}\n",
				0);

	(void)state;
	assert_int_equal(made.err, 0);
	assert_string_equal(made.told, "");
	assert_int_equal(made.image->n_exceptions, 4);
	assert_non_null(find(made.image, 0, "/p", "/same/b"));
	assert_non_null(find(made.image, 0, "/p", "/y"));
	/* In the order of the file, whatever the identities are. */
	assert_true(made.image->exceptions[0].key.from.ino == identity_of("/z").ino);
	assert_true(made.image->exceptions[3].key.program.ino == identity_of("/q").ino);
}

static void twins_in_two_profiles(void **state)
{
	EW_CLEANUP(unmake)
	struct made made = make(HEAD "- {name: a, mode: deny, except: [{program: /same/a, gain: [uid]}]}\n"
				     "- {name: b, mode: deny, except: [{program: /same/b, gain: [uid]}]}\n",
				0);

	(void)state;
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->n_exceptions, 2);
}

static void cgroups(void **state)
{
	EW_CLEANUP(unmake)
	struct made made = make(HEAD "- {name: a, mode: deny, cgroups: [/x, /y]}\n"
				     "- {name: b, mode: deny, cgroups: [/, /y]}\n",
				0);
	const struct ew_image_cgroup *c;

	(void)state;
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->n_cgroups, 3);
	c = made.image->cgroups;
	assert_string_equal(c[0].path, "/x");
	assert_true(c[0].set == 1);
	assert_string_equal(c[1].path, "/y");
	assert_true(c[1].set == 3);
	assert_int_equal(c[1].line, 3);
	assert_string_equal(c[1].file, "p.yaml");
	assert_string_equal(c[2].path, "/");
	assert_true(c[2].set == 2);
	assert_int_equal(c[2].line, 4);
}

static void sixty_four_profiles(void **state)
{
	char text[8192] = HEAD;
	EW_CLEANUP(unmake) struct made made = {0};

	(void)state;
	for (unsigned int i = 0; i < EW_PROFILES_MAX; i++)
		sprintf(strchr(text, '\0'), "- {name: p%u, mode: deny, cgroups: [/c]}\n", i);
	made = make(text, 0);
	assert_int_equal(made.err, 0);
	assert_int_equal(made.image->n_profiles, 64);
	assert_string_equal(made.image->profiles[63].name, "p63");
	assert_int_equal(made.image->n_cgroups, 1);
	assert_true(made.image->cgroups[0].set == UINT64_MAX);
}

#define MISSING                                                         \
	HEAD "- name: a\n  mode: deny\n  except:\n"                     \
	     "  - {program: /missing/p, gain: [uid]}\n"                 \
	     "  - {program: /hidden/p, gain: [uid]}\n"                  \
	     "  - {program: /q, gain: [uid], from: [/missing/a, /b]}\n" \
	     "  - {program: /r, gain: [uid], from: [/missing/a]}\n"

static void missing_programs_are_errors(void **state)
{
	EW_CLEANUP(unmake) struct made made = make(MISSING, 0);

	(void)state;
	assert_int_equal(made.err, -EINVAL);
	assert_null(made.image);
	assert_string_equal(
		made.told,
		"dir/p.yaml:6:15: error: program \"/missing/p\" does not exist; expected an installed program\n"
		"dir/p.yaml:7:15: error: program \"/hidden/p\" cannot be looked at: Permission denied; expected an "
		"installed "
		"program\n"
		"dir/p.yaml:8:39: error: program \"/missing/a\" does not exist; expected an installed program\n"
		"dir/p.yaml:9:39: error: program \"/missing/a\" does not exist; expected an installed program\n");
}

static void missing_programs_are_left_out(void **state)
{
	EW_CLEANUP(unmake) struct made made = make(MISSING, EW_COMPILE_MISSING_OK);

	(void)state;
	assert_int_equal(made.err, 0);
	assert_non_null(strstr(made.told, "dir/p.yaml:6:15: warning: program \"/missing/p\" does not exist; expected"));
	assert_non_null(strstr(made.told, "dir/p.yaml:7:15: warning: "));
	assert_non_null(strstr(made.told, "dir/p.yaml:9:39: warning: "));
	/* One that lost all its images has not become one for any. */
	assert_int_equal(made.image->n_exceptions, 1);
	assert_non_null(find(made.image, 0, "/q", "/b"));
}

static void what_is_wrong_stays_wrong(void **state)
{
	EW_CLEANUP(unmake)
	struct made made = make(HEAD "- name: a\n  mode: deny\n  except:\n"
				     "  - {program: /directory, gain: [\"uid:x\"]}\n"
				     "  - {program: /broken/p, gain: [\"uid:unreachable\"]}\n",
				EW_COMPILE_MISSING_OK);

	(void)state;
	assert_int_equal(made.err, -EINVAL);
	assert_string_equal(made.told,
			    "dir/p.yaml:6:15: error: program \"/directory\" is not a regular file; expected one\n"
			    "dir/p.yaml:6:34: error: unknown user \"x\"; expected a user of this machine, or a number\n"
			    "dir/p.yaml:7:15: error: program \"/broken/p\" cannot be looked at: Input/output error; "
			    "expected an installed "
			    "program\n"
			    "dir/p.yaml:7:33: error: user \"unreachable\" cannot be looked up: Input/output error; "
			    "expected a user of this "
			    "machine, or a number\n");
}

static void out_is_untouched_on_failure(void **state)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = (void *)state;
	static const char bad[] = "version: 2\n";

	assert_int_equal(ew_policy_read_buffer("p", bad, strlen(bad), &policy, &diag), -EINVAL);
	assert_ptr_equal(policy, state);
	ew_diagnostics_clear(&diag);
}

static void this_machine(void **state)
{
	_cleanup_free_ char *user = ew_resolver_system.nearest(NULL, true, "roott");
	_cleanup_free_ char *group = ew_resolver_system.nearest(NULL, false, "shadwo");
	__u32 id = 7;

	(void)state;
	assert_string_equal(user, "root");
	assert_string_equal(group, "shadow");
	assert_null(ew_resolver_system.nearest(NULL, true, "nothing-like-a-user"));
	assert_int_equal(ew_resolver_system.user(NULL, "root", &id), 0);
	assert_int_equal(id, 0);
	id = 7;
	assert_int_equal(ew_resolver_system.group(NULL, "root", &id), 0);
	assert_int_equal(id, 0);
	id = 7;
	assert_int_equal(ew_resolver_system.user(NULL, "no such user", &id), -ENOENT);
	assert_int_equal(ew_resolver_system.group(NULL, "no such group", &id), -ENOENT);
	assert_int_equal(id, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(digests),
		cmocka_unit_test(digests_most),
		cmocka_unit_test(hash_tells_images_apart),
		cmocka_unit_test(ids_are_stored_once),
		cmocka_unit_test(two_names_of_one_image),
		cmocka_unit_test(twins_in_two_profiles),
		cmocka_unit_test(cgroups),
		cmocka_unit_test(sixty_four_profiles),
		cmocka_unit_test(missing_programs_are_errors),
		cmocka_unit_test(missing_programs_are_left_out),
		cmocka_unit_test(what_is_wrong_stays_wrong),
		cmocka_unit_test(out_is_untouched_on_failure),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
