/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_fds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "escape.h"
#include "util.h"
#include "words.h"

/* The descriptor at *DATA, of which *LEN bytes are left; moves both behind it. False: it is not whole. */
static bool take(const char **data, size_t *len, struct ew_fd_view *out)
{
	size_t size;

	if (*len < sizeof(out->fd))
		return false;
	memcpy(&out->fd, *data, sizeof(out->fd));
	size = sizeof(out->fd) + out->fd.text_len + out->fd.peer_len;
	if (*len < size)
		return false;
	out->text = *data + sizeof(out->fd);
	out->peer = out->text + out->fd.text_len;
	*data += size;
	*len -= size;
	return true;
}

static bool words_are_known(const struct ew_fd *fd)
{
	return fd->kind < EW_FD_KIND_MAX && fd->access <= (EW_FD_READ | EW_FD_WRITE | EW_FD_O_PATH) &&
	       fd->marks <= EW_FD_MARKS && fd->dangers < EW_BIT(EW_FD_DANGER_MAX);
}

bool ew_fds_check(const char *data, size_t len)
{
	struct ew_fd_view fd;
	struct ew_fds fds;

	if (len < sizeof(fds))
		return false;
	memcpy(&fds, data, sizeof(fds));
	if (fds.described > EW_FDS_DESCRIBED_MAX || fds.described > fds.count)
		return false;
	data += sizeof(fds);
	len -= sizeof(fds);
	for (__u32 i = 0; i < fds.described; i++)
		if (!take(&data, &len, &fd) || !words_are_known(&fd.fd))
			return false;
	return len == 0;
}

bool ew_record_fds(const struct ew_record_view *view, struct ew_fds *out)
{
	if (!view->fds)
		return false;
	memcpy(out, view->fds, sizeof(*out));
	return true;
}

void ew_record_each_fd(const struct ew_record_view *view, void (*each)(void *ctx, const struct ew_fd_view *fd),
		       void *ctx)
{
	const char *data = view->fds;
	size_t len = view->fds_len;
	struct ew_fd_view fd;
	struct ew_fds fds;

	if (!ew_record_fds(view, &fds))
		return;
	data += sizeof(fds);
	len -= sizeof(fds);
	for (__u32 i = 0; i < fds.described && take(&data, &len, &fd); i++)
		each(ctx, &fd);
}

/* The path, from the names of its levels (struct ew_fd). OUT has room for text_len + 4 bytes. Returns its length. */
static size_t put_path(const struct ew_fd_view *fd, char *out)
{
	size_t end = fd->fd.text_len, used = 0;

	if (fd->fd.marks & EW_FD_TRUNCATED) {
		memcpy(out, "...", 3);
		used = 3;
	}
	while (end > 0) {
		size_t start = --end; /* at the "/" behind a name */

		while (start > 0 && fd->text[start - 1] != '/')
			start--;
		out[used++] = '/';
		memcpy(out + used, fd->text + start, end - start);
		used += end - start;
		end = start;
	}
	if (!used)
		out[used++] = '/';
	return used;
}

char *ew_fd_target(const struct ew_fd_view *fd, unsigned int flags)
{
	const char *kind = ew_words_name(&ew_fd_kind_words, fd->fd.kind);
	char target[EW_FD_PATH_MAX + 64];
	size_t len;

	if (fd->fd.text_len > EW_FD_PATH_MAX)
		len = (size_t)snprintf(target, sizeof(target), "%s", kind);
	else if (fd->fd.marks & EW_FD_PATH)
		len = put_path(fd, target);
	else if (fd->fd.kind == EW_FD_NAMESPACE && fd->fd.text_len)
		len = (size_t)snprintf(target, sizeof(target), "%.*s:[%llu]", fd->fd.text_len, fd->text,
				       (unsigned long long)fd->fd.file.ino);
	else if (fd->fd.kind == EW_FD_MEMFD)
		len = (size_t)snprintf(target, sizeof(target), "/%.*s", fd->fd.text_len, fd->text);
	else if (fd->fd.text_len)
		len = (size_t)snprintf(target, sizeof(target), "anon_inode:%.*s", fd->fd.text_len, fd->text);
	else
		len = (size_t)snprintf(target, sizeof(target), "%s:[%llu]", fd->fd.kind == EW_FD_FIFO ? "pipe" : kind,
				       (unsigned long long)fd->fd.file.ino);
	return ew_escape_dup(target, len, flags);
}

const char *ew_fd_access(const struct ew_fd *fd)
{
	static const char *const words[] = {"none", "r", "w", "rw"};

	return fd->access & EW_FD_O_PATH ? "path" : words[fd->access & (EW_FD_READ | EW_FD_WRITE)];
}

const char *ew_fd_family(__u32 family)
{
	switch (family) {
	case AF_UNIX:
		return "unix";
	case AF_INET:
		return "inet";
	case AF_INET6:
		return "inet6";
	case AF_NETLINK:
		return "netlink";
	case AF_PACKET:
		return "packet";
	case AF_VSOCK:
		return "vsock";
	default:
		return NULL;
	}
}

const char *ew_fd_socket_type(__u32 type)
{
	switch (type) {
	case SOCK_STREAM:
		return "stream";
	case SOCK_DGRAM:
		return "dgram";
	case SOCK_RAW:
		return "raw";
	case SOCK_SEQPACKET:
		return "seqpacket";
	default:
		return NULL;
	}
}

struct brief {
	struct ew_fd_view fd;
	bool any;
};

static void choose(void *ctx, const struct ew_fd_view *fd)
{
	struct brief *brief = ctx;

	if (!brief->any || (fd->fd.dangers && !brief->fd.fd.dangers))
		brief->fd = *fd;
	brief->any = true;
}

char *ew_record_fds_brief(const struct ew_record_view *view, unsigned int flags)
{
	_cleanup_free_ char *target = NULL;
	struct brief brief = {0};
	char more[32] = "", *text;
	struct ew_fds fds;

	if (!ew_record_fds(view, &fds) || !fds.count)
		return NULL;
	ew_record_each_fd(view, choose, &brief);
	if (!brief.any)
		return asprintf(&text, "%u", fds.count) < 0 ? NULL : text;
	target = ew_fd_target(&brief.fd, flags);
	if (fds.count > 1)
		snprintf(more, sizeof(more), " +%u", fds.count - 1);
	if (!target ||
	    asprintf(&text, "%u %s%s%s", brief.fd.fd.fd, target, brief.fd.fd.dangers ? " (dangerous)" : "", more) < 0)
		return NULL;
	return text;
}
