/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_feed.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cgroup.h"
#include "change.h"
#include "escape.h"
#include "log.h"
#include "pins_need.h"
#include "top_explain.h"

#define NSEC_PER_SEC 1000000000ULL

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
	*feed = (struct ew_top_feed){.lines = {.fd = -1}, .buffer = EW_READER_BUFFER_SIZE};
	feed->names = (struct ew_record_names){
		.ctx = feed,
		.profile = profile_name,
		.cgroup = cgroup_path,
		.user = ew_record_user_name,
		.group = ew_record_group_name,
	};
	ew_pins_init(&feed->pins);
}

/* --- of the kernel --- */

static int take_record(void *ctx, const void *data, size_t len)
{
	struct ew_top_feed *feed = ctx;
	struct ew_top_naming naming = {.names = &feed->names};
	struct ew_top_exec exec = {.data = data, .len = len};

	if (ew_change_is(data, len))
		return 0;
	if (ew_record_view_init(&feed->view, data, len)) {
		feed->bad++;
		return 0;
	}
	/* to ask for every record what is in force would cost more than all the rest */
	if (feed->view.record.generation != feed->profiles.generation)
		ew_profile_names_follow(&feed->pins, &feed->profiles);
	naming.id = exec.key = feed->view.record.cgroup_id;
	exec.time = feed->view.record.time;
	exec.counts = ew_top_counts(&feed->view);
	ew_top_add(feed->model, &exec, ew_top_name_cgroup, &naming);
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

static int open_lines(struct ew_top_feed *feed)
{
	const char *from = feed->lines.from;
	_cleanup_free_ char *shown = ew_escape_dup(from, strlen(from), 0);

	snprintf(feed->title, sizeof(feed->title), "execward top, %s",
		 EW_STREQ(from, "-") ? "standard input" : shown ?: "");
	return ew_top_lines_open(&feed->lines);
}

/* --- either --- */

int ew_top_feed_open(struct ew_top_feed *feed)
{
	return feed->lines.from ? open_lines(feed) : open_kernel(feed);
}

void ew_top_feed_close(struct ew_top_feed *feed)
{
	ew_reader_close(&feed->stream);
	ew_pins_close(&feed->pins);
	ew_top_lines_close(&feed->lines);
}

int ew_top_feed_fd(const struct ew_top_feed *feed)
{
	return feed->lines.from ? feed->lines.fd : ew_reader_fd(feed->stream);
}

int ew_top_feed_read(struct ew_top_feed *feed, struct ew_top *model)
{
	int err;

	feed->model = model;
	if (feed->lines.from)
		return ew_top_lines_read(&feed->lines, model);
	err = ew_reader_poll(feed->stream, 0, take_record, feed);
	return err == 0 || err == -EINTR ? 1 : err;
}

void ew_top_feed_notes(struct ew_top_feed *feed, struct ew_top *model, struct ew_top_notes *notes)
{
	struct timespec time = {0};

	if (feed->lines.from) {
		*notes = (struct ew_top_notes){.bad = feed->lines.lines.bad, .over = feed->lines.fd < 0};
		return;
	}
	clock_gettime(CLOCK_BOOTTIME, &time);
	ew_top_tick(model, (__u64)time.tv_sec * NSEC_PER_SEC + (__u64)time.tv_nsec);
	*notes = (struct ew_top_notes){
		.lost = ew_reader_lost(feed->stream, NULL),
		.bad = feed->bad,
		.unloaded = !ew_reader_in_force(feed->stream),
	};
}

static const struct ew_record_view *open_event(void *ctx, const struct ew_top_event *event,
					       const struct ew_record_names **names, __s64 *offset)
{
	struct ew_top_feed *feed = ctx;
	const struct ew_parsed *parsed;

	if (!feed->lines.from) {
		*names = &feed->names;
		*offset = ew_record_clock_offset();
		return ew_record_view_init(&feed->view, event->data, event->len) ? NULL : &feed->view;
	}
	parsed = ew_top_lines_parse(&feed->lines, event);
	*names = &feed->lines.parsed.names;
	*offset = 0;
	return parsed ? &parsed->view : NULL;
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
	if (feed->lines.from)
		fputs("It is recorded; execward explain, where it happened, tells the exception that would allow it.\n",
		      out);
	else
		ew_top_explain_now(view, names, flags, out);
}

struct ew_top_source ew_top_feed_source(struct ew_top_feed *feed)
{
	return (struct ew_top_source){.ctx = feed, .title = feed->title, .open = open_event, .explain = explain_event};
}
