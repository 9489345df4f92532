/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "halves.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>

#include "util.h"

void ew_halves_init(struct ew_halves *halves, int outer_fd, bool none)
{
	*halves = (struct ew_halves){.outer_fd = outer_fd};
	for (__u32 half = 0; half < EW_HALVES; half++) {
		halves->known[half] = none;
		halves->fd[half] = -ENOENT;
	}
}

/* FD takes the place of what is known of HALF. */
static void keep(struct ew_halves *halves, __u32 half, int fd)
{
	if (halves->known[half])
		ew_closep(&halves->fd[half]);
	halves->fd[half] = fd;
	halves->known[half] = true;
}

void ew_halves_clear(struct ew_halves *halves)
{
	for (__u32 half = 0; half < EW_HALVES; half++)
		keep(halves, half, -ENOENT);
}

static int look_up(const struct ew_halves *halves, __u32 half)
{
	__u32 id;
	int fd = bpf_map_lookup_elem(halves->outer_fd, &half, &id) < 0 ? -1 : bpf_map_get_fd_by_id(id);

	return fd < 0 ? -errno : fd;
}

/* Another descriptor of the same map, or the same errno. */
static int again(int fd)
{
	int other = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return fd >= 0 && other < 0 ? -errno : other;
}

int ew_halves_get(struct ew_halves *halves, __u32 half)
{
	__u32 other = !half;
	int fd;

	if (halves->known[half])
		return halves->fd[half];
	fd = halves->alike && halves->known[other] ? again(halves->fd[other]) : look_up(halves, half);
	if (fd >= 0 || fd == -ENOENT)
		keep(halves, half, fd);
	return fd;
}

int ew_halves_put(struct ew_halves *halves, __u32 half, int fd)
{
	int err;

	if (bpf_map_update_elem(halves->outer_fd, &half, &fd, BPF_ANY) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	/* before this one is known to be another */
	if (halves->alike)
		ew_halves_get(halves, !half);
	halves->alike = false;
	keep(halves, half, fd);
	return 0;
}

int ew_halves_drop(struct ew_halves *halves, __u32 half)
{
	int fd = ew_halves_get(halves, half);

	/* only if there is one, as this waits, too */
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_map_delete_elem(halves->outer_fd, &half) < 0)
		return -errno;
	if (halves->alike)
		ew_halves_get(halves, !half);
	halves->alike = false;
	keep(halves, half, -ENOENT);
	return 0;
}

int ew_halves_copy(struct ew_halves *halves, __u32 from, __u32 to)
{
	int fd = ew_halves_get(halves, from);

	if (fd == -ENOENT)
		return ew_halves_drop(halves, to);
	fd = again(fd);
	return fd < 0 ? fd : ew_halves_put(halves, to, fd);
}

int ew_halves_wait(struct ew_halves *halves, __u32 half)
{
	int fd = ew_halves_get(halves, half);

	if (fd < 0)
		return fd;
	return bpf_map_update_elem(halves->outer_fd, &half, &fd, BPF_ANY) < 0 ? -errno : 0;
}
