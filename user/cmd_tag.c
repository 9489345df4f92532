/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "announce.h"
#include "apply.h"
#include "cgroup.h"
#include "cmd.h"
#include "lock.h"
#include "log.h"
#include "oci_state.h"
#include "persist.h"
#include "pins_need.h"
#include "policy_compile.h"
#include "policy_text.h"
#include "process.h"
#include "tag_programs.h"
#include "tag_users.h"

enum { OPT_CGROUP = 256, OPT_UNIT, OPT_PID, OPT_USER, OPT_PROGRAM, OPT_PERSIST, OPT_OCI_STATE };

static const struct option options[] = {
	{"cgroup", required_argument, NULL, OPT_CGROUP},
	{"unit", required_argument, NULL, OPT_UNIT},
	{"pid", required_argument, NULL, OPT_PID},
	{"user", required_argument, NULL, OPT_USER},
	{"program", required_argument, NULL, OPT_PROGRAM},
	{"oci-state", no_argument, NULL, OPT_OCI_STATE},
	{"persist", no_argument, NULL, OPT_PERSIST},
	{"help", no_argument, NULL, 'h'},
	{},
};

/* What to tag and with what, as the command line has it. */
struct request {
	const char *verb;
	bool untag;
	bool persist; /* a unit's drop-in, too */
	bool nothing; /* but that was changed */
	int kind;     /* OPT_* */
	const char *object;
	const char *profile;		/* NULL: every profile, for untag */
	struct ew_change_record change; /* what becomes of it, for readers */
};

/* Returns -1 to go on, or an exit code. */
static int parse(int argc, char **argv, struct request *r)
{
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help(r->verb);
		if (c == '?')
			return ew_cmd_usage(r->verb);
		if (c == OPT_PERSIST) {
			r->persist = true;
			continue;
		}
		if (r->kind) {
			ew_error("%s takes one thing to tag, but got two", r->verb);
			return ew_cmd_usage(r->verb);
		}
		r->kind = c;
		r->object = optarg;
	}
	if (r->kind == OPT_OCI_STATE) {
		if (!r->untag && optind == argc)
			return -1;
		ew_error("--oci-state goes with tag, and without a profile: the container's annotation names that");
		return ew_cmd_usage(r->verb);
	}
	if (!r->kind || argc - optind > 1 || (argc == optind && !r->untag)) {
		ew_error("%s takes what to tag and the name of a profile", r->verb);
		return ew_cmd_usage(r->verb);
	}
	if (r->persist && r->kind != OPT_UNIT) {
		ew_error("%s: --persist goes with --unit", r->verb);
		return ew_cmd_usage(r->verb);
	}
	r->profile = argc > optind ? argv[optind] : NULL;
	return -1;
}

static int change_cgroup(const struct ew_pins *pins, struct request *r, const char *path, __u64 profiles)
{
	_cleanup_close_ int fd = ew_cgroup_open(path);
	struct ew_cgroup_tag tag;
	char own_path[EW_PATH_MAX];
	__u64 id, own;
	__u32 half;
	int err;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return ew_error_ret(fd, "there is no cgroup %s; see: systemd-cgls", path);
	if (fd == -EINVAL)
		return ew_error_ret(
			fd, "\"%s\" is not the path of a cgroup: it has to begin with / and to go without . and ..",
			path);
	if (fd == -EMEDIUMTYPE)
		return ew_error_ret(
			fd, "%s is a cgroup of version 1; only those of version 2 can be tagged, see: mount -t cgroup2",
			path);
	if (fd < 0)
		return ew_error_ret(fd, "cgroup %s cannot be opened: %s", path, strerror(-fd));
	err = ew_cgroup_id(fd, &id);
	if (err == 0)
		err = ew_apply_cgroup_get(pins, id, &tag);
	if (err < 0)
		return ew_error_ret(err, "cgroup %s: its tag cannot be read: %s", path, strerror(-err));
	r->change.subject = EW_SUBJECT_CGROUP;
	r->change.id = id;
	if (ew_cgroup_path_of_id(id, own_path, sizeof(own_path)) == 0)
		ew_announce_object(&r->change, own_path);
	if (!r->untag) {
		tag.command |= profiles;
		return ew_apply_cgroup(pins, fd, path, &tag);
	}
	half = EW_HALF(ew_pins_generation(pins));
	own = tag.policy.of[half] | tag.command;
	if (!(own & profiles) && r->persist) {
		r->nothing = true; /* only the drop-in had it */
		return 0;
	}
	if (!(own & profiles))
		return ew_error_ret(-ENOENT, "cgroup %s has no such tag of its own%s; see: execward list", path,
				    tag.set.of[half] & profiles ? ", but inherits it from a cgroup above" : "");
	r->change.profiles = own & profiles;
	if (tag.policy.of[half] & profiles)
		ew_warning("cgroup %s is tagged by the policy: the tag comes back when the policy is loaded, or the "
			   "cgroup made, again",
			   path);
	for (half = 0; half < EW_HALVES; half++)
		tag.policy.of[half] &= ~profiles;
	tag.command &= ~profiles;
	return ew_apply_cgroup(pins, fd, path, &tag);
}

