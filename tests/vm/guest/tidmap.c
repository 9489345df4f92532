/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tidmap SOURCE TARGET MAP - mounts SOURCE at TARGET, too, with ids mapped by MAP (user_namespaces(7)): "0 100000 10"
 * makes files of 0 to 9 those of 100000 to 100009
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "tidmap: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map), path);
	close(fd);
}

/* A descriptor of a user namespace with this map, which a child makes. */
static int namespace_with(const char *map)
{
	char path[64], byte;
	int ready[2], fd;
	pid_t child;

	must(pipe(ready) == 0, "pipe");
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		must(unshare(CLONE_NEWUSER) == 0 && write(ready[1], "", 1) == 1, "unshare");
		for (;;)
			pause();
	}
	must(read(ready[0], &byte, 1) == 1, "read");
	write_map(child, "uid_map", map);
	write_map(child, "gid_map", map);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return fd;
}

int main(int argc, char **argv)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int tree;

	if (argc != 4)
		return 2;
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	must(tree >= 0, "open_tree");
	attr.userns_fd = (unsigned int)namespace_with(argv[3]);
	must(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0, "mount_setattr");
	must(syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[2], MOVE_MOUNT_F_EMPTY_PATH) == 0, "move_mount");
	return 0;
}
