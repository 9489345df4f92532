/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory_tree.h"

#include <errno.h>
#include <search.h>
#include <string.h>
#include <time.h>

#include "inventory_work.h"
#include "util.h"

/*
 * One mount, by several threads, which take directories off a stack, and one that waits for them. All that asks the
 * file system for something is done by the former, without the lock (inventory_work.c): whoever does not get an answer
 * keeps nobody else from going on. When none of them has got one for as long as the caller is willing to wait, the
 * mount is abandoned: those threads have a reference to the tree, and nothing else that they could use once they wake
 * up.
 */

char *ew_tree_path(const struct ew_tree *t, const char *rel)
{
	char *path;

	if (!*rel)
		return strdup(t->point);
	return asprintf(&path, "%s/%s", EW_STREQ(t->point, "/") ? "" : t->point, rel) < 0 ? NULL : path;
}

void ew_tree_fail(struct ew_tree *t, const char *rel, int err)
{
	if (ew_inventory_fail(t->out, ew_tree_path(t, rel), err) < 0)
		t->err = -ENOMEM;
}

void ew_tree_push(struct ew_tree *t, char *rel)
{
	struct ew_tree_place *place = malloc(sizeof(*place));

	if (!place || !rel) {
		free(place);
		free(rel);
		t->err = -ENOMEM;
		return;
	}
	*place = (struct ew_tree_place){rel, t->places};
	t->places = place;
	if (t->idle)
		pthread_cond_signal(&t->more);
	else
		ew_tree_employ(t);
}

static int compare_seen(const void *left, const void *right)
{
	const struct ew_tree_seen *l = left, *r = right;

	return l->dev != r->dev ? (l->dev > r->dev) - (l->dev < r->dev) : (l->ino > r->ino) - (l->ino < r->ino);
}

bool ew_tree_is_new(struct ew_tree *t, const struct ew_tree_seen *seen)
{
	struct ew_tree_seen *key = malloc(sizeof(*key)), **found;

	if (!key)
		return true;
	*key = *seen;
	found = tsearch(key, &t->past->seen, compare_seen);
	if (found && *found == key)
		return true;
	free(key);
	return !found;
}

void ew_tree_cover(struct ew_tree *t, const char *rel)
{
	struct ew_inventory_covered *covered = malloc(sizeof(*covered));
	char *path;

	if (asprintf(&path, "%s/%s", t->mount->root, rel) < 0)
		path = NULL;
	if (!covered || !path) {
		free(covered);
		free(path);
		t->err = -ENOMEM;
		return;
	}
	*covered = (struct ew_inventory_covered){t->mount->dev, path, t->past->covered};
	t->past->covered = covered;
}

bool ew_tree_is_listed(const struct ew_tree *t, const char *rel)
{
	_cleanup_free_ char *path = ew_tree_path(t, rel);

	for (size_t i = 0; path && i < t->mounts->n; i++)
		if (EW_STREQ(t->mounts->list[i].point, path))
			return true;
	return !path;
}

/* What lies under PREFIX, as "usr" for "/a/usr" under "/a", or NULL: it does not lie there. */
static const char *below(const char *prefix, const char *path)
{
	size_t len = strlen(prefix);

	return strncmp(path, prefix, len) == 0 && path[len] == '/' && path[len + 1] ? path + len + 1 : NULL;
}

void ew_tree_push_covered(struct ew_tree *t)
{
	for (const struct ew_inventory_covered *c = t->past->covered; c; c = c->next)
		if (c->dev == t->mount->dev && below(t->mount->root, c->path))
			ew_tree_push(t, strdup(below(t->mount->root, c->path)));
}

/*
 * Opening such a one would mount what it is for, or wait for a daemon that is gone, RESOLVE_NO_XDEV or not, on kernels
 * without 042a60680de4 ("openat2: don't trigger automounts with RESOLVE_NO_XDEV").
 */
static int find_triggers(struct ew_tree *t)
{
	const struct ew_mount_points *mounts = t->mounts;

	for (size_t i = 0; i < mounts->n; i++) {
		const char *rel = EW_STREQ(mounts->list[i].type, "autofs")
					  ? below(EW_STREQ(t->point, "/") ? "" : t->point, mounts->list[i].point)
					  : NULL;
		char **list = rel ? reallocarray(t->triggers, t->n_triggers + 1, sizeof(*list)) : NULL;

		if (!rel)
			continue;
		if (!list)
			return -ENOMEM;
		t->triggers = list;
		list[t->n_triggers++] = strdup(rel);
		if (!list[t->n_triggers - 1])
			return -ENOMEM;
	}
	return 0;
}

static bool is_shared(const struct ew_mount_points *mounts, const struct ew_mount_point *mount)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (&mounts->list[i] != mount && mounts->list[i].dev == mount->dev)
			return true;
	return false;
}

static void pop(struct ew_tree *t)
{
	struct ew_tree_place *place = t->places;

	t->places = place->next;
	free(place->rel);
	free(place);
}

