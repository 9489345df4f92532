/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_parse_fds.h"

#include <string.h>

#include <execward/record.h>

#include "escape.h"
#include "json_get.h"
#include "util.h"
#include "words.h"

int ew_fd_access_find(const char *text)
{
	static const struct {
		const char *word;
		int access;
	} words[] = {
		{"none", 0},
		{"r", EW_FD_READ},
		{"w", EW_FD_WRITE},
		{"rw", EW_FD_READ | EW_FD_WRITE},
		{"path", EW_FD_O_PATH},
	};

	for (size_t i = 0; i < EW_ARRAY_SIZE(words); i++)
		if (EW_STREQ(text, words[i].word))
			return words[i].access;
	return -1;
}

/* The names of the levels of PATH from the last to the first, each with a "/" behind it (struct ew_fd). */
static size_t reverse(const char *path, char *out)
{
	size_t end = strlen(path), used = 0;

	while (end > 0) {
		size_t start = end;

		while (start > 0 && path[start - 1] != '/')
			start--;
		memcpy(out + used, path + start, end - start);
		used += end - start;
		if (start > 0 || used)
			out[used++] = '/';
		end = start ? start - 1 : 0;
	}
	return used == 1 ? 0 : used; /* "/" has no level */
}

/* What ew_fd_target() makes TARGET of: into FD and TEXT, which has room for EW_FD_TARGET_MAX + 1 bytes. */
static void put_target(struct ew_fd *fd, const char *target, char *text)
{
	static const char anon[] = "anon_inode:";
	size_t len = 0;

	if (fd->kind == EW_FD_MEMFD && target[0] == '/') {
		len = strlen(target + 1);
		memcpy(text, target + 1, len);
	} else if (fd->kind == EW_FD_NAMESPACE && target[0] != '/') {
		len = strcspn(target, ":");
		memcpy(text, target, len);
	} else if (strncmp(target, anon, sizeof(anon) - 1) == 0) {
		len = strlen(target + sizeof(anon) - 1);
		memcpy(text, target + sizeof(anon) - 1, len);
	} else if (target[0] == '/') {
		fd->marks |= EW_FD_PATH;
		len = reverse(target, text);
	} else if (strncmp(target, ".../", 4) == 0) {
		fd->marks |= EW_FD_PATH | EW_FD_TRUNCATED;
		len = reverse(target + 3, text);
	}
	fd->text_len = (__u16)len;
}

static __u32 dangers_of(json_object *object)
{
	json_object *list = ew_json_array(object, "danger");
	size_t n = list ? json_object_array_length(list) : 0;
	__u32 dangers = 0;

	for (size_t i = 0; i < n; i++) {
		int danger = ew_words_find(&ew_danger_words,
					   json_object_get_string(json_object_array_get_idx(list, i)) ?: "");

		dangers |= danger < 0 ? 0 : EW_BIT(danger);
	}
	return dangers;
}

size_t ew_record_put_fd(struct ew_fd *fd, const char *target, char *out)
{
	char text[EW_FD_TARGET_MAX + 1];

	put_target(fd, target, text);
	if (fd->text_len > EW_FD_PATH_MAX)
		return 0;
	memcpy(out, fd, sizeof(*fd));
	memcpy(out + sizeof(*fd), text, fd->text_len);
	return sizeof(*fd) + fd->text_len;
}

/* One descriptor. Returns its bytes; 0: it is none. */
static size_t put_fd(json_object *object, char *out)
{
	int kind = ew_words_find(&ew_fd_kind_words, ew_json_string(object, "kind"));
	int access = ew_fd_access_find(ew_json_string(object, "access"));
	char target[EW_FD_TARGET_MAX + 1];
	struct ew_fd fd = {0};

	if (kind < 0 || access < 0 || ew_unescape(target, sizeof(target), ew_json_string(object, "path")) < 0)
		return 0;
	fd.fd = (__u32)ew_json_number(object, "fd");
	fd.kind = (__u32)kind;
	fd.access = (__u32)access;
	fd.file.ino = ew_json_number(object, "ino");
	fd.dangers = dangers_of(object);
	return ew_record_put_fd(&fd, target, out);
}

size_t ew_record_parse_fds(json_object *fds, char *out, const char **why)
{
	json_object *list = ew_json_array(fds, "list");
	struct ew_fds head = {.count = (__u32)ew_json_number(fds, "count")};
	size_t n = list ? json_object_array_length(list) : 0, used = sizeof(head);

	if (!fds)
		return 0;
	head.described = (__u32)n;
	for (size_t i = 0; i < n && n <= EW_FDS_DESCRIBED_MAX; i++) {
		size_t size = put_fd(json_object_array_get_idx(list, i), out + used);

		if (!size)
			n = EW_FDS_DESCRIBED_MAX + 1;
		used += size;
	}
	if (!list || n > EW_FDS_DESCRIBED_MAX || head.described > head.count) {
		*why = *why ?: "descriptors of the record are not known here";
		return 0;
	}
	memcpy(out, &head, sizeof(head));
	return used;
}
