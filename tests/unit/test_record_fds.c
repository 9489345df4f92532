/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <stdio.h>
#include <sys/socket.h>

#include "leak_records.h"
#include "record_fds.h"
#include "record_json.h"
#include "record_text.h"

/* The descriptors of a record: checked, and printed. */

struct one {
	struct ew_fd fd;
	const char *text, *peer;
};

/* The sample record with N descriptors, of COUNT that cross. The caller frees it. */
static char *record(const struct one *list, __u32 n, __u32 count, size_t *len)
{
	struct sample s = sample_make();
	struct ew_fds fds = {.count = count, .described = n};
	size_t room, fixed;
	char *bytes, *at;

	s.record.verdict = EW_VERDICT_AUDIT;
	s.record.reason = EW_REASON_FDS;
	bytes = sample_bytes(&s, &fixed);
	room = fixed + EW_FDS_ROOM + 1;
	bytes = realloc(bytes, room);
	assert_non_null(bytes);
	at = bytes + fixed;
	memcpy(at, &fds, sizeof(fds));
	at += sizeof(fds);
	for (__u32 i = 0; i < n; i++) {
		struct ew_fd fd = list[i].fd;

		if (!fd.text_len && list[i].text)
			fd.text_len = (__u16)strlen(list[i].text);
		if (!fd.peer_len && list[i].peer)
			fd.peer_len = (__u16)strlen(list[i].peer);
		memcpy(at, &fd, sizeof(fd));
		at += sizeof(fd);
		if (list[i].text)
			at = mempcpy(at, list[i].text, fd.text_len);
		if (list[i].peer)
			at = mempcpy(at, list[i].peer, fd.peer_len);
	}
	*len = (size_t)(at - bytes);
	return bytes;
}

/* `"fds":` of the record's JSON, up to the cgroup. The caller frees it. */
static char *json_of(const struct one *list, __u32 n, __u32 count)
{
	size_t len;
	_cleanup_free_ char *bytes = record(list, n, count, &len), *line = NULL;
	struct ew_record_view view;
	char *fds, *end;

	assert_int_equal(ew_record_view_init(&view, bytes, len), 0);
	line = ew_record_json(&view, &names, OFFSET);
	assert_non_null(line);
	fds = strstr(line, "\"fds\":");
	assert_non_null(fds);
	end = strstr(fds, ",\"cgroup\":");
	assert_non_null(end);
	return strndup(fds, (size_t)(end - fds));
}

static const struct one hosts = {
	.fd = {.fd = 3,
	       .kind = EW_FD_REGULAR,
	       .access = EW_FD_READ,
	       .marks = EW_FD_PATH,
	       .file = {.ino = 7, .dev = 254 << 20}},
	.text = "hosts/etc/",
};

