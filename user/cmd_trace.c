/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "cgroup.h"
#include "change.h"
#include "cmd.h"
#include "cmd_trace.h"
#include "escape.h"
#include "leak_records.h"
#include "log.h"
#include "output.h"
#include "pins_need.h"
#include "profile_names.h"
#include "reader.h"
#include "record_fds.h"
#include "record_json.h"
#include "record_text.h"
#include "signals.h"
#include "words.h"

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define LOST_CHECK_MSEC 1000 /* how often losses are looked for while nothing comes */

/* What the delivery of a record ends with; below 0 is the errno of a write. */
enum stop { STOP_COUNT = 1, STOP_READER_GONE = EW_OUTPUT_READER_GONE };

struct trace {
	struct ew_trace_options options;
	struct ew_filter filter;
	struct ew_output output;
	struct ew_pins pins;
	struct ew_profile_names profiles;
	struct ew_record_names names;
	struct ew_record_view view;
	struct ew_stream *stream;
	struct ew_leaks leaks; /* of --fds: those that were told of late */
	__s64 settled;	       /* when they were looked through, CLOCK_BOOTTIME */
	unsigned long printed, bad;
	__u64 lost; /* already told */
};

static bool is_json(const struct trace *t)
{
	return t->options.format != EW_FORMAT_TEXT;
}

