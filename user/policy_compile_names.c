/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

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

static int look_up_program(struct ew_compiler *c, const char *path, struct ew_identity *out)
{
	struct ew_lookup *lookup = ew_lookups_get(&c->lookups, path);

	if (!lookup)
		return -ENOMEM;
	if (lookup->err == -EINPROGRESS)
		lookup->err = c->resolver->program(c->resolver->context, path, &lookup->identity);
	if (!lookup->err)
		*out = lookup->identity;
	return lookup->err;
}

int ew_compiler_keep_paths(struct ew_compiler *c)
{
	struct ew_image *image = c->image;

	image->paths = calloc(c->lookups.n + image->n_verities + 1, sizeof(*image->paths));
	if (!image->paths)
		return -ENOMEM;
	for (size_t i = 0; i < c->lookups.n; i++) {
		const struct ew_lookup *lookup = &c->lookups.items[i];
		struct ew_image_path *path = &image->paths[image->n_paths];

		if (lookup->err)
			continue;
		*path = (struct ew_image_path){lookup->identity, strdup(lookup->path)};
		if (!path->path)
			return -ENOMEM;
		image->n_paths++;
	}
	for (size_t i = 0; i < image->n_verities; i++) {
		const __u8 *digest = image->verities[i].digest;
		struct ew_image_path *path = &image->paths[image->n_paths];
		char text[2 * EW_VERITY_SIZE + 1];

		for (size_t j = 0; j < EW_VERITY_SIZE; j++)
			sprintf(text + 2 * j, "%02x", digest[j]);
		*path = (struct ew_image_path){.identity = ew_image_identity_of_verity(digest)};
		if (asprintf(&path->path, "sha256:%s", text) < 0)
			return -ENOMEM;
		image->n_paths++;
	}
	ew_image_sort_paths(image);
	return 0;
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
