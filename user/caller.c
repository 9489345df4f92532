/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "caller.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "identity.h"
#include "log.h"

#define INITIAL_USERNS 0xEFFFFFFDU /* PROC_USER_INIT_INO, include/linux/proc_ns.h */
#define NSS_BUFFER_SIZE (1 << 20)

static FILE *open_of(const struct ew_caller *caller, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", caller->proc, name);
	return fopen(path, "re");
}

char *ew_caller_link(const struct ew_caller *caller, const char *name)
{
	char path[64], target[EW_PATH_MAX + 1];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", caller->proc, name);
	n = readlink(path, target, sizeof(target) - 1);
	return n < 0 ? NULL : strndup(target, (size_t)n);
}

/*
 * A process that has changed its root is shown the mounts below that alone; the one that its root is on is among ours,
 * unless it has a mount namespace of its own. Numbers of mounts are the same everywhere.
 */
int ew_caller_identity(const struct ew_caller *caller, int fd, struct ew_identity *out, bool *idmapped)
{
	char mounts[64];
	int err;

	snprintf(mounts, sizeof(mounts), "%s/mountinfo", caller->proc);
	err = ew_identity_of_fd(fd, mounts, out, idmapped);
	return err == -ENODATA ? ew_identity_of_fd(fd, "/proc/self/mountinfo", out, idmapped) : err;
}

static int read_map(const struct ew_caller *caller, const char *name, struct ew_id_map *map)
{
	_cleanup_fclose_ FILE *f = open_of(caller, name);

	return f ? ew_id_map_parse(f, map) : -errno;
}

/* The user namespace, of which nothing more is to be known where it is our own. */
static int read_userns(struct ew_caller *caller)
{
	struct ew_creds *creds = &caller->who.creds;
	struct stat own, its;
	char path[64];
	int err = 0;

	snprintf(path, sizeof(path), "%s/ns/user", caller->proc);
	if (stat("/proc/self/ns/user", &own) < 0 || stat(path, &its) < 0)
		return -errno;
	creds->userns_level = its.st_ino != INITIAL_USERNS;
	caller->who.uids.all = caller->who.gids.all = its.st_ino == own.st_ino;
	if (!caller->who.uids.all) {
		err = read_map(caller, "uid_map", &caller->who.uids);
		err = err ?: read_map(caller, "gid_map", &caller->who.gids);
	}
	creds->root_uid = ew_id_map_root(&caller->who.uids);
	return err;
}

static int read_cgroup(struct ew_caller *caller)
{
	_cleanup_fclose_ FILE *f = open_of(caller, "cgroup");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	if (!f)
		return -errno;
	while (getline(&line, &room, f) >= 0) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		caller->cgroup = strdup(line + 3);
		return caller->cgroup ? 0 : -ENOMEM;
	}
	return 0;
}

/* Whether who traces the caller holds CAP_SYS_PTRACE; the kernel remembers what it was when the tracing began. */
static bool tracer_is_capable(__u32 pid)
{
	struct ew_caller_status status = {0};
	struct ew_predict_caller tracer = {0};
	char path[64];
	FILE *f;
	int err;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	err = ew_caller_parse_status(f, &tracer, &status);
	fclose(f);
	free(tracer.groups);
	return err == 0 && tracer.creds.effective >> CAP_SYS_PTRACE & 1;
}

static void read_image(struct ew_caller *caller)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	bool idmapped;

	snprintf(path, sizeof(path), "%s/exe", caller->proc);
	caller->exe = ew_caller_link(caller, "exe");
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		ew_caller_identity(caller, fd, &caller->exe_id, &idmapped);
}

