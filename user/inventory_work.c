/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory_work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "util.h"

/*
 * What one thread does with one directory. It is opened by its path below the mount, with openat2(2) refusing to leave
 * the mount and to follow links: whoever renames directories meanwhile can lead the walk nowhere else.
 *
 * Of system calls a directory costs four (openat2, getdents64 until there is no more, close), a regular file one, a
 * program another one (docs/testing.md).
 */

/* Locks. Returns false, unlocked, if there is nobody any more who would want to know. */
static bool enter(struct ew_tree *t)
{
	pthread_mutex_lock(&t->lock);
	if (!t->abandoned)
		return true;
	pthread_mutex_unlock(&t->lock);
	return false;
}

static void leave(struct ew_tree *t)
{
	pthread_mutex_unlock(&t->lock);
}

static void answered(struct ew_tree_worker *worker)
{
	__atomic_store_n(&worker->answers, worker->answers + 1, __ATOMIC_RELAXED);
}

/* As printf(3) would, which takes as long as all the rest that is done for an entry. NULL: no memory. */
static char *join(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), len = strlen(name);
	char *path = malloc(dir_len + 1 + len + 1);

	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	if (dir_len)
		path[dir_len++] = '/';
	memcpy(path + dir_len, name, len + 1);
	return path;
}

/* A directory whose entries are looked at. */
struct dir {
	int fd;
	char proc[32]; /* as a path, for want of a getxattrat(2) on most kernels; "": not needed yet */
};

/* 1 or 0, or a negative errno. */
static int has_caps(struct dir *dir, const char *name)
{
	char path[sizeof(dir->proc) + PATH_MAX];
	size_t len = strlen(name);

	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!*dir->proc)
		snprintf(dir->proc, sizeof(dir->proc), "/proc/self/fd/%d/", dir->fd);
	memcpy(stpcpy(path, dir->proc), name, len + 1);
	if (lgetxattr(path, "security.capability", NULL, 0) > 0)
		return 1;
	switch (errno) {
	case ENODATA:
	case EOPNOTSUPP:
	case ENOENT:	/* it is gone */
	case EOVERFLOW: /* they count in another user namespace */
	case EINVAL:	/* they are none: it cannot be executed */
		return 0;
	default:
		return -errno;
	}
}

/* Whether the file NAME is one of those that are looked for. *ERR is why that is not sure, a negative errno, or 0. */
static bool is_powerful(struct dir *dir, const char *name, __u32 mode, bool *caps, int *err)
{
	int has;

	*caps = false;
	*err = 0;
	if (!S_ISREG(mode) || !(mode & 0111))
		return false;
	has = has_caps(dir, name);
	*caps = has > 0;
	*err = has < 0 ? has : 0;
	/* without the group's x bit the set-group-ID bit has another meaning (inode(7)) */
	return *caps || mode & S_ISUID || (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
}

/* Its type and permissions, and nothing else: what costs more, such as its size, is not asked for. */
static int mode_of(int dir, const char *name, __u32 *mode)
{
	struct statx st;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_MODE, &st) < 0)
		return -errno;
	*mode = st.stx_mode;
	return 0;
}

/* One entry of the directory REL. Returns whether it is a file. */
static bool look(struct ew_tree *t, struct dir *dir, const char *rel, const struct dirent64 *entry)
{
	bool directory = entry->d_type == DT_DIR, powerful = false, caps = false;
	_cleanup_free_ char *path = NULL;
	__u32 mode = 0;
	int err = 0;

	if (!directory && entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
		return false;
	if (!directory)
		err = mode_of(dir->fd, entry->d_name, &mode);
	if (err == -ENOENT)
		return false;
	directory |= !err && S_ISDIR(mode);
	if (!directory && !err)
		powerful = is_powerful(dir, entry->d_name, mode, &caps, &err);
	if (!directory && !powerful && !err)
		return true;
	path = join(rel, entry->d_name);
	if (!enter(t))
		return false;
	if (!path)
		t->err = -ENOMEM;
	else if (err)
		ew_tree_fail(t, path, -err);
	if (path && powerful && ew_inventory_add(t->out, ew_tree_path(t, path), mode, caps) < 0)
		t->err = -ENOMEM;
	if (path && directory)
		ew_tree_push(t, TAKE_PTR(path));
	leave(t);
	return !directory;
}

/* What is in the directory that FD is open on. */
static void list(struct ew_tree_worker *worker, int fd, const char *rel)
{
	struct ew_tree *t = worker->tree;
	struct dir dir = {.fd = fd};
	__u64 files = 0;
	ssize_t n;
	int err;

	while ((n = getdents64(fd, worker->buffer, EW_TREE_BUFFER)) > 0) {
		const struct dirent64 *entry;

		answered(worker);
		for (ssize_t at = 0; at < n; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(worker->buffer + at);
			if (EW_STREQ(entry->d_name, ".") || EW_STREQ(entry->d_name, ".."))
				continue;
			files += look(t, &dir, rel, entry);
			answered(worker);
		}
	}
	err = n < 0 ? errno : 0;
	if (!enter(t))
		return;
	t->out->files += files;
	if (err && err != ENOENT) /* it was removed */
		ew_tree_fail(t, rel, err);
	leave(t);
}

static bool is_trigger(const struct ew_tree *t, const char *rel)
{
	for (size_t i = 0; i < t->n_triggers; i++)
		if (EW_STREQ(t->triggers[i], rel))
			return true;
	return false;
}

static int open_below(const struct ew_tree *t, const char *rel)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	if (t->n_triggers && is_trigger(t, rel)) {
		errno = EXDEV;
		return -1;
	}
	return (int)syscall(SYS_openat2, t->fd, *rel ? rel : ".", &how, sizeof(how));
}

