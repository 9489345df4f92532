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
 *
 * These are the paths as the packages have them. Of a path that is diverted (dpkg-divert(1)) the file of one package
 * stays there, and those of all others go elsewhere, which is said before the line of either path:
 *
 *	diversion by PACKAGE from: PATH		or, where no package's file stays:	local diversion from: PATH
 *	diversion by PACKAGE to: ELSEWHERE						local diversion to: ELSEWHERE
 *
 * So a file that lies elsewhere is of a package that has the path which it was diverted from: that is asked for, too.
 */

#define ASK_MAX 64	      /* paths at once */
#define ANSWER_SIZE (1 << 19) /* bytes; a line that does not fit is not known */

struct listed {
	char *path, *packages; /* "PACKAGE[, PACKAGE...]" */
};
struct diversion {
	char *from, *to, *by; /* "": no package */
};

/* What dpkg-query said. */
struct owners {
	size_t n, n_diversions;
	struct listed *listed; /* in the order of their paths, when all is asked */
	struct diversion *diversions;
};

static void clear(struct owners *owners)
{
	for (size_t i = 0; i < owners->n; i++) {
		free(owners->listed[i].path);
		free(owners->listed[i].packages);
	}
	for (size_t i = 0; i < owners->n_diversions; i++) {
		free(owners->diversions[i].from);
		free(owners->diversions[i].to);
		free(owners->diversions[i].by);
	}
	free(owners->listed);
	free(owners->diversions);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* A struct listed begins with its path. */
static const struct listed *find_listed(const struct owners *owners, const char *path)
{
	return owners->n ? bsearch(&path, owners->listed, owners->n, sizeof(*owners->listed), compare_names) : NULL;
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

static int take_listed(struct owners *owners, const char *packages, const char *path)
{
	struct listed *list = reallocarray(owners->listed, owners->n + 1, sizeof(*list)), *new;

	if (!list)
		return -ENOMEM;
	owners->listed = list;
	new = &list[owners->n++];
	*new = (struct listed){strdup(path), strdup(packages)};
	return new->path &&new->packages ? 0 : -ENOMEM;
}

/* The line that says from where, after which comes the one that says to where. BY is of LEN bytes. */
static int take_diversion(struct owners *owners, const char *by, size_t len, const char *from)
{
	struct diversion *list = reallocarray(owners->diversions, owners->n_diversions + 1, sizeof(*list)), *new;

	if (!list)
		return -ENOMEM;
	owners->diversions = list;
	new = &list[owners->n_diversions++];
	*new = (struct diversion){.from = strdup(from), .by = strndup(by, len)};
	return new->from &&new->by ? 0 : -ENOMEM;
}

static int take_line(struct owners *owners, char *line)
{
	static const char by[] = "diversion by ", local[] = "local diversion ";
	bool is_by = strncmp(line, by, strlen(by)) == 0, is_local = strncmp(line, local, strlen(local)) == 0;
	struct diversion *last = owners->n_diversions ? &owners->diversions[owners->n_diversions - 1] : NULL;
	char *path = strstr(line, ": /"), *word;

	if (!path)
		return 0;
	*path = '\0';
	path += 2;
	if (!is_by && !is_local)
		return take_listed(owners, line, path);
	word = strrchr(line, ' ');
	if (EW_STREQ(word, " from"))
		return take_diversion(owners, line + strlen(by), is_by ? (size_t)(word - line) - strlen(by) : 0, path);
	if (EW_STREQ(word, " to") && last && !last->to) {
		last->to = strdup(path);
		return last->to ? 0 : -ENOMEM;
	}
	return 0;
}

/* ANSWER is room for what TOOL says. Returns 0, 1 if TOOL failed, or a negative errno. */
static int ask_some(struct owners *owners, char *const *names, size_t n, const char *tool, char *answer)
{
	char *argv[ASK_MAX + 4] = {(char *)tool, "--search", "--"}, *end;
	int status = 0, err = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		argv[3 + i] = pattern_of(names[i]);
		status = argv[3 + i] ? 0 : -ENOMEM;
	}
	if (status == 0)
		status = ew_systemctl(argv, answer, ANSWER_SIZE);
	for (size_t i = 0; i < n; i++)
		free(argv[3 + i]);
	if (status == -ENOMEM || status == -ENOENT)
		return status;
	for (char *line = answer; status >= 0 && err == 0 && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		err = take_line(owners, line);
	}
	return err ?: status < 0 || status > 1;
}

/* As ask_some(), for any number. */
static int ask(struct owners *owners, char *const *names, size_t n, const char *tool, char *answer)
{
	bool failed = false;
	size_t now;

	for (size_t at = 0; at < n; at += now) {
		int err;

		now = n - at < ASK_MAX ? n - at : ASK_MAX;
		err = ask_some(owners, names + at, now, tool, answer);
		if (err < 0)
			return err;
		failed |= err;
	}
	return failed;
}

/* What is to be asked, in order: two for each path that is known by another, too. Returns how many. */
static size_t gather(const struct ew_inventory *inventory, bool links, char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < inventory->n; i++) {
		char *path = inventory->items[i].path;

		if (strchr(path, '\n'))
			continue; /* its line would be two */
		names[n++] = path;
		if (links && strncmp(path, "/usr/", 5) == 0)
			names[n++] = path + 4;
	}
	qsort(names, n, sizeof(*names), compare_names);
	return n;
}

