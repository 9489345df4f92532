/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compile.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "identity.h"
#include "words.h"

static int system_program(void *context, const char *path, struct ew_identity *out)
{
	return context ? ew_identity_find(context, path, out) : ew_identity_of_path(path, out);
}

/* An entry of passwd(5) or group(5), a group with thousands of members included. */
#define NSS_BUFFER_SIZE (1 << 20)
#define NAMES_MAX 4096 /* looked through for the nearest; advice is not worth more */

static int system_user(void *context, const char *name, __u32 *out)
{
	_cleanup_free_ char *buf = malloc(NSS_BUFFER_SIZE);
	struct passwd entry, *result = NULL;
	int err;

	(void)context;
	if (!buf)
		return -ENOMEM;
	err = getpwnam_r(name, &entry, buf, NSS_BUFFER_SIZE, &result);
	if (!result)
		return err ? -err : -ENOENT;
	*out = entry.pw_uid;
	return 0;
}

static int system_group(void *context, const char *name, __u32 *out)
{
	_cleanup_free_ char *buf = malloc(NSS_BUFFER_SIZE);
	struct group entry, *result = NULL;
	int err;

	(void)context;
	if (!buf)
		return -ENOMEM;
	err = getgrnam_r(name, &entry, buf, NSS_BUFFER_SIZE, &result);
	if (!result)
		return err ? -err : -ENOENT;
	*out = entry.gr_gid;
	return 0;
}

/* Those of the databases that can be listed (getpwent(3), getgrent(3)); a directory service may not let that be done.
 */
static const char *next_name(bool user)
{
	struct passwd *passwd = user ? getpwent() : NULL;
	struct group *group = user ? NULL : getgrent();

	return passwd ? passwd->pw_name : group ? group->gr_name : NULL;
}

static char *system_nearest(void *context, bool user, const char *name)
{
	char *names[NAMES_MAX], *found = NULL;
	const char *next;
	size_t n = 0;

	(void)context;
	if (user)
		setpwent();
	else
		setgrent();
	while (n < NAMES_MAX && (next = next_name(user)) && (names[n] = strdup(next)))
		n++;
	if (user)
		endpwent();
	else
		endgrent();
	next = ew_words_nearest(name, (const char *const *)names, n);
	if (next)
		found = strdup(next);
	while (n)
		free(names[--n]);
	return found;
}

const struct ew_resolver ew_resolver_system = {
	.program = system_program,
	.user = system_user,
	.group = system_group,
	.nearest = system_nearest,
};