static void test_json(void **state)
{
	static const struct {
		struct one one;
		const char *expected;
	} cases[] = {
		{hosts, "\"kind\":\"regular\",\"access\":\"r\",\"path\":\"/etc/hosts\",\"dev\":\"254:0\",\"ino\":7}"},
		{{{.kind = EW_FD_DIRECTORY, .marks = EW_FD_PATH, .access = EW_FD_O_PATH}, "", NULL},
		 "\"kind\":\"directory\",\"access\":\"path\",\"path\":\"/\",\"dev\":\"0:0\",\"ino\":0}"},
		{{{.kind = EW_FD_CGROUP,
		   .marks = EW_FD_PATH | EW_FD_DELETED | EW_FD_TRUNCATED | EW_FD_OTHER_NS,
		   .dangers = EW_BIT(EW_FD_DANGER_OUTSIDE_ROOT) | EW_BIT(EW_FD_DANGER_CGROUP)},
		  "b/a/",
		  NULL},
		 "\"kind\":\"cgroup\",\"access\":\"none\",\"path\":\".../a/"
		 "b\",\"dev\":\"0:0\",\"ino\":0,\"deleted\":true,"
		 "\"truncated\":true,\"other_mount_namespace\":true,\"dangerous\":true,"
		 "\"danger\":[\"outside-root\",\"cgroup\"]}"},
		{{{.kind = EW_FD_SOCKET,
		   .access = EW_FD_READ | EW_FD_WRITE,
		   .family = AF_UNIX,
		   .type = SOCK_STREAM,
		   .peer_pid = 9,
		   .file = {.ino = 5}},
		  NULL,
		  "/run/x"},
		 "\"kind\":\"socket\",\"access\":\"rw\",\"path\":\"socket:[5]\",\"dev\":\"0:0\",\"ino\":5,\"family\":"
		 "\"unix\","
		 "\"type\":\"stream\",\"peer\":{\"pid\":9,\"address\":\"/run/x\"}}"},
		{{{.kind = EW_FD_SOCKET, .family = AF_UNIX, .type = 77, .peer_len = 3}, NULL, "\0ab"},
		 "\"kind\":\"socket\",\"access\":\"none\",\"path\":\"socket:[0]\",\"dev\":\"0:0\",\"ino\":0,\"family\":"
		 "\"unix\","
		 "\"type\":77,\"peer\":{\"address\":\"\\\\x00ab\"}}"},
		{{{.kind = EW_FD_FIFO, .file = {.ino = 6}}, NULL, NULL},
		 "\"kind\":\"fifo\",\"access\":\"none\",\"path\":\"pipe:[6]\",\"dev\":\"0:0\",\"ino\":6}"},
		{{{.kind = EW_FD_NAMESPACE, .file = {.ino = 6}}, "mnt", NULL},
		 "\"kind\":\"namespace\",\"access\":\"none\",\"path\":\"mnt:[6]\",\"dev\":\"0:0\",\"ino\":6}"},
		{{{.kind = EW_FD_BPF_MAP}, "bpf-map", NULL},
		 "\"kind\":\"bpf-map\",\"access\":\"none\",\"path\":\"anon_inode:bpf-map\",\"dev\":\"0:0\",\"ino\":0}"},
		{{{.kind = EW_FD_MEMFD}, "memfd:a\nb", NULL},
		 "\"kind\":\"memfd\",\"access\":\"none\",\"path\":\"/memfd:a\\\\x0ab\",\"dev\":\"0:0\",\"ino\":0}"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *json = json_of(&cases[i].one, 1, 1), *expected = NULL;

		assert_true(asprintf(&expected, "\"fds\":{\"count\":1,\"truncated\":false,\"list\":[{\"fd\":%u,%s]}",
				     cases[i].one.fd.fd, cases[i].expected) > 0);
		assert_string_equal(json, expected);
	}
}

static void test_counts(void **state)
{
	struct one list[EW_FDS_DESCRIBED_MAX + 1];
	_cleanup_free_ char *none = json_of(NULL, 0, 0), *more = json_of(&hosts, 1, 1000000), *bytes = NULL;
	struct ew_record_view view;
	size_t len;

	(void)state;
	assert_string_equal(none, "\"fds\":{\"count\":0,\"truncated\":false,\"list\":[]}");
	assert_non_null(strstr(more, "{\"count\":1000000,\"truncated\":true,\"list\":[{\"fd\":3,"));
	for (size_t i = 0; i < EW_ARRAY_SIZE(list); i++)
		list[i] = hosts;
	free(json_of(list, EW_FDS_DESCRIBED_MAX, EW_FDS_DESCRIBED_MAX));
	bytes = record(list, EW_FDS_DESCRIBED_MAX + 1, EW_FDS_DESCRIBED_MAX + 1, &len);
	assert_int_equal(ew_record_view_init(&view, bytes, len), -EBADMSG);
}

static void test_bad(void **state)
{
	static const struct ew_fd bad[] = {
		{.kind = EW_FD_KIND_MAX},
		{.access = 8},
		{.marks = EW_FD_MARKS + 1},
		{.dangers = EW_BIT(EW_FD_DANGER_MAX)},
		{.text_len = 1},
		{.peer_len = 0xffff},
	};
	struct ew_record_view view;
	size_t len, whole;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(bad); i++) {
		const struct one one = {.fd = bad[i]};
		_cleanup_free_ char *bytes = record(&one, 1, 1, &len);

		assert_int_equal(ew_record_view_init(&view, bytes, len), -EBADMSG);
	}
	{
		_cleanup_free_ char *bytes = record(&hosts, 1, 1, &whole);
		struct sample s = sample_make();

		free(sample_bytes(&s, &len));
		/* cut anywhere but where the list begins */
		for (size_t n = len; n <= whole; n++) {
			_cleanup_free_ char *part = malloc(n);

			memcpy(part, bytes, n);
			assert_int_equal(ew_record_view_init(&view, part, n), n == len || n == whole ? 0 : -EBADMSG);
		}
		bytes[whole] = 0;
		assert_int_equal(ew_record_view_init(&view, bytes, whole + 1), -EBADMSG);
	}
	/* more described than there are */
	{
		_cleanup_free_ char *bytes = record(&hosts, 1, 0, &len);

		assert_int_equal(ew_record_view_init(&view, bytes, len), -EBADMSG);
	}
}

