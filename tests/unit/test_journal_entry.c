/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <stdbool.h>

#include "journal_entry.h"
#include "record_json.h"

/* Whether ENTRY has LINE, as a whole. */
static bool has(const char *entry, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = entry; p; p = strchr(p, '\n'), p += p != NULL)
		if (strncmp(p, line, len) == 0 && p[len] == '\n')
			return true;
	return false;
}

static unsigned int lines(const char *entry, size_t len)
{
	unsigned int n = 0;

	for (size_t i = 0; i < len; i++)
		n += entry[i] == '\n';
	return n;
}

static void test_fields(void **state)
{
	static const char *const want[] = {
		"MESSAGE=deny: php-fpm[812] /usr/sbin/php-fpm8.2 -> /usr/bin/sudo +uid:root +cap_sys_admin: gain, web "
		"(web.yaml:4)",
		"PRIORITY=4",
		"SYSLOG_IDENTIFIER=execward",
		"EXECWARD_VERDICT=deny",
		"EXECWARD_REASON=gain",
		"EXECWARD_PROFILE=web",
		"EXECWARD_RULE=web.yaml:4",
		"EXECWARD_GAIN=uid:root",
		"EXECWARD_GAIN=cap_sys_admin",
		"EXECWARD_CAUSE=setuid",
		"EXECWARD_SHAPE=setid",
		"EXECWARD_PROGRAM=/usr/bin/sudo",
		"EXECWARD_EXE=/usr/sbin/php-fpm8.2",
		"EXECWARD_COMM=php-fpm",
		"EXECWARD_CGROUP=/system.slice/php8.2-fpm.service",
		"EXECWARD_UID=33",
		"OBJECT_PID=812",
	};
	struct sample s = sample_make();
	struct ew_record_view view;
	_cleanup_free_ char *json = NULL, *record = NULL, *entry = NULL;
	char id[64];
	size_t len;

	(void)state;
	assert_int_equal(sample_view(&s, &view), 0);
	entry = ew_journal_entry(&view, &names, OFFSET, &len);
	assert_non_null(entry);
	assert_int_equal(strlen(entry), len);
	for (size_t i = 0; i < EW_ARRAY_SIZE(want); i++)
		assert_true(has(entry, want[i]));
	snprintf(id, sizeof(id), "MESSAGE_ID=%s", ew_message_id(EW_MESSAGE_DENY));
	assert_true(has(entry, id));
	json = ew_record_json(&view, &names, OFFSET);
	assert_true(asprintf(&record, "EXECWARD_RECORD=%s", json) > 0);
	assert_true(has(entry, record));
	assert_non_null(strstr(entry, "\nEXECWARD_WHY=The program would give"));
	assert_non_null(strstr(entry, "\nEXECWARD_REMEDY=If the task needs"));
}

/* Each verdict has an id of its own, and a loss, too. */
static void test_messages(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < EW_MESSAGE_MAX; i++) {
		assert_int_equal(strspn(ew_message_id(i), "0123456789abcdef"), 32);
		assert_int_equal(strlen(ew_message_id(i)), 32);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(ew_message_id(i), ew_message_id(j));
	}
	for (unsigned int verdict = 0; verdict < EW_VERDICT_MAX; verdict++) {
		struct sample s = sample_make();
		_cleanup_free_ char *entry = NULL;
		struct ew_record_view view;
		char id[64], word[64];
		size_t len;

		sample_reason(&s, verdict == EW_VERDICT_ALLOW ? EW_REASON_EXCEPTION : EW_REASON_GAIN);
		s.record.verdict = verdict;
		assert_int_equal(sample_view(&s, &view), 0);
		entry = ew_journal_entry(&view, &names, OFFSET, &len);
		assert_non_null(entry);
		snprintf(id, sizeof(id), "MESSAGE_ID=%s", ew_message_id(verdict));
		snprintf(word, sizeof(word), "EXECWARD_VERDICT=%s", ew_message_word(verdict));
		assert_true(has(entry, id));
		assert_true(has(entry, word));
	}
}

/* journalctl -x puts no value into the catalog's text that takes more than 256 bytes with its name (REPLACE_VAR_MAX).
 */
static void test_catalog_values(void **state)
{
	(void)state;
	for (unsigned int reason = 0; reason < EW_REASON_MAX; reason++) {
		struct sample s = sample_make();
		_cleanup_free_ char *entry = NULL;
		struct ew_record_view view;
		size_t len;

		sample_reason(&s, reason);
		assert_int_equal(sample_view(&s, &view), 0);
		entry = ew_journal_entry(&view, &names, OFFSET, &len);
		assert_non_null(entry);
		assert_in_range(strcspn(strstr(entry, "\nEXECWARD_WHY=") + 1, "\n"), 20, 255);
		assert_in_range(strcspn(strstr(entry, "\nEXECWARD_REMEDY=") + 1, "\n"), 20, 255);
	}
}

static void test_lost(void **state)
{
	size_t len;
	_cleanup_free_ char *entry = ew_journal_entry_lost(5123456789, OFFSET, 3, 12, &len);

	(void)state;
	assert_non_null(entry);
	assert_true(has(entry, "MESSAGE=lost: 3 records not kept up with (12 in all)"));
	assert_true(has(entry, "EXECWARD_LOST=3"));
	assert_true(has(entry, "PRIORITY=4"));
	assert_true(has(entry, "EXECWARD_RECORD={\"v\":1,\"type\":\"lost\",\"time\":\"2026-11-22T16:00:00.123456789Z\","
			       "\"count\":3,\"total\":12}"));
}

static void test_again(void **state)
{
	struct ew_leak leak = {
		.words = {"web", "/usr/bin/a\\x0a", "/usr/bin/b", "regular", "/etc/hosts", "r"},
		.untold = 41,
	};
	size_t len;
	_cleanup_free_ char *entry = ew_journal_entry_again(5123456789, OFFSET, &leak, 60, &len);

	(void)state;
	assert_non_null(entry);
	assert_true(has(entry, "MESSAGE=fds: 41 more times /usr/bin/a\\x0a -> /usr/bin/b /etc/hosts in 60 s, web"));
	assert_true(has(entry, "EXECWARD_COUNT=41"));
	assert_true(has(entry, "EXECWARD_EXE=/usr/bin/a\\x0a"));
	assert_true(has(entry, "EXECWARD_PROGRAM=/usr/bin/b"));
	assert_true(has(entry, "EXECWARD_PROFILE=web"));
	assert_true(has(entry, "PRIORITY=5"));
	assert_non_null(strstr(entry,
			       "EXECWARD_RECORD={\"v\":1,\"type\":\"fds\",\"time\":\"2026-11-22T16:00:00.123456789Z\","
			       "\"count\":41,\"seconds\":60,"));
}

/* Whatever a stranger's name is, it adds no field. */
static void test_hostile(void **state)
{
	char path[4096];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(hostile); i++) {
		struct sample s = sample_hostile(hostile[i], path);
		_cleanup_free_ char *entry = NULL;
		struct ew_record_view view;
		size_t len;

		assert_int_equal(sample_view(&s, &view), 0);
		entry = ew_journal_entry(&view, &names, OFFSET, &len);
		assert_non_null(entry);
		/* with one more gain than the sample has */
		assert_int_equal(lines(entry, len), 22);
	}
	hostile_name = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_messages), cmocka_unit_test(test_catalog_values),
		cmocka_unit_test(test_again),  cmocka_unit_test(test_lost),	cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
