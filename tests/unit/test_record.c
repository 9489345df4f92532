/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <json-c/json.h>

#include <grp.h>
#include <pwd.h>

#include "escape.h"
#include "record_json.h"
#include "words.h"

static void test_view(void **state)
{
	struct sample s = sample_make();
	struct ew_record_view view;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	assert_int_equal(view.file_path_len, s.file_len);
	assert_memory_equal(view.file_path, s.file_path, s.file_len);
	assert_int_equal(view.exe_path_len, s.exe_len);
	assert_memory_equal(view.exe_path, s.exe_path, s.exe_len);
	assert_memory_equal(view.record.comm, s.record.comm, EW_COMM_MAX);

	/* no paths */
	s.file_len = s.exe_len = 0;
	s.record.file_path_len = -ENAMETOOLONG;
	s.record.exe_path_len = -ENOENT;
	assert_int_equal(sample_view(&s, &view), 0);
	assert_null(view.file_path);
	assert_null(view.exe_path);
	/* the second one only */
	s = sample_make();
	s.file_len = 0;
	s.record.file_path_len = -ENAMETOOLONG;
	assert_int_equal(sample_view(&s, &view), 0);
	assert_null(view.file_path);
	assert_memory_equal(view.exe_path, s.exe_path, s.exe_len);
}

static void test_view_lengths(void **state)
{
	struct sample s = sample_make();
	struct ew_record_view view;
	size_t len;
	_cleanup_free_ char *bytes = sample_bytes(&s, &len);
	_cleanup_free_ char *longer = calloc(1, sizeof(struct ew_record) + 1);
	char *odd;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		_cleanup_free_ char *part = malloc(n ? n : 1);

		memcpy(part, bytes, n);
		assert_int_equal(ew_record_view_init(&view, part, n), -EBADMSG);
	}
	/* any alignment */
	assert_non_null(longer);
	odd = longer + 1;
	memcpy(odd, bytes, len);
	assert_int_equal(ew_record_view_init(&view, odd, len), 0);
	/* what follows has to be a list of descriptors, whole and alone (test_record_fds.c) */
	assert_int_equal(ew_record_view_init(&view, odd, sizeof(struct ew_record)), -EBADMSG);
	assert_int_equal(ew_record_view_init(&view, odd, len + sizeof(struct ew_fds)), 0);
	memmove(longer, odd, len);
	assert_int_equal(ew_record_view_init(&view, longer, sizeof(struct ew_record) + 1), -EBADMSG);
}

static void test_view_path_lengths(void **state)
{
	static const __s32 bad[] = {-4096, INT32_MIN, EW_PATH_MAX + 1, INT32_MAX, 100};
	struct ew_record_view view;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(bad); i++) {
		struct sample s = sample_make();

		s.record.file_path_len = bad[i];
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
		s = sample_make();
		s.record.exe_path_len = bad[i];
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
		s = sample_make();
		s.record.script_path_len = bad[i];
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
	}
}

static void test_view_words(void **state)
{
	struct sample s = sample_make();
	struct ew_record_view view;
	__u32 *const words[] = {&s.record.verdict, &s.record.reason, &s.record.gains,
				&s.record.causes,  &s.record.shapes, &s.record.withheld.kinds};
	static const __u32 last[] = {EW_VERDICT_MAX - 1,       EW_REASON_MAX - 1,	 EW_BIT(EW_GAIN_MAX) - 1,
				     EW_BIT(EW_CAUSE_MAX) - 1, EW_BIT(EW_SHAPE_MAX) - 1, EW_BIT(EW_GAIN_MAX) - 1};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(words); i++) {
		__u32 good = *words[i];

		for (__u32 value = 0; value <= last[i]; value++) {
			*words[i] = value;
			assert_int_equal(sample_view(&s, &view), 0);
		}
		*words[i] = last[i] + 1;
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
		*words[i] = UINT32_MAX;
		assert_int_equal(sample_view(&s, &view), -EBADMSG);
		*words[i] = good;
	}
}

static void test_view_names_without_end(void **state)
{
	struct sample s = sample_make();
	struct ew_record_view view;

	(void)state;
	memset(s.record.comm, 'c', sizeof(s.record.comm));
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s.record.comm[EW_COMM_MAX - 1] = '\0';
	assert_int_equal(sample_view(&s, &view), 0);
	memset(s.record.profile, 'p', sizeof(s.record.profile));
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s.record.profile[EW_PROFILE_NAME_MAX - 1] = '\0';
	memset(s.record.rule_file, 'f', sizeof(s.record.rule_file));
	assert_int_equal(sample_view(&s, &view), -EBADMSG);
	s.record.rule_file[EW_POLICY_FILE_MAX - 1] = '\0';
	assert_int_equal(sample_view(&s, &view), 0);
}

