/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
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

#include "announce.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "follow.h"
#include "leak_records.h"
#include "lock.h"
#include "log.h"
#include "pins.h"
#include "policy_paths.h"
#include "policy_print.h"
#include "record_filter.h"
#include "recorder.h"
#include "reload.h"
#include "reload_result.h"
#include "signals.h"
#include "support.h"
#include "upgrade.h"
#include "watchdog.h"

/*
 * `daemon` decides nothing: what is loaded goes on without it. It keeps the policy up to date: it takes in what changed
 * in the files when it is told to, and follows the programs that the policy names when they are replaced. And it writes
 * what is recorded to where it stays (recorder.h).
 */

#define DAEMON_LOCK EW_RUN_DIR "/daemon.lock"
#define LOOK_INTERVAL 10 /* seconds: mounts and directories further up are noticed by looking alone */
#define ENDED 1

struct daemon {
	struct ew_policy *policy; /* in force, as far as this process knows */
	__u32 generation;	  /* of it; another one is in force when somebody else reloads */
	struct ew_follow follow;
	struct ew_image *image; /* it, compiled; NULL: not known */
	__u64 compiled;		/* ew_reload.compiled of it; 0: not known */
	struct ew_recorder recorder;
	struct ew_watchdog watchdog;
	time_t looked;	 /* when it looked for what nothing tells of, CLOCK_MONOTONIC */
	bool behind;	 /* programs may have been replaced since they were looked up for the policy in force */
	__u32 paths_cut; /* ew_state.cgroup_paths_cut that was told */
};

/* From here on POLICY, which may be the one before, is the one in force. Takes it over. */
static void adopt(struct daemon *d, struct ew_policy *policy, __u32 generation)
{
	size_t n = ew_policy_program_paths(policy, NULL);
	_cleanup_free_ const char **paths = calloc(n ?: 1, sizeof(*paths));
	int err = -ENOMEM;

	d->generation = generation;
	if (d->policy == policy)
		return;
	ew_policy_free(&d->policy);
	d->policy = policy;
	if (paths) {
		ew_policy_program_paths(policy, paths);
		err = ew_follow_set(&d->follow, paths, n);
	}
	/* what happened before it was watched is not told */
	d->behind |= err != 1;
	if (err < 0)
		ew_warning("programs of the policy that are replaced are noticed at the next reload only: %s",
			   strerror(-err));
}

/* Puts POLICY in force, and takes it over if that could be done. */
static int apply(struct daemon *d, const struct ew_pins *pins, struct ew_policy **policy, const char *what)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	struct ew_reload r = {.command = "daemon", .unless = *policy == d->policy ? d->compiled : 0};
	int err;

	if (ew_pins_settled(pins, d->generation))
		r.in_force = TAKE_PTR(d->image);
	ew_image_free(&d->image);
	err = ew_reload(pins, *policy, &r, &diag);
	d->image = TAKE_PTR(r.in_force);
	ew_diagnostics_print(&diag, stderr);
	if (err == 0) {
		if (r.diff.n || *policy != d->policy) {
			ew_diff_print(&r.diff, stderr);
			ew_info("%s: %zu change%s", what, r.diff.n, r.diff.n == 1 ? "" : "s");
		}
		adopt(d, TAKE_PTR(*policy), ew_pins_generation(pins));
		d->compiled = r.compiled;
	} else {
		ew_error("%s: refused; what was in force still is", what);
	}
	ew_diff_clear(&r.diff);
	return err;
}

static int take_files(struct daemon *d, const struct ew_pins *pins, const char *what)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int err = ew_cmd_policy_read(0, &policy, &diag);

	ew_diagnostics_print(&diag, stderr);
	if (err < 0)
		return ew_error_ret(err, "%s: the policy is refused: %zu error%s; what was in force still is", what,
				    diag.n_errors, diag.n_errors == 1 ? "" : "s");
	return apply(d, pins, &policy, what);
}

/*
 * Programs of another build make room for this one's. If they cannot, but could be, the daemon goes on with them: they
 * are in force anyway. Returns -EPROTO, logged, where this version has nothing to say to them.
 */
static int take_over(struct ew_pins *pins)
{
	int err;

	if (ew_upgrade_mend(pins))
		ew_warning("what an interrupted upgrade left behind is taken away");
	if (ew_upgrade_is_current(pins))
		return 0;
	err = ew_cmd_load_upgrade(pins);
	if (err == 0 || err == -EPROTO)
		return err;
	ew_warning("the programs that are loaded, which are of another version, stay");
	ew_pins_close(pins);
	return ew_pins_open(pins);
}

static int reload_files(struct daemon *d, const struct ew_pins *pins, const char *what)
{
	int err = take_files(d, pins, what);

	ew_reload_result_store(EW_RELOAD_RESULT_FILE, "daemon", err == 0);
	return err;
}

