/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "cgroup.h"
#include "change.h"
#include "distinct.h"
#include "escape.h"
#include "json_get.h"
#include "log.h"
#include "record_fds.h"
#include "top_explain.h"

#define NSEC_PER_SEC 1000000000ULL
#define CHUNK (64 << 10) /* bytes read at once */

static int profile_name(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	const struct ew_top_feed *feed = ctx;

	if (slot >= EW_PROFILES_MAX || !*feed->profiles.name[slot])
		return -ENOENT;
	memcpy(out, feed->profiles.name[slot], EW_PROFILE_NAME_MAX);
	return 0;
}

static int cgroup_path(void *ctx, __u64 id, char *out, size_t size)
{
	(void)ctx;
	return ew_cgroup_path_had(id, out, size);
}

void ew_top_feed_init(struct ew_top_feed *feed)
{
	*feed = (struct ew_top_feed){.fd = -1, .buffer = EW_READER_BUFFER_SIZE};
	feed->names = (struct ew_record_names){
		.ctx = feed,
		.profile = profile_name,
		.cgroup = cgroup_path,
		.user = ew_record_user_name,
		.group = ew_record_group_name,
	};
	ew_pins_init(&feed->pins);
}

static __u64 counts_of(const struct ew_record_view *view)
{
	const struct ew_record *r = &view->record;
	struct ew_fds fds;
	__u64 counts = 0;

	if (r->gains)
		counts |= 1 << EW_TOP_GAINS;
	if (r->verdict == EW_VERDICT_AUDIT)
		counts |= 1 << EW_TOP_AUDITS;
	else if (r->verdict != EW_VERDICT_ALLOW)
		counts |= 1 << EW_TOP_DENIALS;
	if (r->verdict != EW_VERDICT_ALLOW && ew_record_fds(view, &fds) && fds.count)
		counts |= 1 << EW_TOP_LEAKS;
	return counts;
}

struct naming {
	const struct ew_record_names *names;
	__u64 id;
};

/* A cgroup that was removed before it was met has its number for a name. */
static char *name_cgroup(void *ctx)
{
	const struct naming *naming = ctx;
	char path[EW_PATH_MAX], *text;

	if (naming->names->cgroup && naming->names->cgroup(naming->names->ctx, naming->id, path, sizeof(path)) == 0)
		return strdup(path);
	return asprintf(&text, "(cgroup %llu)", (unsigned long long)naming->id) < 0 ? NULL : text;
}

/* --- of the kernel --- */

static int take_record(void *ctx, const void *data, size_t len)
{
	struct ew_top_feed *feed = ctx;
	struct naming naming = {.names = &feed->names};
	struct ew_top_exec exec = {.data = data, .len = len};

	if (ew_change_is(data, len))
		return 0;
	if (ew_record_view_init(&feed->view, data, len)) {
		feed->bad++;
		return 0;
	}
	ew_profile_names_follow(&feed->pins, &feed->profiles);
	naming.id = exec.key = feed->view.record.cgroup_id;
	exec.time = feed->view.record.time;
	exec.counts = counts_of(&feed->view);
	ew_top_add(feed->model, &exec, name_cgroup, &naming);
	return 0;
}

static int open_kernel(struct ew_top_feed *feed)
{
	_cleanup_close_ int lock = ew_pins_open_locked(&feed->pins);
	int err;

	if (lock < 0)
		return lock;
	if (ew_pins_need_shapes(&feed->pins, ~0U) < 0)
		return -EIO;
	ew_profile_names_follow(&feed->pins, &feed->profiles);
	ew_pins_close_programs(&feed->pins);
	err = ew_reader_open(&feed->stream, feed->pins.readers_fd, feed->pins.state_fd, feed->all ? EW_READER_ALL : 0,
			     NULL, feed->buffer);
	if (err == -EUSERS)
		return ew_error_ret(err, "all %d readers are taken; end one first, see: execward status",
				    EW_READERS_MAX);
	if (err)
		return ew_error_ret(err, "no reader's buffer of %zu bytes: %s", feed->buffer, strerror(-err));
	snprintf(feed->title, sizeof(feed->title), "execward top%s", feed->all ? " --all" : "");
	return 0;
}

/* --- of JSON Lines --- */

static int take_line(void *ctx, json_object *root, const char *line, const char **why)
{
	const char *type = ew_json_string(root, "type");
	struct ew_top_feed *feed = ctx;
	struct ew_top_exec exec = {.data = line, .len = strlen(line) + 1};
	struct naming naming = {.names = &feed->parsed.names};
	int err;

	if (!EW_STREQ(type, "exec"))
		return 0;
	err = ew_record_parse(root, &feed->parsed, why);
	if (err < 0)
		return err;
	/* records of several machines can be in one file: there a path is a better key than a number */
	naming.id = exec.key = feed->parsed.view.record.cgroup_id;
	if (*feed->parsed.cgroup)
		exec.key = ew_hash(0, feed->parsed.cgroup, strlen(feed->parsed.cgroup));
	exec.time = feed->parsed.view.record.time;
	exec.counts = counts_of(&feed->parsed.view);
	ew_top_add(feed->model, &exec, name_cgroup, &naming);
	return 0;
}

