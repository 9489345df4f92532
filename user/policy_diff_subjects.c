/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "policy_diff_rows.h"
#include "user_ranges.h"

/* What changes for cgroups, users and programs: who comes under which profiles. */

struct cgroups {
	const struct ew_image_cgroup *items;
	size_t n;
};

static int compare_cgroups(const void *left, const void *right)
{
	const struct ew_image_cgroup *const *a = left, *const *b = right;

	return strcmp((*a)->path, (*b)->path);
}

/* Pointers to them by path, and a NULL behind. */
static const struct ew_image_cgroup **sorted_cgroups(const struct cgroups *cgroups)
{
	const struct ew_image_cgroup **sorted = calloc(cgroups->n + 1, sizeof(struct ew_image_cgroup *));

	for (size_t i = 0; sorted && i < cgroups->n; i++)
		sorted[i] = &cgroups->items[i];
	if (sorted && cgroups->n)
		qsort(sorted, cgroups->n, sizeof(*sorted), compare_cgroups);
	return sorted;
}

/* Both that there are, of one path, or one of them. */
static void add_cgroup(const char *kind, const struct ew_image *images[2], const struct ew_image_cgroup *a,
		       const struct ew_image_cgroup *b, struct ew_diff *diff)
{
	const struct ew_image_cgroup *either = b ?: a;
	struct ew_change change = {0};

	if (a && b && ew_diff_same(diff, a->set, b->set))
		return;
	change.what = ew_escape_dup(either->path, strlen(either->path), 0);
	change.before = a ? ew_diff_names(images[0], a->set) : NULL;
	change.after = b ? ew_diff_names(images[1], b->set) : NULL;
	change.origin = ew_diff_origin(either->file, either->line);
	ew_diff_add(diff, kind, change, a, b);
}

static void diff_lists(const char *kind, const struct ew_image *images[2], const struct cgroups lists[2],
		       struct ew_diff *diff)
{
	_cleanup_free_ const struct ew_image_cgroup **a = sorted_cgroups(&lists[0]), **b = sorted_cgroups(&lists[1]);
	size_t i = 0, j = 0;

	if (!a || !b) {
		diff->out_of_memory = true;
		return;
	}
	while (a[i] || b[j]) {
		int order = !a[i] ? 1 : !b[j] ? -1 : compare_cgroups(&a[i], &b[j]);

		add_cgroup(kind, images, order <= 0 ? a[i] : NULL, order >= 0 ? b[j] : NULL, diff);
		i += order <= 0;
		j += order >= 0;
	}
}

void ew_diff_cgroups(const char *kind, const struct ew_image *before, const struct ew_image *after,
		     struct ew_diff *diff)
{
	const struct ew_image *images[2] = {before, after};
	const struct cgroups lists[2] = {{before->cgroups, before->n_cgroups}, {after->cgroups, after->n_cgroups}};

	diff_lists(kind, images, lists, diff);
}

void ew_diff_patterns(const char *kind, const struct ew_image *before, const struct ew_image *after,
		      struct ew_diff *diff)
{
	const struct ew_image *images[2] = {before, after};
	const struct cgroups lists[2] = {{before->patterns, before->n_patterns}, {after->patterns, after->n_patterns}};

	diff_lists(kind, images, lists, diff);
}

/* The first rule of the image that names some of the users, or NULL. */
static const struct ew_image_user *rule_of(const struct ew_image *image, const struct ew_user_span *span)
{
	for (size_t i = 0; i < image->n_users; i++)
		if (image->users[i].first <= span->last && image->users[i].last >= span->first)
			return &image->users[i];
	return NULL;
}

static char *users_text(const struct ew_user_span *span)
{
	char *text;

	return asprintf(&text, span->first == span->last ? "%u" : "%u-%u", span->first, span->last) < 0 ? NULL : text;
}

