/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tagged.h"

#include <errno.h>
#include <string.h>

#include "image_read.h"
#include "pattern.h"
#include "policy_entries.h"

/*
 * Nothing of this is kept for the sake of an exec. The maps tell which profiles a policy, a command or the life of a
 * process put there, the texts of paths and patterns, and where each profile is; the files tell the place of each word,
 * if they still are what is in force.
 */

const char *const ew_origin_words[EW_ORIGIN_MAX] = {
	[EW_ORIGIN_POLICY] = "policy", [EW_ORIGIN_PATTERN] = "pattern",	  [EW_ORIGIN_COMMAND] = "command",
	[EW_ORIGIN_FORK] = "fork",     [EW_ORIGIN_SELF] = "self-service", [EW_ORIGIN_PROGRAM] = "program",
	[EW_ORIGIN_STICKY] = "sticky",
};

/* A cgroup's path of so many bytes may be cut where it is matched, and counts as matched (bpf/match.h). */
#define PATH_CUT (EW_CGROUP_TRACE_MAX - 1)

struct explainer {
	struct ew_image *image; /* in force: profiles, cgroups and patterns */
	struct ew_entries entries;
};

static int add(struct ew_tagged *item, struct ew_origin origin)
{
	struct ew_origin *origins = reallocarray(item->origins, item->n_origins + 1, sizeof(*origins));

	if (!origins) {
		free(origin.pattern);
		free(origin.rule);
		return -ENOMEM;
	}
	item->origins = origins;
	origins[item->n_origins++] = origin;
	return 0;
}

/* ENTRY is the place, or NULL: then that of the profile is as good as it gets. */
static int add_rule(const struct explainer *e, struct ew_tagged *item, unsigned int slot, enum ew_origin_kind kind,
		    const char *pattern, const struct ew_entry *entry)
{
	const struct ew_profile *profile = &e->image->profiles[slot];
	struct ew_origin origin = {.slot = slot, .kind = kind, .exact = entry};

	if (asprintf(&origin.rule, "%s:%u", entry ? entry->file : profile->file, entry ? entry->line : profile->line) <
	    0)
		return -ENOMEM;
	if (pattern)
		origin.pattern = strdup(pattern);
	if (pattern && !origin.pattern) {
		free(origin.rule);
		return -ENOMEM;
	}
	return add(item, origin);
}

/* The places where the policy names it, of the profiles SET. */
static int add_named(const struct explainer *e, struct ew_tagged *item, __u64 set)
{
	int err = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && err == 0; slot++) {
		const char *profile = e->image->profiles[slot].name;
		const struct ew_entry *entry = NULL;

		if (!(set >> slot & 1))
			continue;
		if (item->kind == EW_TAGGED_CGROUP)
			entry = ew_entry_of_cgroup(&e->entries, profile, item->name);
		else if (item->kind == EW_TAGGED_USERS)
			entry = ew_entry_of_users(&e->entries, profile, item->users.first, item->users.last);
		else
			entry = ew_entry_of_program(&e->entries, profile, &item->program, item->name);
		err = add_rule(e, item, slot, EW_ORIGIN_POLICY, NULL, entry);
	}
	return err;
}

/* PLACES are those of the pattern, by slot. */
static int add_pattern(const struct explainer *e, struct ew_tagged *item, __u64 set, const char *pattern,
		       const struct ew_entry *const places[EW_PROFILES_MAX])
{
	int err = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && err == 0; slot++)
		if (set >> slot & 1)
			err = add_rule(e, item, slot, EW_ORIGIN_PATTERN, pattern, places[slot]);
	return err;
}

