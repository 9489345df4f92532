/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "stage.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "log.h"

#define BUSY_TRIES 500
#define BUSY_PAUSE_NS 10000000L

static int remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		char sub[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			err = remove_dir(sub) ?: err;
		else if (unlink(sub) < 0)
			err = -errno;
	}
	closedir(dir);
	return rmdir(path) < 0 ? -errno : err;
}

/* Links first: nothing may be enforced by programs whose maps are half gone. */
static int remove_pins(const char *path)
{
	char links[PATH_MAX];
	int err;

	snprintf(links, sizeof(links), "%s/links", path);
	err = remove_dir(links);
	return err < 0 ? err : remove_dir(path);
}

int ew_stage_make(void)
{
	static const char *const dirs[] = {
		EW_STAGE_DIR,
		EW_STAGE_DIR "/maps",
		EW_STAGE_DIR "/progs",
		EW_STAGE_DIR "/links",
	};
	int err = remove_pins(EW_STAGE_DIR) ?: remove_pins(EW_GONE_DIR);

	if (err < 0)
		return ew_error_ret(err, "what an interrupted run left in %s cannot be removed: %s", EW_BPFFS,
				    strerror(-err));
	for (size_t i = 0; i < EW_ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0700) < 0)
			return ew_error_ret(-errno, "%s cannot be made: %s", dirs[i], strerror(errno));
	return 0;
}

int ew_stage_pin(const char *dir, const char *name, int fd)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", EW_STAGE_DIR, dir, name);
	if (bpf_obj_pin(fd, path) < 0)
		return ew_error_ret(-errno, "%s cannot be pinned: %s", path, strerror(errno));
	return 0;
}

/* Of a program whose link was just let go the kernel says for a moment that it is attached (RCU frees the pin). */
static int open_link(int prog_fd)
{
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};
	int link = bpf_raw_tracepoint_open(NULL, prog_fd);

	for (int i = 0; link < 0 && errno == EBUSY && i < BUSY_TRIES; i++) {
		nanosleep(&pause, NULL);
		link = bpf_raw_tracepoint_open(NULL, prog_fd);
	}
	return link;
}

int ew_stage_attach(const char *program, int prog_fd)
{
	/* closing the descriptor at the end: pinned, the link stays; not pinned, it goes */
	_cleanup_close_ int link = open_link(prog_fd);

	if (link < 0)
		return ew_error_ret(-errno, "program %s cannot be attached: %s", program, strerror(errno));
	return ew_stage_pin("links", program, link);
}

int ew_stage_place(void)
{
	if (rename(EW_STAGE_DIR, EW_PIN_DIR) < 0)
		return ew_error_ret(-errno, "%s cannot be renamed to %s: %s", EW_STAGE_DIR, EW_PIN_DIR,
				    strerror(errno));
	return 0;
}

/* The bpf file system can since Linux 5.17 (simple_rename(), fs/libfs.c). */
int ew_stage_exchange(void)
{
	if (renameat2(AT_FDCWD, EW_STAGE_DIR, AT_FDCWD, EW_PIN_DIR, RENAME_EXCHANGE) < 0)
		return ew_error_ret(-errno, "%s cannot take the place of %s: %s", EW_STAGE_DIR, EW_PIN_DIR,
				    strerror(errno));
	return 0;
}

int ew_stage_take_away(void)
{
	int err;

	if (rename(EW_PIN_DIR, EW_GONE_DIR) < 0) {
		if (errno == ENOENT)
			return -ENOENT;
		return ew_error_ret(-errno, "%s cannot be renamed: %s", EW_PIN_DIR, strerror(errno));
	}
	err = remove_pins(EW_GONE_DIR);
	if (err < 0)
		return ew_error_ret(err, "%s cannot be removed whole: %s", EW_GONE_DIR, strerror(-err));
	return 0;
}

bool ew_stage_is_left(void)
{
	return access(EW_STAGE_DIR, F_OK) == 0 || access(EW_GONE_DIR, F_OK) == 0;
}

void ew_stage_sweep(void)
{
	remove_pins(EW_STAGE_DIR);
	remove_pins(EW_GONE_DIR);
}
