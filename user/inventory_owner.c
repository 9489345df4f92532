/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "systemctl.h"
#include "util.h"

/*
 * Which package a file is of, as dpkg-query(1) tells it: `dpkg-query --search PATH...` prints "PACKAGE[, PACKAGE...]:
 * PATH" for each path that it knows, and exits with 1 if there is one that it does not know.
 */

#define ASK_MAX 64	      /* paths at once */
#define ANSWER_SIZE (1 << 19) /* bytes; a line that does not fit is not known */

struct name {
	char *text;
	size_t item;
};

static int compare_names(const void *left, const void *right)
{
	return strcmp(((const struct name *)left)->text, ((const struct name *)right)->text);
}

/* The path as a pattern that it alone matches (dpkg-query(1), --search), or NULL: no memory. */
static char *pattern_of(const char *path)
{
	char *pattern = malloc(2 * strlen(path) + 1), *to = pattern;

	for (; pattern && *path; *to++ = *path++)
		if (strchr("*?[\\", *path))
			*to++ = '\\';
	if (pattern)
		*to = '\0';
	return pattern;
}

/* A line of the answer, of which the first package is taken. */
static int take_line(struct ew_inventory *inventory, const struct name *names, size_t n, char *line)
{
	char *path = strstr(line, ": /");
	struct ew_inventory_item *item;
	const struct name *found;

	if (!path || strncmp(line, "diversion by ", 13) == 0)
		return 0;
	*path = '\0';
	found = bsearch(&(struct name){.text = path + 2}, names, n, sizeof(*names), compare_names);
	item = found ? &inventory->items[found->item] : NULL;
	if (!item || item->package)
		return 0;
	item->package = strndup(line, strcspn(line, ","));
	return item->package ? 0 : -ENOMEM;
}

/* NAMES are in order. ANSWER is room for what TOOL says. Returns 0 or a negative errno. */
static int ask(struct ew_inventory *inventory, const struct name *names, size_t n, const char *tool, char *answer)
{
	char *argv[ASK_MAX + 4] = {(char *)tool, "--search", "--"}, *end;
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		argv[3 + i] = pattern_of(names[i].text);
		err = argv[3 + i] ? 0 : -ENOMEM;
	}
	if (err == 0)
		err = ew_systemctl(argv, answer, ANSWER_SIZE);
	for (size_t i = 0; i < n; i++)
		free(argv[3 + i]);
	for (char *line = answer; err >= 0 && (end = strchr(line, '\n')); line = end + 1) {
		int taken;

		*end = '\0';
		taken = take_line(inventory, names, n, line);
		err = taken < 0 ? taken : err;
	}
	return err < 0 ? err : 0;
}

/* What is to be asked, in order: two for each path that is known by another, too. Returns how many. */
static size_t gather(const struct ew_inventory *inventory, bool links, struct name *names)
{
	size_t n = 0;

	for (size_t i = 0; i < inventory->n; i++) {
		char *path = inventory->items[i].path;

		if (strchr(path, '\n'))
			continue; /* its line would be two */
		names[n++] = (struct name){path, i};
		if (links && strncmp(path, "/usr/", 5) == 0)
			names[n++] = (struct name){path + 4, i};
	}
	qsort(names, n, sizeof(*names), compare_names);
	return n;
}

int ew_inventory_owners(struct ew_inventory *inventory, const char *tool, bool links)
{
	_cleanup_free_ struct name *names = calloc(2 * inventory->n + 1, sizeof(*names));
	_cleanup_free_ char *answer = malloc(ANSWER_SIZE);
	size_t n, now;
	int err = 0;

	if (!names || !answer)
		return -ENOMEM;
	n = gather(inventory, links, names);
	for (size_t at = 0; at < n && err == 0; at += now) {
		now = n - at < ASK_MAX ? n - at : ASK_MAX;
		err = ask(inventory, names + at, now, tool, answer);
	}
	return err == -ENOENT ? 0 : err;
}