static void assert_brief(const struct one *list, __u32 n, __u32 count, const char *expected)
{
	static const struct ew_record_text_options options = {.width = 0};
	size_t len;
	_cleanup_free_ char *bytes = record(list, n, count, &len), *line = NULL;
	struct ew_record_view view;

	assert_int_equal(ew_record_view_init(&view, bytes, len), 0);
	line = ew_record_text(&view, &names, OFFSET, &options);
	assert_non_null(line);
	assert_non_null(strstr(line, expected));
}

/* One of them, the first that is dangerous or else the first, and how many more there are. */
static void test_text(void **state)
{
	const struct one cgroup = {{.fd = 5, .kind = EW_FD_CGROUP, .marks = EW_FD_PATH, .dangers = 2}, "x/", NULL},
			 third = {{.fd = 6, .kind = EW_FD_CGROUP, .marks = EW_FD_PATH, .dangers = 2}, "y/", NULL};

	(void)state;
	assert_brief((struct one[]){hosts, cgroup, third}, 3, 7, "fds 5 /x (dangerous) +6, web (web.yaml:4)");
	assert_brief((struct one[]){cgroup, hosts}, 2, 2, "fds 5 /x (dangerous) +1, web (web.yaml:4)");
	assert_brief(&hosts, 1, 1, "fds 3 /etc/hosts, web (web.yaml:4)");
	assert_brief(NULL, 0, 7, "fds 7, web (web.yaml:4)");
	assert_brief(NULL, 0, 0, " fds, web (web.yaml:4)");
}

struct lines {
	const struct ew_record_view *view;
	const struct ew_record_text_options *options;
	char *text;
};

static void put_leak(void *ctx, const struct ew_fd_view *fd)
{
	struct lines *lines = ctx;
	_cleanup_free_ char *line = ew_record_text_leak(lines->view, &names, fd, OFFSET, lines->options),
			    *before = lines->text;

	assert_non_null(line);
	assert_true(asprintf(&lines->text, "%s%s\n", before ?: "", line + strlen("00:00:00.000 ")) > 0);
}

