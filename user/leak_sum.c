/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "leak_sum.h"

#include <errno.h>
#include <string.h>

#include "escape.h"
#include "json_get.h"
#include "util.h"
#include "words.h"

/* Whether TEXT is as records have it: they are escaped, and files can come from anywhere. */
static bool is_escaped(const char *text)
{
	_cleanup_free_ char *escaped = ew_escape_dup(text, strlen(text), EW_ESCAPE_TEXT);

	return escaped && EW_STREQ(escaped, text) && !strpbrk(text, "\n\t");
}

/* Whether RECORD, and the descriptor FD of it, are as records are. */
static bool is_record_of(json_object *record, json_object *fd)
{
	return ew_words_find(&ew_fd_kind_words, ew_json_string(fd, "kind")) >= 0 &&
	       is_escaped(ew_json_string(record, "profile")) &&
	       is_escaped(ew_json_string(ew_json_object(record, "task"), "exe")) &&
	       is_escaped(ew_json_string(ew_json_object(record, "file"), "path")) &&
	       is_escaped(ew_json_string(fd, "path")) && is_escaped(ew_json_string(fd, "access"));
}

/* Counts N of the descriptor FD, of RECORD. Returns 0 or -ENOMEM. */
static int count(struct ew_leak_sum *s, json_object *record, json_object *fd, __u64 n)
{
	_cleanup_free_ char *target = ew_leak_target(ew_json_string(fd, "path"));
	const struct ew_leak_words words = {
		.profile = ew_json_string(record, "profile"),
		.giver = ew_json_string(ew_json_object(record, "task"), "exe"),
		.receiver = ew_json_string(ew_json_object(record, "file"), "path"),
		.kind = ew_json_string(fd, "kind"),
		.target = target,
		.access = ew_json_string(fd, "access"),
	};
	const char *verdict = ew_json_string(record, "verdict");
	struct ew_leak *leak = target ? ew_leaks_get(&s->leaks, &words) : NULL;

	if (!leak && !(target && s->leaks.full))
		return -ENOMEM;
	if (!leak) {
		s->apart_not += n;
		return 0;
	}
	leak->count += n;
	leak->fd = (unsigned int)ew_json_number(fd, "fd") ?: leak->fd;
	leak->dangerous |= ew_json_true(fd, "dangerous");
	leak->refused |= EW_STREQ(verdict, "deny") || EW_STREQ(verdict, "kill");
	return 0;
}

/* All of the list or, with -EBADMSG, none of it. */
static int count_list(struct ew_leak_sum *s, json_object *record, json_object *fds)
{
	json_object *list;
	size_t n;
	int err = 0;

	if (!json_object_object_get_ex(fds, "list", &list) || !json_object_is_type(list, json_type_array))
		return -EBADMSG;
	n = json_object_array_length(list);
	for (size_t i = 0; i < n; i++)
		if (!is_record_of(record, json_object_array_get_idx(list, i)))
			return -EBADMSG;
	for (size_t i = 0; i < n && err == 0; i++)
		err = count(s, record, json_object_array_get_idx(list, i), 1);
	if (ew_json_number(fds, "count") > n)
		s->described_not += ew_json_number(fds, "count") - n;
	return err;
}

static int count_again(struct ew_leak_sum *s, json_object *record, json_object *fd)
{
	return fd && is_record_of(record, fd) ? count(s, record, fd, ew_json_number(record, "count")) : -EBADMSG;
}

int ew_leak_sum_take(struct ew_leak_sum *s, json_object *record, const char **why)
{
	const char *type = ew_json_string(record, "type");
	int err = 0;

	*why = "no record of execward: its descriptors are other ones than are known here";
	if (EW_STREQ(type, "exec") && ew_json_object(record, "fds") &&
	    !EW_STREQ(ew_json_string(record, "verdict"), "allow"))
		err = count_list(s, record, ew_json_object(record, "fds"));
	else if (EW_STREQ(type, "fds"))
		err = count_again(s, record, ew_json_object(record, "fd"));
	return err;
}
