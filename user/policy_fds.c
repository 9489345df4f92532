/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_fds.h"

#include <string.h>

#include "policy_yaml.h"
#include "words.h"

#define error_at(diag, path, node, ...) ew_diagnose_error(diag, path, (node)->line, (node)->column, __VA_ARGS__)
#define warning_at(diag, path, node, ...) ew_diagnose_warning(diag, path, (node)->line, (node)->column, __VA_ARGS__)

static bool same_program(const char *a, const char *b)
{
	return a && b ? EW_STREQ(a, b) : a == b;
}

/* An entry that says what another one says, or less. */
static void check_covered(const char *path, const struct ew_policy_fds *fds, const struct ew_node *list, unsigned int i,
			  struct ew_diagnostics *diag)
{
	const struct ew_policy_fd_allow *allow = &fds->allow[i];

	for (unsigned int j = 0; j < fds->allow_count; j++) {
		const struct ew_policy_fd_allow *other = &fds->allow[j];
		const char *kind = ew_words_name(&ew_fd_kind_words, allow->kind);

		if (j == i || other->kind != allow->kind)
			continue;
		if (same_program(allow->program, other->program)) {
			if (j < i)
				error_at(diag, path, ew_node_item(list, i),
					 "duplicate entry for \"%s\" in \"allow\"; expected it once (first at line %u)",
					 kind, ew_node_item(list, j)->line);
			if (j < i)
				return;
		} else if (!other->program) {
			warning_at(
				diag, path, ew_node_item(list, i),
				"entry matches nothing: \"%s\" is allowed for every program at line %u; expected one "
				"of the two",
				kind, ew_node_item(list, j)->line);
			return;
		}
	}
}

void ew_policy_check_fds(const char *path, const struct ew_policy_profile *profile, struct ew_diagnostics *diag)
{
	const struct ew_node *node = ew_node_get(profile->node, "fds"), *list = ew_node_get(node, "allow");
	const struct ew_policy_fds *fds = profile->fds;

	if (!fds)
		return;
	if (!fds->mode && fds->allow_count)
		warning_at(diag, path, list, "\"allow\" matches nothing where the mode is off; expected another mode");
	if (fds->allow_count > EW_FD_ALLOWS_MAX) {
		error_at(diag, path, ew_node_item(list, EW_FD_ALLOWS_MAX),
			 "too many entries in \"allow\"; expected at most %d", EW_FD_ALLOWS_MAX);
		return;
	}
	for (unsigned int i = 0; i < fds->allow_count && fds->mode; i++)
		check_covered(path, fds, list, i, diag);
}

void ew_fds_put_kinds(FILE *out, const char *what, __u64 kinds)
{
	fputs(what, out);
	for (unsigned int kind = 0; kind < EW_FD_KIND_MAX; kind++)
		if (kinds >> kind & 1)
			fprintf(out, " %s", ew_words_name(&ew_fd_kind_words, kind));
}

void ew_fds_put(FILE *out, const struct ew_profile *profile)
{
	if (!profile->fd_mode)
		return;
	fprintf(out, ", fds %s from %u", ew_words_name(&ew_verdict_words, profile->fd_mode), profile->fd_min);
	if (profile->fd_flags & EW_FDS_WHEN_GAIN)
		fputs(" with a gain", out);
	if (profile->fd_flags & EW_FDS_IGNORE_LISTEN)
		fputs(" but for listen_fds", out);
	if (profile->fd_allow)
		ew_fds_put_kinds(out, " but for", profile->fd_allow);
}
