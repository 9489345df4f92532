/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <json-c/json.h>

#include "record_ecs.h"
#include "record_json.h"

/* PATH, "a.b.c", of ROOT, as text; "" where there is nothing. */
static const char *at(json_object *root, const char *path)
{
	char copy[128], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *name; root && (name = strsep(&rest, "."));) {
		json_object *child = NULL;

		json_object_object_get_ex(root, name, &child);
		root = child;
	}
	return root ? json_object_get_string(root) : "";
}

static json_object *convert(const struct sample *s)
{
	struct ew_record_view view;
	_cleanup_free_ char *json = NULL, *ecs = NULL;
	json_object *root;

	assert_int_equal(sample_view(s, &view), 0);
	json = ew_record_json(&view, &names, OFFSET);
	assert_non_null(json);
	ecs = ew_record_ecs(json, &names);
	assert_non_null(ecs);
	assert_null(strchr(ecs, '\n'));
	root = json_tokener_parse(ecs);
	assert_non_null(root);
	return root;
}

static void test_fields(void **state)
{
	static const char *const want[][2] = {
		{"@timestamp", "2026-11-22T16:00:00.123456789Z"},
		{"event.kind", "event"},
		{"event.category", "[ \"process\" ]"},
		{"event.type", "[ \"start\", \"denied\" ]"},
		{"event.action", "exec"},
		{"event.outcome", "failure"},
		{"event.reason", "gain"},
		{"event.dataset", "execward.exec"},
		{"process.pid", "812"},
		{"process.thread.id", "813"},
		{"process.parent.pid", "1"},
		{"process.name", "php-fpm"},
		{"process.executable", "/usr/sbin/php-fpm8.2"},
		{"process.real_user.id", "33"},
		{"process.thread.capabilities.permitted", "[ \"CAP_NET_RAW\" ]"},
		{"user.id", "33"},
		{"user.name", ""},
		{"user.effective.id", "0"},
		{"user.effective.name", "root"},
		{"file.path", "/usr/bin/sudo"},
		{"file.inode", "1311"},
		{"file.device", "254:7"},
		{"file.mode", "4755"},
		{"file.uid", "0"},
		{"rule.ruleset", "web"},
		{"rule.name", "web.yaml:4"},
		{"execward.v", "1"},
		{"execward.verdict", "deny"},
		{"execward.gain", "[ \"uid:root\", \"cap_sys_admin\" ]"},
		{"execward.cgroup.path", "/system.slice/php8.2-fpm.service"},
		{"execward.before.permitted", "0000000000002000"},
		/* each key is in one place */
		{"execward.task", ""},
		{"execward.file", ""},
		{"execward.time", ""},
		{"execward.profile", ""},
	};
	struct sample s = sample_make();
	json_object *root;

	(void)state;
	s.record.before.permitted = 1 << 13;
	root = convert(&s);
	for (size_t i = 0; i < EW_ARRAY_SIZE(want); i++)
		assert_string_equal(at(root, want[i][0]), want[i][1]);
	json_object_put(root);
	s.record.verdict = EW_VERDICT_AUDIT;
	root = convert(&s);
	assert_string_equal(at(root, "event.type"), "[ \"start\", \"allowed\" ]");
	assert_string_equal(at(root, "event.outcome"), "success");
	json_object_put(root);
}

static void test_other_types(void **state)
{
	_cleanup_free_ char *lost = ew_record_json_lost(5123456789, OFFSET, 3, 12), *ecs = ew_record_ecs(lost, NULL);
	json_object *root = json_tokener_parse(ecs);

	(void)state;
	assert_string_equal(at(root, "event.kind"), "pipeline_error");
	assert_string_equal(at(root, "event.action"), "lost");
	assert_string_equal(at(root, "event.outcome"), "");
	assert_string_equal(at(root, "execward.count"), "3");
	assert_string_equal(at(root, "execward.total"), "12");
	json_object_put(root);
}

/* What a later version adds goes through; what is no record does no harm. */
static void test_strange(void **state)
{
	_cleanup_free_ char *ecs = ew_record_ecs(
		"{\"v\":1,\"type\":\"exec\",\"task\":{\"pid\":1,\"new\":[2]},\"file\":7,\"more\":{}}", NULL);
	json_object *root = json_tokener_parse(ecs);

	(void)state;
	assert_string_equal(at(root, "process.pid"), "1");
	assert_string_equal(at(root, "execward.task.new"), "[ 2 ]");
	assert_string_equal(at(root, "execward.file"), "7");
	assert_string_equal(at(root, "execward.more"), "{ }");
	json_object_put(root);
	assert_null(ew_record_ecs("", NULL));
	assert_null(ew_record_ecs("[1]", NULL));
	assert_null(ew_record_ecs("{\"v\":1,", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_strange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
