/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tforkhold GO PROGRAM [ARG...] - forks a child that executes PROGRAM, and holds the fork until the file GO is there
 *
 * A userfaultfd(2) that was asked for fork events holds the fork while the parent's memory is copied: after task_alloc
 * and before the child has a pid (copy_process(), kernel/fork.c; dup_userfaultfd_complete(), fs/userfaultfd.c). Prints
 * "held" when it does. Ends as PROGRAM did. Needs CAP_SYS_PTRACE.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *go;
static int uffd;

static void die(const char *what)
{
	fprintf(stderr, "tforkhold: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void *hold(void *unused)
{
	struct pollfd p = {.fd = uffd, .events = POLLIN};
	struct uffd_msg msg;

	(void)unused;
	if (poll(&p, 1, -1) < 0)
		die("poll");
	/* nothing of stdio: its locks are held by fork() */
	if (write(STDOUT_FILENO, "held\n", 5) != 5)
		die("write");
	while (access(go, F_OK) < 0)
		usleep(10000);
	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_FORK)
		die("read");
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK};
	struct uffdio_register reg = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	pthread_t thread;
	int status;
	pid_t pid;
	void *page;

	if (argc < 3)
		return 125;
	go = argv[1];
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) < 0)
		die("userfaultfd");
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		die("mmap");
	reg.range.start = (__u64)(unsigned long)page;
	reg.range.len = size;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg) < 0)
		die("UFFDIO_REGISTER");
	if (pthread_create(&thread, NULL, hold, NULL) != 0)
		die("pthread_create");
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