static int compare_paths(const void *left, const void *right)
{
	const struct ew_image_cgroup *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/* One pattern, and those cgroups of which it explains a profile that nothing before it does. LEFT is by cgroup. */
static int explain_pattern(const struct explainer *e, const struct ew_image_cgroup *pattern,
			   struct ew_tagged_list *list, __u64 *left)
{
	const struct ew_pattern text = {pattern->path, 1};
	const struct ew_entry *places[EW_PROFILES_MAX] = {};
	_cleanup_free_ struct ew_pattern_state *states = NULL;
	size_t n;
	int err = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (pattern->set >> slot & 1)
			places[slot] = ew_entry_of_cgroup(&e->entries, e->image->profiles[slot].name, pattern->path);
	for (size_t i = 0; i < list->n && err == 0; i++) {
		struct ew_tagged *item = &list->items[i];
		__u64 set = left[i] & pattern->set;

		if (!set || EW_STREQ(item->name, "/") || strlen(item->name) >= PATH_CUT)
			continue;
		if (!states)
			err = ew_pattern_compile(&text, 1, 0, &states, &n);
		if (err == 0 && ew_pattern_matches(states, item->name)) {
			left[i] &= ~set;
			err = add_pattern(e, item, set, pattern->path, places);
		}
	}
	return err;
}

static __u64 literal_set(const struct ew_image *image, const char *path)
{
	const struct ew_image_cgroup like = {.path = (char *)path}, *found = NULL;

	if (image->n_cgroups)
		found = bsearch(&like, image->cgroups, image->n_cgroups, sizeof(like), compare_paths);
	return found ? found->set : 0;
}

/* What a policy says of cgroups: named literally, else by the first pattern in the order of their texts. */
static int explain_cgroups(const struct explainer *e, struct ew_tagged_list *list)
{
	static const struct ew_entry *const nowhere[EW_PROFILES_MAX];
	_cleanup_free_ __u64 *left = calloc(list->n + 1, sizeof(*left));
	int err = left ? 0 : -ENOMEM;

	for (size_t i = 0; i < list->n && err == 0; i++) {
		struct ew_tagged *item = &list->items[i];
		__u64 named;

		if (item->kind != EW_TAGGED_CGROUP || !item->policy)
			continue;
		named = item->policy & literal_set(e->image, item->name);
		left[i] = item->policy & ~named;
		err = add_named(e, item, named);
	}
	for (size_t i = 0; i < e->image->n_patterns && err == 0; i++)
		err = explain_pattern(e, &e->image->patterns[i], list, left);
	for (size_t i = 0; i < list->n && err == 0; i++)
		if (left[i] && strlen(list->items[i].name) >= PATH_CUT)
			err = add_pattern(e, &list->items[i], left[i], NULL, nowhere);
		else if (left[i])
			err = add_named(e, &list->items[i], left[i]);
	return err;
}

static int add_kind(struct ew_tagged *item, __u64 set, enum ew_origin_kind kind)
{
	int err = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && err == 0; slot++)
		if (set >> slot & 1)
			err = add(item, (struct ew_origin){.slot = slot, .kind = kind});
	return err;
}

static int explain_process(struct ew_tagged *item)
{
	static const enum ew_origin_kind kinds[EW_BY_MAX] = {
		[EW_BY_COMMAND] = EW_ORIGIN_COMMAND,
		[EW_BY_SELF] = EW_ORIGIN_SELF,
		[EW_BY_PROGRAM] = EW_ORIGIN_PROGRAM,
		[EW_BY_STICKY] = EW_ORIGIN_STICKY,
	};
	__u64 left = item->own;
	int err = 0;

	for (size_t i = 0; i < EW_BY_MAX && err == 0; i++) {
		err = add_kind(item, left & item->by[i], kinds[i]);
		left &= ~item->by[i];
	}
	return err ?: add_kind(item, left, EW_ORIGIN_FORK);
}

static int compare_origins(const void *left, const void *right)
{
	const struct ew_origin *a = left, *b = right;

	if (a->slot != b->slot)
		return a->slot > b->slot ? 1 : -1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

static void explainer_clear(struct explainer *e)
{
	ew_entries_clear(&e->entries);
	ew_image_free(&e->image);
}

int ew_tagged_explain(const struct ew_pins *pins, const struct ew_policy *policy, struct ew_tagged_list *list)
{
	EW_CLEANUP(explainer_clear) struct explainer e = {};
	int err = ew_image_read_cgroups(pins, &e.image);

	if (err == 0 && e.image->n_cgroups)
		qsort(e.image->cgroups, e.image->n_cgroups, sizeof(*e.image->cgroups), compare_paths);
	if (err == 0 && e.image->n_patterns)
		qsort(e.image->patterns, e.image->n_patterns, sizeof(*e.image->patterns), compare_paths);
	if (err == 0 && policy)
		err = ew_entries_make(policy, &ew_resolver_system, &e.entries);
	if (err == 0)
		err = explain_cgroups(&e, list);
	for (size_t i = 0; i < list->n && err == 0; i++) {
		struct ew_tagged *item = &list->items[i];

		if (item->kind == EW_TAGGED_PROCESS)
			err = explain_process(item);
		else if (item->kind != EW_TAGGED_CGROUP)
			err = add_named(&e, item, item->policy);
		if (err == 0)
			err = add_kind(item, item->command, EW_ORIGIN_COMMAND);
		if (item->n_origins)
			qsort(item->origins, item->n_origins, sizeof(*item->origins), compare_origins);
	}
	return err;
}