/* With the lock, which is gone afterwards. */
static void release(struct ew_tree *t)
{
	bool last = --t->references == 0;

	pthread_mutex_unlock(&t->lock);
	if (!last)
		return;
	while (t->places)
		pop(t);
	for (size_t i = 0; i < t->n_triggers; i++)
		free(t->triggers[i]);
	free(t->triggers);
	ew_closep(&t->fd);
	pthread_cond_destroy(&t->more);
	pthread_cond_destroy(&t->ended);
	pthread_mutex_destroy(&t->lock);
	free(t->point);
	free(t);
}

static void *work(void *arg)
{
	struct ew_tree_worker *worker = arg;
	struct ew_tree *t = worker->tree;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		struct ew_tree_place *place;

		for (t->idle++; !t->places && t->busy && !t->err && !t->abandoned;)
			pthread_cond_wait(&t->more, &t->lock);
		t->idle--;
		if (!t->places || t->err || t->abandoned)
			break;
		place = t->places;
		t->places = place->next;
		t->busy++;
		worker->at = place->rel;
		pthread_mutex_unlock(&t->lock);
		ew_tree_work(worker, place->rel);
		pthread_mutex_lock(&t->lock);
		worker->at = NULL;
		t->busy--;
		free(place->rel);
		free(place);
	}
	pthread_cond_broadcast(&t->more);
	t->working--;
	pthread_cond_signal(&t->ended);
	free(worker->buffer);
	worker->buffer = NULL;
	release(t);
	return NULL;
}

void ew_tree_employ(struct ew_tree *t)
{
	struct ew_tree_worker *worker = &t->workers[t->n_workers];
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	if (t->n_workers == t->threads)
		return;
	*worker = (struct ew_tree_worker){.tree = t, .buffer = malloc(EW_TREE_BUFFER)};
	if (!worker->buffer || pthread_attr_init(&attributes)) {
		free(worker->buffer);
		return;
	}
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attributes, work, worker);
	pthread_attr_destroy(&attributes);
	if (err) {
		free(worker->buffer);
		return; /* those that are there do it */
	}
	t->n_workers++;
	t->working++;
	t->references++;
}

static struct ew_tree *make_tree(const struct ew_mount_points *mounts, size_t index,
				 const struct ew_inventory_effort *effort, struct ew_inventory_past *past,
				 struct ew_inventory *out)
{
	unsigned int threads = effort->threads < EW_TREE_THREADS_MAX ? effort->threads : EW_TREE_THREADS_MAX;
	struct ew_tree *t = aligned_alloc(_Alignof(struct ew_tree), sizeof(*t));
	pthread_condattr_t attributes;

	if (!t)
		return NULL;
	*t = (struct ew_tree){
		.references = 1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.more = PTHREAD_COND_INITIALIZER,
		.fd = -1,
		.threads = threads ?: 1,
		.mounts = mounts,
		.mount = &mounts->list[index],
		.id = mounts->list[index].id,
		.past = past,
		.out = out,
		.point = strdup(mounts->list[index].point),
		.shared = is_shared(mounts, &mounts->list[index]),
	};
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!t->point || find_triggers(t) < 0)
		t->err = -ENOMEM;
	return t;
}

static unsigned long answers(const struct ew_tree *t)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < t->n_workers; i++)
		n += __atomic_load_n(&t->workers[i].answers, __ATOMIC_RELAXED);
	return n;
}

/* Until all is done, or nobody has got an answer for PATIENCE seconds. */
static void wait_for(struct ew_tree *t, unsigned int patience)
{
	unsigned long had = answers(t);
	unsigned int silent = 0;

	while (t->working && silent < patience) {
		struct timespec second;
		unsigned long have;

		clock_gettime(CLOCK_MONOTONIC, &second);
		second.tv_sec++;
		if (pthread_cond_timedwait(&t->ended, &t->lock, &second) != ETIMEDOUT)
			continue;
		have = answers(t);
		silent = have == had ? silent + 1 : 0;
		had = have;
	}
}

static void abandon(struct ew_tree *t)
{
	t->abandoned = true;
	ew_tree_fail(t, "", ETIMEDOUT);
	for (unsigned int i = 0; i < t->n_workers; i++)
		if (t->workers[i].at && *t->workers[i].at)
			ew_tree_fail(t, t->workers[i].at, ETIMEDOUT);
	t->state = EW_INVENTORY_MUTE;
	pthread_cond_broadcast(&t->more);
}

int ew_inventory_tree(const struct ew_mount_points *mounts, size_t index, const struct ew_inventory_effort *effort,
		      struct ew_inventory_past *past, struct ew_inventory *out, enum ew_inventory_state *state)
{
	struct ew_tree *t = make_tree(mounts, index, effort, past, out);
	int err;

	if (!t)
		return -ENOMEM;
	pthread_mutex_lock(&t->lock);
	if (!t->err)
		ew_tree_push(t, strdup(""));
	if (!t->err && !t->n_workers)
		t->err = -EAGAIN; /* not one thread */
	wait_for(t, effort->patience);
	if (t->working)
		abandon(t);
	*state = t->state;
	err = t->err;
	release(t);
	return err;
}
