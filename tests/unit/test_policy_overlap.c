/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"
#include "policy_overlap.h"

/* What `check` says of rules that overlap or contradict one another, and what --strict makes of it. */

#define HEAD "version: 1\nprofiles:\n"

static void assert_told(const char *text, bool strict, const char *expected)
{
	struct ew_diagnostics diag = {.strict = strict};
	struct ew_policy *policy = NULL;
	_cleanup_free_ char *told = NULL;

	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(ew_policy_check_overlaps(policy, &diag), 0);
	told = diagnostics_text(&diag);
	assert_string_equal(told, expected);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
}

static void nothing_to_say(void **state)
{
	(void)state;
	assert_told(HEAD "- name: a\n  mode: deny\n  cgroups: [/x, /xy, /y/z]\n  allow_caps: [cap_kill]\n  except:\n"
			 "  - {program: /p, gain: [uid, cap_chown]}\n"
			 "  - {program: /p, gain: [gid], from: [/q]}\n"
			 "- {name: b, mode: deny, gains: [gid], cgroups: [/x]}\n"
			 "- {name: c, mode: audit, cgroups: [/]}\n",
		    true, "");
}

static void words_twice(void **state)
{
	(void)state;
	assert_told(HEAD "- name: a\n  mode: deny\n  allow_caps: [cap_kill]\n  except:\n"
			 "  - {program: /p, gain: [uid, \"uid:root\", cap_kill, cap_chown]}\n",
		    false,
		    "p.yaml:7:31: warning: \"uid:root\" without effect; \"uid\" in the same list (line 7) covers it\n"
		    "p.yaml:7:43: warning: \"cap_kill\" without effect; \"allow_caps\" (line 5) lets it pass\n");
}

static void narrow_and_wide(void **state)
{
	(void)state;
	assert_told(HEAD "- name: a\n  mode: deny\n  except:\n"
			 "  - {program: /p, gain: [\"uid:root\", cap_kill], from: [/q]}\n"
			 "  - {program: /p, gain: [uid, cap_kill]}\n"
			 "  - {program: /r, gain: [uid, cap_kill], from: [/q]}\n"
			 "  - {program: /r, gain: [uid]}\n",
		    false,
		    "p.yaml:6:5: warning: exception without effect; the one for any \"from\" (line 7) covers it\n");
}

static void cgroups_below(void **state)
{
	(void)state;
	assert_told(HEAD "- {name: a, mode: deny, cgroups: [/x/y, /z, /x]}\n", false,
		    "p.yaml:3:35: warning: \"/x/y\" without effect; it is below \"/x\" (line 3)\n");
	assert_told(HEAD "- {name: a, mode: deny, cgroups: [/, /x]}\n", true,
		    "p.yaml:3:38: error: \"/x\" without effect; it is below \"/\" (line 3)\n");
}

static void told_in_the_order_of_lines(void **state)
{
	(void)state;
	assert_told(HEAD "- name: a\n  mode: deny\n  cgroups: [/x, /x/y]\n  except:\n"
			 "  - {program: /p, gain: [uid], from: [/q]}\n"
			 "  - {program: /p, gain: [uid, \"uid:root\"]}\n",
		    false,
		    "p.yaml:5:17: warning: \"/x/y\" without effect; it is below \"/x\" (line 5)\n"
		    "p.yaml:7:5: warning: exception without effect; the one for any \"from\" (line 8) covers it\n"
		    "p.yaml:8:31: warning: \"uid:root\" without effect; \"uid\" in the same list (line 8) covers it\n");
}

#define ONE                                                            \
	HEAD "- name: a\n  mode: deny\n  cgroups: [/x/y]\n  except:\n" \
	     "  - {program: /p, gain: [cap_kill]}\n- name: b\n  mode: "
#define AGAINST                                                                                                    \
	"p.yaml:7:5: warning: exception without effect in the cgroups of \"a\"; profile \"b\" (p.yaml:8) governs " \
	"them, too, and refuses it\n"

static void another_profile_refuses(void **state)
{
	(void)state;
	assert_told(ONE "deny\n  cgroups: [/x]\n", false, AGAINST);
	assert_told(ONE "kill\n  exec: none\n  cgroups: [/x/y]\n", false, AGAINST);
	/* its allow twins */
	assert_told(ONE "audit\n  cgroups: [/x]\n", false, "");
	assert_told(ONE "deny\n  gains: [uid]\n  cgroups: [/x]\n", false, "");
	assert_told(ONE "deny\n  allow_caps: [cap_kill]\n  cgroups: [/x]\n", false, "");
	assert_told(HEAD "- name: a\n  mode: deny\n  cgroups: [/x/y]\n  except:\n"
			 "  - {program: /p, gain: [\"uid:root\", cap_kill]}\n"
			 "- {name: b, mode: deny, gains: [caps], allow_caps: [cap_kill], cgroups: [/x]}\n",
		    false, "");
	assert_told(ONE "deny\n  cgroups: [/x/y/z]\n", false, "");
	assert_told(ONE "deny\n  cgroups: [/x]\n  except: [{program: /p, gain: [caps], from: [/q]}]\n", false, "");
}

static void strict(void **state)
{
	struct ew_diagnostics diag = {.strict = true};
	struct ew_policy *policy = NULL;
	static const char text[] = HEAD "- {name: a, mode: deny, gains: [uid], except: [{program: /p, gain: [gid]}]}\n";

	(void)state;
	/* an exception that can never match */
	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), -EINVAL);
	assert_int_equal(diag.n_errors, 1);
	assert_int_equal(diag.n_warnings, 0);
	ew_diagnostics_clear(&diag);
	assert_int_equal(ew_policy_read_buffer("p.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(diag.n_warnings, 1);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_say),
		cmocka_unit_test(words_twice),
		cmocka_unit_test(narrow_and_wide),
		cmocka_unit_test(cgroups_below),
		cmocka_unit_test(told_in_the_order_of_lines),
		cmocka_unit_test(another_profile_refuses),
		cmocka_unit_test(strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