static int start(struct daemon *d)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	_cleanup_close_ int lock = ew_lock_take();
	_cleanup_pins_ struct ew_pins pins;
	struct ew_change_record change;
	char why[512];
	int err;

	ew_pins_init(&pins);
	if (lock < 0)
		return lock;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == 0) {
		err = take_over(&pins);
		if (err < 0)
			return err;
		/* before the policy, so that what it does is recorded, too */
		ew_recorder_attach(&d->recorder);
		return reload_files(d, &pins, "taken over what is loaded");
	}
	if (err != -ENOENT && err != -EINPROGRESS)
		return ew_error_ret(err, "%s", why);
	err = ew_cmd_load_policy(&pins, err == -EINPROGRESS, &policy, &change);
	if (err < 0)
		return err;
	fflush(stdout);
	ew_pins_close(&pins);
	err = ew_pins_open(&pins);
	if (err < 0)
		return err;
	adopt(d, TAKE_PTR(policy), ew_pins_generation(&pins));
	ew_recorder_attach(&d->recorder);
	ew_announce(&pins, &change);
	return 0;
}

/* Under the lock, with what is loaded, from which records are read. ENDED: somebody has unloaded it. */
static int with_pins(struct daemon *d, int (*act)(struct daemon *d, const struct ew_pins *pins))
{
	_cleanup_close_ int lock = ew_lock_take();
	_cleanup_pins_ struct ew_pins pins;
	char why[512];
	int err;

	ew_pins_init(&pins);
	if (lock < 0)
		return 0;
	err = ew_pins_try(&pins, why, sizeof(why));
	if (err == -ENOENT)
		return ENDED;
	if (err < 0) {
		ew_error("%s", why);
		return 0;
	}
	if (!ew_recorder_follows(&d->recorder, &pins))
		ew_recorder_attach(&d->recorder);
	if (act)
		act(d, &pins);
	return 0;
}

static int reload_asked(struct daemon *d, const struct ew_pins *pins)
{
	return reload_files(d, pins, "reloaded");
}

/*
 * Somebody else has reloaded. If that was from the files that this process reads, it goes on with them; if not, what is
 * in force is none of its business until it is told to reload.
 */
static int adopt_other(struct daemon *d, const struct ew_pins *pins)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int err = ew_cmd_policy_read(0, &policy, &diag);

	d->generation = ew_pins_generation(pins);
	d->compiled = 0;
	d->behind = false;
	if (err == 0 && ew_policy_hash(policy) == ew_pins_policy_hash(pins)) {
		ew_info("somebody else has reloaded");
		adopt(d, TAKE_PTR(policy), d->generation);
	} else {
		ew_warning("somebody else has put another policy in force than this daemon's files have; its programs "
			   "are not "
			   "followed, until this daemon gets SIGHUP and puts its own in force");
		ew_policy_free(&d->policy);
		ew_follow_clear(&d->follow);
	}
	return err;
}

/*
 * The files may have been edited since, and nobody has asked for that to be put in force: what is compiled anew is the
 * policy as it was read.
 */
static int programs_changed(struct daemon *d, const struct ew_pins *pins)
{
	struct ew_policy *policy = d->policy;

	if (ew_pins_generation(pins) != d->generation)
		return adopt_other(d, pins);
	d->behind = false;
	return policy ? apply(d, pins, &policy, "programs were replaced") : 0;
}

static int on_signal(struct daemon *d, int signals)
{
	struct signalfd_siginfo info;
	int err;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo != SIGHUP)
		return ENDED;
	ew_watchdog_reloading();
	err = with_pins(d, reload_asked);
	sd_notify(0, "READY=1");
	return err;
}

static int on_programs(struct daemon *d, int changed)
{
	if (changed < 0)
		ew_warning("programs of the policy cannot be watched: %s", strerror(-changed));
	d->behind |= changed > 0;
	return 0;
}

/* Somebody, or this process, has let go of the lock. Returns 0, or ENDED: execward is not loaded any more. */
static int on_lock(struct daemon *d, int fd)
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
		return ENDED;
	default:
		return 0;
	}
}

/* The kernel only counts the cgroups of which it cannot tell which patterns match. */
static void tell_paths_cut(struct daemon *d)
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
static int next_look(const struct daemon *d)
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
static int watch(struct daemon *d, int signals, int lock)
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
			err = with_pins(d, programs_changed);
		} else if (next_look(d) == 0) {
			d->looked = seconds();
			d->behind |= ew_recorder_retries(&d->recorder);
			tell_paths_cut(d);
			err = access(EW_PIN_DIR, F_OK) < 0 ? ENDED : on_programs(d, ew_follow_look(&d->follow));
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

static int run(struct daemon *d, const char *records, size_t buffer, __u64 period)
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
	err = start(d);
	if (err < 0)
		return err;
	with_pins(d, NULL);
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
	struct daemon d = {.follow = EW_FOLLOW_NONE};
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
