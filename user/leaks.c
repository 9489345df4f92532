/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "leaks.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static int compare(const void *one, const void *other)
{
	const struct ew_leak_words *a = &((const struct ew_leak *)one)->words;
	const struct ew_leak_words *b = &((const struct ew_leak *)other)->words;

	return strcmp(a->receiver, b->receiver) ?: strcmp(a->target, b->target) ?: strcmp(a->giver, b->giver)
	       ?: strcmp(a->kind, b->kind) ?: strcmp(a->access, b->access) ?: strcmp(a->profile, b->profile);
}

static void leak_free(void *leak)
{
	free(leak);
}

/* A leak with its words behind it. */
static struct ew_leak *leak_new(const struct ew_leak_words *words)
{
	const char *const from[] = {words->profile, words->giver,  words->receiver,
				    words->kind,    words->target, words->access};
	struct ew_leak *leak;
	const char **to[6];
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < EW_ARRAY_SIZE(from); i++)
		size += strlen(from[i]) + 1;
	leak = calloc(1, sizeof(*leak) + size);
	if (!leak)
		return NULL;
	leak->size = sizeof(*leak) + size;
	to[0] = &leak->words.profile;
	to[1] = &leak->words.giver;
	to[2] = &leak->words.receiver;
	to[3] = &leak->words.kind;
	to[4] = &leak->words.target;
	to[5] = &leak->words.access;
	at = (char *)(leak + 1);
	for (size_t i = 0; i < EW_ARRAY_SIZE(from); i++) {
		*to[i] = at;
		at = stpcpy(at, from[i]) + 1;
	}
	return leak;
}

struct ew_leak *ew_leaks_get(struct ew_leaks *leaks, const struct ew_leak_words *words)
{
	const struct ew_leak key = {.words = *words};
	struct ew_leak **found = tfind(&key, &leaks->tree, compare), *leak;

	if (found)
		return *found;
	leak = leaks->n == EW_LEAKS_MAX ? NULL : leak_new(words);
	if (leaks->n == EW_LEAKS_MAX || (leak && leak->size > EW_LEAKS_BYTES - leaks->bytes)) {
		leaks->full = true;
		free(leak);
		return NULL;
	}
	if (!leak || !tsearch(leak, &leaks->tree, compare)) {
		free(leak);
		return NULL;
	}
	leaks->n++;
	leaks->bytes += leak->size;
	return leak;
}

bool ew_leaks_tell(struct ew_leak *leak, __u64 now, __u64 period)
{
	/* what is not told yet would be forgotten with a new period */
	bool first = !leak->count || (now - leak->since >= period && !leak->untold);

	leak->count++;
	if (first) {
		leak->since = now;
		leak->untold = 0;
	} else {
		leak->untold++;
	}
	return first;
}

struct list {
	struct ew_leak **items;
	size_t n;
};

static void collect(const void *node, VISIT visit, void *ctx)
{
	struct list *list = ctx;

	if (visit == postorder || visit == leaf)
		list->items[list->n++] = *(struct ew_leak *const *)node;
}

/* All of them. The caller frees the items; NULL: none, or no memory. */
static struct list all(const struct ew_leaks *leaks)
{
	struct list list = {.items = leaks->n ? calloc(leaks->n, sizeof(struct ew_leak *)) : NULL};

	if (list.items)
		twalk_r(leaks->tree, collect, &list);
	return list;
}

int ew_leaks_settle(struct ew_leaks *leaks, __u64 now, __u64 period,
		    int (*again)(void *ctx, const struct ew_leak *leak), void *ctx)
{
	_cleanup_free_ struct ew_leak **items = NULL;
	struct list list = all(leaks);
	int err = 0;

	items = list.items;
	if (!items)
		return leaks->n ? -ENOMEM : 0;
	for (size_t i = 0; i < list.n && err == 0; i++) {
		if (now - items[i]->since < period)
			continue;
		if (items[i]->untold)
			err = again(ctx, items[i]);
		tdelete(items[i], &leaks->tree, compare);
		leaks->bytes -= items[i]->size;
		leaks->n--;
		free(items[i]);
	}
	return err;
}

static int worse(const void *one, const void *other)
{
	const struct ew_leak *a = *(struct ew_leak *const *)one, *b = *(struct ew_leak *const *)other;

	if (a->dangerous != b->dangerous)
		return a->dangerous ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return compare(a, b);
}

struct ew_leak **ew_leaks_sorted(const struct ew_leaks *leaks)
{
	struct list list = all(leaks);

