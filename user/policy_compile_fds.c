/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

/* The exception that holds what may cross into PROGRAM, made if there is none. NULL: no memory. */
static struct ew_exception *fd_exception(struct ew_compiler *c, size_t start, const struct ew_policy_fd_allow *allow,
					 const struct ew_identity *program, unsigned int line)
{
	static const struct ew_identity from = {.pad = EW_FROM_FDS};
	const struct ew_compiler_source source = {NULL, allow->program, ""};
	const struct ew_exception value = {.line = line};

	for (size_t i = start; i < c->image->n_exceptions; i++)
		if (!memcmp(&c->image->exceptions[i].key.program, program, sizeof(*program)))
			return &c->image->exceptions[i].value;
	if (ew_compiler_add_exception(c, &source, program, &from, &value))
		return NULL;
	return &c->image->exceptions[c->image->n_exceptions - 1].value;
}

int ew_compiler_fds(struct ew_compiler *c)
{
	const struct ew_policy_fds *fds = c->profile->fds;
	const struct ew_node *node = ew_node_get(c->profile->node, "fds"), *list = ew_node_get(node, "allow");
	struct ew_profile *to = &c->image->profiles[c->slot];
	size_t start = c->image->n_exceptions;

	if (!fds || !fds->mode)
		return 0;
	to->fd_mode = fds->mode;
	to->fd_line = node->line;
	to->fd_min = fds->ignore & EW_POLICY_IGNORE_STDIO && fds->min < 3 ? 3 : fds->min;
	to->fd_flags = (fds->when == EW_POLICY_FDS_GAIN ? EW_FDS_WHEN_GAIN : 0) |
		       (fds->ignore & EW_POLICY_IGNORE_LISTEN ? EW_FDS_IGNORE_LISTEN : 0);
	for (unsigned int i = 0; i < fds->allow_count; i++) {
		const struct ew_policy_fd_allow *allow = &fds->allow[i];
		const struct ew_node *entry = ew_node_item(list, i);
		struct ew_exception *exception;
		struct ew_identity program;
		int err;

		if (!allow->program) {
			to->fd_allow |= 1ULL << allow->kind;
			continue;
		}
		err = ew_compiler_resolve_program(c, allow->program, ew_node_get(entry, "program"), &program);
		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		exception = fd_exception(c, start, allow, &program, entry->line);
		if (!exception)
			return -ENOMEM;
		exception->fds |= 1ULL << allow->kind;
		to->fd_flags |= EW_FDS_ALLOW_PROGRAMS;
	}
	return 0;
}
