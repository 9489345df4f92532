/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "manager.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "util.h"

#define EXECUTOR "/systemd/systemd-executor"
#define EXECUTOR_PATH "/usr/lib" EXECUTOR

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* A path of the executor, which may have been deleted since: then "TARGET (deleted)" (proc_pid_fd(5)). */
static bool is_executor(const char *target)
{
	static const char deleted[] = " (deleted)";
	const char *name = strstr(target, EXECUTOR);

	return name && (!name[strlen(EXECUTOR)] || EW_STREQ(name + strlen(EXECUTOR), deleted));
}

struct ew_identity ew_manager_executor(void)
{
	EW_CLEANUP(closedirp) DIR *dir = opendir("/proc/1/fd");
	struct ew_identity identity = {};
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[sizeof("/proc/1/fd/") + NAME_MAX], target[PATH_MAX];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/1/fd/%s", entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (is_executor(target) && ew_identity_of_path(path, &identity) == 0)
			return identity;
	}
	ew_identity_of_path(EXECUTOR_PATH, &identity);
	return identity;
}
