/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_entries.h"

#include <errno.h>
#include <string.h>

#include "policy_text.h"
#include "util.h"

static void resolve(struct ew_entry *entry, const struct ew_resolver *resolver)
{
	struct ew_user_word word;
	struct ew_why why;

	if (entry->kind == EW_ENTRY_PROGRAM)
		resolver->program(resolver->context, entry->text, &entry->identity);
	if (entry->kind != EW_ENTRY_USERS)
		return;
	entry->first = 1;
	if (!ew_user_word_parse(entry->text, &word, &why))
		return;
	if (word.name && resolver->user(resolver->context, word.name, &word.first) < 0)
		return;
	entry->first = word.first;
	entry->last = word.name ? word.first : word.last;
}

static int add(struct ew_entries *entries, size_t *room, struct ew_entry entry)
{
	if (entries->n == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct ew_entry *items = reallocarray(entries->items, more, sizeof(*items));

		if (!items)
			return -ENOMEM;
		entries->items = items;
		*room = more;
	}
	entries->items[entries->n++] = entry;
	return 0;
}

int ew_entries_make(const struct ew_policy *policy, const struct ew_resolver *resolver, struct ew_entries *out)
{
	EW_CLEANUP(ew_entries_clear) struct ew_entries entries = {};
	size_t room = 0;

	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_file *file = &policy->files[f];

		for (unsigned int p = 0; p < file->document->profiles_count; p++) {
			const struct ew_policy_profile *profile = &file->document->profiles[p];
			const struct {
				const char *key;
				char **words;
				unsigned int n;
			} lists[] = {
				[EW_ENTRY_CGROUP] = {"cgroups", profile->cgroups, profile->cgroups_count},
				[EW_ENTRY_USERS] = {"users", profile->users, profile->users_count},
				[EW_ENTRY_PROGRAM] = {"programs", profile->programs, profile->programs_count},
			};

			for (size_t l = 0; l < EW_ARRAY_SIZE(lists); l++) {
				const struct ew_node *nodes = ew_node_get(profile->node, lists[l].key);

				for (unsigned int i = 0; i < lists[l].n; i++) {
					struct ew_entry entry = {
						.kind = (enum ew_entry_kind)l,
						.profile = profile->name,
						.text = lists[l].words[i],
						.file = file->name,
						.line = ew_node_item(nodes, i)->line,
					};

					resolve(&entry, resolver);
					if (add(&entries, &room, entry) < 0)
						return -ENOMEM;
				}
			}
		}
	}
	*out = entries;
	entries = (struct ew_entries){};
	return 0;
}

void ew_entries_clear(struct ew_entries *entries)
{
	free(entries->items);
	*entries = (struct ew_entries){};
}

static bool is_of(const struct ew_entry *entry, enum ew_entry_kind kind, const char *profile)
{
	return entry->kind == kind && EW_STREQ(entry->profile, profile);
}

const struct ew_entry *ew_entry_of_cgroup(const struct ew_entries *entries, const char *profile, const char *text)
{
	for (size_t i = 0; i < entries->n; i++)
		if (is_of(&entries->items[i], EW_ENTRY_CGROUP, profile) && EW_STREQ(entries->items[i].text, text))
			return &entries->items[i];
	return NULL;
}

const struct ew_entry *ew_entry_of_users(const struct ew_entries *entries, const char *profile, __u32 first, __u32 last)
{
	const struct ew_entry *some = NULL;

	for (size_t i = 0; i < entries->n; i++) {
		const struct ew_entry *entry = &entries->items[i];

		if (!is_of(entry, EW_ENTRY_USERS, profile) || entry->first > entry->last)
			continue;
		if (entry->first <= first && entry->last >= last)
			return entry;
		if (!some && entry->first <= last && entry->last >= first)
			some = entry;
	}
	return some;
}

/* SHORTENED is PATH, or "..." and the end of it. */
static bool is_path(const char *path, const char *shortened)
{
	size_t length = strlen(path), end = strlen(shortened);

	if (strncmp(shortened, "...", 3) != 0)
		return EW_STREQ(path, shortened);
	end -= 3;
	return length > end && EW_STREQ(path + length - end, shortened + 3);
}

const struct ew_entry *ew_entry_of_program(const struct ew_entries *entries, const char *profile,
					   const struct ew_identity *identity, const char *path)
{
	const struct ew_entry *of_path = NULL;

	for (size_t i = 0; i < entries->n; i++) {
		const struct ew_entry *entry = &entries->items[i];

		if (!is_of(entry, EW_ENTRY_PROGRAM, profile))
			continue;
		if (!memcmp(&entry->identity, identity, sizeof(*identity)))
			return entry;
		if (!of_path && is_path(entry->text, path))
			of_path = entry;
	}
	return of_path;
}
