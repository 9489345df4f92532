/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "record_sink.h"

static char directory[] = "/tmp/ew-sink.XXXXXX";
static char path[64], other[64];

static int make_directory(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/records", directory);
	snprintf(other, sizeof(other), "%s/records.1", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(directory);
}

static void put(struct ew_sink *sink, const char *text)
{
	assert_true(ew_sink_ready(sink));
	ew_sink_put(sink, strdup(text), strlen(text));
}

static void assert_file(const char *name, const char *want)
{
	_cleanup_fclose_ FILE *f = fopen(name, "re");
	char text[256] = "";

	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) < sizeof(text) - 1);
	assert_string_equal(text, want);
}

static void test_file(void **state)
{
	struct ew_sink sink;
	struct stat st;

	(void)state;
	assert_int_equal(ew_sink_open(&sink, EW_SINK_FILE, path, -1), 0);
	put(&sink, "one\n");
	assert_int_equal(rename(path, other), 0);
	put(&sink, "two\n");
	assert_file(other, "one\n");
	assert_file(path, "two\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	unlink(path);
	put(&sink, "three\n");
	assert_file(path, "three\n");
	/* somebody else has made the new one */
	unlink(path);
	assert_int_equal(close(creat(path, 0600)), 0);
	put(&sink, "four\n");
	assert_file(path, "four\n");
	/* there is no place for it for a while */
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	put(&sink, "five\n");
	assert_false(ew_sink_ready(&sink));
	assert_int_equal(ew_sink_waits_for(&sink), -1);
	assert_int_equal(rmdir(path), 0);
	ew_sink_flush(&sink);
	assert_true(ew_sink_ready(&sink));
	assert_file(path, "five\n");
	ew_sink_close(&sink);
	assert_int_equal(ew_sink_open(&sink, EW_SINK_FILE, directory, -1), -EISDIR);
	ew_sink_close(&sink);
	unlink(path);
	unlink(other);
}

/* A reader that is slow: nothing waits, and what was begun is ended later. */
static void test_stream(void **state)
{
	static char text[100000];
	size_t got = 0, written = 0;
	struct ew_sink sink;
	int ends[2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(ew_sink_open(&sink, EW_SINK_STREAM, NULL, ends[1]), 0);
	for (; ew_sink_ready(&sink); written += strlen(text))
		put(&sink, text);
	assert_true(ew_sink_waits_for(&sink) >= 0);
	while (got < written) {
		char buffer[4096];
		ssize_t n = read(ends[0], buffer, sizeof(buffer));

		assert_true(n > 0);
		got += (size_t)n;
		ew_sink_flush(&sink);
	}
	assert_int_equal(got, written);
	assert_true(ew_sink_ready(&sink));
	assert_int_equal(ew_sink_waits_for(&sink), -1);
	ew_sink_close(&sink);
	close(ends[0]);
}

/* Standard output that is a file, of which somebody has written a part: what comes goes behind it. */
static void test_stream_to_file(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct ew_sink sink;

	(void)state;
	assert_int_equal(write(fd, "before\n", 7), 7);
	assert_int_equal(ew_sink_open(&sink, EW_SINK_STREAM, NULL, fd), 0);
	put(&sink, "one\n");
	ew_sink_close(&sink);
	assert_file(path, "before\none\n");
	unlink(path);
}

/* A line of which a part was written when the file was put aside is whole in the next one. */
static void test_rotated_amid_line(void **state)
{
	static char text[100000];
	struct ew_sink sink;
	struct stat st;
	int reader;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_int_equal(ew_sink_open(&sink, EW_SINK_FILE, path, -1), 0);
	put(&sink, text);
	assert_false(ew_sink_ready(&sink));
	assert_int_equal(rename(path, other), 0);
	ew_sink_flush(&sink);
	assert_true(ew_sink_ready(&sink));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, strlen(text));
	ew_sink_close(&sink);
	close(reader);
	unlink(path);
	unlink(other);
}

static int listen_as_journal(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void assert_received(int fd, const char *want)
{
	char text[4096] = "";

	assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), strlen(want));
	assert_string_equal(text, want);
}

static void test_journal(void **state)
{
	unsigned int queued = 0;
	struct ew_sink sink;
	struct pollfd fd;
	int journal;

	(void)state;
	/* not there yet */
	assert_int_equal(ew_sink_open(&sink, EW_SINK_JOURNAL, path, -1), 0);
	put(&sink, "MESSAGE=early\n");
	assert_false(ew_sink_ready(&sink));
	journal = listen_as_journal();
	ew_sink_flush(&sink);
	assert_received(journal, "MESSAGE=early\n");
	/* gone, and another in its place */
	close(journal);
	unlink(path);
	put(&sink, "MESSAGE=between\n");
	assert_false(ew_sink_ready(&sink));
	journal = listen_as_journal();
	ew_sink_flush(&sink);
	assert_received(journal, "MESSAGE=between\n");
	/* busy: nothing waits, one is kept */
	for (; ew_sink_ready(&sink); queued++)
		put(&sink, "MESSAGE=busy\n");
	fd = (struct pollfd){.fd = ew_sink_waits_for(&sink), .events = POLLOUT};
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_received(journal, "MESSAGE=busy\n");
	assert_int_equal(poll(&fd, 1, 0), 1);
	ew_sink_flush(&sink);
	assert_true(ew_sink_ready(&sink));
	for (; queued > 1; queued--)
		assert_received(journal, "MESSAGE=busy\n");
	assert_int_equal(recv(journal, &queued, sizeof(queued), 0), -1);
	ew_sink_close(&sink);
	close(journal);
	unlink(path);
}

/* Too large for a datagram. */
static void test_journal_large(void **state)
{
	static char text[32 << 20];
	char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	int journal = listen_as_journal(), fd;
	struct ew_sink sink;
	struct stat st;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(ew_sink_open(&sink, EW_SINK_JOURNAL, path, -1), 0);
	put(&sink, text);
	assert_true(ew_sink_ready(&sink));
	assert_int_equal(recvmsg(journal, &message, MSG_CMSG_CLOEXEC), 0);
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, strlen(text));
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	close(fd);
	ew_sink_close(&sink);
	close(journal);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),	       cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_to_file), cmocka_unit_test(test_rotated_amid_line),
		cmocka_unit_test(test_journal),	       cmocka_unit_test(test_journal_large),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
