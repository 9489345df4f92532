/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "follow.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "identity.h"
#include "util.h"

#define WATCHED (IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void ew_follow_clear(struct ew_follow *follow)
{
	for (size_t i = 0; i < follow->n; i++)
		free(follow->files[i].path);
	free(follow->files);
	ew_closep(&follow->fd);
	*follow = EW_FOLLOW_NONE;
}

/* Watches the directory of PATH. Returns 0, also where there is no such directory, or a negative errno. */
static int watch_directory(struct ew_follow *follow, struct ew_followed *file, const char *path)
{
	char copy[PATH_MAX];
	int watch;

	if (file->n_watches == EW_FOLLOW_HOPS || strlen(path) >= sizeof(copy))
		return 0;
	strcpy(copy, path);
	watch = inotify_add_watch(follow->fd, dirname(copy), WATCHED);
	if (watch < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	file->watches[file->n_watches++] = watch;
	return 0;
}

/* Replaces PATH by what the link there says. Returns whether there is one, and room for it. */
static bool step(char path[PATH_MAX])
{
	char target[PATH_MAX], copy[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = '\0';
	if (*target == '/') {
		strcpy(path, target);
		return true;
	}
	strcpy(copy, path);
	return (size_t)snprintf(path, PATH_MAX, "%s/%s", dirname(copy), target) < PATH_MAX;
}

/* Watches anew, as directories and links can be others by now, and then looks. */
static int look(struct ew_follow *follow, struct ew_followed *file)
{
	char path[PATH_MAX];

	file->n_watches = 0;
	if (strlen(file->path) >= sizeof(path))
		return -ENAMETOOLONG;
	strcpy(path, file->path);
	do {
		int err = watch_directory(follow, file, path);

		if (err < 0)
			return err;
	} while (file->n_watches < EW_FOLLOW_HOPS && step(path));
	file->error = ew_identity_of_path(file->path, &file->identity);
	if (file->error < 0)
		file->identity = (struct ew_identity){};
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int follow_all(struct ew_follow *follow, const char **paths, size_t n)
{
	follow->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (follow->fd < 0)
		return -errno;
	follow->files = calloc(n ?: 1, sizeof(*follow->files));
	if (!follow->files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct ew_followed *file = &follow->files[follow->n];
		int err;

		if (i > 0 && EW_STREQ(paths[i], paths[i - 1]))
			continue;
		file->path = strdup(paths[i]);
		if (!file->path)
			return -ENOMEM;
		follow->n++;
		err = look(follow, file);
		if (err < 0)
			return err;
	}
	return 0;
}

/* PATHS are sorted. */
static bool follows(const struct ew_follow *follow, const char **paths, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && EW_STREQ(paths[i], paths[i - 1]))
			continue;
		if (at == follow->n || !EW_STREQ(follow->files[at++].path, paths[i]))
			return false;
	}
	return follow->fd >= 0 && at == follow->n;
}

int ew_follow_set(struct ew_follow *follow, const char **paths, size_t n)
{
	int err;

	if (n)
		qsort(paths, n, sizeof(*paths), compare);
	if (follows(follow, paths, n))
		return 1;
	ew_follow_clear(follow);
	err = follow_all(follow, paths, n);
	if (err < 0)
		ew_follow_clear(follow);
	return err;
}

/* Returns 1 if the path leads to another file than before, 0, or a negative errno. */
static int look_again(struct ew_follow *follow, struct ew_followed *file)
{
	struct ew_identity identity = file->identity;
	int error = file->error, err = look(follow, file);

	if (err < 0)
		return err;
	return error != file->error || memcmp(&identity, &file->identity, sizeof(identity)) != 0;
}

static bool is_watched_by(const struct ew_followed *file, int watch)
{
	for (unsigned int i = 0; i < file->n_watches; i++)
		if (file->watches[i] == watch)
			return true;
	return false;
}

/* Looks again at the files of directory WATCH, or at all with WATCH -1. */
static int look_at(struct ew_follow *follow, int watch)
{
	int changed = 0;

	for (size_t i = 0; i < follow->n; i++) {
		int err;

		if (watch >= 0 && !is_watched_by(&follow->files[i], watch))
			continue;
		err = look_again(follow, &follow->files[i]);
		if (err < 0)
			return err;
		changed |= err;
	}
	return changed;
}

int ew_follow_changed(struct ew_follow *follow)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	int changed = 0;
	ssize_t len;

	while ((len = read(follow->fd, buffer, sizeof(buffer))) > 0) {
		for (char *at = buffer; at < buffer + len;) {
			const struct inotify_event *event = (const struct inotify_event *)at;
			int err;

			at += sizeof(*event) + event->len;
			/* an upgrade does several things to one directory; one look after them is enough */
			if (at < buffer + len && ((const struct inotify_event *)at)->wd == event->wd)
				continue;
			err = look_at(follow, event->mask & IN_Q_OVERFLOW ? -1 : event->wd);
			if (err < 0)
				return err;
			changed |= err;
		}
	}
	return len < 0 && errno != EAGAIN ? -errno : changed;
}

int ew_follow_look(struct ew_follow *follow)
{
	return look_at(follow, -1);
}
