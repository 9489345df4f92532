/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdstore RESULT - a service that gives the service manager a descriptor to keep, ends, and has it again after that
 *
 * Started without a descriptor from 3 on it sends one of /etc/hosts (FDSTORE=1, sd_notify(3)), waits until that has
 * been read (BARRIER=1) and exits 1, so that it is started again. With one it writes into RESULT what that is open on,
 * and stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notify(const char *text, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct iovec iov = {.iov_base = (void *)text, .iov_len = strlen(text)};
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int sock, err;

	if (!path || strlen(path) >= sizeof(to.sun_path))
		return -ENOENT;
	memcpy(to.sun_path, path, strlen(path));
	msg.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	err = sendmsg(sock, &msg, 0) < 0 ? -errno : 0;
	close(sock);
	return err;
}

/* Until the manager has read what was sent: it closes its end of the pipe then. */
static int barrier(void)
{
	struct pollfd end = {.events = 0};
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	err = notify("BARRIER=1", fds[1]);
	close(fds[1]);
	end.fd = fds[0];
	if (err == 0 && poll(&end, 1, 30000) != 1)
		err = -ETIMEDOUT;
	close(fds[0]);
	return err;
}

int main(int argc, char **argv)
{
	char target[PATH_MAX];
	ssize_t len = readlink("/proc/self/fd/3", target, sizeof(target));
	FILE *out;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: fdstore RESULT\n");
		return 2;
	}
	if (len < 0) {
		int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC);

		err = fd < 0 ? -errno : notify("FDSTORE=1\nFDNAME=hosts", fd);
		err = err ? err : barrier();
		if (err)
			fprintf(stderr, "fdstore: %s\n", strerror(-err));
		return 1;
	}
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%.*s\n", (int)len, target) < 0 || fclose(out) != 0)
		return 3;
	for (;;)
		pause();
}
