/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "cmd.h"
#include "leak_records.h"
#include "lock.h"
#include "log.h"
#include "record_filter.h"
#include "signals.h"
#include "support.h"

/*
 * `daemon` decides nothing: what is loaded goes on without it. It keeps the policy up to date: it takes in what changed
 * in the files when it is told to, and follows the programs that the policy names when they are replaced. And it writes
 * what is recorded to where it stays (recorder.h).
 */

#define DAEMON_LOCK EW_RUN_DIR "/daemon.lock"
#define LOOK_INTERVAL 10 /* seconds: mounts and directories further up are noticed by looking alone */

static int on_signal(struct ew_daemon *d, int signals)
{
	struct signalfd_siginfo info;
	int err;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo != SIGHUP)
		return EW_DAEMON_ENDED;
	ew_watchdog_reloading();
	err = ew_daemon_with_pins(d, ew_daemon_reload);
	sd_notify(0, "READY=1");
	return err;
}

static int on_programs(struct ew_daemon *d, int changed)
{
	if (changed < 0)
		ew_warning("programs of the policy cannot be watched: %s", strerror(-changed));
	d->behind |= changed > 0;
	return 0;
}

/* Somebody, or this process, has let go of the lock. Returns 0, or EW_DAEMON_ENDED: execward is not loaded any more. */
static int on_lock(struct ew_daemon *d, int fd)
{
	char events[4096];
	_cleanup_pins_ struct ew_pins pins;
	char why[512];

	while (read(fd, events, sizeof(events)) > 0)
		;
	ew_pins_init(&pins);
	switch (ew_pins_try(&pins, why, sizeof(why))) {
	case 0:
		d->behind |= ew_pins_generation(&pins) != d->generation || !ew_recorder_follows(&d->recorder, &pins);
		return 0;
	case -ENOENT:
		return EW_DAEMON_ENDED;
	default:
		return 0;
	}
}

/* The kernel only counts the cgroups of which it cannot tell which patterns match. */
static void tell_paths_cut(struct ew_daemon *d)
{
	_cleanup_pins_ struct ew_pins pins;
	struct ew_state *state;
	char why[512];

	ew_pins_init(&pins);
	if (ew_pins_try(&pins, why, sizeof(why)) < 0)
		return;
	state = ew_pins_map_state(&pins);
	if (!state)
		return;
	if (state->cgroup_paths_cut != d->paths_cut) {
		d->paths_cut = state->cgroup_paths_cut;
		ew_warning(
			"the paths of cgroups were too long to be matched with the patterns, %u since loading; such a "
			"cgroup is under every profile that refuses and has a pattern; `execward list` tells which",
			d->paths_cut);
	}
	ew_pins_unmap_state(state);
}

