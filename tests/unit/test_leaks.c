/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leaks.h"
#include "record_json.h"
#include "record_text.h"
#include "util.h"

/* Leaks: told once in a period, counted, sorted, and what would have to change. */

static const struct ew_leak_words hosts = {"web", "/usr/bin/php", "/usr/bin/sudo", "regular", "/etc/hosts", "r"};

static struct ew_leak *get(struct ew_leaks *leaks, const char *receiver, const char *kind, const char *target)
{
	struct ew_leak_words words = hosts;

	words.receiver = receiver;
	words.kind = kind;
	words.target = target;
	return ew_leaks_get(leaks, &words);
}

static void test_apart(void **state)
{
	struct ew_leaks leaks = {};
	struct ew_leak_words other;
	struct ew_leak *leak = ew_leaks_get(&leaks, &hosts);

	(void)state;
	assert_non_null(leak);
	assert_ptr_equal(ew_leaks_get(&leaks, &hosts), leak);
	assert_ptr_not_equal(leak->words.target, hosts.target);
	assert_string_equal(leak->words.target, "/etc/hosts");
	for (size_t i = 0; i < 6; i++) {
		other = hosts;
		((const char **)&other)[i] = "x";
		assert_ptr_not_equal(ew_leaks_get(&leaks, &other), leak);
		assert_int_equal(leaks.n, i + 2);
	}
	ew_leaks_clear(&leaks);
	assert_int_equal(leaks.n, 0);
	ew_leaks_clear(&leaks);
}

static void test_limit(void **state)
{
	struct ew_leaks leaks = {};
	char target[32];

	(void)state;
	for (unsigned int i = 0; i < EW_LEAKS_MAX; i++) {
		snprintf(target, sizeof(target), "/%u", i);
		assert_non_null(get(&leaks, "/x", "regular", target));
	}
	assert_false(leaks.full);
	assert_null(get(&leaks, "/x", "regular", "/one-more"));
	assert_true(leaks.full);
	assert_non_null(get(&leaks, "/x", "regular", "/0"));
	ew_leaks_clear(&leaks);
}

/* Long words fill it sooner, and what is forgotten gives its room back. */
static int nothing(void *ctx, const struct ew_leak *leak)
{
	(void)ctx;
	(void)leak;
	return 0;
}

static void test_bytes(void **state)
{
	struct ew_leaks leaks = {};
	char target[16384];
	size_t n = 0;

	(void)state;
	memset(target, 'x', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	do
		snprintf(target, 9, "/%07zu", n++), target[8] = '/';
	while (get(&leaks, "/x", "regular", target));
	assert_true(leaks.full);
	assert_in_range(n, 4000, 4096);
	assert_true(leaks.bytes <= EW_LEAKS_BYTES);
	assert_int_equal(ew_leaks_settle(&leaks, 60, 60, nothing, NULL), 0);
	assert_int_equal(leaks.bytes, 0);
	assert_non_null(get(&leaks, "/x", "regular", target));
	ew_leaks_clear(&leaks);
}

struct told {
	int n;
	__u64 untold;
	int answer;
};

static int again(void *ctx, const struct ew_leak *leak)
{
	struct told *told = ctx;

	told->n++;
	told->untold += leak->untold;
	return told->answer;
}

static void test_periods(void **state)
{
	struct told told = {};
	struct ew_leaks leaks = {};
	struct ew_leak *leak = ew_leaks_get(&leaks, &hosts), *once = get(&leaks, "/once", "regular", "/x");

	(void)state;
	assert_true(ew_leaks_tell(leak, 1000, 60));
	assert_true(ew_leaks_tell(once, 1000, 60));
	assert_false(ew_leaks_tell(leak, 1000, 60));
	assert_false(ew_leaks_tell(leak, 1059, 60));
	assert_int_equal(ew_leaks_settle(&leaks, 1059, 60, again, &told), 0);
	assert_int_equal(told.n, 0);
	assert_int_equal(leaks.n, 2);
	/* the one that came once is forgotten without a word */
	assert_int_equal(ew_leaks_settle(&leaks, 1060, 60, again, &told), 0);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.untold, 2);
	assert_int_equal(leaks.n, 0);
	leak = ew_leaks_get(&leaks, &hosts);
	assert_true(ew_leaks_tell(leak, 2000, 60));
	assert_false(ew_leaks_tell(leak, 2001, 60));
	/* not a new period before the old one's are told */
	assert_false(ew_leaks_tell(leak, 2060, 60));
	assert_int_equal(leak->untold, 2);
	assert_int_equal(ew_leaks_settle(&leaks, 2061, 60, again, &told), 0);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.untold, 4);
	/* one that came once has nothing to be told */
	once = get(&leaks, "/once", "regular", "/x");
	assert_true(ew_leaks_tell(once, 3000, 60));
	assert_true(ew_leaks_tell(once, 3060, 60));
	assert_int_equal(once->count, 2);
	assert_int_equal(once->untold, 0);
	assert_false(ew_leaks_tell(once, 3061, 60));
	told.answer = -5;
	assert_int_equal(ew_leaks_settle(&leaks, 3061, 0, again, &told), -5);
	ew_leaks_clear(&leaks);
}

