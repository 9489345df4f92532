/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tidmap DIR TARGET INSIDE OUTSIDE COUNT - mounts DIR at TARGET, too, with owners changed: the file system's ids from
 * INSIDE on are those from OUTSIDE on there, all others nobody's (mount_setattr(2), "ID-mapped mounts")
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "tidmap: %s: %s\n", what, strerror(errno));
	return -1;
}

static int write_map(pid_t pid, const char *map, const char *text)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, map);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	return n < 0 ? fail(path) : 0;
}

/* A user namespace with this map, of a process that has gone by then. */
static int open_namespace(const char *map)
{
	int ready[2], fd = -1;
	char path[64], byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return fail("pipe2");
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1 && write_map(pid, "uid_map", map) == 0 &&
	    write_map(pid, "gid_map", map) == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd < 0 ? fail("user namespace") : fd;
}

int main(int argc, char **argv)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	char map[64];
	long tree;
	int ns;

	if (argc != 6)
		return 2;
	snprintf(map, sizeof(map), "%s %s %s\n", argv[3], argv[4], argv[5]);
	ns = open_namespace(map);
	if (ns < 0)
		return 1;
	attr.userns_fd = (__u64)ns;
	tree = syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return fail("open_tree"), 1;
	if (syscall(SYS_mount_setattr, (int)tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return fail("mount_setattr"), 1;
	if (syscall(SYS_move_mount, (int)tree, "", AT_FDCWD, argv[2], MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail("move_mount"), 1;
	return 0;
}
