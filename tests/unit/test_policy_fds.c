/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include "decide.h"
#include "policy_diff.h"

/* `fds` of a policy: defaults, what is compiled, warnings; and what a profile says to the descriptors of an exec. */

static struct ew_image *image_of(const char *fds)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;
	char *text;

	assert_true(asprintf(&text, "version: 1\nprofiles:\n- name: a\n  mode: deny\n  fds: %s\n", fds) > 0);
	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(ew_policy_compile(policy, 0, &fake_machine, &image, &diag), 0);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
	free(text);
	return image;
}

static void keys(void **state)
{
	static const struct {
		const char *fds;
		__u32 mode, flags, min;
		__u64 allow;
		const char *text;
	} cases[] = {
		{"{mode: audit}", EW_VERDICT_AUDIT, EW_FDS_IGNORE_LISTEN, 3, 0, "fds audit from 3 but for listen_fds"},
		{"{mode: off}", 0, 0, 0, 0, NULL},
		{"{mode: deny, when: gain, min: 10, ignore: []}", EW_VERDICT_DENY, EW_FDS_WHEN_GAIN, 10, 0,
		 "fds deny from 10 with a gain"},
		{"{mode: kill, min: 0, ignore: [stdio]}", EW_VERDICT_KILL, 0, 3, 0, "fds kill from 3"},
		{"{mode: kill, min: 1, ignore: [listen_fds]}", EW_VERDICT_KILL, EW_FDS_IGNORE_LISTEN, 1, 0,
		 "fds kill from 1 but for listen_fds"},
		{"{mode: deny, ignore: [], allow: [{kind: socket}, {kind: other}]}", EW_VERDICT_DENY, 0, 3,
		 1ULL << EW_FD_SOCKET | 1ULL << EW_FD_OTHER, "fds deny from 3 but for socket other"},
		{"{mode: deny, min: 1048576, ignore: [], allow: []}", EW_VERDICT_DENY, 0, 1048576, 0,
		 "fds deny from 1048576"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		struct ew_image *image = image_of(cases[i].fds);
		const struct ew_profile *profile = &image->profiles[0];
		char *text = ew_profile_text(profile);

		assert_int_equal(profile->fd_mode, cases[i].mode);
		assert_int_equal(profile->fd_flags, cases[i].flags);
		assert_int_equal(profile->fd_min, cases[i].min);
		assert_true(profile->fd_allow == cases[i].allow);
		assert_int_equal(profile->fd_line, cases[i].mode ? 5 : 0);
		assert_int_equal(ew_image_fds(image, false), cases[i].mode != 0);
		assert_int_equal(ew_image_fds(image, true), cases[i].mode && !(cases[i].flags & EW_FDS_WHEN_GAIN));
		if (cases[i].text)
			assert_non_null(strstr(text, cases[i].text));
		else
			assert_null(strstr(text, "fds"));
		free(text);
		ew_image_free(&image);
	}
}

/* Those for one program make one entry, whatever it is called, beside its exception of gains. */
static void programs(void **state)
{
	struct ew_image *image =
		image_of("{mode: deny, allow: [{kind: socket, program: /p}, {kind: eventfd, program: /p},"
			 " {kind: pidfd, program: /q}]}\n  except: [{program: /p, gain: [uid]}]");
	__u64 kinds = 0;
	unsigned int n = 0;

	(void)state;
	assert_int_equal(image->n_exceptions, 3);
	assert_true(image->profiles[0].fd_flags & EW_FDS_ALLOW_PROGRAMS);
	assert_true(image->profiles[0].fd_allow == 0);
	for (size_t i = 0; i < image->n_exceptions; i++) {
		const struct ew_image_exception *exception = &image->exceptions[i];

		assert_int_equal(exception->key.from.pad, exception->value.fds ? EW_FROM_FDS : 0);
		n += exception->value.fds != 0;
		kinds |= exception->value.fds;
	}
	assert_int_equal(n, 2);
	assert_true(kinds == (1ULL << EW_FD_SOCKET | 1ULL << EW_FD_EVENTFD | 1ULL << EW_FD_PIDFD));
	ew_image_free(&image);
}

/* What `reload` says when it changes. */
static void changes(void **state)
{
	struct ew_image *before = image_of(
				"{mode: deny, allow: [{kind: socket, program: /p}, {kind: fifo, program: /q}]}"),
			*after = image_of(
				"{mode: deny, allow: [{kind: socket, program: /p}, {kind: pidfd, program: /p}]}");
	struct ew_diff diff = {0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(ew_policy_diff(before, after, &diff), 0);
	ew_diff_print(&diff, f);
	fclose(f);
	assert_string_equal(text, "~ exception a /p: fds socket -> fds socket pidfd (p.yaml:5)\n"
				  "- exception a /q: fds fifo (p.yaml:5)\n");
	free(text);
	ew_diff_clear(&diff);
	ew_image_free(&before);
	ew_image_free(&after);
}

static void warnings(void **state)
{
	(void)state;
	assert_verdict("version: 1\nprofiles:\n- name: a\n  mode: deny\n  fds:\n    mode: audit\n    allow:\n"
		       "    - {kind: socket, program: /p}\n    - {kind: socket}\n    - {kind: pidfd, program: /p}\n",
		       "p.yaml:8:7: warning: entry matches nothing: \"socket\" is allowed for every program at line 9; "
		       "expected one of the two\n");
	assert_verdict(
		"version: 1\nprofiles:\n- name: a\n  mode: deny\n  fds: {mode: off, allow: [{kind: socket}]}\n",
		"p.yaml:5:27: warning: \"allow\" matches nothing where the mode is off; expected another mode\n");
	assert_verdict("version: 1\nprofiles:\n- name: a\n  mode: deny\n  gains: []\n  fds: {mode: audit}\n", "");
}

static void too_many(void **state)
{
	char *text = malloc(1 << 20), *at = text;

	(void)state;
	at += sprintf(at, "version: 1\nprofiles:\n- name: a\n  mode: deny\n  fds:\n    mode: audit\n    allow:\n");
	for (int i = 0; i < EW_FD_ALLOWS_MAX; i++)
		at += sprintf(at, "    - {kind: socket, program: /p%d}\n", i);
	assert_verdict(text, "");
	sprintf(at, "    - {kind: socket, program: /q}\n");
	assert_verdict(text, "p.yaml:1032:7: error: too many entries in \"allow\"; expected at most 1024\n");
	free(text);
}

static void decides(void **state)
{
	static const struct ew_profile always = {.fd_mode = EW_VERDICT_AUDIT},
				       gain = {.fd_mode = EW_VERDICT_DENY, .fd_flags = EW_FDS_WHEN_GAIN},
				       listen = {.fd_mode = EW_VERDICT_KILL, .fd_flags = EW_FDS_IGNORE_LISTEN},
				       off = {0};

	(void)state;
	assert_false(ew_decide_fds_minds(&off, EW_VERDICT_AUDIT, true, false));
	assert_true(ew_decide_fds_minds(&always, EW_VERDICT_AUDIT, false, true));
	assert_false(ew_decide_fds_minds(&always, EW_VERDICT_DENY, false, false));
	assert_true(ew_decide_fds_minds(&gain, EW_VERDICT_DENY, true, false));
	assert_false(ew_decide_fds_minds(&gain, EW_VERDICT_DENY, false, false));
	assert_true(ew_decide_fds_minds(&listen, EW_VERDICT_DENY, false, false));
	assert_false(ew_decide_fds_minds(&listen, EW_VERDICT_DENY, false, true));

	assert_false(ew_decide_fds_refuses(0, 0, 0));
	assert_true(ew_decide_fds_refuses(0, 0, 1));
	assert_false(ew_decide_fds_refuses(6, 2, 5));
	assert_true(ew_decide_fds_refuses(6, 3, 5));
	assert_false(ew_decide_fds_refuses(6, 0, 0));

	assert_int_equal(ew_decide_fds_verdict(&always, true), EW_VERDICT_AUDIT);
	assert_int_equal(ew_decide_fds_verdict(&gain, false), EW_VERDICT_DENY);
	assert_int_equal(ew_decide_fds_verdict(&gain, true), EW_VERDICT_KILL);
	assert_int_equal(ew_decide_fds_verdict(&listen, false), EW_VERDICT_KILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),	    cmocka_unit_test(programs), cmocka_unit_test(changes),
		cmocka_unit_test(warnings), cmocka_unit_test(too_many), cmocka_unit_test(decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
