/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

#include "policy_text.h"

/* Who a profile is for, by user and by program; and which slot it gets. */

int ew_compiler_users(struct ew_compiler *c)
{
	const struct ew_node *list = ew_node_get(c->profile->node, "users");
	struct ew_image *image = c->image;

	for (unsigned int i = 0; i < c->profile->users_count; i++) {
		const struct ew_node *node = ew_node_item(list, i);
		struct ew_user_word word;
		struct ew_why why;
		int err = 0;

		if (!ew_user_word_parse(c->profile->users[i], &word, &why))
			continue; /* an error when it was read */
		if (word.name)
			err = ew_compiler_resolve_name(c, true, word.name, node, &word.first);
		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		if (image->n_users == EW_USERS_MAX) {
			ew_compiler_error(c, node, "too many users; expected at most %d users and ranges in all files",
					  EW_USERS_MAX);
			return 0;
		}
		image->users[image->n_users++] = (struct ew_image_user){
			.first = word.first,
			.last = word.name ? word.first : word.last,
			.set = 1ULL << c->slot,
			.line = node->line,
			.file = image->profiles[c->slot].file,
		};
	}
	return 0;
}

int ew_compiler_programs(struct ew_compiler *c)
{
	const struct ew_node *list = ew_node_get(c->profile->node, "programs");
	struct ew_image *image = c->image;

	for (unsigned int i = 0; i < c->profile->programs_count; i++) {
		const struct ew_node *node = ew_node_item(list, i);
		struct ew_image_program *program = &image->programs[image->n_programs];
		struct ew_program_key key = {0};
		int err = ew_compiler_resolve_program(c, c->profile->programs[i], node, &key.program);

		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		if (image->n_programs == EW_PROGRAMS_MAX) {
			ew_compiler_error(c, node,
					  "too many programs; expected at most %d in the \"programs\" of all files",
					  EW_PROGRAMS_MAX);
			return 0;
		}
		*program = (struct ew_image_program){
			.key = key,
			.set = 1ULL << c->slot,
			.path = strdup(c->profile->programs[i]),
			.line = node->line,
			.file = image->profiles[c->slot].file,
		};
		if (!program->path)
			return -ENOMEM;
		image->n_programs++;
	}
	return 0;
}

static int compare_programs(const void *left, const void *right)
{
	const struct ew_image_program *a = left, *b = right;

	return memcmp(&a->key, &b->key, sizeof(a->key));
}

void ew_compiler_merge_programs(struct ew_image *image)
{
	size_t kept = 0;

	qsort(image->programs, image->n_programs, sizeof(*image->programs), compare_programs);
	for (size_t i = 0; i < image->n_programs; i++) {
		struct ew_image_program *last = kept ? &image->programs[kept - 1] : NULL;

		if (last && compare_programs(last, &image->programs[i]) == 0) {
			last->set |= image->programs[i].set;
			free(image->programs[i].path);
		} else {
			image->programs[kept++] = image->programs[i];
		}
	}
	image->n_programs = kept;
}

static bool policy_has(const struct ew_policy *policy, const char *name)
{
	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_document *document = policy->files[f].document;

		for (unsigned int i = 0; i < document->profiles_count; i++)
			if (EW_STREQ(document->profiles[i].name, name))
				return true;
	}
	return false;
}

__u64 ew_policy_gone(const struct ew_policy *policy, const struct ew_slots *slots)
{
	__u64 gone = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (*slots->name[slot] && !policy_has(policy, slots->name[slot]))
			gone |= 1ULL << slot;
	return gone;
}

bool ew_compiler_take_slot(struct ew_compiler *c)
{
	static const struct ew_slots none;
	const struct ew_slots *slots = c->slots ?: &none;
	__u64 named = 0, free_;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (EW_STREQ(slots->name[slot], c->profile->name)) {
			c->slot = slot;
			c->taken |= 1ULL << slot;
			return true;
		}
		if (*slots->name[slot])
			named |= 1ULL << slot;
	}
	free_ = ~(named | c->taken | slots->kept) ?: ~(c->staying | c->taken | slots->kept);
	if (!free_) {
		ew_compiler_error(
			c, c->profile->node,
			"too many profiles: %d of those in force are still on tasks or cgroups; expected at most %d "
			"together",
			__builtin_popcountll(slots->kept), EW_PROFILES_MAX);
		return false;
	}
	c->slot = (__u32)__builtin_ctzll(free_);
	c->taken |= 1ULL << c->slot;
	return true;
}

void ew_compiler_keep_slots(struct ew_compiler *c, const struct ew_policy *policy)
{
	__u64 named = 0;

	for (unsigned int slot = 0; c->slots && slot < EW_PROFILES_MAX; slot++)
		named |= *c->slots->name[slot] ? 1ULL << slot : 0;
	c->staying = c->slots ? named & ~ew_policy_gone(policy, c->slots) : 0;
}