static int open_lines(struct ew_top_feed *feed)
{
	_cleanup_free_ char *shown = ew_escape_dup(feed->from, strlen(feed->from), 0);
	bool standard = EW_STREQ(feed->from, "-");

	if (standard && isatty(STDIN_FILENO))
		return ew_error_ret(-EINVAL, "top: --from - reads records from standard input, which is the terminal");
	feed->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(feed->from, O_RDONLY | O_CLOEXEC);
	feed->text = malloc(EW_RECORD_LINE_MAX + 2);
	if (feed->fd < 0 || !feed->text)
		return ew_error_ret(feed->fd < 0 ? -errno : -ENOMEM, "%s cannot be read: %s", feed->from,
				    strerror(feed->fd < 0 ? errno : ENOMEM));
	snprintf(feed->title, sizeof(feed->title), "execward top, %s", standard ? "standard input" : shown ?: "");
	return 0;
}

static int end_line(struct ew_top_feed *feed)
{
	size_t len = feed->len;

	feed->text[len] = '\0';
	feed->len = 0;
	return ew_record_line(&feed->lines, feed->text, len, feed->from, feed->lines.lines + 1, take_line, feed);
}

static int take_bytes(struct ew_top_feed *feed, const char *data, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0;) {
		const char *newline = memchr(data + i, '\n', n - i);
		size_t part = newline ? (size_t)(newline - data) - i : n - i, room = EW_RECORD_LINE_MAX + 1 - feed->len;

		/* of a line that is too long the beginning is enough to refuse it */
		memcpy(feed->text + feed->len, data + i, part < room ? part : room);
		feed->len += part < room ? part : room;
		i += part + (newline != NULL);
		if (newline)
			err = end_line(feed);
	}
	return err;
}

static int read_lines(struct ew_top_feed *feed)
{
	struct pollfd ready = {.fd = feed->fd, .events = POLLIN};
	char data[CHUNK];
	ssize_t n;
	int err = 0;

	if (feed->fd < 0 || poll(&ready, 1, 0) <= 0)
		return 0;
	n = read(feed->fd, data, sizeof(data));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n > 0)
		return take_bytes(feed, data, (size_t)n);
	if (feed->len)
		err = end_line(feed);
	ew_closep(&feed->fd);
	return err;
}

/* --- either --- */

int ew_top_feed_open(struct ew_top_feed *feed)
{
	return feed->from ? open_lines(feed) : open_kernel(feed);
}

void ew_top_feed_close(struct ew_top_feed *feed)
{
	ew_reader_close(&feed->stream);
	ew_pins_close(&feed->pins);
	ew_closep(&feed->fd);
	free(feed->text);
	feed->text = NULL;
}

int ew_top_feed_fd(const struct ew_top_feed *feed)
{
	return feed->from ? feed->fd : ew_reader_fd(feed->stream);
}

int ew_top_feed_read(struct ew_top_feed *feed, struct ew_top *model)
{
	int err;

	feed->model = model;
	if (feed->from)
		return read_lines(feed);
	err = ew_reader_poll(feed->stream, 0, take_record, feed);
	return err == -EINTR ? 0 : err;
}

void ew_top_feed_notes(struct ew_top_feed *feed, struct ew_top *model, struct ew_top_notes *notes)
{
	struct timespec time = {0};

	if (feed->from) {
		*notes = (struct ew_top_notes){.bad = feed->lines.bad, .over = feed->fd < 0};
		return;
	}
	clock_gettime(CLOCK_BOOTTIME, &time);
	ew_top_tick(model, (__u64)time.tv_sec * NSEC_PER_SEC + (__u64)time.tv_nsec);
	*notes = (struct ew_top_notes){.lost = ew_reader_lost(feed->stream, NULL), .bad = feed->bad};
}

static const struct ew_record_view *open_event(void *ctx, const struct ew_top_event *event,
					       const struct ew_record_names **names, __s64 *offset)
{
	struct ew_top_feed *feed = ctx;
	const char *why;
	json_object *root;
	int err;

	if (!feed->from) {
		*names = &feed->names;
		*offset = ew_record_clock_offset();
		return ew_record_view_init(&feed->view, event->data, event->len) ? NULL : &feed->view;
	}
	*names = &feed->parsed.names;
	*offset = 0;
	root = json_tokener_parse(event->data);
	err = root ? ew_record_parse(root, &feed->parsed, &why) : -EBADMSG;
	json_object_put(root);
	return err < 0 ? NULL : &feed->parsed.view;
}

static void explain_event(void *ctx, const struct ew_top_event *event, unsigned int flags, FILE *out)
{
	const struct ew_top_feed *feed = ctx;
	const struct ew_record_names *names;
	const struct ew_record_view *view;
	__s64 offset;

	view = open_event(ctx, event, &names, &offset);
	if (!view)
		return;
	ew_top_explain_record(view, names, offset, flags, out);
	putc('\n', out);
	if (feed->from)
		fputs("It is recorded; execward explain, where it happened, tells the exception that would allow it.\n",
		      out);
	else
		ew_top_explain_now(view, names, flags, out);
}

struct ew_top_source ew_top_feed_source(struct ew_top_feed *feed)
{
	return (struct ew_top_source){.ctx = feed, .title = feed->title, .open = open_event, .explain = explain_event};
}
