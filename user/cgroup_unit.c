/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "log.h"
#include "util.h"

/*
 * Units are asked of systemctl(1), without a shell, rather than of libsystemd: one less library to depend on. It writes
 * strings as they are (bus_print_property(), src/shared/bus-print-properties.c), except that from one with a newline
 * nothing of the value is left.
 */

#define UNIT_NAME_MAX 256 /* systemd, src/basic/unit-def.h */

int ew_cgroup_unit_name(const char *unit, char *out, size_t size)
{
	static const char *const suffixes[] = {".service", ".socket", ".target", ".device", ".mount", ".automount",
					       ".swap",	   ".timer",  ".path",	 ".slice",  ".scope"};
	const char *dot = strrchr(unit, '.'), *suffix = ".service";
	size_t len = strlen(unit);

	if (!len || unit[0] == '.' || unit[0] == '@')
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		/* No "*?[": systemctl would take the name for a pattern. */
		if (!isalnum((unsigned char)unit[i]) && !strchr(":-_.\\@", unit[i]))
			return -EINVAL;
	}
	for (size_t i = 0; dot && i < EW_ARRAY_SIZE(suffixes); i++) {
		if (EW_STREQ(dot, suffixes[i]))
			suffix = "";
	}
	len += strlen(suffix);
	if (len >= UNIT_NAME_MAX || len >= size)
		return -ENAMETOOLONG;
	snprintf(out, size, "%s%s", unit, suffix);
	return 0;
}

/* Runs ARGV, found by PATH, with its standard error thrown away; reads what it writes. Returns its exit status. */
static int run(char *const argv[], char *out, size_t size)
{
	static char *const environment[] = {"LC_ALL=C", "PATH=/usr/bin:/bin", NULL};
	_cleanup_close_ int from = -1, to = -1;
	posix_spawn_file_actions_t actions;
	size_t used = 0;
	int ends[2], status, err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	from = ends[0];
	to = ends[1];
	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	err = err ?: posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	err = err ?: posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = err ?: posix_spawnp(&pid, argv[0], &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	ew_closep(&to);
	for (;;) {
		char scrap[256];
		bool full = used + 1 >= size;
		ssize_t n = read(from, full ? scrap : out + used, full ? sizeof(scrap) : size - 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += full ? 0 : (size_t)n;
	}
	out[used] = '\0';
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

/* The value of KEY among lines "KEY=VALUE", to the end of its line, or "". */
static const char *property(char *text, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	out[0] = '\0';
	for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			snprintf(out, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
			break;
		}
	}
	return out;
}

int ew_cgroup_of_unit(const char *unit, char *out, size_t size)
{
	char name[UNIT_NAME_MAX], text[EW_PATH_MAX + 256], load[64], active[64], path[EW_PATH_MAX];
	char *argv[] = {"systemctl", "show", "--no-pager", "-p", "LoadState,ActiveState,ControlGroup",
			"--",	     name,   NULL};
	int err = ew_cgroup_unit_name(unit, name, sizeof(name));

	if (err)
		return ew_error_ret(err, "%s: not the name of one systemd unit", unit);
	err = run(argv, text, sizeof(text));
	if (err && access("/run/systemd/system", F_OK))
		return ew_error_ret(-EHOSTDOWN,
				    "%s: systemd is not running here; name the cgroup itself with --cgroup instead",
				    name);
	if (err == -ENOENT)
		return ew_error_ret(-EIO, "%s: systemctl is not installed; name the cgroup itself with --cgroup", name);
	if (err)
		return ew_error_ret(-EIO, "%s: systemctl show failed; see what `systemctl status %s` says", name, name);
	if (EW_STREQ(property(text, "LoadState", load, sizeof(load)), "not-found"))
		return ew_error_ret(-ENOENT,
				    "%s: systemd knows no such unit; `systemctl list-units` shows what there is", name);
	if (!*property(text, "ControlGroup", path, sizeof(path))) {
		if (EW_STREQ(property(text, "ActiveState", active, sizeof(active)), "active"))
			return ew_error_ret(
				-ENODATA,
				"%s: has no cgroup: units of its type have no processes; tag a service, scope or "
				"slice",
				name);
		return ew_error_ret(-ENODATA, "%s: has no cgroup, being %s; start it first, or tag its slice", name,
				    active);
	}
	if ((size_t)snprintf(out, size, "%s", path) >= size)
		return ew_error_ret(-ENAMETOOLONG, "%s: its cgroup path is too long", name);
	return 0;
}