static __s64 clock_now(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* Of the policy that is known: those that have the name asked for; all, if none is, or the tree of a process is. */
static __u64 slots_asked(const struct trace *t)
{
	const char *profile = t->options.filter.profile;
	__u64 slots = 0;

	if (!profile || t->options.filter.pid)
		return ~0ULL;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (EW_STREQ(t->profiles.name[slot], profile))
			slots |= 1ULL << slot;
	return slots;
}

/* Under another policy the profile asked for has another slot, or none. */
static void follow_profiles(struct trace *t)
{
	__u32 known = t->profiles.generation;

	ew_profile_names_follow(&t->pins, &t->profiles);
	if (t->profiles.generation != known && slots_asked(t) != ~0ULL)
		ew_reader_ask_profiles(t->stream, slots_asked(t), t->profiles.generation);
}

struct leaking {
	struct trace *t;
	__s64 offset;
	struct ew_leak *untold[EW_FDS_DESCRIBED_MAX]; /* those that were told already, in their period */
	unsigned int n;
	bool first; /* one of them was not */
	int err;    /* as of ew_output_line() */
};

static int put_leak(struct trace *t, const struct ew_fd_view *fd, __s64 offset)
{
	return ew_output_line(&t->output, ew_record_text_leak(&t->view, &t->names, fd, offset, &t->output.text));
}

/* Without room, or memory, to remember a leak it is told each time. */
static void take_leak(void *ctx, const struct ew_fd_view *fd)
{
	struct leaking *l = ctx;
	struct ew_leak *leak = ew_leak_of(&l->t->leaks, &l->t->view, fd);
	bool first = !leak || ew_leaks_tell(leak, l->t->view.record.time, l->t->options.period * NSEC_PER_SEC);

	l->first |= first;
	if (!first && l->n < EW_ARRAY_SIZE(l->untold))
		l->untold[l->n++] = leak;
	if (first && !is_json(l->t) && !l->err)
		l->err = put_leak(l->t, fd, l->offset);
}

/*
 * What --fds prints of a record: each leak that was not told yet, or as JSON the record if it has such a one. Returns
 * as ew_output_line(); ANY: whether anything was printed.
 */
static int take_leaks(struct trace *t, __s64 offset, bool *any)
{
	struct leaking l = {.t = t, .offset = offset};

	ew_record_each_fd(&t->view, take_leak, &l);
	*any = l.first;
	if (l.err || !l.first || !is_json(t))
		return l.err;
	/* the record has them all, so these are told once more */
	for (unsigned int i = 0; i < l.n; i++)
		l.untold[i]->untold--;
	return ew_output_json(&t->output, ew_record_json(&t->view, &t->names, offset));
}

static int tell_again(void *ctx, const struct ew_leak *leak)
{
	struct trace *t = ctx;
	__u64 boot = (__u64)clock_now(CLOCK_BOOTTIME);
	__u64 seconds = (boot - leak->since + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
	__s64 offset = ew_record_clock_offset();

	if (is_json(t))
		return ew_output_json(&t->output, ew_record_json_again(boot, offset, leak, seconds));
	return ew_output_line(&t->output, ew_record_text_again(boot, offset, leak, seconds, &t->output.text));
}

/* Of leaks whose period is over, or, ENDING, of all: how often they came again. */
static int tell_leaks(struct trace *t, bool ending)
{
	__s64 now = clock_now(CLOCK_BOOTTIME);

	if (!ending && now - t->settled < NSEC_PER_SEC)
		return 0;
	t->settled = now;
	return ew_leaks_settle(&t->leaks, (__u64)now, ending ? 0 : t->options.period * NSEC_PER_SEC, tell_again, t);
}

/* Of the policy, or of a tag; -n does not count it. */
static int take_change(struct trace *t, const void *data, size_t len)
{
	__s64 offset = ew_record_clock_offset();
	struct ew_change_record change;

	if (ew_change_read(&change, data, len)) {
		t->bad++;
		return 0;
	}
	follow_profiles(t);
	ew_profile_names_ahead(&t->pins, &t->profiles, change.generation);
	if (!ew_filter_match_change(&t->filter, &change, &t->names))
		return 0;
	if (is_json(t))
		return ew_output_json(&t->output, ew_change_json(&change, &t->names, offset));
	return ew_output_line(&t->output, ew_change_text(&change, &t->names, offset, &t->output.text));
}

static int take_record(void *ctx, const void *data, size_t len)
{
	struct trace *t = ctx;
	__s64 offset = ew_record_clock_offset();
	bool any = true;
	int err;

	if (ew_change_is(data, len))
		return take_change(t, data, len);
	if (ew_record_view_init(&t->view, data, len)) {
		t->bad++;
		return 0;
	}
	follow_profiles(t);
	if (!ew_filter_match(&t->filter, &t->view, &t->names))
		return 0;
	if (t->options.filter.fds)
		err = take_leaks(t, offset, &any);
	else if (is_json(t))
		err = ew_output_json(&t->output, ew_record_json(&t->view, &t->names, offset));
	else
		err = ew_output_line(&t->output, ew_record_text(&t->view, &t->names, offset, &t->output.text));
	if (err || !any)
		return err;
	return t->options.count && ++t->printed >= t->options.count ? STOP_COUNT : 0;
}

/* Tells of losses since the last time. ENDING: once more with the total, if there were any. */
static int tell_losses(struct trace *t, bool ending)
{
	__u64 total = ew_reader_lost(t->stream, NULL), count = total - t->lost;
	__u64 boot = (__u64)clock_now(CLOCK_BOOTTIME);
	__s64 offset = ew_record_clock_offset();

	if (!count && !(ending && total && is_json(t)))
		return 0;
	t->lost = total;
	if (is_json(t))
		return ew_output_json(&t->output, ew_record_json_lost(boot, offset, count, total));
	return ew_output_line(&t->output, ew_record_text_lost(boot, offset, count, total, &t->output.text));
}

/* Until a signal, the end of the time, or one of enum stop. Returns 0, a stop or a negative errno. */
static int watch(struct trace *t, int signals)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN},
		{.fd = ew_reader_fd(t->stream), .events = POLLIN},
		{.fd = STDOUT_FILENO}, /* no events: only whether its reader is gone */
	};
	__s64 end = clock_now(CLOCK_MONOTONIC) + (__s64)(t->options.seconds * 1e9);

	for (;;) {
		__s64 left = t->options.seconds > 0 ? (end - clock_now(CLOCK_MONOTONIC)) / NSEC_PER_MSEC + 1
						    : LOST_CHECK_MSEC;
		int err;

		if (left <= 0)
			return 0;
		if (!t->output.flush_lines && fflush(stdout))
			return -errno;
		if (poll(fds, EW_ARRAY_SIZE(fds), left < LOST_CHECK_MSEC ? (int)left : LOST_CHECK_MSEC) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (fds[0].revents)
			return 0;
		if (fds[2].revents & (POLLERR | POLLHUP))
			return STOP_READER_GONE;
		ew_output_update(&t->output);
		err = ew_reader_poll(t->stream, 0, take_record, t);
		if (err && err != -EINTR)
			return err;
		err = tell_leaks(t, false);
		if (!err)
			err = tell_losses(t, false);
		if (err)
			return err;
	}
}

