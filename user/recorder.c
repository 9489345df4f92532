/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "recorder.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "change.h"
#include "journal_entry.h"
#include "leak_records.h"
#include "log.h"
#include "pins_need.h"
#include "record_json.h"
#include "util.h"

#define RETRY_MSEC 1000
#define END_MSEC 2000 /* for what is left when it ends */
#define END_POLL_MSEC 100
#define SETTLE_MSEC 1000 /* how late the end of a leak's period is told at most */
#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

static __u64 boot_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (__u64)now.tv_sec * NSEC_PER_SEC + (__u64)now.tv_nsec;
}

static int profile_name(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	const struct ew_recorder *r = ctx;

	if (slot >= EW_PROFILES_MAX || !*r->profiles.name[slot])
		return -ENOENT;
	memcpy(out, r->profiles.name[slot], EW_PROFILE_NAME_MAX);
	return 0;
}

static int cgroup_path(void *ctx, __u64 id, char *out, size_t size)
{
	(void)ctx;
	return ew_cgroup_path_had(id, out, size);
}

void ew_recorder_init(struct ew_recorder *r)
{
	*r = (struct ew_recorder){.sink = EW_SINK_CLOSED};
	ew_pins_init(&r->pins);
}

static int open_stdout(struct ew_recorder *r)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (out < 0)
		return -errno;
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		close(out);
		return -errno;
	}
	return ew_sink_open(&r->sink, EW_SINK_STREAM, NULL, out);
}

int ew_recorder_open(struct ew_recorder *r, const char *where, size_t buffer, __u64 period)
{
	int err;

	r->buffer = buffer;
	r->period = period * NSEC_PER_SEC;
	r->names = (struct ew_record_names){
		.ctx = r,
		.profile = profile_name,
		.cgroup = cgroup_path,
		.user = ew_record_user_name,
		.group = ew_record_group_name,
	};
	if (!where)
		where = access(EW_JOURNAL_SOCKET, F_OK) == 0 ? "journal" : "-";
	/* a reader of standard output that is gone is told by its error */
	signal(SIGPIPE, SIG_IGN);
	if (EW_STREQ(where, "none"))
		return 0;
	if (EW_STREQ(where, "journal"))
		err = ew_sink_open(&r->sink, EW_SINK_JOURNAL, EW_JOURNAL_SOCKET, -1);
	else if (EW_STREQ(where, "-"))
		err = open_stdout(r);
	else
		err = ew_sink_open(&r->sink, EW_SINK_FILE, where, -1);
	return err < 0 ? ew_error_ret(err, "records cannot be written to %s: %s", where, strerror(-err)) : 0;
}

static __u32 id_of(int map_fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(map_fd, &info, &len) ? 0 : info.id;
}

bool ew_recorder_follows(const struct ew_recorder *r, const struct ew_pins *pins)
{
	return r->sink.kind == EW_SINK_NONE || id_of(pins->state_fd) == r->state_id;
}

bool ew_recorder_retries(struct ew_recorder *r)
{
	if (r->sink.kind == EW_SINK_NONE || r->stream)
		return false;
	r->state_id = 0;
	return true;
}

/* Makes the entry of a record, or of a loss, in the form of the sink. */
static void put(struct ew_recorder *r, char *entry, size_t len)
{
	if (!entry) {
		r->bad++;
		return;
	}
	ew_sink_put(&r->sink, entry, len);
}

static void put_line(struct ew_recorder *r, char *json)
{
	size_t len = json ? strlen(json) : 0;
	char *line = json ? realloc(json, len + 2) : NULL;

	if (!line) {
		free(json);
		put(r, NULL, 0);
		return;
	}
	memcpy(line + len, "\n", 2);
	put(r, line, len + 1);
}

static int take_change(struct ew_recorder *r, const void *data, size_t size)
{
	__s64 offset = ew_record_clock_offset();
	struct ew_change_record change;
	size_t len = 0;
	char *entry;

	if (ew_change_read(&change, data, size)) {
		r->bad++;
		return 0;
	}
	ew_profile_names_ahead(&r->pins, &r->profiles, change.generation);
	if (r->sink.kind == EW_SINK_JOURNAL) {
		entry = ew_journal_entry_change(&change, &r->names, offset, &len);
		put(r, entry, len);
	} else {
		put_line(r, ew_change_json(&change, &r->names, offset));
	}
	return !ew_sink_ready(&r->sink);
}

/* Stops the delivery as soon as something is left to be written. */
static int take_record(void *ctx, const void *data, size_t size)
{
	struct ew_recorder *r = ctx;
	__s64 offset = ew_record_clock_offset();
	size_t len = 0;
	char *entry;

	if (ew_change_is(data, size))
		return take_change(r, data, size);
	if (ew_record_view_init(&r->view, data, size)) {
		r->bad++;
		return 0;
	}
	if (r->period && ew_leaks_repeated(&r->leaks, &r->view, r->period))
		return 0;
	ew_profile_names_follow(&r->pins, &r->profiles);
	if (r->sink.kind == EW_SINK_JOURNAL) {
		entry = ew_journal_entry(&r->view, &r->names, offset, &len);
		put(r, entry, len);
	} else {
		put_line(r, ew_record_json(&r->view, &r->names, offset));
	}
	return !ew_sink_ready(&r->sink);
}

