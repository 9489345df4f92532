/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

#include "identity.h"
#include "lookups.h"
#include "pattern.h"
#include "policy_print.h"
#include "words.h"

static void compile_profile_head(struct ew_compiler *c)
{
	const struct ew_policy_profile *from = c->profile;
	struct ew_profile *to = &c->image->profiles[c->slot];

	to->flags = EW_PROFILE_USED;
	if (from->exec == EW_POLICY_EXEC_NONE)
		to->flags |= EW_PROFILE_EXEC_NONE;
	if (from->userns == EW_POLICY_USERNS_INITIAL)
		to->flags |= EW_PROFILE_USERNS_INITIAL;
	if (from->self_service)
		to->flags |= EW_PROFILE_SELF_SERVICE;
	if (from->sticky)
		to->flags |= EW_PROFILE_STICKY;
	to->mode = from->mode;
	to->gains = from->gains;
	to->shapes = from->shapes;
	to->line = from->node->line;
	for (unsigned int i = 0; i < from->allow_caps_count; i++)
		to->allow_caps |= 1ULL << ew_cap_find(from->allow_caps[i]);
	/* Both lengths were checked when the policy was read. */
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	snprintf(to->file, sizeof(to->file), "%s", c->file->name);
}

static int add_cgroup(struct ew_compiler *c, const char *path, const struct ew_node *node)
{
	struct ew_image *image = c->image;
	bool pattern = ew_pattern_is(path);
	struct ew_image_cgroup *list = pattern ? image->patterns : image->cgroups, *cgroup;
	size_t *n = pattern ? &image->n_patterns : &image->n_cgroups;
	size_t limit = pattern ? EW_PATTERNS_MAX : EW_CGROUP_PATHS_MAX;

	for (size_t i = 0; i < *n; i++) {
		if (EW_STREQ(list[i].path, path)) {
			list[i].set |= 1ULL << c->slot;
			return 0;
		}
	}
	if (*n == limit) {
		ew_compiler_error(c, node, "too many cgroup%s; expected at most %zu in all files",
				  pattern ? " patterns" : "s", limit);
		return -EINVAL;
	}
	if (pattern) {
		c->patterns[*n].file = c->file;
		c->patterns[*n].node = node;
	}
	cgroup = &list[*n];
	*cgroup = (struct ew_image_cgroup){
		.path = strdup(path),
		.set = 1ULL << c->slot,
		.line = node->line,
		.file = image->profiles[c->slot].file,
	};
	if (!cgroup->path)
		return -ENOMEM;
	(*n)++;
	return 0;
}

static int compile_cgroups(struct ew_compiler *c)
{
	const struct ew_node *list = ew_node_get(c->profile->node, "cgroups");

	for (unsigned int i = 0; i < c->profile->cgroups_count; i++) {
		int err = add_cgroup(c, c->profile->cgroups[i], ew_node_item(list, i));

		if (err)
			return err == -EINVAL ? 0 : err;
	}
	return 0;
}

static int compile_profile(struct ew_compiler *c)
{
	size_t start = c->image->n_exceptions;
	int err;

	compile_profile_head(c);
	err = compile_cgroups(c) ?: ew_compiler_users(c) ?: ew_compiler_programs(c);
	for (unsigned int i = 0; i < c->profile->except_count && !err; i++)
		err = ew_compiler_exception(c, &c->profile->except[i]);
	return err ?: ew_compiler_merge_twins(c, start) ?: ew_compiler_fds(c);
}

static int compile_files(struct ew_compiler *c, const struct ew_policy *policy)
{
	int err = 0;

	for (size_t f = 0; f < policy->n_files && !err; f++) {
		const struct ew_policy_document *document = policy->files[f].document;

		c->file = &policy->files[f];
		for (unsigned int i = 0; i < document->profiles_count && !err; i++) {
			c->profile = &document->profiles[i];
			if (!ew_compiler_take_slot(c))
				return 0;
			c->image->n_profiles++;
			err = compile_profile(c);
		}
	}
	return err;
}

int ew_policy_compile(const struct ew_policy *policy, unsigned int flags, const struct ew_resolver *resolver,
		      struct ew_image **out, struct ew_diagnostics *diag)
{
	return ew_policy_compile_slots(policy, flags, resolver, NULL, out, diag);
}

int ew_policy_compile_slots(const struct ew_policy *policy, unsigned int flags, const struct ew_resolver *resolver,
			    const struct ew_slots *slots, struct ew_image **out, struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_image_free) struct ew_image *image = calloc(1, sizeof(*image));
	_cleanup_free_ struct ew_compiler_source *sources = NULL;
	EW_CLEANUP(ew_mounts_clear) struct ew_mounts mounts = {};
	struct ew_resolver system = ew_resolver_system;
	struct ew_compiler c = {
		.flags = flags,
		.resolver = resolver ?: &system,
		.diag = diag,
		.image = image,
		.slots = slots,
	};
	size_t before = diag->n_errors;
	int err;

	if (!image)
		return -ENOMEM;
	system.context = &mounts;
	image->cgroups = calloc(EW_CGROUP_PATHS_MAX, sizeof(*image->cgroups));
	image->users = calloc(EW_USERS_MAX, sizeof(*image->users));
	image->programs = calloc(EW_PROGRAMS_MAX + 1, sizeof(*image->programs));
	image->patterns = calloc(EW_PATTERNS_MAX, sizeof(*image->patterns));
	image->labels = calloc(EW_LABEL_GLOBS_MAX, sizeof(*image->labels));
	if (!image->cgroups || !image->users || !image->programs || !image->patterns || !image->labels)
		return -ENOMEM;
	ew_compiler_keep_slots(&c, policy);
	image->hash = ew_policy_hash(policy);
	err = ew_compiler_keep_labels(&c) ?: compile_files(&c, policy) ?: ew_compiler_patterns(&c) ?: ew_compiler_keep_paths(&c);
	ew_lookups_clear(&c.lookups);
	ew_compiler_merge_programs(image);
	sources = c.sources;
	ew_diagnostics_sort(diag);
	if (!err && diag->out_of_memory)
		err = -ENOMEM;
	if (!err && diag->n_errors != before)
		err = -EINVAL;
	if (!err)
		*out = TAKE_PTR(image);
	return err;
}