/* What was decided before the end is still printed, unless nobody wants it. */
static int finish(struct trace *t, int err)
{
	__u64 lost[EW_LOSS_MAX], total;

	ew_reader_stop(t->stream);
	if (!err)
		err = ew_reader_drain(t->stream, take_record, t);
	if (!err || err == STOP_COUNT)
		err = tell_leaks(t, true);
	if (!err)
		err = tell_losses(t, true);
	if (t->bad)
		ew_warning("%lu records could not be read; was execward loaded by another version?", t->bad);
	total = ew_reader_lost(t->stream, lost);
	if (total && !is_json(t))
		ew_warning("%llu records were lost (%llu: buffer full, %llu: no scratch space); see --buffer",
			   (unsigned long long)total, (unsigned long long)lost[EW_LOSS_BUFFER],
			   (unsigned long long)lost[EW_LOSS_SCRATCH]);
	return err;
}

/* Under the lock, as slots are claimed. Logs its errors. */
static int open_stream(struct trace *t)
{
	_cleanup_close_ int lock = ew_pins_open_locked(&t->pins);
	struct ew_reader_filter sent;
	int err;

	if (lock < 0)
		return lock;
	if (t->options.filter.profile && ew_pins_profile_slot(&t->pins, t->options.filter.profile) < 0)
		return -ENOENT;
	if (ew_filter_open(&t->filter, &t->options.filter) < 0)
		return -EINVAL;
	if (ew_pins_need_shapes(&t->pins, ~0U) < 0)
		return -EIO;
	ew_filter_sent(&t->filter, &sent);
	ew_profile_names_follow(&t->pins, &t->profiles);
	if (slots_asked(t) != ~0ULL) {
		sent.profiles = slots_asked(t);
		sent.generation = t->profiles.generation;
	}
	ew_pins_close_programs(&t->pins);
	err = ew_reader_open(&t->stream, t->pins.readers_fd, t->pins.state_fd, t->options.all ? EW_READER_ALL : 0,
			     &sent, t->options.buffer);
	if (err == -EUSERS)
		return ew_error_ret(err, "all %d readers are taken; end one first, see: execward status",
				    EW_READERS_MAX);
	if (err)
		return ew_error_ret(err, "no reader's buffer of %zu bytes: %s", t->options.buffer, strerror(-err));
	return 0;
}

static int trace(struct trace *t)
{
	_cleanup_close_ int signals = ew_signals_open();
	int err = 0;

	/* a writer to a closed pipe is told by its error */
	signal(SIGPIPE, SIG_IGN);
	if (signals < 0)
		return ew_error_ret(signals, "signals cannot be waited for: %s", strerror(-signals));
	if (open_stream(t) < 0)
		return -EINVAL;
	ew_output_open(&t->output, t->options.format, t->options.color, &t->names);
	if (isatty(STDERR_FILENO))
		fputs("tracing; Ctrl-C ends\n", stderr);
	if (t->output.terminal && !is_json(t))
		err = ew_output_line(&t->output, ew_record_text_header(&t->output.text, t->options.filter.fds));
	err = ew_output_end(finish(t, err ?: watch(t, signals)));
	if (err < 0)
		ew_error("trace ends: %s", strerror(-err));
	return err < 0 ? err : 0;
}

static int profile_name(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	const struct ew_profile_names *profiles = ctx;

	if (slot >= EW_PROFILES_MAX || !*profiles->name[slot])
		return -ENOENT;
	memcpy(out, profiles->name[slot], EW_PROFILE_NAME_MAX);
	return 0;
}

static int cgroup_path(void *ctx, __u64 id, char *out, size_t size)
{
	(void)ctx;
	return ew_cgroup_path_had(id, out, size);
}

int ew_cmd_trace(int argc, char **argv)
{
	struct trace t = {0};
	int code;

	t.names = (struct ew_record_names){
		.ctx = &t.profiles,
		.profile = profile_name,
		.cgroup = cgroup_path,
		.user = ew_record_user_name,
		.group = ew_record_group_name,
	};
	ew_pins_init(&t.pins);
	code = ew_trace_options_parse(&t.options, argc, argv);
	if (code < 0)
		code = trace(&t) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
	ew_reader_close(&t.stream);
	ew_leaks_clear(&t.leaks);
	ew_filter_clear(&t.filter);
	ew_pins_close(&t.pins);
	return code;
}
