/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include "risk.h"

/* How bad what an exception allows can be: labels of security modules. */

#define LABELS                            \
	"version: 1\nprofiles:\n"         \
	"  - name: web\n    mode: deny\n" \
	"    gains: [uid, gid, caps, label]\n"

/* The worst of what an exception's labels let be done. */
static struct ew_risk risk_of(const char *gain)
{
	_cleanup_free_ char *text = NULL;
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;
	struct ew_risk risk;

	assert_true(asprintf(&text, LABELS "    except:\n      - {program: /p, gain: [%s]}\n", gain) > 0);
	assert_int_equal(ew_policy_read_buffer("web.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(ew_policy_compile(policy, 0, &fake_machine, &image, &diag), 0);
	assert_int_equal(image->n_exceptions, 1);
	risk = ew_risk_of(&image->exceptions[0].value, image);
	ew_image_free(&image);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
	return risk;
}

static void risks(void **state)
{
	static const char *const worst[] = {
		"label:unconfined",
		"label::ns://unconfined",
		"label:unconfined//&:ns://unconfined",
		"label:unconfined//&unconfined",
		"label:un*",
		"label:u:r:unconfined_t",
		"label:*:unconfined_t",
		"label:**",
		"label:a:b:unconfined_java_t",
		"label",
	};
	static const char *const others[] = {
		"label:/usr/bin/unconfined", "label:a//&:ns://unconfined",
		"label:a//&unconfined",	     "label:unconfined//&a",
		"label:unconfined_t",	     "label:u:r:passwd_t",
		"label:u:r:confined_t",	     "label:unconfined_u:unconfined_r:user_t",
		"label:u:unconfined_r:x_t",
	};
	char gain[64];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(worst); i++) {
		snprintf(gain, sizeof(gain), "cap_sys_module, \"%s\"", worst[i]);
		if (risk_of(gain).score != 100)
			fail_msg("%s", worst[i]);
	}
	for (size_t i = 0; i < EW_ARRAY_SIZE(others); i++) {
		struct ew_risk risk;

		snprintf(gain, sizeof(gain), "\"%s\"", others[i]);
		risk = risk_of(gain);
		if (strcmp(ew_risk_level_name(ew_risk_level(&risk)), "medium"))
			fail_msg("%s", others[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(risks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
