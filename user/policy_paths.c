/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_paths.h"

/* The paths of PROFILE's programs, into PATHS unless that is NULL. Returns their number. */
static size_t paths_of(const struct ew_policy_profile *profile, const char **paths)
{
	size_t n = 0;

#define ADD(path) (paths ? (void)(paths[n] = (path)) : (void)0, n++)
	for (unsigned int i = 0; i < profile->programs_count; i++)
		ADD(profile->programs[i]);
	for (unsigned int e = 0; e < profile->except_count; e++) {
		ADD(profile->except[e].program);
		for (unsigned int i = 0; i < profile->except[e].from_count; i++)
			ADD(profile->except[e].from[i]);
	}
	for (unsigned int i = 0; profile->fds && i < profile->fds->allow_count; i++)
		if (profile->fds->allow[i].program)
			ADD(profile->fds->allow[i].program);
#undef ADD
	return n;
}

size_t ew_policy_program_paths(const struct ew_policy *policy, const char **paths)
{
	size_t n = 0;

	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_document *document = policy->files[f].document;

		for (unsigned int p = 0; p < document->profiles_count; p++)
			n += paths_of(&document->profiles[p], paths ? paths + n : NULL);
	}
	return n;
}
