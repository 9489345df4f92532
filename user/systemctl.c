/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "util.h"

int ew_systemctl(char *const argv[], char *out, size_t size)
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

const char *ew_systemctl_property(const char *text, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	out[0] = '\0';
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			snprintf(out, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
			break;
		}
	}
	return out;
}
