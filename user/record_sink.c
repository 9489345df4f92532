/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "log.h"
#include "util.h"

/* As libsystemd has it: room for what comes while journald is busy. */
#define JOURNAL_BUFFER (8 << 20)

static int open_journal(struct ew_sink *sink)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int room = JOURNAL_BUFFER;

	if (fd < 0)
		return -errno;
	if (strlen(sink->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, sink->path);
	/* without it the kernel's default does, for smaller entries */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	sink->fd = TAKE_FD(fd);
	return 0;
}

static int open_file(struct ew_sink *sink)
{
	_cleanup_close_ int fd =
		open(sink->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	sink->dev = st.st_dev;
	sink->ino = st.st_ino;
	sink->fd = TAKE_FD(fd);
	return 0;
}

/* O_NONBLOCK belongs to the open file, which others may write to as well: hence one of our own, where there can be. */
static int open_stream(struct ew_sink *sink, int fd)
{
	char path[64];
	struct stat st;
	int own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	sink->socket = fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	/* a regular file would be written to from its beginning */
	own = sink->socket || S_ISREG(st.st_mode) ? -1 : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	sink->fd = own < 0 ? fd : own;
	if (own >= 0)
		close(fd);
	return 0;
}

int ew_sink_open(struct ew_sink *sink, enum ew_sink_kind kind, const char *path, int fd)
{
	*sink = EW_SINK_CLOSED;
	sink->kind = kind;
	sink->path = path;
	switch (kind) {
	case EW_SINK_FILE:
		return open_file(sink);
	case EW_SINK_STREAM:
		return open_stream(sink, fd);
	default:
		return 0;
	}
}

void ew_sink_close(struct ew_sink *sink)
{
	ew_closep(&sink->fd);
	ew_freep(&sink->pending);
	*sink = EW_SINK_CLOSED;
}

bool ew_sink_ready(const struct ew_sink *sink)
{
	return sink->kind != EW_SINK_NONE && !sink->pending;
}

/* What is too large for a datagram goes as a sealed file in memory: journald takes no other. */
static int send_large(const struct ew_sink *sink)
{
	_cleanup_close_ int fd = memfd_create("execward-record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	ssize_t n = fd < 0 ? -1 : write(fd, sink->pending, sink->len);

	if (n < 0)
		return -errno;
	if ((size_t)n != sink->len)
		return -ENOMEM;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	return sendmsg(sink->fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int write_journal(struct ew_sink *sink)
{
	int err = sink->fd < 0 ? open_journal(sink) : 0;

	if (err == 0 && send(sink->fd, sink->pending, sink->len, MSG_NOSIGNAL) < 0)
		err = errno == EMSGSIZE || errno == ENOBUFS ? send_large(sink) : -errno;
	/* whoever takes its place has another socket */
	if (err < 0 && err != -EAGAIN)
		ew_closep(&sink->fd);
	return err;
}

/* A rotation renames the file, or takes it away. */
static bool was_rotated(const struct ew_sink *sink)
{
	struct stat st;

	return stat(sink->path, &st) < 0 || st.st_dev != sink->dev || st.st_ino != sink->ino;
}

static int write_bytes(struct ew_sink *sink)
{
	while (sink->done < sink->len) {
		const char *from = sink->pending + sink->done;
		size_t left = sink->len - sink->done;
		ssize_t n = sink->socket ? send(sink->fd, from, left, MSG_NOSIGNAL | MSG_DONTWAIT)
					 : write(sink->fd, from, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		sink->done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int write_file(struct ew_sink *sink)
{
	int err = 0;

	if (sink->fd >= 0 && was_rotated(sink)) {
		ew_closep(&sink->fd);
		sink->done = 0; /* a line that was begun is whole in the new file */
	}
	if (sink->fd < 0)
		err = open_file(sink);
	return err < 0 ? err : write_bytes(sink);
}

static void tell(struct ew_sink *sink)
{
	const char *what = sink->kind == EW_SINK_STREAM ? "standard output" : sink->path;

	/* journald that is busy, or a slow reader, is nothing to complain about: losses are counted */
	if (sink->error == sink->told || sink->error == -EAGAIN)
		return;
	if (sink->error)
		ew_warning("records cannot be written to %s: %s; they are kept as long as there is room, then counted "
			   "as lost",
			   what, strerror(-sink->error));
	else
		ew_info("records are written to %s again", what);
	sink->told = sink->error;
}

void ew_sink_flush(struct ew_sink *sink)
{
	if (!sink->pending)
		return;
	sink->error = sink->kind == EW_SINK_JOURNAL ? write_journal(sink)
		      : sink->kind == EW_SINK_FILE  ? write_file(sink)
						    : write_bytes(sink);
	tell(sink);
	if (sink->error)
		return;
	ew_freep(&sink->pending);
	sink->len = sink->done = 0;
}

void ew_sink_put(struct ew_sink *sink, char *entry, size_t len)
{
	sink->pending = entry;
	sink->len = len;
	sink->done = 0;
	ew_sink_flush(sink);
}

int ew_sink_waits_for(const struct ew_sink *sink)
{
	return sink->error == -EAGAIN ? sink->fd : -1;
}