static int change_unit(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	char path[EW_PATH_MAX];
	int err = ew_cgroup_of_unit(r->object, path, sizeof(path));

	return err < 0 ? err : change_cgroup(pins, r, path, profiles);
}

/* What can be done now comes first: of a tag that cannot be set nothing stays. */
static int persist_tag(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	struct ew_persist_unit unit;
	int err = ew_persist_look(r->object, true, &unit);

	r->nothing = !unit.cgroup[0];
	if (err == 0 && unit.cgroup[0])
		err = change_cgroup(pins, r, unit.cgroup, profiles);
	return err < 0 ? err : ew_persist_add(&unit, r->profile);
}

/* Which profiles there are. */
static __u64 slots_in_use(const struct ew_pins *pins)
{
	struct ew_profile all[EW_PROFILES_MAX];
	__u64 set = 0;

	if (ew_pins_profiles(pins, all) < 0)
		return ~0ULL;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		set |= all[slot].flags & EW_PROFILE_USED ? 1ULL << slot : 0;
	return set;
}

/* What is to be told of the change that begins. */
static void begin(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	r->change.action = r->untag ? EW_ACTION_UNTAG : EW_ACTION_TAG;
	r->change.profiles = r->profile ? profiles : slots_in_use(pins);
	snprintf(r->change.command, sizeof(r->change.command), "%s", r->verb);
}

static int end(const struct ew_pins *pins, struct request *r, int err)
{
	if (err == 0 && !r->nothing)
		ew_announce(pins, &r->change);
	return err;
}

/* The drop-in goes whatever is loaded, even if its profile is not in the policy any more. */
static int persist_untag(struct request *r)
{
	_cleanup_close_ int lock = ew_lock_take();
	_cleanup_pins_ struct ew_pins pins;
	struct ew_profile all[EW_PROFILES_MAX];
	struct ew_persist_unit unit;
	__u64 profiles = r->profile ? 0 : ~0ULL;
	char why[512];
	int err = lock < 0 ? lock : ew_persist_look(r->object, false, &unit);

	ew_pins_init(&pins);
	err = err < 0 ? err : ew_persist_remove(&unit, r->profile);
	if (err < 0 || !unit.cgroup[0] || ew_pins_try(&pins, why, sizeof(why)) < 0 || ew_pins_profiles(&pins, all) < 0)
		return err;
	for (unsigned int slot = 0; r->profile && slot < EW_PROFILES_MAX; slot++)
		if ((all[slot].flags & EW_PROFILE_USED) && EW_STREQ(all[slot].name, r->profile))
			profiles = 1ULL << slot;
	if (!profiles)
		return 0;
	begin(&pins, r, profiles);
	return end(&pins, r, change_cgroup(&pins, r, unit.cgroup, profiles));
}

static int change_process(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	char *end;
	pid_t process;
	long pid;
	int n;

	errno = 0;
	pid = strtol(r->object, &end, 10);
	if (errno || *end || end == r->object || pid < 1 || pid > INT_MAX)
		return ew_error_ret(-EINVAL, "\"%s\" is not a process id; give its number, see: ps -e", r->object);
	process = ew_process_of_thread((pid_t)pid);
	if (process > 0 && process != pid)
		return ew_error_ret(-EINVAL,
				    "%ld is a thread of process %d; a tag is the whole process's: use --pid %d", pid,
				    process, process);
	r->change.subject = EW_SUBJECT_PROCESS;
	r->change.id = (__u64)pid;
	if (!r->untag && ew_pins_need_process_tags(pins) < 0)
		return -EIO;
	n = ew_process_tag_tree(pins, (pid_t)pid, r->untag ? 0 : profiles, r->untag ? profiles : 0);
	if (n == 0 && r->untag)
		return ew_error_ret(-ENOENT, "process %ld has no such tag of its own; see: execward list", pid);
	return n < 0 ? n : 0;
}