/* Whence those of NAMES that others were diverted to come, as far as it was not asked yet. As ask_some(). */
static int ask_origins(struct owners *owners, char *const *names, size_t n, const char *tool, char *answer)
{
	_cleanup_free_ char **origins = calloc(owners->n_diversions + 1, sizeof(*origins));
	size_t n_origins = 0, n_unique = 0;

	if (!origins)
		return -ENOMEM;
	for (size_t i = 0; i < owners->n_diversions; i++) {
		char *from = owners->diversions[i].from;

		if (!bsearch(&from, names, n, sizeof(*names), compare_names))
			origins[n_origins++] = from;
	}
	qsort(origins, n_origins, sizeof(*origins), compare_names);
	for (size_t i = 0; i < n_origins; i++)
		if (!n_unique || !EW_STREQ(origins[i], origins[n_unique - 1]))
			origins[n_unique++] = origins[i];
	return ask(owners, origins, n_unique, tool, answer);
}

/*
 * Of the packages that have PATH the first that is BY, or that is not BY. Returns its length in *LEN, or NULL. Names in
 * lists can have an architecture ("libx:amd64"), those of diversions have none.
 */
static const char *pick(const struct owners *owners, const char *path, const char *by, bool is, size_t *len)
{
	const struct listed *listed = find_listed(owners, path);
	const char *at = listed ? listed->packages : "";

	while (*at) {
		size_t name = strcspn(at, ":,");
		bool same = strlen(by) == name && strncmp(at, by, name) == 0;

		*len = strcspn(at, ",");
		if (same == is)
			return at;
		at += *len;
		at += strspn(at, ", ");
	}
	return NULL;
}

/* The package whose file is at PATH, of *LEN bytes, or NULL. */
static const char *owner_of(const struct owners *owners, const char *path, size_t *len)
{
	const struct diversion *from = NULL, *to = NULL;
	const char *owner;

	for (size_t i = 0; i < owners->n_diversions; i++) {
		const struct diversion *diversion = &owners->diversions[i];

		if (EW_STREQ(diversion->from, path))
			from = diversion;
		if (diversion->to && EW_STREQ(diversion->to, path))
			to = diversion;
	}
	if (from)
		return pick(owners, path, from->by, true, len);
	owner = pick(owners, path, "", false, len);
	return owner || !to ? owner : pick(owners, to->from, to->by, false, len);
}

static int fill_in(struct ew_inventory *inventory, const struct owners *owners, bool links)
{
	for (size_t i = 0; i < inventory->n; i++) {
		struct ew_inventory_item *item = &inventory->items[i];
		const char *owner;
		size_t len;

		owner = owner_of(owners, item->path, &len);
		if (!owner && links && strncmp(item->path, "/usr/", 5) == 0)
			owner = owner_of(owners, item->path + 4, &len);
		if (!owner || item->package)
			continue;
		item->package = strndup(owner, len);
		if (!item->package)
			return -ENOMEM;
	}
	return 0;
}

int ew_inventory_owners(struct ew_inventory *inventory, const char *tool, bool links)
{
	_cleanup_free_ char **names = calloc(2 * inventory->n + 1, sizeof(*names)), *answer = malloc(ANSWER_SIZE);
	EW_CLEANUP(clear) struct owners owners = {0};
	bool failed;
	size_t n;
	int err;

	if (!names || !answer)
		return -ENOMEM;
	n = gather(inventory, links, names);
	err = ask(&owners, names, n, tool, answer);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	failed = err;
	err = ask_origins(&owners, names, n, tool, answer);
	failed |= err > 0;
	if (owners.n)
		qsort(owners.listed, owners.n, sizeof(*owners.listed), compare_names);
	err = err < 0 ? err : fill_in(inventory, &owners, links);
	return err < 0 ? err : failed;
}