static void look_through(struct ew_tree_worker *worker, const char *rel)
{
	struct ew_tree *t = worker->tree;
	_cleanup_close_ int fd = open_below(t, rel);
	struct ew_tree_seen seen = {0};
	int err = fd < 0 ? errno : 0;
	bool go = !err;
	struct stat st;

	answered(worker);
	if (err == ENOENT || err == ENOTDIR || err == ELOOP)
		return; /* it is gone, or something else by now */
	if (!err && t->shared && fstat(fd, &st) == 0)
		seen = (struct ew_tree_seen){st.st_dev, st.st_ino};
	if (!enter(t))
		return;
	if (err == EXDEV)
		ew_tree_cover(t, rel);
	if (err == EXDEV ? !ew_tree_is_listed(t, rel) : err)
		ew_tree_fail(t, rel, err);
	if (go && t->shared)
		go = ew_tree_is_new(t, &seen);
	if (err && !*rel)
		t->state = EW_INVENTORY_UNREADABLE;
	else if ((go || err) && t->state == EW_INVENTORY_AGAIN)
		t->state = EW_INVENTORY_WALKED;
	t->out->directories += go;
	leave(t);
	if (go)
		list(worker, fd, rel);
}

/* A file can be mounted, too. */
static void look_at_file(struct ew_tree *t)
{
	_cleanup_free_ char *parent = strdup(t->point);
	_cleanup_close_ int fd = -1;
	char *slash = parent ? strrchr(parent, '/') : NULL;
	bool powerful, caps;
	struct dir dir;
	__u32 mode;
	int err;

	if (!slash)
		return;
	*slash = '\0';
	fd = open(*parent ? parent : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || mode_of(fd, slash + 1, &mode) < 0)
		return;
	dir = (struct dir){.fd = fd};
	powerful = is_powerful(&dir, slash + 1, mode, &caps, &err);
	if (!enter(t))
		return;
	t->out->files++;
	if (err)
		ew_tree_fail(t, "", -err);
	if (powerful && ew_inventory_add(t->out, strdup(t->point), mode, caps) < 0)
		t->err = -ENOMEM;
	leave(t);
}

/* Returns 0 and whether it is a directory, or a negative errno; -ENOENT: something else is at its place. */
static int open_root(struct ew_tree *t, bool *directory)
{
	struct statx st;
	int fd = open(t->point, O_PATH | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	t->fd = fd;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &st) < 0)
		return -errno;
	*directory = S_ISDIR(st.stx_mode);
	return t->id && st.stx_mnt_id != t->id ? -ENOENT : 0;
}

/* The first that is done for a mount, by its only worker. */
static void begin(struct ew_tree_worker *worker)
{
	struct ew_tree *t = worker->tree;
	bool directory = false;
	int err = open_root(t, &directory);

	answered(worker);
	if (err == 0 && !directory)
		look_at_file(t);
	if (!enter(t))
		return;
	t->rooted = true;
	t->state = EW_INVENTORY_WALKED;
	/* a mount below one that is hidden, or one that was taken away since */
	if (err == -ENOENT || err == -ENOTDIR) {
		t->state = EW_INVENTORY_HIDDEN;
	} else if (err) {
		t->state = EW_INVENTORY_UNREADABLE;
		ew_tree_fail(t, "", -err);
	} else if (directory) {
		t->state = EW_INVENTORY_AGAIN; /* until there is something new */
		ew_tree_push_covered(t);
		ew_tree_push(t, strdup(""));
	}
	leave(t);
}

void ew_tree_work(struct ew_tree_worker *worker, const char *rel)
{
	if (worker->tree->rooted)
		look_through(worker, rel);
	else
		begin(worker);
}
