/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "shared_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pins.h"

/* Logs what differs and what to do about it. */
static int refuse(const char *name, const char *what, __u32 there, __u32 here)
{
	return ew_error_ret(-EPROTO,
			    "what is loaded cannot be taken over, and stays in force: %s \"%s\" has %s %u, and that "
			    "of this version %u; to go on with this version: execward unload, then execward load; "
			    "between the two nothing is enforced",
			    name ? "its map" : "its layout", name ?: "of maps", what, there, here);
}

/* Is the map open at FD what the loader would make? */
static int compare(int fd, const struct ew_light_map *map, __u32 max_entries)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return ew_error_ret(-errno, "the map \"%s\" cannot be looked at: %s", map->name, strerror(errno));
	if (info.type != map->type)
		return refuse(map->name, "type", info.type, map->type);
	if (info.key_size != map->key_size)
		return refuse(map->name, "a key size of", info.key_size, map->key_size);
	if (info.value_size != map->value_size)
		return refuse(map->name, "a value size of", info.value_size, map->value_size);
	if (info.max_entries != max_entries)
		return refuse(map->name, "a number of entries of", info.max_entries, max_entries);
	if (info.map_flags != map->flags)
		return refuse(map->name, "flags", info.map_flags, map->flags);
	return 0;
}

int ew_shared_map_open(const struct ew_light *loader, int index, __u32 max_entries, const char *name)
{
	struct ew_light_search search = {};
	struct ew_light_map map = {.index = -1};
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int err, shared;

	snprintf(path, sizeof(path), "%s/maps/%s", EW_PIN_DIR, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return ew_error_ret(-errno, "%s cannot be opened: %s; unload and load again", path, strerror(errno));
	while (map.index != index)
		if (!ew_light_next(loader, &search, &map))
			return ew_error_ret(-ENOTSUP, "this build of execward cannot take over maps: it was generated "
						      "by a bpftool that is not known");
	err = compare(fd, &map, max_entries ?: map.max_entries);
	if (err < 0)
		return err;
	/* not one of the standard descriptors, if these are closed: 0 is none */
	shared = fcntl(fd, F_DUPFD_CLOEXEC, EW_STANDARD_FDS);
	return shared < 0 ? -errno : shared;
}

int ew_shared_maps_check(__u32 layout)
{
	_cleanup_close_ int fd = bpf_obj_get(EW_PIN_DIR "/maps/meta");
	struct ew_meta meta = {};
	__u32 zero = 0;

	if (fd < 0 || bpf_map_lookup_elem(fd, &zero, &meta) < 0)
		return ew_error_ret(-errno, "%s/maps/meta cannot be read: %s", EW_PIN_DIR, strerror(errno));
	return meta.layout == layout ? 0 : refuse(NULL, "the number", meta.layout, layout);
}
