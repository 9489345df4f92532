/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <json.h>

#include "json_skim.h"
#include "skim_bases.h"

/* Values that nobody writes into a record: skimmed as they are parsed, or left to the parser. */

static const char *const values[] = {"null",
				     "true",
				     "false",
				     "True",
				     "0",
				     "00",
				     "-0",
				     "-1",
				     "7",
				     "1.0",
				     "1e2",
				     "1E99",
				     "+1",
				     "0x10",
				     "NaN",
				     "Infinity",
				     "2147483648",
				     "4294967295",
				     "4294967296",
				     "9223372036854775807",
				     "9223372036854775808",
				     "9999999999999999999",
				     "18446744073709551615",
				     "18446744073709551616",
				     "99999999999999999999999",
				     "\"\"",
				     "\"x\"",
				     "'x'",
				     "x",
				     "\"0\"",
				     "\"0:0\"",
				     "\"99999999999:1\"",
				     "\"1:1x\"",
				     "\"a:4294967296\"",
				     "\"a:-1\"",
				     "\"a: 1\"",
				     "\"a:b:1\"",
				     "\":1\"",
				     "\"\\\\x41:1\"",
				     "\"\\\\xff:1\"",
				     "\"888\"",
				     "\"04755\"",
				     "\"4755x\"",
				     "\"0000000000000G00\"",
				     "\"0x00000000000000\"",
				     "\"FFFFFFFFFFFFFFFF\"",
				     "\"\\u0041\"",
				     "\"\\u0000\"",
				     "\"\\ud800\"",
				     "\"\\x41\"",
				     "\"\\\\x41\"",
				     "\"\\\\x00\"",
				     "\"\\\\x0a\\\\\\\\\"",
				     "\"\\\\xFF\"",
				     "\"\\\\\"",
				     "\"\\/\\b\\f\\n\\r\\t\"",
				     "\"a\tb\"",
				     "\"\xff\"",
				     "\"\xc3\xa9\"",
				     "\"\xe2\x80\xae\"",
				     "\"\xed\xa0\x80\"",
				     "\"unknown\"",
				     "\"cap_63\"",
				     "\"CAP_CHOWN\"",
				     "\"uid:\"",
				     "\"uid:\\\\x\"",
				     "\"gid:\xc3\xa9\"",
				     "\"label:\xff\"",
				     "\"labels\"",
				     "\"none\"",
				     "\"2501-01-01T00:00:00.000000000Z\"",
				     "\"2026-00-01T00:00:00.000000000Z\"",
				     "\"2026-01-00T00:00:00.000000000Z\"",
				     "\"1969-12-31T23:59:59.999999999Z\"",
				     "\"2026-13-01T00:00:00.000000000Z\"",
				     "\"2026-02-31T99:99:99.000000000Z\"",
				     "\"2026-02-28 23:59:59.000000000Z\"",
				     "\"/path\"",
				     "\".../a\"",
				     "\"pipe:[77]\"",
				     "\"anon_inode:x\"",
				     "\"mnt:[77]\"",
				     "[]",
				     "[7]",
				     "[null]",
				     "[\"x\"]",
				     "[\"\"]",
				     "[\"cap_chown\",\"cap_chown\",\"cap_kill\",\"cap_chown\"]",
				     "[\"uid:longer\",\"uid:a\",\"gid:b\"]",
				     "[\"label\",\"label:\"]",
				     "[\"setuid\",\"setid\",\"setuid\"]",
				     "[\"setid\",]",
				     "[,]",
				     "[[[[[[[[[[[[]]]]]]]]]]]]",
				     "{}",
				     "{\"x\":1}",
				     "{\"x\":1,\"x\":2}",
				     "{\"x\":}",
				     "{x:1}",
				     "{\"x\":1,}",
				     "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}}",
				     " 7",
				     "7 ",
				     "/**/7",
				     ""};

/* Each value of each record is another one, and each member is there twice. */
static void other_values(void **state)
{
	struct ew_skim *skim = malloc(sizeof(*skim));
	char *lines[3];
	size_t n = bases(lines), places = 0, skimmed = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const char *line = lines[i];

		for (size_t at = 1; line[at]; at++) {
			const char *key, *value = line + at;
			size_t len;

			if (!strchr(":[,", line[at - 1]))
				continue;
			skim->at = value;
			skim->end = line + strlen(line);
			skim->failed = false;
			ew_skim_value(skim);
			if (skim->failed)
				continue;
			len = (size_t)(skim->at - value);
			places++;
			for (size_t v = 0; v < EW_ARRAY_SIZE(values); v++) {
				_cleanup_free_ char *other = with(line, at, len, values[v]), *twice = NULL;

				skimmed += skims(other);
				if (v % 5 || line[at - 1] != ':')
					continue;
				/* the key's quotes are the two before its colon */
				for (key = value - 3; *key != '"';)
					key--;
				assert_true(asprintf(&twice, "%.*s%.*s%s,%s", (int)(key - line), line,
						     (int)(value - key), key, values[v], key) > 0);
				skimmed += skims(twice);
			}
		}
	}
	assert_true(places > 200);
	assert_true(skimmed > 1000);
	free_bases(lines);
	free(skim);
}

/* Every month of every year that a record can be of, with days and hours that only a parser minds not. */
static void times(void **state)
{
	static const unsigned int days[] = {1, 28, 29, 31, 99};
	static struct ew_parsed parsed;
	char *lines[3];

	(void)state;
	bases(lines);
	for (unsigned int i = 0; i < (2500 - 1970 + 1) * 12 * EW_ARRAY_SIZE(days); i++) {
		unsigned int year = 1970 + i / 12 / (unsigned int)EW_ARRAY_SIZE(days), month = i % 12 + 1;
		unsigned int day = days[i / 12 % EW_ARRAY_SIZE(days)];
		json_object *root = json_object_new_object();
		char time[64];
		__u64 want;

		snprintf(time, sizeof(time), "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", year, month, day, i % 100,
			 i * 7 % 100, i * 11 % 100, i * 7919);
		json_object_object_add(root, "time", json_object_new_string(time));
		assert_true(ew_record_parse_time(root, &want));
		json_object_put(root);
		memcpy(strstr(lines[0], "\"time\":\"") + strlen("\"time\":\""), time, strlen(time));
		assert_true(ew_record_skim(lines[0], strlen(lines[0]), &parsed));
		assert_int_equal(parsed.view.record.time, want);
	}
	free_bases(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_values),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