static void test_sorted(void **state)
{
	struct ew_leaks leaks = {};
	struct ew_leak **list;

	(void)state;
	assert_null(ew_leaks_sorted(&leaks));
	get(&leaks, "/few", "regular", "/x")->count = 2;
	get(&leaks, "/many", "regular", "/x")->count = 9;
	get(&leaks, "/bad", "cgroup", "/x")->count = 1;
	get(&leaks, "/bad", "cgroup", "/x")->dangerous = true;
	list = ew_leaks_sorted(&leaks);
	assert_string_equal(list[0]->words.receiver, "/bad");
	assert_string_equal(list[1]->words.receiver, "/many");
	assert_string_equal(list[2]->words.receiver, "/few");
	free(list);
	ew_leaks_clear(&leaks);
}

static void test_target(void **state)
{
	static const char *const cases[][2] = {
		{"/etc/hosts", "/etc/hosts"},
		{"socket:[4711]", "socket"},
		{"pipe:[1]", "pipe"},
		{"mnt:[4026531840]", "mnt"},
		{"anon_inode:[eventfd]", "anon_inode:[eventfd]"},
		{"anon_inode:bpf-map", "anon_inode:bpf-map"},
		{"/tmp/a:[1]", "/tmp/a:[1]"},
		{".../a:[1]", ".../a:[1]"},
		{"x:[", "x:["},
		{"x:[]", "x"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *target = ew_leak_target(cases[i][0]);

		assert_string_equal(target, cases[i][1]);
	}
}

static void test_remedy(void **state)
{
	static const char *const cases[][4] = {
		{"regular", "/etc/hosts", "r", "open(\"/etc/hosts\", O_RDONLY | O_CLOEXEC)"},
		{"regular", "/log", "w", "open(\"/log\", O_WRONLY | O_CLOEXEC)"},
		{"regular", ".../log", "rw", "open(\".../log\", O_RDWR | O_CLOEXEC)"},
		{"cgroup", "/sys/fs/cgroup", "r", "open(\"/sys/fs/cgroup\", O_RDONLY | O_DIRECTORY | O_CLOEXEC)"},
		{"directory", "/", "path", "open(\"/\", O_PATH | O_DIRECTORY | O_CLOEXEC)"},
		{"fifo", "/run/initctl", "rw", "open(\"/run/initctl\", O_RDWR | O_CLOEXEC)"},
		{"fifo", "pipe", "r", "pipe2(fds, O_CLOEXEC), or open(path, ... | O_CLOEXEC)"},
		{"memfd", "/memfd:x", "rw", "memfd_create(name, ... | MFD_CLOEXEC)"},
		{"namespace", "mnt", "r", "open(\"/proc/PID/ns/mnt\", O_RDONLY | O_CLOEXEC)"},
	};
	struct ew_leaks leaks = {};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		struct ew_leak_words words = hosts;
		_cleanup_free_ char *remedy = NULL;

		words.kind = cases[i][0];
		words.target = cases[i][1];
		words.access = cases[i][2];
		remedy = ew_leak_remedy(ew_leaks_get(&leaks, &words));
		assert_string_equal(remedy, cases[i][3]);
	}
	{
		_cleanup_free_ char *map = ew_leak_remedy(get(&leaks, "/x", "bpf-map", "anon_inode:bpf-map"));

		assert_non_null(strstr(map, "F_DUPFD_CLOEXEC"));
	}
	{
		_cleanup_free_ char *quote = ew_leak_remedy(get(&leaks, "/x", "regular", "/a\"b\\\\\""));

		assert_string_equal(quote, "open(\"/a\\x22b\\\\\\x22\", O_RDONLY | O_CLOEXEC)");
	}
	ew_leaks_clear(&leaks);
}

