/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_origin.h"

#include <string.h>

/* The parent at *DATA, of which *LEN bytes are left; moves both behind it. False: it is not whole. */
static bool take(const char **data, size_t *len, struct ew_parent_view *out)
{
	struct ew_parent parent;

	if (*len < sizeof(parent))
		return false;
	memcpy(&parent, *data, sizeof(parent));
	if (*len - sizeof(parent) < parent.text_len || parent.text_len > EW_FD_PATH_MAX || parent.marks > EW_FD_MARKS)
		return false;
	memset(out, 0, sizeof(*out));
	out->pid = parent.pid;
	out->image.fd.marks = parent.marks;
	out->image.fd.text_len = parent.text_len;
	out->image.text = *data + sizeof(parent);
	*data += sizeof(parent) + parent.text_len;
	*len -= sizeof(parent) + parent.text_len;
	return true;
}

bool ew_parents_check(const char *data, size_t len)
{
	struct ew_parent_view parent;

	for (unsigned int i = 0; len; i++)
		if (i >= EW_PARENTS_MAX || !take(&data, &len, &parent))
			return false;
	return true;
}

bool ew_args_check(const char *data, size_t len, __u32 flags)
{
	__u32 from = flags & (EW_ARGS_IMAGE | EW_ARGS_CALLER);
	unsigned int n = 0;

	if (!flags)
		return len == 0;
	if (flags > EW_ARGS_FLAGS || (from != EW_ARGS_IMAGE && from != EW_ARGS_CALLER))
		return false;
	if (len > EW_ARGS_SIZE || (len && data[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		n += !data[i];
	return n <= EW_ARGS_MAX;
}

void ew_record_each_parent(const struct ew_record_view *view,
			   void (*each)(void *ctx, const struct ew_parent_view *parent), void *ctx)
{
	const char *data = view->parents;
	size_t len = view->record.parents_len;
	struct ew_parent_view parent;

	while (len && take(&data, &len, &parent))
		each(ctx, &parent);
}

void ew_record_each_arg(const struct ew_record_view *view, void (*each)(void *ctx, const char *arg), void *ctx)
{
	const char *arg = view->args, *end = arg + view->record.args_len;

	for (; arg < end; arg += strlen(arg) + 1)
		each(ctx, arg);
}
