/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "learn_help.h"
#include "risk.h"

/* What is learned from records, as text and by replaying them. */

#define PLAIN "\"uid\":33,\"euid\":33,\"suid\":33,\"gid\":33,\"egid\":33,\"sgid\":33"
#define SHADOW "\"uid\":33,\"euid\":33,\"suid\":33,\"gid\":33,\"egid\":0,\"sgid\":0"
static const struct line ping = {
	.path = "\"/usr/bin/ping\"", .gain = "\"cap_net_raw\"", .after = PLAIN, .permitted = "0000000000002000"};
static const struct line group = {
	.path = "\"/usr/sbin/chkpwd\"", .gain = "\"gid:root\"", .after = SHADOW, .permitted = "0000000000000000"};

/* What is printed is pasted into a policy: that allows all of it, and nothing is left to learn. */
static void pasted(void **state)
{
	_cleanup_free_ char *text = NULL, *policy = NULL, *again = NULL;
	char *entries;

	(void)state;
	begin(WEB);
	take((struct line){0}, 3);
	take((struct line){.verdict = "audit", .exe = "\"/usr/bin/bash\""}, 1);
	take(ping, 5);
	take(group, 1);
	take((struct line){.verdict = "allow",
			   .reason = "no-gain",
			   .gain = "",
			   .after = PLAIN,
			   .permitted = "0000000000000000"},
	     7);
	text = finish();
	assert_int_equal(learn.records, 17);
	assert_int_equal(learn.refused, 10);
	assert_int_equal(learn.learnable, 10);
	assert_int_equal(learn.n_learned, 4);
	assert_int_equal(learn.n_unlearned, 0);
	assert_has(text, "# Replayed with 3 exceptions: all 10 of them pass; without any one of these, fewer do.\n");
	assert_has(text, "# profile web, web.yaml:3\n    except:\n"
			 "      # critical: uid:root: becomes root, who owns the system's files and processes\n"
			 "      # 4 times, the first in /a.service\n"
			 "      - program: /usr/bin/sudo\n"
			 "        gain: [\"uid:root\", cap_sys_admin]\n"
			 "        from: [/usr/bin/dash, /usr/bin/bash]\n");
	assert_has(text, "      # high: gid:root: ");
	/* the riskiest first */
	assert_true(strstr(text, "/usr/bin/sudo") < strstr(text, "/usr/sbin/chkpwd"));
	assert_true(strstr(text, "/usr/sbin/chkpwd") < strstr(text, "/usr/bin/ping"));
	entries = strstr(text, "    except:\n");
	assert_true(asprintf(&policy, WEB "%s", entries) > 0);
	ew_learn_clear(&learn);

	begin(policy);
	take((struct line){0}, 3);
	take((struct line){.verdict = "audit", .exe = "\"/usr/bin/bash\""}, 1);
	take(ping, 5);
	take(group, 1);
	again = finish();
	assert_int_equal(learn.allowed_by, 10);
	assert_int_equal(learn.n_learned, 0);
	assert_has(again, "# The policy as it is now allows 10 of these.\n# No exception is to be added.\n");
	ew_learn_clear(&learn);
}

/* Only what the profile controls is listed; what it excepts already stays, in one exception. */
static void policy_counts(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(WEB "    gains: [uid, caps]\n    allow_caps: [cap_sys_admin]\n"
		  "    except:\n"
		  "      - {program: /usr/bin/ping, gain: [cap_net_bind_service, \"label:*:ping_t\"], from: "
		  "[/usr/bin/dash]}\n");
	take((struct line){.gain = "\"uid:root\",\"gid:root\",\"cap_sys_admin\"",
			   .after = "\"uid\":33,\"euid\":0,\"suid\":0,\"gid\":33,\"egid\":0,\"sgid\":0"},
	     1);
	take(ping, 1);
	text = finish();
	assert_has(text, "        gain: [\"uid:root\"]\n");
	assert_has(text, "    # under its \"except:\"\n");
	assert_has(text, "; in place of the one for it in line 8\n"
			 "      - program: /usr/bin/ping\n"
			 "        gain: [\"label:*:ping_t\", cap_net_bind_service, cap_net_raw]\n");
	ew_learn_clear(&learn);
}

