/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TEST_LEARN_HELP_H
#define EW_TEST_LEARN_HELP_H

#include "policy_help.h"

#include <json.h>

#include "learn.h"

/* What the tests of what is learned share: records, and what comes of them, proved. */

/* A record, of which a field that is NULL is left at what a refused `sudo` has. */
struct line {
	const char *verdict, *reason, *profile, *profiles, *exe, *path, *gain, *after, *permitted, *shape, *cgroup,
		*label;
};

static struct ew_learn learn;
static struct ew_parsed parsed;

static inline void take(struct line l, int times)
{
	_cleanup_free_ char *text = NULL, *label = NULL;
	json_object *root;
	const char *why = "";

	assert_true(asprintf(&label,
			     l.label ? "\"label\":{\"module\":\"apparmor\",\"before\":\"old\",\"after\":%s}," : "%s",
			     l.label ?: "") >= 0);
	assert_true(
		asprintf(&text,
			 "{\"v\":1,\"type\":\"exec\",\"time\":\"2026-11-22T16:00:00.000000000Z\",\"verdict\":\"%s\","
			 "\"reason\":\"%s\",\"profile\":\"%s\",\"rule\":\"web.yaml:3\",\"task\":{\"pid\":8,\"tid\":8,"
			 "\"ppid\":1,\"comm\":\"sh\",\"exe\":%s},\"file\":{\"path\":%s,\"dev\":\"254:0\",\"ino\":13,"
			 "\"mode\":\"4755\",\"uid\":0,\"gid\":0},\"gain\":[%s],\"cause\":[],\"shape\":[%s],"
			 "\"before\":{\"uid\":33,\"euid\":33,\"suid\":33,\"gid\":33,\"egid\":33,\"sgid\":33,"
			 "\"permitted\":\"0000000000000000\"},\"after\":{%s,\"permitted\":\"%s\"},"
			 "\"cgroup\":{\"id\":4711,\"path\":%s},%s\"profiles\":[%s]}",
			 l.verdict ?: "deny", l.reason ?: "gain", l.profile ?: "web", l.exe ?: "\"/usr/bin/dash\"",
			 l.path ?: "\"/usr/bin/sudo\"", l.gain ?: "\"uid:root\",\"cap_sys_admin\"", l.shape ?: "",
			 l.after ?: "\"uid\":33,\"euid\":0,\"suid\":0,\"gid\":33,\"egid\":33,\"sgid\":33",
			 l.permitted ?: "0000000000200000", l.cgroup ?: "\"/a.service\"", label,
			 l.profiles ?: "\"web\"") > 0);
	root = json_tokener_parse(text);
	assert_non_null(root);
	if (ew_record_parse(root, &parsed, &why) < 0)
		fail_msg("%s: %s", why, text);
	while (times--)
		assert_int_equal(ew_learn_take(&learn, &parsed), 0);
	json_object_put(root);
}

static inline void begin(const char *text)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;

	if (text)
		assert_int_equal(ew_policy_read_buffer("web.yaml", text, strlen(text), &policy, &diag), 0);
	assert_int_equal(ew_learn_init(&learn, policy, &diag), 0);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
}

static inline char *finish(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	__u64 passes;

	assert_non_null(f);
	assert_int_equal(ew_learn_finish(&learn), 0);
	/* the proof: with all of them what is learnable passes, without any one less does */
	assert_int_equal(ew_learn_replay(&learn, NULL, &passes), 0);
	assert_int_equal(passes, learn.learnable);
	for (size_t i = 0; i<learn.n_learned; i += learn.n_learned> 100 ? learn.n_learned / 4 : 1) {
		assert_int_equal(ew_learn_replay(&learn, &learn.learned[i], &passes), 0);
		assert_true(passes < learn.learnable);
		assert_int_equal(learn.learned[i].needed_by, learn.learnable - passes);
	}
	ew_learn_print(&learn, f);
	fclose(f);
	return text;
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("not there: %s\nin: %s", part, text);
}

#define WEB "version: 1\nprofiles:\n  - name: web\n    mode: deny\n"

#endif
