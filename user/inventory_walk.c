/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "util.h"

/*
 * One mount after another, each by several threads, which take directories off a stack. A directory is opened by its
 * path below the mount, with openat2(2) refusing to leave the mount and to follow links: whoever renames directories
 * meanwhile can lead the walk nowhere else.
 */

struct place {
	char *rel; /* below the mount; "": its root */
	struct place *next;
};

/* A directory that was seen, or, as a path of the file system, one that another mount lies over. */
struct seen {
	__u64 dev, ino;
};
struct covered {
	__u64 dev; /* as of struct ew_mount_point */
	char *path;
	struct covered *next;
};

struct walk {
	struct ew_inventory *out;
	const struct ew_mount_point *mount; /* under way */
	int fd;				    /* its root */
	bool shared;			    /* other mounts show the same file system */
	bool any;			    /* of its directories one was not seen before */
	bool unreadable;		    /* its root */
	pthread_mutex_t lock;		    /* of everything here, and of OUT */
	pthread_cond_t more;
	struct place *places;
	unsigned int busy;
	void *seen; /* tsearch(3) of struct seen */
	struct covered *covered;
	int err; /* the walk ends: no memory */
};

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s%s%s", dir, *dir && *name ? "/" : "", name) < 0 ? NULL : path;
}

/* As a user would name it. */
static char *full_path(const struct walk *w, const char *rel)
{
	char *path;

	if (!*rel)
		return strdup(w->mount->point);
	return asprintf(&path, "%s/%s", EW_STREQ(w->mount->point, "/") ? "" : w->mount->point, rel) < 0 ? NULL : path;
}

/* The following are called with the lock. */

static void fail(struct walk *w, const char *rel, int err)
{
	if (ew_inventory_fail(w->out, full_path(w, rel), err) < 0)
		w->err = -ENOMEM;
}

/* Takes REL over. */
static void push(struct walk *w, char *rel)
{
	struct place *place = malloc(sizeof(*place));

	if (!place || !rel) {
		free(place);
		free(rel);
		w->err = -ENOMEM;
		return;
	}
	*place = (struct place){rel, w->places};
	w->places = place;
	pthread_cond_signal(&w->more);
}

static int compare_seen(const void *left, const void *right)
{
	const struct seen *l = left, *r = right;

	return l->dev != r->dev ? (l->dev > r->dev) - (l->dev < r->dev) : (l->ino > r->ino) - (l->ino < r->ino);
}

static bool is_new(struct walk *w, int fd)
{
	struct seen *key = malloc(sizeof(*key)), **found;
	struct stat st;

	if (!key || fstat(fd, &st) < 0) {
		free(key);
		return true;
	}
	*key = (struct seen){st.st_dev, st.st_ino};
	found = tsearch(key, &w->seen, compare_seen);
	if (found && *found == key)
		return true;
	free(key);
	return !found;
}

static void cover(struct walk *w, const char *rel)
{
	struct covered *covered = malloc(sizeof(*covered));
	char *path;

	if (asprintf(&path, "%s/%s", w->mount->root, rel) < 0)
		path = NULL;
	if (!covered || !path) {
		free(covered);
		free(path);
		w->err = -ENOMEM;
		return;
	}
	*covered = (struct covered){w->mount->dev, path, w->covered};
	w->covered = covered;
}

/* Without the lock again. */

static bool has_caps(int dir, const char *name)
{
	char path[64 + NAME_MAX];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	return lgetxattr(path, "security.capability", NULL, 0) > 0;
}

