/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cmd.h"
#include "escape.h"
#include "log.h"
#include "reader.h"
#include "signals.h"
#include "top_feed.h"
#include "top_screen.h"

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define REFRESH (NSEC_PER_SEC / 2)
/* Records of a pipe that come one by one are taken together: to be woken by each would cost more than they do. */
#define GATHER (20 * NSEC_PER_MSEC)

static const char help_text[] =
	"\n"
	"      --all           untagged tasks too\n"
	"      --from FILE     of recorded transitions (JSON Lines of trace or daemon), \"-\" for standard\n"
	"                      input, in place of those that happen; rates are by the records' times\n"
	"      --sort KEY      execs, gains, denials, audits, leaks or name; default execs\n"
	"      --buffer SIZE   of the buffer in the kernel, K or M may follow; default 2M\n"
	"      --no-pager      accepted; there is none\n"
	"\n"
	"Keys: q quits, Enter explains the line, p pauses, e g d a l n sort, up and down choose.\n";

struct top {
	struct ew_top_feed feed;
	enum ew_top_sort sort;
	struct ew_top model;
	struct ew_top_notes notes;
};

/* Errors while the screen is taken are told when it is given back: the last so many bytes of them. */
#define KEPT_MESSAGES 16384

struct aside {
	int saved, kept;
};

static void set_messages_aside(struct aside *aside)
{
	aside->kept = memfd_create("messages", MFD_CLOEXEC);
	aside->saved = aside->kept < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (aside->saved >= 0)
		dup2(aside->kept, STDERR_FILENO);
}

static void tell_messages(struct aside *aside)
{
	_cleanup_free_ char *text = malloc(KEPT_MESSAGES);
	off_t size;
	ssize_t n;

	if (aside->saved >= 0) {
		dup2(aside->saved, STDERR_FILENO);
		size = lseek(aside->kept, 0, SEEK_END);
		n = !text || size <= 0
			    ? 0
			    : pread(aside->kept, text, KEPT_MESSAGES, size > KEPT_MESSAGES ? size - KEPT_MESSAGES : 0);
		if (n > 0)
			fwrite(text, 1, (size_t)n, stderr);
	}
	ew_closep(&aside->saved);
	ew_closep(&aside->kept);
}

static __s64 now(void)
{
	struct timespec time = {0};

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

/* Takes in what is new and draws it, if that is due by now. Returns whether to go on. */
static bool draw(struct top *t, __s64 *due)
{
	if (now() < *due)
		return true;
	ew_top_feed_notes(&t->feed, &t->model, &t->notes);
	ew_top_screen_refresh(&t->model, &t->notes);
	*due = now() + REFRESH;
	/* a new size of the terminal is like a key, but if its signal comes while nobody waits, nothing wakes for it */
	return ew_top_screen_keys(&t->model, &t->notes);
}

/* Until q, or a signal. Returns 0 or a negative errno. */
static int watch(struct top *t, int signals, int keys)
{
	__s64 due = 0, look = 0; /* when to draw, and from when on to look for records */
	int n, more;

	for (;;) {
		bool looks = now() >= look;
		struct pollfd fds[] = {
			{.fd = signals, .events = POLLIN},
			{.fd = keys, .events = POLLIN},
			{.fd = looks ? ew_top_feed_fd(&t->feed) : -1, .events = POLLIN},
		};
		__s64 left;

		if (!draw(t, &due))
			return 0;
		left = (looks || due < look ? due : look) - now() + NSEC_PER_MSEC - 1;
		n = poll(fds, EW_ARRAY_SIZE(fds), left > 0 ? (int)(left / NSEC_PER_MSEC) : 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents || fds[1].revents & (POLLHUP | POLLERR))
			return 0;
		if ((n < 0 || fds[1].revents) && !ew_top_screen_keys(&t->model, &t->notes))
			return 0;
		more = fds[2].revents ? ew_top_feed_read(&t->feed, &t->model) : 1;
		if (more < 0)
			return more;
		if (more == 0)
			look = now() + GATHER;
	}
}

/* Keys come from the terminal itself, as standard input can be the records. */
static int show(struct top *t)
{
	_cleanup_close_ int signals = ew_signals_open();
	_cleanup_fclose_ FILE *keys = fopen("/dev/tty", "r+e");
	struct ew_top_source source = ew_top_feed_source(&t->feed);
	struct aside aside = {-1, -1};
	int err;

	if (signals < 0)
		return ew_error_ret(signals, "signals cannot be waited for: %s", strerror(-signals));
	if (!keys)
		return ew_error_ret(-errno, "top needs a terminal to read keys from: /dev/tty: %s", strerror(errno));
	err = ew_top_screen_open(stdout, keys, t->sort, &source);
	if (err < 0)
		return ew_error_ret(err, "top does not know the terminal \"%s\" (TERM)", getenv("TERM") ?: "");
	set_messages_aside(&aside);
	err = watch(t, signals, fileno(keys));
	ew_top_screen_close();
	tell_messages(&aside);
	return err < 0 ? ew_error_ret(err, "top ends: %s", strerror(-err)) : 0;
}

static bool find_sort(const char *word, enum ew_top_sort *out)
{
	for (size_t i = 0; i < EW_TOP_SORTS; i++) {
		if (EW_STREQ(word, ew_top_sort_words[i])) {
			*out = (enum ew_top_sort)i;
			return true;
		}
	}
	return false;
}

/* Returns -1 to go on, or an exit code. */
static int parse(int argc, char **argv, struct top *t)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'},
		{"from", required_argument, NULL, 'f'},
		{"sort", required_argument, NULL, 's'},
		{"buffer", required_argument, NULL, 'b'},
		{"no-pager", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			ew_cmd_help("top");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("top");
		t->feed.all |= c == 'a';
		if (c == 'f')
			t->feed.lines.from = optarg;
		if (c == 's' && !find_sort(optarg, &t->sort)) {
			ew_error("top: --sort takes execs, gains, denials, audits, leaks or name, not \"%s\"", optarg);
			return ew_cmd_usage("top");
		}
		if (c == 'b' && !ew_reader_size_parse(optarg, &t->feed.buffer)) {
			ew_error("top: --buffer takes a size such as 512K or 4M, 1024M at most, not \"%s\"", optarg);
			return ew_cmd_usage("top");
		}
	}
	if (optind < argc) {
		ew_error("top takes options only, but got \"%s\"; for a file: --from FILE", argv[optind]);
		return ew_cmd_usage("top");
	}
	return -1;
}

int ew_cmd_top(int argc, char **argv)
{
	struct top *t = calloc(1, sizeof(*t));
	int code;

	if (!t)
		return EW_EXIT_FAILED;
	ew_top_feed_init(&t->feed);
	code = parse(argc, argv, t);
	if (code < 0 && !isatty(STDOUT_FILENO)) {
		ew_error("top needs a terminal, and standard output is none; for a pipe or a file: execward trace");
		code = EW_EXIT_FAILED;
	}
	if (code < 0 && ew_top_feed_open(&t->feed) < 0)
		code = EW_EXIT_FAILED;
	if (code < 0)
		code = show(t) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
	ew_top_feed_close(&t->feed);
	ew_top_clear(&t->model);
	free(t);
	return code;
}
