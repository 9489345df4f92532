/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "util.h"

/*
 * Which package a file is of, from dpkg's own lists (dpkg-query(1), "listfiles"): INFO/PACKAGE.list has a path on each
 * line. There are some hundreds of lists and few programs, so the programs are sorted and each line is looked for.
 */

struct name {
	const char *text;
	size_t len;
	size_t item;
};

struct owners {
	struct ew_inventory *inventory;
	struct name *names; /* in order */
	size_t n;
	size_t longest, shortest;
};

static int compare(const char *left, size_t left_len, const char *right, size_t right_len)
{
	int order = memcmp(left, right, left_len < right_len ? left_len : right_len);

	return order ?: (left_len > right_len) - (left_len < right_len);
}

static int compare_names(const void *left, const void *right)
{
	const struct name *l = left, *r = right;

	return compare(l->text, l->len, r->text, r->len);
}

static void add_name(struct owners *o, const char *text, size_t item)
{
	size_t len = strlen(text);

	o->names[o->n++] = (struct name){text, len, item};
	if (len > o->longest)
		o->longest = len;
	if (len < o->shortest)
		o->shortest = len;
}

static int take_line(struct owners *o, const char *line, size_t len, const char *package, size_t package_len)
{
	const struct name key = {.text = line, .len = len}, *found;
	struct ew_inventory_item *item;

	if (len < o->shortest || len > o->longest)
		return 0;
	found = bsearch(&key, o->names, o->n, sizeof(key), compare_names);
	item = found ? &o->inventory->items[found->item] : NULL;
	if (!item || item->package)
		return 0;
	item->package = strndup(package, package_len);
	return item->package ? 0 : -ENOMEM;
}

/* A list that cannot be read, or is empty, tells nothing. */
static int read_list(struct owners *o, int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = strlen(name) - strlen(".list"), size;
	struct stat st;
	char *text;
	int err = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return 0;
	size = (size_t)st.st_size;
	text = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (text == MAP_FAILED)
		return 0;
	for (const char *at = text, *end = text + size; at < end && err == 0;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)) ?: end;

		err = take_line(o, at, (size_t)(newline - at), name, len);
		at = newline + 1;
	}
	munmap(text, size);
	return err;
}

static bool is_list(const char *name)
{
	size_t len = strlen(name), end = strlen(".list");

	return len > end && EW_STREQ(name + len - end, ".list");
}

int ew_inventory_owners(struct ew_inventory *inventory, const char *info, bool links)
{
	_cleanup_free_ struct name *names = calloc(2 * inventory->n + 1, sizeof(*names));
	struct owners o = {.inventory = inventory, .names = names, .shortest = (size_t)-1};
	DIR *dir = opendir(info);
	struct dirent *entry;
	int err = names ? 0 : -ENOMEM;

	for (size_t i = 0; i < inventory->n && !err; i++) {
		const char *path = inventory->items[i].path;

		add_name(&o, path, i);
		if (links && strncmp(path, "/usr/", 5) == 0)
			add_name(&o, path + 4, i);
	}
	if (o.n)
		qsort(names, o.n, sizeof(*names), compare_names);
	while (dir && o.n && !err && (entry = readdir(dir)))
		if (is_list(entry->d_name))
			err = read_list(&o, dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
	return err;
}
