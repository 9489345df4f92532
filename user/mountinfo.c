/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mountinfo.h"

#include <errno.h>
#include <string.h>

#include "util.h"

/*
 * File systems of the kernel's own making, where nobody can put a program. tmpfs, ramfs and devtmpfs are none: what is
 * copied there can be executed.
 */
static const char *const virtual_types[] = {
	"autofs",   "binder",	  "binfmt_misc", "bpf",	       "cgroup",    "cgroup2", "configfs", "debugfs", "devpts",
	"efivarfs", "functionfs", "fusectl",	 "hugetlbfs",  "mqueue",    "nfsd",    "nsfs",	   "pipefs",  "proc",
	"pstore",   "resctrl",	  "rpc_pipefs",	 "securityfs", "selinuxfs", "smackfs", "sockfs",   "sysfs",   "tracefs",
};

void ew_mountinfo_unmangle(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		    p[3] <= '7') {
			*to = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

static bool is_virtual(const char *type)
{
	for (size_t i = 0; i < EW_ARRAY_SIZE(virtual_types); i++)
		if (EW_STREQ(type, virtual_types[i]))
			return true;
	return false;
}

static bool has_option(char *options, const char *word)
{
	char *save = NULL;

	for (char *at = strtok_r(options, ",", &save); at; at = strtok_r(NULL, ",", &save))
		if (EW_STREQ(at, word))
			return true;
	return false;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw". Returns whether LINE is such a one. */
static bool parse_line(char *line, struct ew_mount_point *m)
{
	unsigned int major, minor;
	unsigned long long id;
	char *save = NULL, *type = strstr(line, " - "), *field[6];

	if (!type)
		return false;
	*type = '\0';
	type += 3;
	type[strcspn(type, " \n")] = '\0';
	for (size_t i = 0; i < EW_ARRAY_SIZE(field); i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return false;
	}
	if (sscanf(field[0], "%llu", &id) != 1 || sscanf(field[2], "%u:%u", &major, &minor) != 2)
		return false;
	ew_mountinfo_unmangle(field[3]);
	ew_mountinfo_unmangle(field[4]);
	if (EW_STREQ(field[3], "/"))
		*field[3] = '\0';
	*m = (struct ew_mount_point){
		.id = id,
		.dev = (__u64)major << 32 | minor,
		.root = field[3],
		.point = field[4],
		.type = type,
		.nosuid = has_option(field[5], "nosuid"),
		.virtual = is_virtual(type),
	};
	return true;
}

int ew_mount_points_parse(FILE *f, struct ew_mount_points *out)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	*out = (struct ew_mount_points){0};
	while (getline(&line, &room, f) >= 0) {
		struct ew_mount_point mount, *list;

		if (!parse_line(line, &mount))
			continue;
		list = reallocarray(out->list, out->n + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		out->list = list;
		mount.root = strdup(mount.root);
		mount.point = strdup(mount.point);
		mount.type = strdup(mount.type);
		list[out->n++] = mount;
		if (!mount.root || !mount.point || !mount.type)
			return -ENOMEM;
	}
	return 0;
}

void ew_mount_points_clear(struct ew_mount_points *points)
{
	for (size_t i = 0; i < points->n; i++) {
		free(points->list[i].root);
		free(points->list[i].point);
		free(points->list[i].type);
	}
	free(points->list);
	*points = (struct ew_mount_points){0};
}
