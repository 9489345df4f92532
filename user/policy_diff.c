/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_diff.h"

#include <errno.h>
#include <string.h>

#include "escape.h"
#include "policy_diff_rows.h"
#include "policy_fds.h"
#include "words.h"

/* Texts are put together in memory streams; a failed one is NULL, which ew_diff_add() takes for want of memory. */
#define TEXT(f, ...)                                      \
	({                                                \
		char *text_ = NULL;                       \
		size_t size_;                             \
		FILE *f = open_memstream(&text_, &size_); \
		if (f) {                                  \
			__VA_ARGS__;                      \
			if (fclose(f) != 0) {             \
				free(text_);              \
				text_ = NULL;             \
			}                                 \
		}                                         \
		text_;                                    \
	})

static void put_caps(FILE *f, const char *before, __u64 caps)
{
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++)
		if (caps >> cap & 1)
			fprintf(f, "%s%s", before, ew_cap_name(cap));
}

static void put_words(FILE *f, const char *what, const struct ew_words *words, __u32 bits)
{
	if (!bits)
		return;
	fprintf(f, ", %s", what);
	for (unsigned int i = 0; i < words->n; i++)
		if (bits & EW_BIT(i))
			fprintf(f, " %s", ew_words_name(words, i));
}

static void put_profile(FILE *f, const struct ew_profile *profile)
{
	static const struct {
		__u32 flag;
		const char *text;
	} flags[] = {
		{EW_PROFILE_EXEC_NONE, "exec none"},	   {EW_PROFILE_USERNS_INITIAL, "userns initial"},
		{EW_PROFILE_SELF_SERVICE, "self-service"}, {EW_PROFILE_STICKY, "sticky"},
		{EW_PROFILE_GONE, "gone from the policy"},
	};

	fprintf(f, "mode %s", ew_words_name(&ew_verdict_words, profile->mode));
	put_words(f, "gains", &ew_gain_words, profile->gains);
	put_words(f, "shapes", &ew_shape_words, profile->shapes);
	if (profile->allow_caps)
		fputs(", allow_caps", f);
	put_caps(f, " ", profile->allow_caps);
	for (size_t i = 0; i < EW_ARRAY_SIZE(flags); i++)
		if (profile->flags & flags[i].flag)
			fprintf(f, ", %s", flags[i].text);
	ew_fds_put(f, profile);
}

char *ew_profile_text(const struct ew_profile *profile)
{
	return TEXT(f, put_profile(f, profile));
}

/* Their order is of no meaning. */
static int compare_ids(const void *left, const void *right)
{
	__u32 a = *(const __u32 *)left, b = *(const __u32 *)right;

	return (a > b) - (a < b);
}

static void put_ids(FILE *f, const char *kind, const __u32 *ids, __u32 n)
{
	__u32 sorted[EW_EXCEPTION_IDS_MAX];

	memcpy(sorted, ids, sizeof(sorted));
	qsort(sorted, n, sizeof(*sorted), compare_ids);
	for (__u32 i = 0; i < n; i++)
		fprintf(f, " %s:%u", kind, sorted[i]);
}

static void put_exception(FILE *f, const struct ew_exception *exception, const struct ew_image *image)
{
	if (exception->fds) {
		ew_fds_put_kinds(f, "fds", exception->fds);
		return;
	}
	fputs("gain", f);
	for (unsigned int i = 0; i < ew_gain_words.n; i++)
		if (exception->kinds & EW_BIT(i))
			fprintf(f, " %s", ew_words_name(&ew_gain_words, i));
	put_ids(f, "uid", exception->uids, exception->n_uids);
	put_ids(f, "gid", exception->gids, exception->n_gids);
	put_caps(f, " ", exception->caps);
	for (unsigned int i = 0; i < EW_LABEL_GLOBS_MAX; i++)
		if (exception->labels >> i & 1)
			fprintf(f, " label:%s", ew_image_label(image, i));
}

char *ew_exception_text(const struct ew_exception *exception, const struct ew_image *image)
{
	return TEXT(f, put_exception(f, exception, image));
}

char *ew_identity_text(const struct ew_identity *identity, const struct ew_image *image, const struct ew_image *other)
{
	const char *path = ew_image_path_of(image, identity);
	char *text;

	if (!path && other)
		path = ew_image_path_of(other, identity);
	if (path)
		return ew_escape_dup(path, strlen(path), 0);
	return asprintf(&text, "inode %llu of %u:%u", (unsigned long long)identity->ino, identity->dev >> 20,
			identity->dev & 0xfffff) < 0
		       ? NULL
		       : text;
}

static void clear_change(struct ew_change *change)
{
	free(change->what);
	free(change->before);
	free(change->after);
	free(change->origin);
}

void ew_diff_add(struct ew_diff *diff, const char *kind, struct ew_change change, bool has_before, bool has_after)
{
	if (change.before && change.after && EW_STREQ(change.before, change.after)) {
		clear_change(&change);
		return;
	}
	change.kind = kind;
	if (diff->n == diff->room) {
		size_t room = diff->room ? 2 * diff->room : 16;
		struct ew_change *changes = reallocarray(diff->changes, room, sizeof(*changes));

		if (changes) {
			diff->changes = changes;
			diff->room = room;
		}
	}
	if (diff->n == diff->room || !change.what || !change.origin || (has_before && !change.before) ||
	    (has_after && !change.after)) {
		clear_change(&change);
		diff->out_of_memory = true;
		return;
	}
	change.order = diff->n;
	diff->changes[diff->n++] = change;
}