/* A line for each descriptor, whatever they are called; behind the time, which is the machine's. */
static void test_leak_lines(void **state)
{
	static const struct ew_record_text_options ascii = {.ascii = true};
	const struct one list[] = {
		hosts, {{.fd = 5, .kind = EW_FD_CGROUP, .marks = EW_FD_PATH, .dangers = 2}, "x\n\xc3\xa4/", NULL}};
	size_t len;
	_cleanup_free_ char *bytes = record(list, 2, 7, &len);
	struct ew_record_view view;
	struct lines lines = {&view, &ascii, NULL};

	(void)state;
	assert_int_equal(ew_record_view_init(&view, bytes, len), 0);
	ew_record_each_fd(&view, put_leak, &lines);
	assert_string_equal(lines.text, "AUDIT php-fpm[812]       /usr/sbin/php-fpm8.2 -> /usr/bin/sudo             3 "
					"/etc/hosts r              "
					"/system.slice/php8.2-fpm.service  fds, web (web.yaml:4)\n"
					"AUDIT php-fpm[812]       /usr/sbin/php-fpm8.2 -> /usr/bin/sudo             5 "
					"/x\\x0a\\xc3\\xa4 none (dangerous)  "
					"            /system.slice/php8.2-fpm.service  fds, web (web.yaml:4)\n");
	free(lines.text);
}

static void test_socket_words(void **state)
{
	static const struct {
		__u32 number;
		const char *word;
	} families[] = {{AF_UNIX, "unix"},	 {AF_INET, "inet"},	{AF_INET6, "inet6"},
			{AF_NETLINK, "netlink"}, {AF_PACKET, "packet"}, {AF_VSOCK, "vsock"}},
	  types[] = {{SOCK_STREAM, "stream"}, {SOCK_DGRAM, "dgram"}, {SOCK_RAW, "raw"}, {SOCK_SEQPACKET, "seqpacket"}};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(families); i++)
		assert_string_equal(ew_fd_family(families[i].number), families[i].word);
	for (size_t i = 0; i < EW_ARRAY_SIZE(types); i++)
		assert_string_equal(ew_fd_socket_type(types[i].number), types[i].word);
	assert_null(ew_fd_family(AF_MAX));
	assert_null(ew_fd_socket_type(0));
}

/* Whether LEAKS has a record of LIST, at TIME, repeated; the period is 100. */
static bool is_repeated(struct ew_leaks *leaks, const struct one *list, __u32 n, __u32 reason, __u64 time)
{
	size_t len;
	_cleanup_free_ char *bytes = record(list, n, n, &len);
	struct ew_record_view view;

	assert_int_equal(ew_record_view_init(&view, bytes, len), 0);
	view.record.reason = reason;
	view.record.time = time;
	return ew_leaks_repeated(leaks, &view, 100);
}

static int sum_untold(void *ctx, const struct ew_leak *leak)
{
	*(__u64 *)ctx += leak->untold;
	return 0;
}

/* A record is told once in a period, unless it has something that was not told. */
static void test_repeated(void **state)
{
	const struct one list[] = {hosts, {{.fd = 5, .kind = EW_FD_CGROUP, .marks = EW_FD_PATH}, "x/", NULL}};
	struct ew_leaks leaks = {};
	__u64 untold = 0;

	(void)state;
	assert_false(is_repeated(&leaks, list, 1, EW_REASON_FDS, 1000));
	assert_true(is_repeated(&leaks, list, 1, EW_REASON_FDS, 1001));
	assert_false(is_repeated(&leaks, list, 1, EW_REASON_GAIN, 1002));
	assert_false(is_repeated(&leaks, list, 0, EW_REASON_FDS, 1003));
	/* with another: whole, and the first is told with it */
	assert_false(is_repeated(&leaks, list, 2, EW_REASON_FDS, 1004));
	assert_true(is_repeated(&leaks, list, 2, EW_REASON_FDS, 1005));
	assert_int_equal(ew_leaks_settle(&leaks, 1005, 0, sum_untold, &untold), 0);
	assert_int_equal(untold, 3);
	assert_false(is_repeated(&leaks, list, 1, EW_REASON_FDS, 1006));
	assert_false(is_repeated(&leaks, list, 1, EW_REASON_FDS, 1106));
	ew_leaks_clear(&leaks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),	 cmocka_unit_test(test_counts),	    cmocka_unit_test(test_bad),
		cmocka_unit_test(test_text),	 cmocka_unit_test(test_leak_lines), cmocka_unit_test(test_socket_words),
		cmocka_unit_test(test_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
