/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tmount KIND DIR - mounts at DIR what cannot be looked at, prints "mounted", and serves it until it is killed
 *
 *	dead	FUSE, whose server ends at once
 *	private	FUSE of user 1000, which not even root may look at
 *	broken	FUSE: "prog", a set-user-ID program, "broken", a directory that cannot be read, and "odd", a program
 *whose attributes cannot mute	the same, and "stuck", a directory that is never answered for autofs	a direct one;
 *prints "triggered" when somebody wants what belongs there, who then gets ENOENT
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/auto_fs.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "tmount: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

/* --- FUSE --- */

/* By the number of the file less 1, which is FUSE_ROOT_ID. */
static const struct node {
	const char *name;
	mode_t mode;
} nodes[] = {{"", S_IFDIR | 0755},
	     {"prog", S_IFREG | 04755},
	     {"broken", S_IFDIR | 0755},
	     {"odd", S_IFREG | 0755},
	     {"stuck", S_IFDIR | 0755}};
static size_t n_nodes = 4;
static uint64_t mute; /* which is not answered for */

enum { BROKEN = 3, ODD, STUCK };

static struct fuse_attr attr_of(uint64_t id)
{
	return (struct fuse_attr){.ino = id, .mode = nodes[id - 1].mode, .nlink = 1, .blksize = 4096};
}

static void reply(int fd, uint64_t unique, int error, const void *data, size_t size)
{
	char buffer[8192];
	struct fuse_out_header head = {.len = (uint32_t)(sizeof(head) + size), .error = error, .unique = unique};

	memcpy(buffer, &head, sizeof(head));
	if (size)
		memcpy(buffer + sizeof(head), data, size);
	/* ENOENT: who asked was interrupted */
	must(write(fd, buffer, head.len) == (ssize_t)head.len || errno == ENOENT, "reply");
}

static void reply_init(int fd, uint64_t unique)
{
	struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};

	reply(fd, unique, 0, &out, sizeof(out));
}

static void reply_lookup(int fd, uint64_t unique, const char *name)
{
	for (uint64_t id = 2; id <= n_nodes; id++) {
		struct fuse_entry_out out = {.nodeid = id, .attr = attr_of(id)};

		if (strcmp(nodes[id - 1].name, name) == 0) {
			reply(fd, unique, 0, &out, sizeof(out));
			return;
		}
	}
	reply(fd, unique, -ENOENT, NULL, 0);
}

static void reply_readdir(int fd, uint64_t unique, uint64_t id, uint64_t offset)
{
	char list[1024];
	size_t used = 0;

	if (id == BROKEN) {
		reply(fd, unique, -EIO, NULL, 0);
		return;
	}
	for (uint64_t i = offset + 2; id == FUSE_ROOT_ID && i <= n_nodes; i++) {
		const struct node *node = &nodes[i - 1];
		struct fuse_dirent entry = {
			.ino = i, .off = i - 1, .namelen = (uint32_t)strlen(node->name), .type = node->mode >> 12};

		memset(list + used, 0, FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen));
		memcpy(list + used, &entry, FUSE_NAME_OFFSET);
		memcpy(list + used + FUSE_NAME_OFFSET, node->name, entry.namelen);
		used += FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);
	}
	reply(fd, unique, 0, list, used);
}

static void answer(int fd, const struct fuse_in_header *in, const char *data)
{
	struct fuse_attr_out attr = {0};
	struct fuse_open_out open = {0};

	if (in->nodeid == mute && in->opcode == FUSE_OPENDIR)
		return;
	switch (in->opcode) {
	case FUSE_INIT:
		reply_init(fd, in->unique);
		return;
	case FUSE_LOOKUP:
		reply_lookup(fd, in->unique, data);
		return;
	case FUSE_GETATTR:
		attr.attr = attr_of(in->nodeid);
		reply(fd, in->unique, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPENDIR:
		reply(fd, in->unique, 0, &open, sizeof(open));
		return;
	case FUSE_READDIR:
		reply_readdir(fd, in->unique, in->nodeid, ((const struct fuse_read_in *)data)->offset);
		return;
	case FUSE_GETXATTR:
		reply(fd, in->unique, in->nodeid == ODD ? -EIO : -ENODATA, NULL, 0);
		return;
	case FUSE_RELEASEDIR:
		reply(fd, in->unique, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* no answer is expected */
	default:
		reply(fd, in->unique, -ENOSYS, NULL, 0);
	}
}

static void serve(const char *kind, const char *dir)
{
	static union {
		struct fuse_in_header in;
		char bytes[65536];
	} request;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), private = strcmp(kind, "private") == 0;
	char options[128];
	ssize_t n;

	must(fd >= 0, "/dev/fuse");
	mute = strcmp(kind, "silent") == 0 ? FUSE_ROOT_ID : STUCK;
	n_nodes += strcmp(kind, "mute") == 0;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fd, private ? 1000 : 0,
		 private ? 1000 : 0);
	must(mount("tmount", dir, "fuse.test", 0, options) == 0, "mount");
	while ((n = read(fd, &request, sizeof(request))) > 0 || errno == EINTR || errno == ENOENT) {
		if (n <= 0)
			continue;
		request.bytes[n < (ssize_t)sizeof(request) ? n : n - 1] = '\0';
		answer(fd, &request.in, request.bytes + sizeof(request.in));
		if (request.in.opcode != FUSE_INIT)
			continue;
		say("mounted");
		if (strcmp(kind, "dead") == 0)
			return;
	}
}

/* --- autofs --- */

static void wait_for_triggers(const char *dir)
{
	union autofs_v5_packet_union packet;
	char options[128];
	int ends[2], root;

	/* what its own process group does triggers nothing */
	must(setpgid(0, 0) == 0 && pipe2(ends, O_CLOEXEC | O_DIRECT) == 0, "pipe");
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", ends[1], getpgrp());
	must(mount("tmount", dir, "autofs", 0, options) == 0, "mount");
	close(ends[1]);
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(root >= 0, dir);
	say("mounted");
	while (read(ends[0], &packet, sizeof(packet)) > 0) {
		say("triggered");
		must(ioctl(root, AUTOFS_IOC_FAIL, packet.v5_packet.wait_queue_token) == 0, "AUTOFS_IOC_FAIL");
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: tmount dead|private|broken|mute|silent|autofs DIR\n");
		return 2;
	}
	if (strcmp(argv[1], "autofs") == 0)
		wait_for_triggers(argv[2]);
	else
		serve(argv[1], argv[2]);
	return 0;
}
