/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "policy_read.h"

#define file_error(diag, path, ...) ew_diagnose_error(diag, path, 0, 0, __VA_ARGS__)
#define file_warning(diag, path, ...) ew_diagnose_warning(diag, path, 0, 0, __VA_ARGS__)

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Whoever can write the policy is root in all but name. */
static void check_owner(const char *path, const struct stat *st, unsigned int flags, struct ew_diagnostics *diag)
{
	enum ew_severity severity = flags & EW_READ_ANY_OWNER ? EW_SEVERITY_WARNING : EW_SEVERITY_ERROR;

	if (st->st_uid)
		ew_diagnostics_add(diag, severity, path, 0, 0, "owned by user id %u; expected root (chown root)",
				   st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		ew_diagnostics_add(diag, severity, path, 0, 0,
				   "writable by others, mode %04o; expected only root to write it (chmod go-w)",
				   st->st_mode & 07777);
}

/* At most one byte more than is allowed, so that a file that grows is noticed. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, buf + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

static int add_text(struct ew_policy_texts *texts, const char *path, char **bytes, size_t length)
{
	struct ew_policy_text *grown = reallocarray(texts->items, texts->n + 1, sizeof(*grown));
	char *copy;

	if (!grown)
		return -ENOMEM;
	texts->items = grown;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	texts->items[texts->n++] = (struct ew_policy_text){.path = copy, .bytes = TAKE_PTR(*bytes), .length = length};
	return 0;
}

/* What to do about an errno of open(2); ends the message. */
static const char *remedy(int err)
{
	return err == EACCES ? "; read it as root, or let everybody read it (chmod a+r)" : "";
}

static bool check_stat(const char *shown, const struct stat *st, unsigned int flags, struct ew_diagnostics *diag)
{
	size_t before = diag->n_errors;

	if (!S_ISREG(st->st_mode)) {
		file_error(diag, shown, "not a regular file; expected one");
		return false;
	}
	check_owner(shown, st, flags, diag);
	if (st->st_size > EW_POLICY_FILE_SIZE_MAX)
		file_error(diag, shown, "%lld bytes; expected at most %d", (long long)st->st_size,
			   EW_POLICY_FILE_SIZE_MAX);
	return diag->n_errors == before;
}

int ew_policy_slurp(int dir_fd, const char *path, const char *shown, bool no_follow, unsigned int flags,
		    struct ew_policy_texts *texts, struct ew_diagnostics *diag)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *bytes = NULL;
	struct stat st;
	ssize_t length;
	size_t size;

	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (no_follow ? O_NOFOLLOW : 0));
	if (fd < 0 && errno == ELOOP && no_follow) {
		file_error(diag, shown, "symbolic link; expected a regular file, or a link to /dev/null to disable it");
		return 0;
	}
	if (fd < 0 || fstat(fd, &st)) {
		/* open(2) of a socket; everything else that is no file opens. */
		if (errno == ENXIO)
			file_error(diag, shown, "not a regular file; expected one");
		else
			file_error(diag, shown, "cannot be opened: %s%s", strerror(errno), remedy(errno));
		return 0;
	}
	if (!check_stat(shown, &st, flags, diag))
		return 0;
	size = (size_t)st.st_size + 1;
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	length = read_all(fd, bytes, size);
	if (length < 0) {
		file_error(diag, shown, "cannot be read: %s", strerror((int)-length));
		return 0;
	}
	if (length != st.st_size) {
		file_error(diag, shown, "changed while it was read; expected it to be at rest");
		return 0;
	}
	return add_text(texts, shown, &bytes, (size_t)length);
}

/* A name in one of the directories. */
struct entry {
	char *name;
	size_t dir; /* rank */
};

struct entries {
	size_t n;
	struct entry *items;
};

static void clear_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		free(entries->items[i].name);
	free(entries->items);
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->dir > b->dir) - (a->dir < b->dir);
}

static bool ends_with(const char *name, const char *end)
{
	size_t name_length = strlen(name), end_length = strlen(end);

	return name_length > end_length && EW_STREQ(name + name_length - end_length, end);
}