static void test_again(void **state)
{
	static const struct ew_record_text_options options = {.width = 0}, ascii = {.ascii = true};
	static const struct ew_leak_words unnamed = {"", "", "/r\xc3\xa4\\x0a", "regular", "/t\xc3\xa4", "r"};
	const size_t time = strlen("00:00:00.000 ");
	struct ew_leaks leaks = {};
	struct ew_leak *leak = ew_leaks_get(&leaks, &hosts);
	_cleanup_free_ char *json = NULL, *text = NULL;

	(void)state;
	leak->untold = 41;
	leak->dangerous = true;
	json = ew_record_json_again(0, 1000000001, leak, 60);
	assert_string_equal(json, "{\"v\":1,\"type\":\"fds\",\"time\":\"1970-01-01T00:00:01.000000001Z\",\"count\":41,"
				  "\"seconds\":60,\"profile\":\"web\",\"task\":{\"exe\":\"/usr/bin/php\"},\"file\":{"
				  "\"path\":\"/usr/bin/sudo\"},\"fd\":{\"kind\":\"regular\",\"access\":\"r\",\"path\":"
				  "\"/etc/hosts\",\"dangerous\":true}}");
	text = ew_record_text_again(0, 0, leak, 60, &options);
	assert_int_equal(strcspn(text, "A"), time);
	assert_string_equal(text + time,
			    "AGAIN 41 times           /usr/bin/php         \xe2\x86\x92 /usr/bin/sudo             "
			    "/etc/hosts                                                in 60 s, web");
	free(text);
	leak = ew_leaks_get(&leaks, &unnamed);
	leak->untold = 2;
	free(json);
	json = ew_record_json_again(0, 0, leak, 60);
	assert_string_equal(json,
			    "{\"v\":1,\"type\":\"fds\",\"time\":\"1970-01-01T00:00:00.000000000Z\",\"count\":2,"
			    "\"seconds\":60,\"task\":{\"exe\":null},\"file\":{\"path\":\"/r\xc3\xa4\\\\x0a\"},\"fd\":{"
			    "\"kind\":\"regular\",\"access\":\"r\",\"path\":\"/t\xc3\xa4\"}}");
	text = ew_record_text_again(0, 0, leak, 60, &options);
	assert_string_equal(text + time,
			    "AGAIN 2 times            -                    \xe2\x86\x92 /r\xc3\xa4\\x0a                "
			    "   /t\xc3\xa4                                                       in 60 s, no profile");
	free(text);
	leak->untold = 1;
	text = ew_record_text_again(0, 0, leak, 60, &ascii);
	assert_string_equal(text + time,
			    "AGAIN 1 time             -                    -> /r\\xc3\\xa4\\x0a            "
			    "/t\\xc3\\xa4                                                in 60 s, no profile");
	ew_leaks_clear(&leaks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),  cmocka_unit_test(test_limit),  cmocka_unit_test(test_periods),
		cmocka_unit_test(test_sorted), cmocka_unit_test(test_target), cmocka_unit_test(test_remedy),
		cmocka_unit_test(test_again),  cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