/* Ranges cut one another, so what is compared is what each user has: `policy` before, `command` after. */
void ew_diff_users(const char *kind, const struct ew_image *before, const struct ew_image *after, struct ew_diff *diff)
{
	size_t n = before->n_users + after->n_users;
	_cleanup_free_ struct ew_user_span *spans = calloc(n + 1, sizeof(*spans)), *list = NULL;
	ssize_t n_list = -ENOMEM;

	for (size_t i = 0; spans && i < n; i++) {
		bool old = i < before->n_users;
		const struct ew_image_user *user = old ? &before->users[i] : &after->users[i - before->n_users];

		spans[i] = (struct ew_user_span){
			.first = user->first,
			.last = user->last,
			.policy = old ? user->set : 0,
			.command = old ? 0 : user->set,
		};
	}
	if (spans)
		n_list = ew_user_ranges_disjoin(spans, n, &list);
	diff->out_of_memory |= n_list < 0;
	for (ssize_t i = 0; i < n_list; i++) {
		__u64 a = list[i].policy, b = list[i].command;
		const struct ew_image_user *rule;
		struct ew_change change = {0};

		if (ew_diff_same(diff, a, b))
			continue;
		rule = rule_of(b ? after : before, &list[i]);
		change.what = users_text(&list[i]);
		change.before = a ? ew_diff_names(before, a) : NULL;
		change.after = b ? ew_diff_names(after, b) : NULL;
		change.origin = ew_diff_origin(rule ? rule->file : NULL, rule ? rule->line : 0);
		ew_diff_add(diff, kind, change, a, b);
	}
}

static int compare_programs(const void *left, const void *right)
{
	const struct ew_image_program *const *a = left, *const *b = right;

	return memcmp(&(*a)->key.program, &(*b)->key.program, sizeof((*a)->key.program));
}

static const struct ew_image_program **sorted_programs(const struct ew_image *image)
{
	const struct ew_image_program **sorted = calloc(image->n_programs + 1, sizeof(struct ew_image_program *));

	for (size_t i = 0; sorted && i < image->n_programs; i++)
		sorted[i] = &image->programs[i];
	if (sorted && image->n_programs)
		qsort(sorted, image->n_programs, sizeof(*sorted), compare_programs);
	return sorted;
}

/* Its path; and which file, since the one at that path may have been replaced, and is then another program. */
static char *program_text(const struct ew_image_program *program)
{
	const struct ew_identity *identity = &program->key.program;
	_cleanup_free_ char *path = ew_escape_dup(program->path, strlen(program->path), 0);
	char *text;

	if (!path || asprintf(&text, "%s (inode %llu of %u:%u)", path, (unsigned long long)identity->ino,
			      identity->dev >> 20, identity->dev & 0xfffff) < 0)
		return NULL;
	return text;
}

/* Both that there are, of one file, or one of them. */
static void add_program(const char *kind, const struct ew_image *images[2], const struct ew_image_program *a,
			const struct ew_image_program *b, struct ew_diff *diff)
{
	const struct ew_image_program *either = b ?: a;
	struct ew_change change = {0};

	if (a && b && ew_diff_same(diff, a->set, b->set))
		return;
	change.what = program_text(either);
	change.before = a ? ew_diff_names(images[0], a->set) : NULL;
	change.after = b ? ew_diff_names(images[1], b->set) : NULL;
	change.origin = ew_diff_origin(either->file, either->line);
	ew_diff_add(diff, kind, change, a, b);
}

void ew_diff_programs(const char *kind, const struct ew_image *before, const struct ew_image *after,
		      struct ew_diff *diff)
{
	_cleanup_free_ const struct ew_image_program **a = sorted_programs(before), **b = sorted_programs(after);
	const struct ew_image *images[2] = {before, after};
	size_t i = 0, j = 0;

	if (!a || !b) {
		diff->out_of_memory = true;
		return;
	}
	while (a[i] || b[j]) {
		int order = !a[i] ? 1 : !b[j] ? -1 : compare_programs(&a[i], &b[j]);

		add_program(kind, images, order <= 0 ? a[i] : NULL, order >= 0 ? b[j] : NULL, diff);
		i += order <= 0;
		j += order >= 0;
	}
}
