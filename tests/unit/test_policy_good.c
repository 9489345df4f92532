/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include <glob.h>

/* Policies that are accepted, and what is read from them. */

static struct ew_policy *read_policy(const char *text)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	int err = ew_policy_read_buffer("dir/p.yaml", text, strlen(text), &policy, &diag);
	_cleanup_free_ char *told = diagnostics_text(&diag);

	ew_diagnostics_clear(&diag);
	if (err)
		fail_msg("%s", told);
	assert_string_equal(told, "");
	return policy;
}

static void everything(void **state)
{
	static const char text[] = "version: 1\n"
				   "profiles:\n"
				   "  - name: web\n"
				   "    mode: kill\n"
				   "    exec: any\n"
				   "    gains: [caps, uid]\n"
				   "    shapes: [memfd, interpreted]\n"
				   "    userns: initial\n"
				   "    sticky: no\n"
				   "    self_service: yes\n"
				   "    cgroups: [/, \"/system.slice/a b.service\"]\n"
				   "    allow_caps: [cap_net_bind_service]\n"
				   "    except:\n"
				   "      - program: /usr/bin/ping\n"
				   "        gain: [cap_net_raw, \"uid:0\"]\n"
				   "        from: [/bin/sh, /bin/dash]\n"
				   "        reason: PAM, and more\n";
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	const struct ew_policy_profile *profile;

	(void)state;
	policy = read_policy(text);
	assert_int_equal(policy->n_files, 1);
	assert_int_equal(policy->n_profiles, 1);
	assert_int_equal(policy->n_exceptions, 1);
	assert_string_equal(policy->files[0].path, "dir/p.yaml");
	assert_string_equal(policy->files[0].name, "p.yaml");
	assert_int_equal(policy->files[0].document->version, 1);
	profile = &policy->files[0].document->profiles[0];
	assert_string_equal(profile->name, "web");
	assert_int_equal(profile->mode, EW_VERDICT_KILL);
	assert_int_equal(profile->exec, EW_POLICY_EXEC_ANY);
	assert_int_equal(profile->gains, EW_BIT(EW_GAIN_CAPS) | EW_BIT(EW_GAIN_UID));
	assert_int_equal(profile->shapes, EW_BIT(EW_SHAPE_MEMFD) | EW_BIT(EW_SHAPE_INTERPRETED));
	assert_int_equal(profile->userns, EW_POLICY_USERNS_INITIAL);
	assert_false(profile->sticky);
	assert_true(profile->self_service);
	assert_int_equal(profile->cgroups_count, 2);
	assert_string_equal(profile->cgroups[1], "/system.slice/a b.service");
	assert_int_equal(profile->allow_caps_count, 1);
	assert_string_equal(profile->allow_caps[0], "cap_net_bind_service");
	assert_int_equal(profile->except_count, 1);
	assert_int_equal(profile->node->line, 3);
	assert_string_equal(profile->except[0].program, "/usr/bin/ping");
	assert_int_equal(profile->except[0].gain_count, 2);
	assert_string_equal(profile->except[0].gain[1], "uid:0");
	assert_int_equal(profile->except[0].from_count, 2);
	assert_string_equal(profile->except[0].from[1], "/bin/dash");
	assert_string_equal(profile->except[0].reason, "PAM, and more");
	assert_int_equal(profile->except[0].node->line, 14);
	assert_int_equal(profile->except[0].node->column, 9);
}

static void defaults(void **state)
{
	EW_CLEANUP(ew_policy_free)
	struct ew_policy *policy = read_policy("version: 1\nprofiles:\n- {name: a, mode: audit}\n"
					       "- {name: b, mode: deny, gains: [], shapes: [setid]}\n"
					       "- {name: c, mode: deny, gains: [], exec: none}\n");
	const struct ew_policy_profile *profiles = policy->files[0].document->profiles;

	(void)state;
	assert_int_equal(policy->n_profiles, 3);
	assert_int_equal(profiles[0].exec, EW_POLICY_EXEC_ANY);
	assert_int_equal(profiles[0].gains, EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS));
	assert_int_equal(profiles[0].shapes, 0);
	assert_int_equal(profiles[0].userns, EW_POLICY_USERNS_ALL);
	assert_int_equal(profiles[0].cgroups_count, 0);
	assert_int_equal(profiles[0].except_count, 0);
	/* An empty list is not the default. */
	assert_int_equal(profiles[1].gains, 0);
	assert_int_equal(profiles[2].exec, EW_POLICY_EXEC_NONE);
}