static time_t seconds(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Milliseconds, or 0. */
static int next_look(const struct ew_daemon *d)
{
	time_t left = d->looked + LOOK_INTERVAL - seconds();

	return d->behind || left <= 0 ? 0 : (int)left * 1000;
}

/* Of two times to wait, where -1 is for ever. */
static int sooner(int wait, int other)
{
	return other >= 0 && other < wait ? other : wait;
}

/* What there is to do is done one thing at a time, and is not kept from it by records that come and come. */
static int watch(struct ew_daemon *d, int signals, int lock)
{
	int err = 0;

	while (err == 0) {
		struct pollfd fds[] = {
			{.fd = signals, .events = POLLIN},
			{.fd = d->follow.fd, .events = POLLIN},
			{.fd = lock, .events = POLLIN},
			{},
		};
		int wait = sooner(next_look(d), ew_recorder_poll(&d->recorder, &fds[3]));

		if (poll(fds, EW_ARRAY_SIZE(fds), sooner(wait, ew_watchdog_ping(&d->watchdog))) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		ew_recorder_work(&d->recorder);
		if (fds[0].revents) {
			err = on_signal(d, signals);
		} else if (fds[1].revents) {
			err = on_programs(d, ew_follow_changed(&d->follow));
		} else if (fds[2].revents) {
			err = on_lock(d, lock);
		} else if (d->behind) {
			err = ew_daemon_with_pins(d, ew_daemon_programs_changed);
		} else if (next_look(d) == 0) {
			d->looked = seconds();
			d->behind |= ew_recorder_retries(&d->recorder);
			tell_paths_cut(d);
			err = access(EW_PIN_DIR, F_OK) < 0 ? EW_DAEMON_ENDED
							   : on_programs(d, ew_follow_look(&d->follow));
		}
	}
	return err;
}

/* One daemon at a time. Returns a descriptor to keep, or a negative errno after logging it. */
static int be_the_only_one(void)
{
	_cleanup_close_ int fd = -1;

	if (mkdir(EW_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return ew_error_ret(-errno, "%s cannot be made: %s", EW_RUN_DIR, strerror(errno));
	fd = open(DAEMON_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ew_error_ret(-errno, "%s cannot be opened: %s", DAEMON_LOCK, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return ew_error_ret(-errno, "another execward daemon is running (it holds %s); end it first",
				    DAEMON_LOCK);
	return TAKE_FD(fd);
}

static int run(struct ew_daemon *d, const char *records, size_t buffer, __u64 period)
{
	_cleanup_close_ int only = -1, lock = -1, signals = ew_signals_open();
	int err;

	if (signals < 0)
		return ew_error_ret(signals, "signals cannot be waited for: %s", strerror(-signals));
	if (ew_support_require(EW_TRIAL_IF_UNKNOWN) < 0)
		return -EOPNOTSUPP;
	only = be_the_only_one();
	if (only < 0)
		return only;
	err = ew_recorder_open(&d->recorder, records, buffer, period);
	if (err < 0)
		return err;
	err = ew_daemon_start(d);
	if (err < 0)
		return err;
	ew_daemon_with_pins(d, NULL);
	lock = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (lock < 0 || inotify_add_watch(lock, EW_LOCK_FILE, IN_CLOSE_WRITE) < 0)
		return ew_error_ret(-errno, "%s cannot be watched: %s", EW_LOCK_FILE, strerror(errno));
	d->behind = true;
	d->looked = seconds();
	sd_notify(0, "READY=1");
	err = watch(d, signals, lock);
	if (err < 0)
		return ew_error_ret(err, "the daemon ends: %s; what is in force stays", strerror(-err));
	sd_notify(0, "STOPPING=1");
	if (access(EW_PIN_DIR, F_OK) < 0)
		ew_info("the daemon ends: execward is not loaded any more");
	else
		ew_info("the daemon ends; what is in force stays (execward unload takes it away)");
	return 0;
}

static const char help_text[] =
	"\n"
	"      --records WHERE  where each recorded transition goes: journal, none, - (standard\n"
	"                       output) or a file, the last two as JSON Lines; a file that was\n"
	"                       renamed or removed is made anew. Default: journal, or - where\n"
	"                       there is no journald\n"
	"      --buffer SIZE    of the buffer in the kernel, K or M may follow; default 2M\n"
	"      --period SECONDS in which a leaked descriptor is recorded once, then counted;\n"
	"                       0: each time. Default: 60\n";

int ew_cmd_daemon(int argc, char **argv)
{
	static const struct option options[] = {{"records", required_argument, NULL, 'r'},
						{"buffer", required_argument, NULL, 'b'},
						{"period", required_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct ew_daemon d = {.follow = EW_FOLLOW_NONE};
	size_t buffer = EW_READER_BUFFER_SIZE;
	unsigned long period = EW_LEAKS_PERIOD;
	const char *records = NULL;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			ew_cmd_help("daemon");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("daemon");
		if (c == 'r')
			records = optarg;
		if (c == 'b' && !ew_reader_size_parse(optarg, &buffer)) {
			ew_error("daemon: --buffer takes a size such as 512K or 4M, 1024M at most, not \"%s\"", optarg);
			return ew_cmd_usage("daemon");
		}
		if (c == 'p' && !ew_parse_number(optarg, EW_LEAKS_PERIOD_MAX, &period) && !EW_STREQ(optarg, "0")) {
			ew_error("daemon: --period takes a number of seconds, %d at most, not \"%s\"",
				 EW_LEAKS_PERIOD_MAX, optarg);
			return ew_cmd_usage("daemon");
		}
	}
	if (optind < argc) {
		ew_error("daemon takes options only, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("daemon");
	}
	ew_recorder_init(&d.recorder);
	err = run(&d, records, buffer, period);
	ew_recorder_close(&d.recorder);
	ew_follow_clear(&d.follow);
	ew_policy_free(&d.policy);
	ew_image_free(&d.image);
	return err < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}