	if (list.items)
		qsort(list.items, list.n, sizeof(*list.items), worse);
	return list.items;
}

/* Manual pages of the calls, section 2; O_CLOEXEC of open(2) where the flag of a call has that value or name. */
static const struct {
	const char *kind, *remedy;
} remedies[] = {
	{"fifo", "pipe2(fds, O_CLOEXEC), or open(path, ... | O_CLOEXEC)"},
	{"socket", "socket(domain, type | SOCK_CLOEXEC, protocol), accept4(..., SOCK_CLOEXEC), or recvmsg(..., "
		   "MSG_CMSG_CLOEXEC)"},
	{"memfd", "memfd_create(name, ... | MFD_CLOEXEC)"},
	{"eventfd", "eventfd(value, ... | EFD_CLOEXEC)"},
	{"epoll", "epoll_create1(EPOLL_CLOEXEC)"},
	{"timerfd", "timerfd_create(clock, ... | TFD_CLOEXEC)"},
	{"signalfd", "signalfd(-1, mask, ... | SFD_CLOEXEC)"},
	{"inotify", "inotify_init1(... | IN_CLOEXEC)"},
	{"fanotify", "fanotify_init(... | FAN_CLOEXEC, event_flags)"},
	{"perf", "perf_event_open(..., flags | PERF_FLAG_FD_CLOEXEC)"},
	{"userfaultfd", "userfaultfd(... | O_CLOEXEC)"},
	{"fs-context", "fsopen(name, FSOPEN_CLOEXEC), or fspick(..., ... | FSPICK_CLOEXEC)"},
};

/* These are made close-on-exec; somebody has cleared that, or made a copy. */
static const char copied[] =
	"fcntl(fd, F_DUPFD_CLOEXEC, ...) or dup3(..., O_CLOEXEC) in place of dup(2), and no FD_CLOEXEC cleared";

static const char *open_flags(const char *access)
{
	static const struct {
		const char *access, *flags;
	} words[] = {{"r", "O_RDONLY"}, {"w", "O_WRONLY"}, {"rw", "O_RDWR"}, {"path", "O_PATH"}};

	for (size_t i = 0; i < EW_ARRAY_SIZE(words); i++)
		if (EW_STREQ(words[i].access, access))
			return words[i].flags;
	return "...";
}

char *ew_leak_target(const char *path)
{
	const char *number = strstr(path, ":[");
	bool named = path[0] == '/' || strncmp(path, "...", 3) == 0;

	if (named || !number || !number[2] || number[2 + strspn(number + 2, "0123456789")] != ']')
		return strdup(path);
	return strndup(path, (size_t)(number - path));
}

/* PATH for between quotes: one in it is written as escape.h has other bytes. The caller frees it; NULL: no memory. */
static char *quotable(const char *path)
{
	static const char quote[] = "\\x22";
	size_t n = 0;
	char *text, *to;

	for (const char *at = path; (at = strchr(at, '"')); at++)
		n++;
	text = malloc(strlen(path) + n * strlen(quote) + 1);
	for (to = text; text && *path; path++) {
		if (*path == '"')
			to = stpcpy(to, quote);
		else
			*to++ = *path;
	}
	if (text)
		*to = '\0';
	return text;
}

char *ew_leak_remedy(const struct ew_leak *leak)
{
	const struct ew_leak_words *w = &leak->words;
	_cleanup_free_ char *path = NULL;
	char *text;

	for (size_t i = 0; i < EW_ARRAY_SIZE(remedies); i++)
		if (EW_STREQ(remedies[i].kind, w->kind) && (w->target[0] != '/' || EW_STREQ(w->kind, "memfd")))
			return strdup(remedies[i].remedy);
	if (EW_STREQ(w->kind, "namespace"))
		return asprintf(&text, "open(\"/proc/PID/ns/%s\", O_RDONLY | O_CLOEXEC)", w->target) < 0 ? NULL : text;
	if (w->target[0] != '/' && strncmp(w->target, "...", 3) != 0)
		return strdup(copied);
	path = quotable(w->target);
	if (!path ||
	    asprintf(&text, "open(\"%s\", %s%s | O_CLOEXEC)", path, open_flags(w->access),
		     EW_STREQ(w->kind, "directory") || EW_STREQ(w->kind, "cgroup") ? " | O_DIRECTORY" : "") < 0)
		return NULL;
	return text;
}

void ew_leaks_clear(struct ew_leaks *leaks)
{
	tdestroy(leaks->tree, leak_free);
	*leaks = (struct ew_leaks){};
}