/* Every profile that applies has to allow; of one that the policy has not, only what it refused is known. */
static void several_profiles(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(WEB "  - name: base\n    mode: audit\n    gains: [uid]\n  - name: other\n    mode: deny\n");
	take((struct line){.profiles = "\"web\",\"base\",\"unheard\""}, 1);
	take((struct line){.profile = "unknown", .profiles = "\"unknown\",\"other\"", .path = "\"/x\""}, 1);
	text = finish();
	assert_int_equal(learn.n_learned, 3);
	assert_has(text, "# profile base, web.yaml:5\n");
	assert_has(text, "        gain: [\"uid:root\"]\n");
	assert_has(text,
		   "# profile unknown, which the policy here does not have: taken to control uid, gid and caps\n");
	assert_null(strstr(text, "unheard"));
	assert_null(strstr(text, "profile other"));
	ew_learn_clear(&learn);
}

/* One for any image of the caller makes those for the same program superfluous. */
static void pruned(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(WEB);
	take((struct line){0}, 2);
	take((struct line){.exe = "null"}, 1);
	text = finish();
	assert_int_equal(learn.n_learned, 1);
	assert_null(learn.learned[0].from);
	assert_null(strstr(text, "from:"));
	ew_learn_clear(&learn);
}

static void no_exception_can(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	begin(WEB "    shapes: [memfd]\n  - name: none\n    mode: deny\n    exec: none\n"
		  "  - name: audits\n    mode: audit\n    shapes: [memfd]\n");
	take((struct line){.reason = "shape", .shape = "\"memfd\",\"setid\"", .gain = ""}, 2);
	take((struct line){.reason = "exec-none", .profile = "none", .profiles = "\"none\"", .gain = ""}, 3);
	take((struct line){.reason = "fds"}, 4);
	take((struct line){.reason = "unevaluable"}, 1);
	take((struct line){.path = "null"}, 1);
	take((struct line){.path = "\"/x\\\\xff\""}, 1);
	/* allowed by nothing as it is a memfd, too: the exception for its gain alone would be of no use */
	take((struct line){.verdict = "audit",
			   .reason = "shape",
			   .profile = "audits",
			   .profiles = "\"audits\"",
			   .shape = "\"memfd\"",
			   .path = "\"/memfd:y\""},
	     1);
	text = finish();
	assert_int_equal(learn.n_learned, 0);
	assert_int_equal(learn.learnable, 0);
	assert_has(text, "# No exception can allow these:\n");
	assert_has(text, "#   2 times, profile web: shape memfd, first /usr/bin/sudo: run it from an ordinary file");
	assert_has(text,
		   "#   3 times, profile none: exec-none, first /usr/bin/sudo: only `exec: any` would allow it\n");
	assert_has(text, "#   4 times, profile web: fds, first /usr/bin/sudo: open it with O_CLOEXEC");
	assert_has(text, "#   1 time, profile web: unevaluable, /usr/bin/sudo: the kernel lacked memory");
	assert_has(text, "#   1 time, profile web: gain: the path of the program is not known\n");
	assert_has(text, "#   1 time, profile web: gain, /x\\xff: a path of it cannot be written in a policy\n");
	ew_learn_clear(&learn);
}

/* What is refused by something else, too, adds nothing to the exception for others of that program. */
static void of_use(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct line shaped = {.path = ping.path, .shape = "\"memfd\"", .profiles = "\"web\",\"audits\""};

	(void)state;
	begin(WEB "  - name: audits\n    mode: audit\n    gains: [uid]\n    shapes: [memfd]\n");
	take(shaped, 1);
	take(ping, 1);
	text = finish();
	assert_int_equal(learn.n_learned, 1);
	assert_int_equal(learn.learnable, 1);
	assert_has(text, "        gain: [cap_net_raw]\n");
	ew_learn_clear(&learn);
}

/* Names to fear: each line is a comment, or policy that names exactly that. */
static void hostile(void **state)
{
	static const struct line l = {.path = "\"/a\\\", gain: [uid], x: [ #\"",
				      .exe = "\"/b: {[ \\u00e9'\"",
				      .cgroup = "\"/c\\\\x0a      - program: /bin/sh\""};
	_cleanup_free_ char *text = NULL, *policy = NULL, *again = NULL;

	(void)state;
	begin(WEB);
	take(l, 1);
	text = finish();
	assert_int_equal(learn.learnable, 1);
	assert_null(strstr(text, "\n      - program: /bin/sh"));
	assert_true(asprintf(&policy, WEB "%s", strstr(text, "    except:\n")) > 0);
	ew_learn_clear(&learn);
	begin(policy);
	assert_int_equal(learn.image->n_exceptions, 1);
	assert_int_equal(learn.image->exceptions[0].value.kinds, 0);
	take(l, 1);
	again = finish();
	assert_int_equal(learn.allowed_by, 1);
	ew_learn_clear(&learn);
}