/* Names are kept for a while, by a part of the number. */
static void test_names_of_ids(void **state)
{
	static const __u32 nobodys = 4000000000; /* would be kept where 0 is */
	char name[64];

	(void)state;
	assert_null(getpwuid(nobodys));
	assert_null(getgrgid(nobodys));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ew_record_user_name(NULL, 0, name, sizeof(name)), 0);
		assert_string_equal(name, "root");
		assert_int_equal(ew_record_user_name(NULL, 0, name, sizeof(name)), 0);
		assert_string_equal(name, "root");
		assert_int_equal(ew_record_user_name(NULL, 0, name, 4), -ENAMETOOLONG);
		assert_int_equal(ew_record_user_name(NULL, nobodys, name, sizeof(name)), -ENOENT);
		assert_int_equal(ew_record_user_name(NULL, nobodys, name, sizeof(name)), -ENOENT);
		assert_int_equal(ew_record_group_name(NULL, 0, name, sizeof(name)), 0);
		assert_string_equal(name, "root");
		assert_int_equal(ew_record_group_name(NULL, 0, name, 4), -ENAMETOOLONG);
		assert_int_equal(ew_record_group_name(NULL, nobodys, name, sizeof(name)), -ENOENT);
		assert_int_equal(ew_record_group_name(NULL, nobodys, name, sizeof(name)), -ENOENT);
	}
}

/* As many bytes as CTX says, of four columns each. */
static int long_name(void *ctx, __u32 id, char *out, size_t size)
{
	size_t n = *(const size_t *)ctx;

	(void)id;
	assert_true(n < size);
	memset(out, 1, n);
	out[n] = '\0';
	return 0;
}

/* A name that would be cut would be another name: the number stands for it. */
static void test_long_name_of_id(void **state)
{
	size_t n = 35;
	const struct ew_record_names long_names = {
		.profile = fake_profile, .cgroup = fake_cgroup, .user = long_name, .group = long_name, .ctx = &n};
	struct sample s = sample_make();
	struct ew_record_view view;
	char *line;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	line = ew_record_json(&view, &long_names, OFFSET);
	assert_non_null(strstr(line, "[\"uid:\\\\x01\\\\x01"));
	free(line);
	n = 36;
	line = ew_record_json(&view, &long_names, OFFSET);
	assert_non_null(strstr(line, "[\"uid:0\","));
	free(line);
}

static void test_time_of_day(void **state)
{
	static const struct {
		__u64 boot;
		__s64 offset, seconds, nanoseconds;
	} examples[] = {
		{0, 0, 0, 0},
		{999999999, 1, 1, 0},
		{1, -2, -1, 999999999},
		{5000000000, -1, 4, 999999999},
		{1500000000, 1600000000, 3, 100000000},
		{UINT64_MAX, 0, 18446744073, 709551615},
		{UINT64_MAX, INT64_MAX, 27670116110, 564327422},
		{0, INT64_MIN, -9223372037, 145224192},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(examples); i++) {
		struct ew_record_time t = ew_record_time_of_day(examples[i].boot, examples[i].offset);

		assert_int_equal(t.seconds, examples[i].seconds);
		assert_int_equal(t.nanoseconds, examples[i].nanoseconds);
	}
}

/* Parses one line strictly; the caller puts the result. */
static json_object *parse_line(const char *line)
{
	struct json_tokener *tokener = json_tokener_new();
	json_object *root;

	assert_non_null(line);
	for (const unsigned char *p = (const unsigned char *)line; *p; p++)
		assert_true(*p >= 0x20 && *p != 0x7f);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, line, (int)strlen(line) + 1);
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	assert_non_null(root);
	return root;
}

static json_object *sample_json(const struct sample *s)
{
	struct ew_record_view view;
	_cleanup_free_ char *line = NULL;

	assert_int_equal(sample_view(s, &view), 0);
	line = ew_record_json(&view, &names, OFFSET);
	return parse_line(line);
}