static int parse_users(const char *text, struct ew_user_word *out)
{
	_cleanup_free_ char *nearest = NULL;
	struct ew_shown shown, near;
	struct ew_why why;
	int err;

	if (!ew_user_word_parse(text, out, &why))
		return ew_error_ret(-EINVAL, "%s", why.text);
	if (!out->name)
		return 0;
	err = ew_resolver_system.user(NULL, out->name, &out->first);
	out->last = out->first;
	if (err == -ENOENT)
		nearest = ew_resolver_system.nearest(NULL, true, out->name);
	if (nearest)
		return ew_error_ret(err, "unknown user \"%s\"; did you mean \"%s\"? See: getent passwd",
				    ew_shown(out->name, &shown), ew_shown(nearest, &near));
	if (err == -ENOENT)
		return ew_error_ret(
			err,
			"unknown user \"%s\"; expected a user of this machine, a number, or a range such as "
			"1000-1999; see: getent passwd",
			ew_shown(out->name, &shown));
	return err < 0 ? ew_error_ret(err, "user \"%s\" cannot be looked up: %s", ew_shown(out->name, &shown),
				      strerror(-err))
		       : 0;
}

static int change_users(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	struct ew_user_word users;
	__u64 policy = 0;
	int err = parse_users(r->object, &users);

	if (err < 0)
		return err;
	r->change.subject = EW_SUBJECT_USERS;
	r->change.id = (__u64)users.last << 32 | users.first;
	if (!r->untag)
		return ew_tag_users_add(pins, users.first, users.last, profiles, r->object);
	err = ew_tag_users_remove(pins, users.first, users.last, profiles, r->object, &policy);
	if (err == -ENOENT)
		ew_error("users %s have no such tag; see: execward list", r->object);
	if (policy)
		ew_warning("users %s are tagged by the policy: the tag comes back when the policy is loaded again",
			   r->object);
	return err;
}

static int change_program(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	_cleanup_free_ char *real = realpath(r->object, NULL);
	__u64 policy = 0;
	int err;

	r->change.subject = EW_SUBJECT_PROGRAM;
	ew_announce_object(&r->change, real ?: r->object);
	if (!r->untag)
		return ew_tag_programs_add(pins, r->object, profiles);
	err = ew_tag_programs_remove(pins, r->object, profiles, &policy);
	if (err == -ENOENT)
		ew_error("program %s has no such tag; see: execward list", r->object);
	if (policy)
		ew_warning("program %s is tagged by the policy: the tag comes back when the policy is loaded again",
			   r->object);
	return err;
}

/*
 * The container whose state is on standard input, as a runtime gives it to its hooks. -ENODATA: it names no profile,
 * and is left alone.
 */
static int find_container(struct request *r, struct ew_oci_state *state, char *path, size_t size)
{
	static char whose[2 * sizeof(state->id)];
	int err;

	/* some runtimes throw away what a hook says */
	ew_log_to_syslog("a container");
	err = ew_oci_state_read(stdin, state);
	if (err == 0) {
		snprintf(whose, sizeof(whose), "container %s", ew_shown(state->id, &(struct ew_shown){}));
		ew_log_to_syslog(whose);
	}
	if (err == 0)
		err = ew_oci_cgroup(state->pid, path, size);
	r->object = path;
	r->profile = state->profile;
	return err;
}

static int change_any(const struct ew_pins *pins, struct request *r, __u64 profiles)
{
	switch (r->kind) {
	case OPT_CGROUP:
		return change_cgroup(pins, r, r->object, profiles);
	case OPT_UNIT:
		return r->persist ? persist_tag(pins, r, profiles) : change_unit(pins, r, profiles);
	case OPT_USER:
		return change_users(pins, r, profiles);
	case OPT_PROGRAM:
		return change_program(pins, r, profiles);
	default:
		return change_process(pins, r, profiles);
	}
}

static int change(int argc, char **argv, struct request *r)
{
	char container[EW_PATH_MAX];
	struct ew_oci_state state;
	_cleanup_pins_ struct ew_pins pins;
	_cleanup_close_ int lock = -1;
	__u64 profiles = ~0ULL;
	int err = parse(argc, argv, r);

	ew_pins_init(&pins);
	if (err >= 0)
		return err;
	if (r->kind == OPT_OCI_STATE) {
		err = find_container(r, &state, container, sizeof(container));
		if (err < 0)
			return err == -ENODATA ? EW_EXIT_OK : EW_EXIT_FAILED;
		r->kind = OPT_CGROUP;
	}
	if (r->persist && r->untag)
		return persist_untag(r) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
	lock = ew_pins_open_locked(&pins);
	if (lock < 0)
		return EW_EXIT_FAILED;
	if (r->profile) {
		int slot = ew_pins_profile_slot(&pins, r->profile);

		if (slot < 0)
			return EW_EXIT_FAILED;
		profiles = 1ULL << slot;
	}
	begin(&pins, r, profiles);
	err = end(&pins, r, change_any(&pins, r, profiles));
	return err < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}

int ew_cmd_tag(int argc, char **argv)
{
	return change(argc, argv, &(struct request){.verb = "tag"});
}

int ew_cmd_untag(int argc, char **argv)
{
	return change(argc, argv, &(struct request){.verb = "untag", .untag = true});
}
