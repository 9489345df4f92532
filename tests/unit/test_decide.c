/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What one profile says to a gain, and which of two decisions stands: the lines that run in the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decide.h"

#define NET_RAW (1ULL << 13)
#define NET_BIND (1ULL << 10)
#define UID EW_BIT(EW_GAIN_UID)
#define GID EW_BIT(EW_GAIN_GID)
#define CAPS EW_BIT(EW_GAIN_CAPS)
#define LABEL EW_BIT(EW_GAIN_LABEL)

static void test_reason(void **state)
{
	static const struct {
		struct ew_profile profile;
		struct ew_gain gain;
		__u32 userns_level;
		__u32 reason;
	} table[] = {
		{{.gains = UID | GID | CAPS}, {}, 0, EW_REASON_NO_GAIN},
		{{.gains = UID | GID | CAPS}, {.kinds = UID}, 0, EW_REASON_GAIN},
		{{.gains = UID | GID | CAPS}, {.kinds = UID}, 1, EW_REASON_GAIN},
		{{.gains = UID, .flags = EW_PROFILE_USERNS_INITIAL}, {.kinds = UID}, 0, EW_REASON_GAIN},
		{{.gains = UID, .flags = EW_PROFILE_USERNS_INITIAL}, {.kinds = UID}, 1, EW_REASON_USERNS},
		{{.gains = GID}, {.kinds = UID}, 0, EW_REASON_NOT_CONTROLLED},
		{{.gains = GID}, {.kinds = UID | GID}, 0, EW_REASON_GAIN},
		{{.gains = UID}, {.kinds = CAPS, .caps = NET_RAW}, 0, EW_REASON_NOT_CONTROLLED},
		{{.gains = CAPS}, {.kinds = CAPS, .caps = NET_RAW}, 0, EW_REASON_GAIN},
		{{.gains = CAPS, .allow_caps = NET_RAW}, {.kinds = CAPS, .caps = NET_RAW}, 0, EW_REASON_NOT_CONTROLLED},
		{{.gains = CAPS, .allow_caps = NET_RAW}, {.kinds = CAPS, .caps = NET_RAW | 1}, 0, EW_REASON_GAIN},
		{{.gains = CAPS, .allow_caps = NET_RAW},
		 {.kinds = UID | CAPS, .caps = NET_RAW},
		 0,
		 EW_REASON_NOT_CONTROLLED},
		{{.gains = 0}, {.kinds = UID | GID | CAPS, .caps = ~0ULL}, 0, EW_REASON_NOT_CONTROLLED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (ew_decide_gain(&table[i].profile, &table[i].gain, table[i].userns_level) != table[i].reason)
			fail_msg("row %zu", i);
}

static void test_exception(void **state)
{
	static const struct ew_profile all = {.gains = UID | GID | CAPS, .allow_caps = NET_BIND};
	static const struct {
		struct ew_exception exception;
		struct ew_gain gain;
		struct ew_creds after;
		_Bool covers;
	} table[] = {
		{{.n_uids = 1, .uids = {7}}, {.kinds = UID}, {.euid = 7}, 1},
		{{.n_uids = 1, .uids = {7}}, {.kinds = UID}, {.euid = 8}, 0},
		/* an unused place in the list holds 0, which is root */
		{{.n_uids = 1, .uids = {7}}, {.kinds = UID}, {.euid = 0}, 0},
		{{}, {.kinds = UID}, {.euid = 0}, 0},
		{{.n_uids = 8, .uids = {1, 2, 3, 4, 5, 6, 7, 8}}, {.kinds = UID}, {.euid = 8}, 1},
		{{.kinds = UID}, {.kinds = UID}, {.euid = 8}, 1},
		{{.n_gids = 1, .gids = {42}}, {.kinds = GID}, {.egid = 42}, 1},
		{{.n_gids = 1, .gids = {42}}, {.kinds = GID}, {.egid = 0}, 0},
		{{.n_uids = 1, .uids = {42}}, {.kinds = GID}, {.egid = 42}, 0},
		{{.kinds = GID}, {.kinds = GID}, {.egid = 1}, 1},
		{{.caps = NET_RAW}, {.kinds = CAPS, .caps = NET_RAW}, {}, 1},
		{{.caps = NET_RAW}, {.kinds = CAPS, .caps = NET_RAW | 1}, {}, 0},
		/* allow_caps of the profile needs no exception */
		{{.caps = NET_RAW}, {.kinds = CAPS, .caps = NET_RAW | NET_BIND}, {}, 1},
		{{.kinds = CAPS}, {.kinds = CAPS, .caps = ~0ULL}, {}, 1},
		/* every gain has to be listed */
		{{.n_uids = 1, .uids = {0}}, {.kinds = UID | CAPS, .caps = 1}, {.euid = 0}, 0},
		{{.n_uids = 1, .uids = {0}, .kinds = CAPS}, {.kinds = UID | CAPS, .caps = 1}, {.euid = 0}, 1},
		{{.n_uids = 1, .uids = {0}, .kinds = CAPS},
		 {.kinds = UID | GID | CAPS, .caps = 1},
		 {.euid = 0, .egid = 3},
		 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (ew_exception_covers(&table[i].exception, &all, &table[i].gain, &table[i].after) != table[i].covers)
			fail_msg("row %zu", i);
}

static void test_exception_needs_only_what_is_controlled(void **state)
{
	const struct ew_profile uids = {.gains = UID}, labels = {.gains = UID | LABEL};
	const struct ew_exception root = {.n_uids = 1, .uids = {0}};
	const struct ew_gain gain = {.kinds = UID | GID | CAPS | LABEL, .caps = ~0ULL};
	const struct ew_creds after = {.egid = 3};

	(void)state;
	assert_true(ew_exception_covers(&root, &uids, &gain, &after));
	assert_false(ew_exception_covers(&root, &labels, &gain, &after));
}

static void test_verdict_is_the_mode(void **state)
{
	static const __u32 modes[] = {EW_VERDICT_AUDIT, EW_VERDICT_DENY, EW_VERDICT_KILL};

	(void)state;
	for (__u32 reason = 0; reason < EW_REASON_MAX; reason++) {
		_Bool refuses = reason == EW_REASON_GAIN || reason == EW_REASON_EXEC_NONE ||
				reason == EW_REASON_SHAPE || reason == EW_REASON_FDS || reason == EW_REASON_UNEVALUABLE;

		assert_int_equal(ew_reason_refuses(reason), refuses);
		for (size_t i = 0; i < 3; i++) {
			const struct ew_profile profile = {.mode = modes[i]};

			assert_int_equal(ew_decide_verdict(&profile, reason), refuses ? modes[i] : EW_VERDICT_ALLOW);
		}
	}
}

static void test_strictest_stands(void **state)
{
	const struct ew_decision allow = {.verdict = EW_VERDICT_ALLOW, .reason = EW_REASON_NO_GAIN},
				 exception = {.verdict = EW_VERDICT_ALLOW, .reason = EW_REASON_EXCEPTION},
				 audit = {.verdict = EW_VERDICT_AUDIT, .reason = EW_REASON_UNEVALUABLE},
				 deny = {.verdict = EW_VERDICT_DENY, .reason = EW_REASON_GAIN},
				 kill = {.verdict = EW_VERDICT_KILL, .reason = EW_REASON_GAIN};

	(void)state;
	assert_true(ew_decision_outranks(&kill, &deny));
	assert_true(ew_decision_outranks(&deny, &audit));
	assert_true(ew_decision_outranks(&audit, &exception));
	assert_true(ew_decision_outranks(&exception, &allow));
	assert_false(ew_decision_outranks(&allow, &allow));
	assert_false(ew_decision_outranks(&audit, &deny));
	assert_false(ew_decision_outranks(&deny, &kill));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_exception),
		cmocka_unit_test(test_exception_needs_only_what_is_controlled),
		cmocka_unit_test(test_verdict_is_the_mode),
		cmocka_unit_test(test_strictest_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