/* The member that a path like "task/pid" leads to. */
static json_object *at(json_object *root, const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	char *save = NULL;

	for (char *key = strtok_r(copy, "/", &save); key; key = strtok_r(NULL, "/", &save))
		assert_true(json_object_object_get_ex(root, key, &root));
	return root;
}

static void assert_keys(json_object *root, const char *path, const char *expected)
{
	char keys[256] = "";

	json_object_object_foreach(at(root, path), key, value)
	{
		(void)value;
		assert_true(strlen(keys) + strlen(key) + 2 < sizeof(keys));
		strcat(strcat(keys, *keys ? " " : ""), key);
	}
	assert_string_equal(keys, expected);
}

static void assert_json(json_object *root, const char *path, const char *expected)
{
	const char *text =
		json_object_to_json_string_ext(at(root, path), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	assert_string_equal(text, expected);
}

static void test_json(void **state)
{
	static const char expected[] =
		"{\"v\":1,\"type\":\"exec\",\"time\":\"2026-11-22T16:00:00.123456789Z\",\"verdict\":\"deny\","
		"\"reason\":\"gain\","
		"\"profile\":\"web\",\"rule\":\"web.yaml:4\","
		"\"task\":{\"pid\":812,\"tid\":813,\"ppid\":1,\"comm\":\"php-fpm\",\"exe\":\"/usr/sbin/php-fpm8.2\"},"
		"\"file\":{\"path\":\"/usr/bin/"
		"sudo\",\"dev\":\"254:7\",\"ino\":1311,\"mode\":\"4755\",\"uid\":0,\"gid\":0},"
		"\"gain\":[\"uid:root\",\"cap_sys_admin\"],\"cause\":[\"setuid\"],\"shape\":[\"setid\"],"
		"\"before\":{\"uid\":33,\"euid\":33,\"suid\":33,\"gid\":33,\"egid\":33,\"sgid\":33,"
		"\"permitted\":\"0000000000000000\"},"
		"\"after\":{\"uid\":33,\"euid\":0,\"suid\":0,\"gid\":33,\"egid\":33,\"sgid\":33,"
		"\"permitted\":\"000001ffffffffff\"},"
		"\"cgroup\":{\"id\":4711,\"path\":\"/system.slice/"
		"php8.2-fpm.service\"},\"profiles\":[\"web\"],"
		"\"users\":{\"0\":\"root\"},\"groups\":{\"0\":\"root\"},\"parents\":[]}";
	struct sample s = sample_make();
	struct ew_record_view view;
	_cleanup_free_ char *line = NULL;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	line = ew_record_json(&view, &names, OFFSET);
	assert_string_equal(line, expected);
	json_object_put(parse_line(line));
}

/* Every number differs, so that no two fields can be mixed up. */
static void test_json_fields(void **state)
{
	struct sample s = sample_make();
	json_object *root;

	(void)state;
	s.record.pid = 4294967295;
	s.record.tid = 2;
	s.record.ppid = 3;
	s.record.file = (struct ew_identity){.ino = UINT64_MAX, .dev = UINT32_MAX};
	s.record.file_mode = 0102010;
	s.record.file_uid = 4;
	s.record.file_gid = 5;
	s.record.cgroup_id = UINT64_MAX;
	s.record.before = (struct ew_creds){.uid = 11,
					    .euid = 12,
					    .suid = 13,
					    .gid = 14,
					    .egid = 15,
					    .sgid = 16,
					    .permitted = 0x8000000000000001,
					    .effective = 17};
	s.record.after = (struct ew_creds){
		.uid = 21, .euid = 22, .suid = 23, .gid = 24, .egid = 4294967295, .sgid = 26, .permitted = UINT64_MAX};
	s.record.gains = EW_BIT(EW_GAIN_MAX) - 1;
	s.record.causes = EW_BIT(EW_CAUSE_SETGID) | EW_BIT(EW_CAUSE_LABEL);
	s.record.shapes = EW_BIT(EW_SHAPE_MEMFD) | EW_BIT(EW_SHAPE_INTERPRETED);
	s.record.caps_gained = 1ULL << 40 | 1ULL << 41 | 1ULL << 63 | 1;
	s.record.profiles = 1 | 2 | 4 | 1ULL << 63;
	root = sample_json(&s);
	assert_json(root, "task",
		    "{\"pid\":4294967295,\"tid\":2,\"ppid\":3,\"comm\":\"php-fpm\",\"exe\":\"/usr/sbin/php-fpm8.2\"}");
	assert_json(root, "file",
		    "{\"path\":\"/usr/bin/sudo\",\"dev\":\"4095:1048575\",\"ino\":18446744073709551615,"
		    "\"mode\":\"2010\",\"uid\":4,\"gid\":5}");
	assert_json(root, "before",
		    "{\"uid\":11,\"euid\":12,\"suid\":13,\"gid\":14,\"egid\":15,\"sgid\":16,"
		    "\"permitted\":\"8000000000000001\"}");
	assert_json(root, "after",
		    "{\"uid\":21,\"euid\":22,\"suid\":23,\"gid\":24,\"egid\":4294967295,\"sgid\":26,"
		    "\"permitted\":\"ffffffffffffffff\"}");
	assert_json(root, "cause", "[\"setgid\",\"label\"]");
	assert_json(root, "shape", "[\"memfd\",\"interpreted\"]");
	assert_json(root, "gain",
		    "[\"uid:22\",\"gid:4294967295\",\"cap_chown\",\"cap_checkpoint_restore\",\"cap_41\",\"cap_63\","
		    "\"label\"]");
	assert_json(root, "cgroup", "{\"id\":18446744073709551615,\"path\":null}");
	assert_json(root, "profiles", "[\"base\",\"#1\",\"web\",\"#63\"]");
	assert_json(root, "users", "{}");
	assert_json(root, "groups", "{}");
	json_object_put(root);

	/* each of the ids is one that may have a name, and is told once */
	for (unsigned int i = 0; i < 7; i++) {
		struct ew_creds *before = &s.record.before, *after = &s.record.after;
		__u32 *const users[] = {&before->uid, &before->euid, &before->suid,	&after->uid,
					&after->euid, &after->suid,  &s.record.file_uid};
		__u32 *const groups[] = {&before->gid, &before->egid, &before->sgid,	 &after->gid,
					 &after->egid, &after->sgid,  &s.record.file_gid};

		*users[i] = 0;
		*groups[6 - i] = 42;
		root = sample_json(&s);
		assert_json(root, "users", "{\"0\":\"root\"}");
		assert_json(root, "groups", "{\"42\":\"shadow\"}");
		if (i < 6)
			json_object_put(root);
		*users[i] = 7;
		*groups[6 - i] = 7;
	}
	json_object_put(root);
}

static void test_json_words(void **state)
{
	struct sample s = sample_make();

	(void)state;
	for (__u32 i = 0; i < EW_VERDICT_MAX; i++) {
		json_object *root;

		sample_reason(&s, i == EW_VERDICT_ALLOW ? EW_REASON_EXCEPTION : EW_REASON_GAIN);
		s.record.verdict = i;
		root = sample_json(&s);
		assert_string_equal(json_object_get_string(at(root, "verdict")), ew_words_name(&ew_verdict_words, i));
		json_object_put(root);
	}
	for (__u32 i = 0; i < EW_REASON_MAX; i++) {
		json_object *root;

		sample_reason(&s, i);
		root = sample_json(&s);
		assert_string_equal(json_object_get_string(at(root, "reason")), ew_words_name(&ew_reason_words, i));
		json_object_put(root);
	}
	for (unsigned int none = 0; none < 2; none++) {
		json_object *root;

		s.record.causes = none ? 0 : EW_BIT(EW_CAUSE_MAX) - 1;
		s.record.shapes = none ? 0 : EW_BIT(EW_SHAPE_MAX) - 1;
		s.record.gains = 0;
		s.record.caps_gained = 0;
		root = sample_json(&s);
		assert_json(root, "gain", "[]");
		assert_json(root, "cause", none ? "[]" : "[\"setuid\",\"setgid\",\"filecaps\",\"root\",\"label\"]");
		assert_json(root, "shape",
			    none ? "[]"
				 : "[\"setid\",\"memfd\",\"unlinked\",\"script\",\"nosuid-mount\",\"ptraced\","
				   "\"interpreted\"]");
		json_object_put(root);
	}
}

static void test_json_absent(void **state)
{
	struct sample s = sample_make();
	struct ew_record_view view;
	const struct ew_record_names none = {0};
	_cleanup_free_ char *line = NULL;
	json_object *root;

	(void)state;
	memset(s.record.profile, 0, sizeof(s.record.profile));
	sample_reason(&s, EW_REASON_UNTAGGED);
	memset(s.record.rule_file, 0, sizeof(s.record.rule_file));
	s.record.profiles = 0;
	s.record.file_path_len = -ENAMETOOLONG;
	s.record.exe_path_len = -ENOENT;
	s.file_len = s.exe_len = 0;
	root = sample_json(&s);
	assert_keys(root, "",
		    "v type time verdict reason task file gain cause shape before after cgroup users groups parents");
	assert_json(root, "task/exe", "null");
	assert_json(root, "file/path", "null");
	json_object_put(root);

	s = sample_make();
	s.record.gains = s.record.causes = 0;
	s.record.caps_gained = 0;
	s.record.withheld = (struct ew_withheld){
		.kinds = EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS),
		.gid = 42,
		.caps = 1 << 13,
	};
	root = sample_json(&s);
	assert_keys(root, "",
		    "v type time verdict reason profile rule task file gain cause shape withheld before after cgroup "
		    "profiles users groups parents");
	assert_json(root, "gain", "[]");
	assert_json(root, "withheld", "[\"uid:root\",\"gid:shadow\",\"cap_net_raw\"]");
	json_object_put(root);

	s = sample_make();
	assert_int_equal(sample_view(&s, &view), 0);
	line = ew_record_json(&view, &none, OFFSET);
	root = parse_line(line);
	assert_keys(root, "",
		    "v type time verdict reason profile rule task file gain cause shape before after cgroup parents");
	assert_json(root, "gain", "[\"uid:0\",\"cap_sys_admin\"]");
	assert_json(root, "cgroup/path", "null");
	json_object_put(root);
}