/* Ever different programs are counted, not kept. */
static void too_many(void **state)
{
	_cleanup_free_ char *text = NULL;
	char path[64];

	(void)state;
	begin(NULL);
	for (int i = 0; i < EW_LEARN_CASES_MAX + 10; i++) {
		snprintf(path, sizeof(path), "\"/p/%d\"", i);
		/* no user among the gains: none has to be looked up */
		take((struct line){.path = path, .gain = ping.gain, .after = PLAIN, .permitted = ping.permitted}, 1);
	}
	text = finish();
	assert_int_equal(learn.not_apart, 10);
	assert_int_equal(learn.learnable, EW_LEARN_CASES_MAX);
	assert_has(text, "# There is nothing here for 10 of them: too many are different.\n");
	ew_learn_clear(&learn);
}

/* More different users than an exception can name: any. */
static void many_ids(void **state)
{
	_cleanup_free_ char *text = NULL;
	char after[128];

	(void)state;
	begin(WEB);
	for (int i = 0; i <= EW_EXCEPTION_IDS_MAX; i++) {
		snprintf(after, sizeof(after), "\"uid\":33,\"euid\":%d,\"suid\":0,\"gid\":33,\"egid\":33,\"sgid\":33",
			 90000 + i);
		take((struct line){.gain = "\"uid:x\"", .after = after, .permitted = "0000000000000000"}, 1);
	}
	text = finish();
	assert_int_equal(learn.n_learned, 1);
	assert_has(text, "        gain: [uid]\n");
	assert_has(text, "      # critical: uid: becomes any user");
	ew_learn_clear(&learn);
}

static void of_one_record(void **state)
{
	_cleanup_free_ char *text = NULL, *none = NULL;

	(void)state;
	begin(NULL);
	take((struct line){0}, 0);
	text = ew_learn_exception(&parsed);
	assert_string_equal(text, "      - program: /usr/bin/sudo\n        gain: [\"uid:root\", cap_sys_admin]\n"
				  "        from: [/usr/bin/dash]\n");
	take((struct line){.reason = "shape"}, 0);
	none = ew_learn_exception(&parsed);
	assert_null(none);
	ew_learn_clear(&learn);
}

static void risks(void **state)
{
	struct ew_exception e = {0};
	struct ew_risk root, admin, risk;

	(void)state;
	e.n_uids = 1;
	root = ew_risk_of(&e, NULL);
	e = (struct ew_exception){.caps = 1ULL << ew_cap_find("cap_sys_admin")};
	admin = ew_risk_of(&e, NULL);
	/* nothing is worse than these two */
	assert_int_equal(root.score, admin.score);
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++) {
		e.caps = 1ULL << cap;
		risk = ew_risk_of(&e, NULL);
		assert_true(risk.score > 0 && risk.score <= root.score);
		assert_string_equal(risk.gain, ew_cap_name(cap));
		assert_true(*risk.why);
	}
	e.caps = 1ULL << ew_cap_find("cap_net_bind_service");
	risk = ew_risk_of(&e, NULL);
	assert_string_equal(ew_risk_level_name(ew_risk_level(&risk)), "low");
	/* the worst of several counts */
	e.caps |= 1ULL << ew_cap_find("cap_sys_ptrace");
	risk = ew_risk_of(&e, NULL);
	assert_string_equal(ew_risk_level_name(ew_risk_level(&risk)), "critical");
	assert_string_equal(risk.gain, "cap_sys_ptrace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pasted),
		cmocka_unit_test(policy_counts),
		cmocka_unit_test(several_profiles),
		cmocka_unit_test(pruned),
		cmocka_unit_test(no_exception_can),
		cmocka_unit_test(of_use),
		cmocka_unit_test(hostile),
		cmocka_unit_test(too_many),
		cmocka_unit_test(many_ids),
		cmocka_unit_test(of_one_record),
		cmocka_unit_test(risks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
