/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

#include <search.h>

/* Names and paths of a policy, looked up on this machine: each path once. */

int ew_compiler_resolve_name(struct ew_compiler *c, bool user, const char *name, const struct ew_node *node, __u32 *out)
{
	const struct ew_resolver *resolver = c->resolver;
	const char *what = user ? "user" : "group";
	_cleanup_free_ char *nearest = NULL;
	struct ew_shown shown, near;
	int err = (user ? resolver->user : resolver->group)(resolver->context, name, out);

	if (err == -ENOENT)
		nearest = resolver->nearest(resolver->context, user, name);
	if (nearest)
		ew_compiler_error(c, node,
				  "unknown %s \"%s\"; expected a %s of this machine, or a number (did you mean "
				  "\"%s\"?)",
				  what, ew_shown(name, &shown), what, ew_shown(nearest, &near));
	else if (err == -ENOENT)
		ew_compiler_error(c, node, "unknown %s \"%s\"; expected a %s of this machine, or a number", what,
				  ew_shown(name, &shown), what);
	else if (err && err != -ENOMEM)
		ew_compiler_error(c, node,
				  "%s \"%s\" cannot be looked up: %s; expected a %s of this machine, or a number", what,
				  ew_shown(name, &shown), strerror(-err), what);
	return err;
}

/* What looking at a path gave. */
struct lookup {
	int err;
	struct ew_identity identity;
	char path[];
};

static int compare_lookups(const void *left, const void *right)
{
	return strcmp(((const struct lookup *)left)->path, ((const struct lookup *)right)->path);
}

static int look_up_program(struct ew_compiler *c, const char *path, struct ew_identity *out)
{
	_cleanup_free_ struct lookup *lookup = malloc(sizeof(*lookup) + strlen(path) + 1);
	struct lookup **found;

	if (!lookup)
		return -ENOMEM;
	strcpy(lookup->path, path);
	found = tsearch(lookup, &c->lookups, compare_lookups);
	if (!found)
		return -ENOMEM;
	if (*found == lookup) {
		lookup->err = c->resolver->program(c->resolver->context, path, &lookup->identity);
		c->n_lookups++;
		lookup = NULL; /* the tree's */
	}
	if (!(*found)->err)
		*out = (*found)->identity;
	return (*found)->err;
}

static void keep_path(const void *node, VISIT visit, void *image_)
{
	const struct lookup *lookup = *(const struct lookup *const *)node;
	struct ew_image *image = image_;
	struct ew_image_path *path = &image->paths[image->n_paths];

	if ((visit != postorder && visit != leaf) || lookup->err)
		return;
	*path = (struct ew_image_path){lookup->identity, strdup(lookup->path)};
	if (path->path)
		image->n_paths++;
}

int ew_compiler_keep_paths(struct ew_compiler *c)
{
	c->image->paths = calloc(c->n_lookups + 1, sizeof(*c->image->paths));
	if (!c->image->paths)
		return -ENOMEM;
	twalk_r(c->lookups, keep_path, c->image);
	ew_image_sort_paths(c->image);
	return 0;
}

void ew_compiler_forget_lookups(struct ew_compiler *c)
{
	tdestroy(c->lookups, free);
}

int ew_compiler_resolve_program(struct ew_compiler *c, const char *path, const struct ew_node *node,
				struct ew_identity *out)
{
	bool tolerant = c->flags & EW_COMPILE_MISSING_OK;
	struct ew_shown shown;
	int err = look_up_program(c, path, out);

	if (!err || err == -ENOMEM)
		return err;
	ew_shown(path, &shown);
	if (err == -ENOENT || err == -ENOTDIR)
		ew_diagnostics_add(c->diag, tolerant ? EW_SEVERITY_WARNING : EW_SEVERITY_ERROR, c->file->path,
				   node->line, node->column,
				   "program \"%s\" does not exist; expected an installed program", shown.text);
	else if (err == -EISDIR || err == -EINVAL)
		ew_compiler_error(c, node, "program \"%s\" is not a regular file; expected one", shown.text);
	else
		ew_diagnostics_add(c->diag, tolerant && err == -EACCES ? EW_SEVERITY_WARNING : EW_SEVERITY_ERROR,
				   c->file->path, node->line, node->column,
				   "program \"%s\" cannot be looked at: %s; expected an installed program", shown.text,
				   strerror(-err));
	return -EINVAL;
}
