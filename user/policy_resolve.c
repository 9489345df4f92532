/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compile.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "identity.h"

static int system_program(void *context, const char *path, struct ew_identity *out)
{
	return context ? ew_identity_find(context, path, out) : ew_identity_of_path(path, out);
}

/* An entry of passwd(5) or group(5), a group with thousands of members included. */
#define NSS_BUFFER_SIZE (1 << 20)

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

const struct ew_resolver ew_resolver_system = {
	.program = system_program,
	.user = system_user,
	.group = system_group,
};
