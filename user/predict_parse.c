/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "predict.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "util.h"

/* What the kernel shows of callers and files, as predict.c wants it. */

int ew_id_map_parse(FILE *f, struct ew_id_map *map)
{
	__u32 inside, outside, count;
	int found;

	*map = (struct ew_id_map){0};
	while ((found = fscanf(f, "%u %u %u", &inside, &outside, &count)) == 3 && map->n < EW_ID_EXTENTS_MAX) {
		map->extents[map->n].inside = inside;
		map->extents[map->n].outside = outside;
		map->extents[map->n++].count = count;
	}
	return found == EOF ? 0 : -EBADMSG;
}

static int parse_groups(const char *text, struct ew_predict_caller *caller)
{
	size_t room = 0;
	int used;

	for (__u32 gid; sscanf(text, "%u%n", &gid, &used) == 1; text += used) {
		if (caller->n_groups == room) {
			__u32 *groups;

			room = room ? 2 * room : 32;
			groups = reallocarray(caller->groups, room, sizeof(*groups));
			if (!groups)
				return -ENOMEM;
			caller->groups = groups;
		}
		caller->groups[caller->n_groups++] = gid;
	}
	return 0;
}

int ew_caller_parse_status(FILE *f, struct ew_predict_caller *caller, struct ew_caller_status *status)
{
	struct ew_creds *creds = &caller->creds;
	_cleanup_free_ char *line = NULL;
	unsigned long long set;
	unsigned int seen = 0, flag;
	__u64 *const sets[] = {&creds->inheritable, &creds->permitted, &creds->effective, &creds->bset,
			       &caller->ambient};
	static const char *const keys[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
	size_t room = 0;

	while (getline(&line, &room, f) >= 0) {
		/* the kernel escapes a newline in a name, so no name can look like another line */
		if (sscanf(line, "Name: %63[^\n]", status->comm) == 1)
			continue;
		seen += sscanf(line, "Tgid: %u", &status->tgid) == 1;
		seen += sscanf(line, "PPid: %u", &status->ppid) == 1;
		seen += sscanf(line, "TracerPid: %u", &status->tracer) == 1;
		seen += sscanf(line, "Uid: %u %u %u", &creds->uid, &creds->euid, &creds->suid) == 3;
		seen += sscanf(line, "Gid: %u %u %u", &creds->gid, &creds->egid, &creds->sgid) == 3;
		for (size_t i = 0; i < EW_ARRAY_SIZE(keys); i++) {
			size_t len = strlen(keys[i]);

			if (strncmp(line, keys[i], len) == 0 && sscanf(line + len, "%llx", &set) == 1) {
				*sets[i] = set;
				seen++;
			}
		}
		if (sscanf(line, "NoNewPrivs: %u", &flag) == 1) {
			caller->no_new_privs = flag;
			seen++;
		}
		if (strncmp(line, "Groups:", 7) == 0 && parse_groups(line + 7, caller) < 0)
			return -ENOMEM;
	}
	return seen == 6 + EW_ARRAY_SIZE(keys) ? 0 : -EBADMSG;
}

static __u64 caps_of(const struct vfs_ns_cap_data *data, size_t words, bool permitted)
{
	__u64 caps = 0;

	for (size_t i = 0; i < words; i++)
		caps |= (__u64)le32toh(permitted ? data->data[i].permitted : data->data[i].inheritable) << (32 * i);
	return caps;
}

/* get_vfs_caps_from_disk() in security/commoncap.c. */
void ew_file_caps_parse(const void *attribute, size_t len, struct ew_file_caps *caps)
{
	struct vfs_ns_cap_data data = {0};
	size_t words = VFS_CAP_U32_2, expected = 0;
	__u32 magic;

	*caps = (struct ew_file_caps){.malformed = true};
	if (len < sizeof(data.magic_etc) || len > sizeof(data))
		return;
	memcpy(&data, attribute, len);
	magic = le32toh(data.magic_etc);
	switch (magic & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		expected = XATTR_CAPS_SZ_1;
		words = VFS_CAP_U32_1;
		break;
	case VFS_CAP_REVISION_2:
		expected = XATTR_CAPS_SZ_2;
		break;
	case VFS_CAP_REVISION_3:
		expected = XATTR_CAPS_SZ_3;
		caps->root = le32toh(data.rootid);
		break;
	}
	if (len != expected)
		return;
	caps->malformed = false;
	caps->present = true;
	caps->effective = magic & VFS_CAP_FLAGS_EFFECTIVE;
	caps->permitted = caps_of(&data, words, true);
	caps->inheritable = caps_of(&data, words, false);
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

static const char *find_end(const char *at, const char *end)
{
	while (at < end && *at != ' ' && *at != '\t' && *at)
		at++;
	return at;
}

int ew_script_interpreter(const char *buf, size_t len, char out[EW_SCRIPT_HEAD])
{
	char head[EW_SCRIPT_HEAD] = {0}; /* the kernel's buffer is filled up with zeroes, too */
	const char *last = head + sizeof(head) - 1, *end, *name;

	memcpy(head, buf, len < sizeof(head) ? len : sizeof(head));
	if (head[0] != '#' || head[1] != '!')
		return 0;
	end = memchr(head, '\n', strnlen(head, sizeof(head)));
	if (!end) {
		/* the line goes on behind the buffer: then the name must not */
		name = skip_blanks(head + 2, last);
		if (name == last || find_end(name, last) == last)
			return -ENOEXEC;
		end = last;
	}
	while (end > head + 2 && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	name = skip_blanks(head + 2, end);
	if (name == end || !*name)
		return -ENOEXEC;
	end = find_end(name, end);
	memcpy(out, name, (size_t)(end - name));
	out[end - name] = '\0';
	return (int)(end - name);
}