static void every_word(void **state)
{
	EW_CLEANUP(ew_policy_free)
	struct ew_policy *policy =
		read_policy("version: 1\nprofiles:\n"
			    "- {name: a, mode: audit, gains: [gid]}\n"
			    "- {name: b, mode: deny, shapes: [setid, memfd, unlinked, script, nosuid-mount, "
			    "ptraced, interpreted]}\n"
			    "- {name: c, mode: kill, exec: none, userns: all}\n");
	const struct ew_policy_profile *profiles = policy->files[0].document->profiles;

	(void)state;
	assert_int_equal(profiles[0].mode, EW_VERDICT_AUDIT);
	assert_int_equal(profiles[0].gains, EW_BIT(EW_GAIN_GID));
	assert_int_equal(profiles[1].mode, EW_VERDICT_DENY);
	assert_int_equal(profiles[1].shapes, EW_BIT(EW_SHAPE_MAX) - 1);
	assert_int_equal(profiles[2].mode, EW_VERDICT_KILL);
}

static void other_spellings_of_yaml(void **state)
{
	(void)state;
	assert_verdict("version: 1\nprofiles: []\n", "");
	assert_verdict("%YAML 1.1\n---\nversion: 1\nprofiles: []\n...\n", "");
	assert_verdict("{\"version\": 1, \"profiles\": [{\"name\": \"web\", \"mode\": \"deny\"}]}", "");
	assert_verdict("# tabs \t in comments\nversion:\t1\nprofiles: []\t# and between\n", "");
	assert_verdict("version: 1\nprofiles:\n-\n  name: >-\n    web\n  mode: |-\n    deny\n", "");
	assert_verdict("version: 1\nprofiles:\n  - name: 0\n    mode: 'deny'\n    cgroups: [/\xc3\xa4, /...]\n", "");
}

static void limits_of_texts(void **state)
{
	char text[16384];

	(void)state;
	snprintf(text, sizeof(text), "version: 1\nprofiles: [{name: %063d, mode: deny}]\n", 0);
	assert_verdict(text, "");
	/* 511 bytes of cgroup and 4095 of program, in components of 255 at most */
	strcpy(text, "version: 1\nprofiles:\n- name: a\n  mode: deny\n  cgroups: [");
	for (unsigned int i = 0; i < 2; i++)
		sprintf(strchr(text, '\0'), "/%0*d", i ? 254 : 255, 0);
	strcat(text, "]\n  except:\n  - program: ");
	for (unsigned int i = 0; i < 16; i++)
		sprintf(strchr(text, '\0'), "/%0*d", i ? 255 : 254, 0);
	sprintf(strchr(text, '\0'), "\n    gain: [\"uid:4294967294\"]\n    reason: %01024d\n", 0);
	assert_verdict(text, "");
}

static void exceptions_that_look_alike(void **state)
{
	(void)state;
	/* Another image, any image, another profile. */
	assert_verdict("version: 1\nprofiles:\n- name: a\n  mode: deny\n  except:\n"
		       "  - {program: /p, gain: [uid], from: [/a]}\n"
		       "  - {program: /p, gain: [uid], from: [/b]}\n"
		       "  - {program: /p, gain: [gid]}\n"
		       "- name: b\n  mode: deny\n  except:\n  - {program: /p, gain: [gid]}\n",
		       "");
}

static void warnings(void **state)
{
	(void)state;
	assert_verdict(
		"version: 1\nprofiles:\n- {name: a, mode: deny, gains: []}\n",
		"p.yaml:3:3: warning: profile refuses nothing; expected a gain, a shape, \"fds\" or \"exec: none\"\n");
	assert_verdict("version: 1\nprofiles:\n- name: a\n  mode: deny\n  gains: [uid]\n  allow_caps: [cap_kill]\n",
		       "p.yaml:6:15: warning: \"allow_caps\" without effect; expected \"caps\" among the gains\n");
	assert_verdict(
		"version: 1\nprofiles:\n- name: a\n  mode: deny\n  gains: [uid]\n  except:\n"
		"  - {program: /p, gain: [gid]}\n",
		"p.yaml:7:25: warning: exception for gains that profile \"a\" does not control; expected a gain of a "
		"kind in its \"gains\"\n");
}

static void examples(void **state)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;
	glob_t files;

	(void)state;
	assert_int_equal(glob(EW_TEST_DIR "/../../dist/examples/*.yaml", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 3);
	assert_int_equal(ew_policy_read_files((const char *const *)files.gl_pathv, files.gl_pathc, EW_READ_ANY_OWNER,
					      &policy, &diag),
			 0);
	ew_diagnostics_clear(&diag);
	assert_int_equal(ew_policy_compile(policy, 0, &fake_machine, &image, &diag), 0);
	assert_int_equal(diag.n_errors + diag.n_warnings, 0);
	assert_int_equal(image->n_profiles, files.gl_pathc);
	ew_image_free(&image);
	ew_policy_free(&policy);
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),	   cmocka_unit_test(defaults),
		cmocka_unit_test(every_word),	   cmocka_unit_test(other_spellings_of_yaml),
		cmocka_unit_test(limits_of_texts), cmocka_unit_test(exceptions_that_look_alike),
		cmocka_unit_test(warnings),	   cmocka_unit_test(examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
