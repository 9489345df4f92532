/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "persist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup.h"
#include "dropin.h"
#include "log.h"
#include "util.h"

#define UNITS "/etc/systemd/system"
#define FILE_NAME "50-execward.conf"
#define NEW_NAME ".50-execward.conf.new"
#define TEXT_MAX (64 * 1024)

/* Warns of, or refuses, what the drop-in of a unit with these properties could not do. */
static int judge(const char *text, const char *name)
{
	static const char *const roots[] = {"RootDirectory", "RootImage"};
	char value[PATH_MAX];

	if (EW_STREQ(ew_systemctl_property(text, "LoadState", value, sizeof(value)), "not-found")) {
		ew_warning("%s: systemd knows no such unit now; it is tagged when it is there and starts", name);
		return 0;
	}
	if (EW_STREQ(ew_systemctl_property(text, "DefaultDependencies", value, sizeof(value)), "no"))
		return ew_error_ret(-EDEADLK,
				    "%s starts early, perhaps before execward.service does; name its cgroup in the "
				    "policy (cgroups:) instead of --persist",
				    name);
	for (size_t i = 0; i < EW_ARRAY_SIZE(roots); i++)
		if (*ew_systemctl_property(text, roots[i], value, sizeof(value)) && !EW_STREQ(value, "/"))
			return ew_error_ret(-ENOTSUP,
					    "%s has %s=%s, where execward is not to be found; name its cgroup in the "
					    "policy (cgroups:) instead of --persist",
					    name, roots[i], value);
	/* the first one is what runs first */
	ew_systemctl_property(text, "ExecCondition", value, sizeof(value));
	if (*value && !strstr(value, "tag --unit"))
		ew_warning("%s has an ExecCondition= of its own, which runs before the tag is set", name);
	return 0;
}

int ew_persist_look(const char *unit, bool to_tag, struct ew_persist_unit *out)
{
	char text[4 * PATH_MAX], id[EW_UNIT_NAME_MAX];
	char *argv[] = {"systemctl",
			"show",
			"--no-pager",
			"-p",
			"Id,LoadState,DefaultDependencies,RootDirectory,RootImage,ExecCondition,ControlGroup",
			"--",
			out->name,
			NULL};
	int err = ew_cgroup_unit_name(unit, out->name, sizeof(out->name));
	const char *suffix = err ? NULL : strrchr(out->name, '.');

	if (!suffix || !EW_STREQ(suffix, ".service") || strstr(out->name, "@."))
		return ew_error_ret(
			-EINVAL,
			"%s: --persist is for one systemd service; name the cgroup of any other unit in the "
			"policy (cgroups:)",
			unit);
	out->cgroup[0] = '\0';
	err = ew_systemctl(argv, text, sizeof(text));
	if (err && access("/run/systemd/system", F_OK) < 0)
		return 0; /* systemd is not running: the file is for when it is */
	if (err)
		return ew_error_ret(-EIO, "%s: systemctl show failed; see what `systemctl status %s` says", out->name,
				    out->name);
	/* a name may be an alias of another, whose drop-ins count */
	if (*ew_systemctl_property(text, "Id", id, sizeof(id)))
		snprintf(out->name, sizeof(out->name), "%s", id);
	ew_systemctl_property(text, "ControlGroup", out->cgroup, sizeof(out->cgroup));
	return to_tag ? judge(text, out->name) : 0;
}

/* Reads the drop-in that there is; with none, DROPIN is empty. */
static int read_dropin(int dir, const char *unit, struct ew_dropin *dropin)
{
	_cleanup_close_ int fd = dir < 0 ? -1 : openat(dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_free_ char *text = calloc(1, TEXT_MAX);
	ssize_t n;

	dropin->n = 0;
	if (fd < 0 && (dir < 0 || errno == ENOENT))
		return 0;
	n = fd < 0 || !text ? -1 : read(fd, text, TEXT_MAX - 1);
	if (n < 0)
		return ew_error_ret(-errno, UNITS "/%s.d/" FILE_NAME " cannot be read: %s", unit, strerror(errno));
	if (ew_dropin_parse(text, dropin) < 0)
		return ew_error_ret(-EEXIST, UNITS "/%s.d/" FILE_NAME " is not by execward; rename or remove it", unit);
	return 0;
}

/* In one step, so that systemd reads the file as it was or as it is to be. */
static int write_dropin(int dir, const char *unit, const struct ew_dropin *dropin)
{
	char program[PATH_MAX] = "";
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	_cleanup_free_ char *text = len < 0 ? NULL : ew_dropin_text(dropin, program);
	_cleanup_close_ int fd = -1;

	if (!text)
		return ew_error_ret(
			-errno, "\"%s\", the path of execward, cannot be named in a unit: %s; use the installed one",
			program, strerror(errno));
	unlinkat(dir, NEW_NAME, 0); /* left by one that was killed: we have the lock */
	fd = openat(dir, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, 0644) == 0 &&
	    fsync(fd) == 0 && renameat(dir, NEW_NAME, dir, FILE_NAME) == 0)
		return 0;
	ew_error(UNITS "/%s.d/" FILE_NAME " cannot be written: %s", unit, strerror(errno ?: ENOSPC));
	unlinkat(dir, NEW_NAME, 0);
	return -EIO;
}

static void tell_systemd(void)
{
	char *argv[] = {"systemctl", "daemon-reload", NULL}, out[256];

	if (access("/run/systemd/system", F_OK) == 0 && ew_systemctl(argv, out, sizeof(out)) != 0)
		ew_warning("systemd could not be told; run: systemctl daemon-reload");
}

int ew_persist_add(const struct ew_persist_unit *unit, const char *profile)
{
	char path[PATH_MAX];
	_cleanup_close_ int dir = -1;
	struct ew_dropin dropin;
	int err;

	snprintf(path, sizeof(path), UNITS "/%s.d", unit->name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return ew_error_ret(-errno, "%s cannot be made: %s", path, strerror(errno));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ew_error_ret(-errno, "%s cannot be opened: %s", path, strerror(errno));
	err = read_dropin(dir, unit->name, &dropin);
	if (err < 0)
		return err;
	if (ew_dropin_add(&dropin, profile) < 0)
		return ew_error_ret(-ENOSPC, "%s has %d profiles already", unit->name, EW_PROFILES_MAX);
	err = write_dropin(dir, unit->name, &dropin);
	if (err < 0)
		rmdir(path); /* if it is empty, it was made for nothing */
	else
		tell_systemd();
	return err;
}

int ew_persist_remove(const struct ew_persist_unit *unit, const char *profile)
{
	char path[PATH_MAX];
	_cleanup_close_ int dir = -1;
	struct ew_dropin dropin;
	int err;

	snprintf(path, sizeof(path), UNITS "/%s.d", unit->name);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = read_dropin(dir, unit->name, &dropin);
	if (err < 0)
		return err;
	if (!ew_dropin_remove(&dropin, profile))
		return ew_error_ret(-ENOENT, "%s has no such tag that persists", unit->name);
	if (dropin.n)
		err = write_dropin(dir, unit->name, &dropin);
	else if (unlinkat(dir, FILE_NAME, 0) < 0)
		err = ew_error_ret(-errno, "%s/" FILE_NAME " cannot be removed: %s", path, strerror(errno));
	if (err == 0) {
		rmdir(path); /* unless there are other drop-ins */
		tell_systemd();
	}
	return err;
}