char *ew_diff_origin(const char *file, unsigned int line)
{
	char *text;

	if (!file)
		return strdup("");
	return asprintf(&text, "%s:%u", file, line) < 0 ? NULL : text;
}

/* The slots that hold one profile in both. */
static __u64 slots_alike(const struct ew_image *a, const struct ew_image *b)
{
	__u64 set = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (a->profiles[slot].flags && b->profiles[slot].flags &&
		    EW_STREQ(a->profiles[slot].name, b->profiles[slot].name))
			set |= 1ULL << slot;
	return set;
}

bool ew_diff_same(const struct ew_diff *diff, __u64 before, __u64 after)
{
	return before == after && !(before & ~diff->alike);
}

static void add_profile(const char *kind, const struct ew_profile *before, const struct ew_profile *after,
			struct ew_diff *diff)
{
	const struct ew_profile *either = after ?: before;
	struct ew_change change = {
		.before = before ? ew_profile_text(before) : NULL,
		.after = after ? ew_profile_text(after) : NULL,
	};

	change.what = TEXT(f, fputs(either->name, f));
	change.origin = ew_diff_origin(either->file, either->line);
	ew_diff_add(diff, kind, change, before, after);
}

static void diff_profiles(const char *kind, const struct ew_image *before, const struct ew_image *after,
			  struct ew_diff *diff)
{
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *a = &before->profiles[slot], *b = &after->profiles[slot];
		bool same = diff->alike >> slot & 1;

		if (same)
			add_profile(kind, a, b, diff);
		if (!same && a->flags)
			add_profile(kind, a, NULL, diff);
		if (!same && b->flags)
			add_profile(kind, NULL, b, diff);
	}
}

char *ew_diff_names(const struct ew_image *image, __u64 set)
{
	const char *names[EW_PROFILES_MAX];
	size_t n = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (set >> slot & 1)
			names[n++] = image->profiles[slot].name;
	/* by name: slots can differ */
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
			const char *other = names[j];

			names[j] = names[j - 1];
			names[j - 1] = other;
		}
	return TEXT(f, for (size_t i = 0; i < n; i++) fprintf(f, "%s%s", i ? ", " : "", names[i]));
}

/* Every kind of rule. */
static const struct {
	const char *kind;
	void (*diff)(const char *kind, const struct ew_image *before, const struct ew_image *after,
		     struct ew_diff *diff);
	bool in_order; /* as they were added, and not by name */
} kinds[] = {
	{"profile", diff_profiles, false},  {"exception", ew_diff_exceptions, false},
	{"cgroup", ew_diff_cgroups, false}, {"pattern", ew_diff_patterns, false},
	{"user", ew_diff_users, true},	    {"program", ew_diff_programs, false},
};

static size_t rank(const char *kind)
{
	size_t i = 0;

	while (kinds[i].kind != kind)
		i++;
	return i;
}

static int compare_changes(const void *left, const void *right)
{
	const struct ew_change *a = left, *b = right;
	size_t x = rank(a->kind), y = rank(b->kind);
	int order = x != y ? (x > y) - (x < y) : kinds[x].in_order ? 0 : strcmp(a->what, b->what);

	return order ?: (a->order > b->order) - (a->order < b->order);
}

int ew_policy_diff(const struct ew_image *before, const struct ew_image *after, struct ew_diff *out)
{
	EW_CLEANUP(ew_diff_clear) struct ew_diff diff = {.alike = slots_alike(before, after)};

	for (size_t i = 0; i < EW_ARRAY_SIZE(kinds); i++)
		kinds[i].diff(kinds[i].kind, before, after, &diff);
	if (diff.out_of_memory)
		return -ENOMEM;
	if (diff.n)
		qsort(diff.changes, diff.n, sizeof(*diff.changes), compare_changes);
	*out = diff;
	diff = (struct ew_diff){0};
	return 0;
}

void ew_diff_clear(struct ew_diff *diff)
{
	for (size_t i = 0; i < diff->n; i++)
		clear_change(&diff->changes[i]);
	free(diff->changes);
	*diff = (struct ew_diff){0};
}

void ew_diff_print(const struct ew_diff *diff, FILE *out)
{
	for (size_t i = 0; i < diff->n; i++) {
		const struct ew_change *c = &diff->changes[i];

		fprintf(out, "%c %s %s: %s%s%s",
			!c->before  ? '+'
			: !c->after ? '-'
				    : '~',
			c->kind, c->what, c->before ?: "", c->before && c->after ? " -> " : "", c->after ?: "");
		fprintf(out, *c->origin ? " (%s)\n" : "%s\n", c->origin);
	}
}

json_object *ew_diff_json(const struct ew_diff *diff)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < diff->n; i++) {
		const struct ew_change *c = &diff->changes[i];
		json_object *o = json_object_new_object();

		json_object_object_add(o, "change",
				       json_object_new_string(!c->before  ? "add"
							      : !c->after ? "remove"
									  : "change"));
		json_object_object_add(o, "kind", json_object_new_string(c->kind));
		json_object_object_add(o, "what", json_object_new_string(c->what));
		json_object_object_add(o, "before", c->before ? json_object_new_string(c->before) : NULL);
		json_object_object_add(o, "after", c->after ? json_object_new_string(c->after) : NULL);
		json_object_object_add(o, "origin", *c->origin ? json_object_new_string(c->origin) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}