static int add_entry(struct entries *entries, const char *name, size_t dir)
{
	struct entry *grown = reallocarray(entries->items, entries->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	entries->items = grown;
	grown[entries->n] = (struct entry){.name = strdup(name), .dir = dir};
	return grown[entries->n].name ? (entries->n++, 0) : -ENOMEM;
}

static int list_dir(const char *path, size_t rank, unsigned int flags, int *fd_out, struct entries *entries,
		    struct ew_diagnostics *diag)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int stream_fd = -1;
	EW_CLEANUP(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st)) {
		file_error(diag, path, "cannot be opened: %s%s", strerror(errno), remedy(errno));
		return 0;
	}
	check_owner(path, &st, flags, diag);
	/* The stream owns a descriptor of its own: the other is kept to open the files by. */
	stream_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	dir = stream_fd < 0 ? NULL : fdopendir(stream_fd);
	if (!dir)
		return -errno;
	stream_fd = -1;
	while (errno = 0, (entry = readdir(dir))) {
		/* As ls(1): editors keep their own files under hidden names. */
		if (entry->d_name[0] == '.')
			continue;
		if (ends_with(entry->d_name, ".yml"))
			file_warning(diag, path, "\"%s\" is not read; expected a name that ends in .yaml",
				     entry->d_name);
		if (ends_with(entry->d_name, ".yaml") && add_entry(entries, entry->d_name, rank))
			return -ENOMEM;
	}
	if (errno)
		file_error(diag, path, "cannot be read: %s", strerror(errno));
	*fd_out = TAKE_FD(fd);
	return 0;
}

/* Whether the name is a link to /dev/null: by what it leads to, or, where there is no /dev, by what it says. */
static bool is_disabled(int dir_fd, const char *name)
{
	struct stat st;
	char target[16];
	ssize_t length = readlinkat(dir_fd, name, target, sizeof(target));

	if (length < 0)
		return false;
	if (length == 9 && !memcmp(target, "/dev/null", 9))
		return true;
	return !fstatat(dir_fd, name, &st, 0) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static int slurp_entries(const char *const *dirs, const int *fds, const struct entries *entries, unsigned int flags,
			 struct ew_policy_texts *texts, struct ew_diagnostics *diag)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *entry = &entries->items[i];
		_cleanup_free_ char *shown = NULL;
		int err;

		/* Masked by the same name in a directory before. */
		if (i && EW_STREQ(entry->name, entries->items[i - 1].name))
			continue;
		if (is_disabled(fds[entry->dir], entry->name))
			continue;
		if (asprintf(&shown, "%s/%s", dirs[entry->dir], entry->name) < 0) {
			shown = NULL;
			return -ENOMEM;
		}
		err = ew_policy_slurp(fds[entry->dir], entry->name, shown, true, flags, texts, diag);
		if (err)
			return err;
	}
	return 0;
}

int ew_policy_slurp_dirs(const char *const *dirs, size_t n, unsigned int flags, struct ew_policy_texts *texts,
			 struct ew_diagnostics *diag)
{
	EW_CLEANUP(clear_entries) struct entries entries = {0};
	_cleanup_free_ int *fds = malloc((n ? n : 1) * sizeof(*fds));
	int err = 0;

	if (!fds)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	for (size_t i = 0; i < n && !err; i++)
		err = list_dir(dirs[i], i, flags, &fds[i], &entries, diag);
	if (!err) {
		if (entries.n)
			qsort(entries.items, entries.n, sizeof(*entries.items), compare_entries);
		err = slurp_entries(dirs, fds, &entries, flags, texts, diag);
	}
	for (size_t i = 0; i < n; i++)
		ew_closep(&fds[i]);
	return err;
}

void ew_policy_texts_clear(struct ew_policy_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		free(texts->items[i].path);
		free(texts->items[i].bytes);
	}
	free(texts->items);
	*texts = (struct ew_policy_texts){0};
}