static void tell_losses(struct ew_recorder *r)
{
	__u64 total = ew_reader_lost(r->stream, NULL), count = total - r->told;
	__s64 offset = ew_record_clock_offset();
	size_t len = 0;
	char *entry;

	if (!count || !ew_sink_ready(&r->sink))
		return;
	r->told = total;
	if (r->sink.kind == EW_SINK_JOURNAL) {
		entry = ew_journal_entry_lost(boot_now(), offset, count, total, &len);
		put(r, entry, len);
	} else {
		put_line(r, ew_record_json_lost(boot_now(), offset, count, total));
	}
}

static int tell_again(void *ctx, const struct ew_leak *leak)
{
	struct ew_recorder *r = ctx;
	__u64 boot = boot_now(), seconds = (boot - leak->since + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
	__s64 offset = ew_record_clock_offset();
	size_t len = 0;
	char *entry;

	if (r->sink.kind == EW_SINK_JOURNAL) {
		entry = ew_journal_entry_again(boot, offset, leak, seconds, &len);
		put(r, entry, len);
	} else {
		put_line(r, ew_record_json_again(boot, offset, leak, seconds));
	}
	return !ew_sink_ready(&r->sink);
}

/* Of leaks whose period is over, or, ENDING, of all: how often they came again. */
static void tell_leaks(struct ew_recorder *r, bool ending)
{
	__u64 now = boot_now();

	if (!ew_sink_ready(&r->sink) || (!ending && now - r->settled < SETTLE_MSEC * NSEC_PER_MSEC))
		return;
	r->settled = now;
	/* without memory it is tried again */
	ew_leaks_settle(&r->leaks, now, ending ? 0 : r->period, tell_again, r);
}

static void tell_bad(struct ew_recorder *r)
{
	if (r->bad)
		ew_warning("%lu records could not be read, or there was no memory for them", r->bad);
	r->bad = 0;
}

int ew_recorder_poll(const struct ew_recorder *r, struct pollfd *fd)
{
	*fd = (struct pollfd){.fd = -1};
	if (!r->stream)
		return -1;
	if (ew_sink_ready(&r->sink)) {
		*fd = (struct pollfd){.fd = ew_reader_fd(r->stream), .events = POLLIN};
		return r->leaks.n ? SETTLE_MSEC : -1;
	}
	*fd = (struct pollfd){.fd = ew_sink_waits_for(&r->sink), .events = POLLOUT};
	return RETRY_MSEC;
}

/* DRAIN: without waiting for a wake-up, and to the end; periods end, too. */
static void work(struct ew_recorder *r, bool drain)
{
	int err = 0;

	ew_sink_flush(&r->sink);
	if (ew_sink_ready(&r->sink))
		err = drain ? ew_reader_drain(r->stream, take_record, r) : ew_reader_poll(r->stream, 0, take_record, r);
	if (err < 0 && err != -EINTR)
		ew_warning("records cannot be read: %s", strerror(-err));
	tell_losses(r);
	tell_leaks(r, drain);
	tell_bad(r);
}

void ew_recorder_work(struct ew_recorder *r)
{
	if (r->stream)
		work(r, false);
}

/* What was recorded before the end is still written, as far as the sink takes it in time. */
static void finish(struct ew_recorder *r)
{
	__u64 end = boot_now() + END_MSEC * 1000000ULL, left;
	struct pollfd fd;

	if (!r->stream)
		return;
	ew_reader_stop(r->stream);
	work(r, true);
	while ((!ew_sink_ready(&r->sink) || r->leaks.n) && boot_now() < end) {
		ew_recorder_poll(r, &fd);
		poll(&fd, 1, END_POLL_MSEC);
		work(r, true);
	}
	left = ew_reader_lost(r->stream, NULL) - r->told;
	if (!ew_sink_ready(&r->sink) || left)
		ew_warning("the last records could not be written%s", left ? ", and some were lost" : "");
	ew_reader_close(&r->stream);
	ew_pins_close(&r->pins);
	ew_pins_init(&r->pins);
	ew_leaks_clear(&r->leaks);
}

static int attach(struct ew_recorder *r)
{
	int err = ew_pins_open(&r->pins);

	if (err < 0)
		return err;
	if (ew_pins_need_shapes(&r->pins, ~0U) < 0)
		return -EIO;
	ew_pins_close_programs(&r->pins);
	r->state_id = id_of(r->pins.state_fd);
	r->profiles.generation = 0;
	r->told = 0;
	err = ew_reader_open(&r->stream, r->pins.readers_fd, r->pins.state_fd, 0, NULL, r->buffer);
	if (err == -EUSERS && !r->failed)
		ew_error("no records are written, as all %d readers are taken; see: execward status", EW_READERS_MAX);
	else if (err < 0 && !r->failed)
		ew_error("no records are written: %s", strerror(-err));
	else if (err == 0 && r->failed)
		ew_info("records are written from here on");
	r->failed = err < 0;
	return err;
}

void ew_recorder_attach(struct ew_recorder *r)
{
	if (r->sink.kind == EW_SINK_NONE)
		return;
	finish(r);
	if (attach(r) < 0) {
		ew_pins_close(&r->pins);
		ew_pins_init(&r->pins);
	}
}

void ew_recorder_close(struct ew_recorder *r)
{
	finish(r);
	ew_sink_close(&r->sink);
	ew_pins_close(&r->pins);
}