static int read_process(struct ew_caller *caller)
{
	_cleanup_fclose_ FILE *f = open_of(caller, "status");
	int err;

	if (!f)
		return -errno;
	err = ew_caller_parse_status(f, &caller->who, &caller->status);
	err = err ?: read_userns(caller);
	err = err ?: read_cgroup(caller);
	if (err < 0)
		return err;
	if (caller->status.tracer) {
		caller->who.traced = true;
		caller->who.tracer_capable = tracer_is_capable(caller->status.tracer);
	}
	if (caller->pid) {
		read_image(caller);
	} else {
		int bits = prctl(PR_GET_SECUREBITS);

		caller->securebits_known = bits >= 0;
		caller->who.creds.securebits = bits >= 0 ? (__u32)bits : 0;
	}
	return 0;
}

/* Does the running kernel look at changes of the effective ids (see `by_change`)? */
static bool kernel_goes_by_change(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 16));
}

static __u64 known_caps(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/cap_last_cap", "re");
	unsigned int last = CAP_LAST_CAP;

	if (f && fscanf(f, "%u", &last) != 1)
		last = CAP_LAST_CAP;
	return last >= 63 ? ~0ULL : (1ULL << (last + 1)) - 1;
}

static int find_user(const char *user, struct passwd *entry, char *buf)
{
	struct passwd *found = NULL;
	unsigned long id;
	char *end;
	int err = getpwnam_r(user, entry, buf, NSS_BUFFER_SIZE, &found);

	errno = 0;
	id = strtoul(user, &end, 10);
	if (!found && user[0] >= '0' && user[0] <= '9' && !*end && !errno && id < (__u32)-1)
		err = getpwuid_r((uid_t)id, entry, buf, NSS_BUFFER_SIZE, &found);
	if (!found)
		return err ? -err : -ENOENT;
	return 0;
}

/* Ids, groups and capabilities of a login of USER. */
static int become(struct ew_caller *caller, const char *user)
{
	_cleanup_free_ char *buf = malloc(NSS_BUFFER_SIZE);
	struct ew_creds *creds = &caller->who.creds;
	struct passwd entry;
	int err = buf ? find_user(user, &entry, buf) : -ENOMEM, n = 64;
	__u32 *groups;

	if (err < 0)
		return err;
	for (;;) {
		int room = n;

		groups = reallocarray(caller->who.groups, (size_t)n, sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		caller->who.groups = groups;
		if (getgrouplist(entry.pw_name, entry.pw_gid, groups, &n) >= 0)
			break;
		if (n <= room)
			return -EIO;
	}
	caller->who.n_groups = (size_t)n;
	creds->uid = creds->euid = creds->suid = entry.pw_uid;
	creds->gid = creds->egid = creds->sgid = entry.pw_gid;
	if (!caller->pid) {
		creds->bset = caller->caps_known;
		creds->securebits = 0;
		caller->securebits_known = true;
		caller->who.no_new_privs = caller->who.traced = false;
	}
	creds->permitted = creds->effective = creds->uid == creds->root_uid ? creds->bset : 0;
	creds->inheritable = caller->who.ambient = 0;
	return 0;
}

int ew_caller_get(struct ew_caller *caller, pid_t pid, const char *user)
{
	int err;

	*caller = (struct ew_caller){.pid = pid, .caps_known = known_caps()};
	caller->who.by_change = kernel_goes_by_change();
	if (pid)
		snprintf(caller->proc, sizeof(caller->proc), "/proc/%d", pid);
	else
		snprintf(caller->proc, sizeof(caller->proc), "/proc/self");
	err = read_process(caller);
	if (err == -ENOENT || err == -ESRCH)
		return ew_error_ret(-ESRCH, "there is no process %d; see: ps -e", pid);
	if (err < 0)
		return ew_error_ret(err, "process %d cannot be looked at: %s%s", pid, strerror(-err),
				    err == -EACCES ? "; run this as root" : "");
	err = user ? become(caller, user) : 0;
	if (err == -ENOENT)
		return ew_error_ret(err, "there is no user \"%s\"", user);
	return err < 0 ? ew_error_ret(err, "user \"%s\" cannot be looked up: %s", user, strerror(-err)) : 0;
}

void ew_caller_clear(struct ew_caller *caller)
{
	free(caller->who.groups);
	free(caller->cgroup);
	free(caller->exe);
	*caller = (struct ew_caller){0};
}