/* Whether the file NAME of the directory open at DIR is one of those that are looked for. */
static bool is_powerful(int dir, const char *name, const struct stat *st, bool *caps)
{
	if (!S_ISREG(st->st_mode) || !(st->st_mode & 0111))
		return false;
	*caps = has_caps(dir, name);
	/* without the group's x bit the set-group-ID bit has another meaning (inode(7)) */
	return *caps || st->st_mode & S_ISUID || (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
}

/* One entry of the directory REL, which is open at DIR. Returns whether it is a file. */
static bool look(struct walk *w, int dir, const char *rel, const struct dirent *entry)
{
	bool directory = entry->d_type == DT_DIR, caps = false;
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int err = 0;

	if (!directory && entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
		return false;
	if (!directory && fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		err = errno;
	if (err == ENOENT)
		return false;
	directory |= !err && !directory && S_ISDIR(st.st_mode);
	if (!directory && !err && !is_powerful(dir, entry->d_name, &st, &caps))
		return true;
	path = join(rel, entry->d_name);
	pthread_mutex_lock(&w->lock);
	if (directory)
		push(w, TAKE_PTR(path));
	else if (err && path)
		fail(w, path, err);
	else if (!path || ew_inventory_add(w->out, full_path(w, path), st.st_mode, caps) < 0)
		w->err = -ENOMEM;
	pthread_mutex_unlock(&w->lock);
	return !directory;
}

static int open_below(const struct walk *w, const char *rel)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, w->fd, *rel ? rel : ".", &how, sizeof(how));
}

/* What is in the directory that FD is open on, which it closes. */
static void list(struct walk *w, int fd, const char *rel)
{
	struct dirent *entry;
	DIR *d = fdopendir(fd);
	__u64 files = 0;
	int err = 0;

	while (d && (errno = 0, entry = readdir(d)))
		if (!EW_STREQ(entry->d_name, ".") && !EW_STREQ(entry->d_name, ".."))
			files += look(w, fd, rel, entry);
	err = errno;
	if (d)
		closedir(d);
	else
		close(fd);
	pthread_mutex_lock(&w->lock);
	w->out->files += files;
	if (err)
		fail(w, rel, err);
	pthread_mutex_unlock(&w->lock);
}

static void walk_one(struct walk *w, const char *rel)
{
	int fd = open_below(w, rel), err = fd < 0 ? errno : 0;
	bool go = true;

	if (err == ENOENT || err == ENOTDIR || err == ELOOP)
		return; /* it is gone, or something else by now */
	pthread_mutex_lock(&w->lock);
	if (err == EXDEV)
		cover(w, rel);
	else if (err)
		fail(w, rel, err);
	else if (w->shared)
		go = is_new(w, fd);
	w->any |= go;
	w->unreadable |= err && !*rel;
	w->out->directories += !err && go;
	pthread_mutex_unlock(&w->lock);
	if (!err && go)
		list(w, fd, rel);
	else if (!err)
		close(fd);
}

static void *work(void *arg)
{
	struct walk *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct place *place;

		while (!w->places && w->busy && !w->err)
			pthread_cond_wait(&w->more, &w->lock);
		if (!w->places || w->err)
			break;
		place = w->places;
		w->places = place->next;
		w->busy++;
		pthread_mutex_unlock(&w->lock);
		walk_one(w, place->rel);
		free(place->rel);
		free(place);
		pthread_mutex_lock(&w->lock);
		w->busy--;
	}
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Until the stack is empty; the calling thread is one of them. */
static void work_all(struct walk *w, unsigned int threads)
{
	pthread_t others[64];
	unsigned int n = 0;

	while (n + 1 < threads && n < EW_ARRAY_SIZE(others) && pthread_create(&others[n], NULL, work, w) == 0)
		n++;
	work(w);
	while (n)
		pthread_join(others[--n], NULL);
}

/* What another mount has at its place, as "usr" for "/a/usr" on a mount of "/a"; NULL: it does not show PATH. */
static const char *below(const struct ew_mount_point *mount, const char *path)
{
	size_t len = strlen(mount->root);

	return strncmp(path, mount->root, len) == 0 && path[len] == '/' && path[len + 1] ? path + len + 1 : NULL;
}

/* A file can be mounted, too. */
static void look_at_file(struct walk *w)
{
	_cleanup_free_ char *dir = strdup(w->mount->point);
	_cleanup_close_ int fd = -1;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct stat st;
	bool caps;

	if (!slash)
		return;
	*slash = '\0';
	fd = open(*dir ? dir : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatat(fd, slash + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	w->out->files++;
	if (is_powerful(fd, slash + 1, &st, &caps) &&
	    ew_inventory_add(w->out, strdup(w->mount->point), st.st_mode, caps) < 0)
		w->err = -ENOMEM;
}

static enum ew_inventory_state walk_mount(struct walk *w, unsigned int threads)
{
	_cleanup_close_ int fd = open(w->mount->point, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	struct statx st;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &st) < 0) {
		/* a mount below one that is hidden, or one that was taken away since */
		if (errno == ENOENT || errno == ENOTDIR)
			return EW_INVENTORY_HIDDEN;
		fail(w, "", errno);
		return EW_INVENTORY_UNREADABLE;
	}
	if (w->mount->id && st.stx_mnt_id != w->mount->id)
		return EW_INVENTORY_HIDDEN;
	if (!S_ISDIR(st.stx_mode)) {
		look_at_file(w);
		return EW_INVENTORY_WALKED;
	}
	w->fd = fd;
	w->any = w->unreadable = false;
	push(w, strdup(""));
	for (const struct covered *c = w->covered; c; c = c->next)
		if (c->dev == w->mount->dev && below(w->mount, c->path))
			push(w, strdup(below(w->mount, c->path)));
	work_all(w, threads);
	return w->unreadable ? EW_INVENTORY_UNREADABLE : w->any ? EW_INVENTORY_WALKED : EW_INVENTORY_AGAIN;
}

struct order {
	const struct ew_mount_point *mount;
	size_t index;
};

/* First where set-id bits count, then whole file systems, so that a path is told by which a program has its effect. */
static int compare_order(const void *left, const void *right)
{
	const struct order *l = left, *r = right;
	size_t l_len = strlen(l->mount->root), r_len = strlen(r->mount->root);

	if (l->mount->nosuid != r->mount->nosuid)
		return l->mount->nosuid - r->mount->nosuid;
	if (l_len != r_len)
		return (l_len > r_len) - (l_len < r_len);
	return (l->index > r->index) - (l->index < r->index);
}

static bool is_shared(const struct ew_mount_points *mounts, const struct ew_mount_point *mount)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (&mounts->list[i] != mount && mounts->list[i].dev == mount->dev)
			return true;
	return false;
}

static void clear(struct walk *w)
{
	while (w->places) {
		struct place *place = w->places;

		w->places = place->next;
		free(place->rel);
		free(place);
	}
	while (w->covered) {
		struct covered *covered = w->covered;

		w->covered = covered->next;
		free(covered->path);
		free(covered);
	}
	tdestroy(w->seen, free);
}

int ew_inventory_walk(const struct ew_mount_points *mounts, unsigned int threads, struct ew_inventory *out)
{
	_cleanup_free_ struct order *order = calloc(mounts->n + 1, sizeof(*order));
	struct walk w = {.out = out, .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

	*out = (struct ew_inventory){.states = calloc(mounts->n + 1, sizeof(*out->states))};
	if (!order || !out->states)
		return -ENOMEM;
	for (size_t i = 0; i < mounts->n; i++)
		order[i] = (struct order){&mounts->list[i], i};
	qsort(order, mounts->n, sizeof(*order), compare_order);
	for (size_t i = 0; i < mounts->n && !w.err; i++) {
		w.mount = order[i].mount;
		w.shared = is_shared(mounts, w.mount);
		out->states[order[i].index] = w.mount->virtual ? EW_INVENTORY_VIRTUAL : walk_mount(&w, threads);
	}
	clear(&w);
	ew_inventory_sort(out);
	return w.err;
}