static void test_json_lost(void **state)
{
	_cleanup_free_ char *line = ew_record_json_lost(5000000001, OFFSET, 3, UINT64_MAX);

	(void)state;
	assert_string_equal(line, "{\"v\":1,\"type\":\"lost\",\"time\":\"2026-11-22T16:00:00.000000001Z\",\"count\":3,"
				  "\"total\":18446744073709551615}");
}

static void assert_escaped(json_object *root, const char *path, const char *prefix, const char *name, size_t len,
			   const char *suffix)
{
	_cleanup_free_ char *escaped = ew_escape_dup(name, len, 0);
	_cleanup_free_ char *whole = NULL;

	assert_true(asprintf(&whole, "%s%s%s", prefix, escaped, suffix) > 0);
	assert_string_equal(json_object_get_string(at(root, path)), whole);
}

static void test_hostile_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(hostile); i++) {
		const char *name = hostile[i];
		size_t len = strlen(name);
		char path[4095];
		struct sample s = sample_hostile(name, path);
		json_object *root = sample_json(&s);
		_cleanup_free_ char *escaped = ew_escape_dup(name, len, 0);
		json_object *gain = at(root, "gain");

		assert_keys(root, "",
			    "v type time verdict reason profile rule task file gain cause shape before after "
			    "cgroup profiles users groups script argv parents");
		assert_escaped(root, "script", "", path, sizeof(path), "");
		assert_string_equal(json_object_get_string(json_object_array_get_idx(at(root, "argv/list"), 0)),
				    escaped);
		assert_escaped(root, "task/comm", "", name, len, "");
		assert_escaped(root, "task/exe", "", path, sizeof(path), "");
		assert_escaped(root, "file/path", "", path, sizeof(path), "");
		assert_escaped(root, "profile", "", name, len, "");
		assert_escaped(root, "rule", "", name, len, ":4");
		assert_escaped(root, "cgroup/path", "", name, len, "");
		assert_string_equal(json_object_get_string(json_object_array_get_idx(at(root, "profiles"), 0)),
				    escaped);
		assert_int_equal(json_object_array_length(gain), 3);
		assert_string_equal(json_object_get_string(json_object_array_get_idx(gain, 0)) + 4, escaped);
		assert_string_equal(json_object_get_string(json_object_array_get_idx(gain, 1)) + 4, escaped);
		json_object_put(root);
	}
	hostile_name = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_view_lengths),
		cmocka_unit_test(test_view_path_lengths),
		cmocka_unit_test(test_view_words),
		cmocka_unit_test(test_view_names_without_end),
		cmocka_unit_test(test_names_of_ids),
		cmocka_unit_test(test_long_name_of_id),
		cmocka_unit_test(test_time_of_day),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_fields),
		cmocka_unit_test(test_json_words),
		cmocka_unit_test(test_json_absent),
		cmocka_unit_test(test_json_lost),
		cmocka_unit_test(test_hostile_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
