/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "leak_sum.h"

#include <errno.h>
#include <string.h>

#include "escape.h"
#include "json_get.h"
#include "record_fds.h"
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

/* Counts N of a descriptor; that of ONE is not. Returns 0 or -ENOMEM. */
static int count_words(struct ew_leak_sum *s, const struct ew_leak *one, __u64 n)
{
	struct ew_leak *leak = ew_leaks_get(&s->leaks, &one->words);

	if (!leak && !s->leaks.full)
		return -ENOMEM;
	if (!leak) {
		s->apart_not += n;
		return 0;
	}
	leak->count += n;
	leak->fd = one->fd ?: leak->fd;
	leak->dangerous |= one->dangerous;
	leak->refused |= one->refused;
	return 0;
}

/* Counts N of the descriptor FD, of RECORD. Returns 0 or -ENOMEM. */
static int count(struct ew_leak_sum *s, json_object *record, json_object *fd, __u64 n)
{
	_cleanup_free_ char *target = ew_leak_target(ew_json_string(fd, "path"));
	const char *verdict = ew_json_string(record, "verdict");
	const struct ew_leak one = {
		.words =
			{
				.profile = ew_json_string(record, "profile"),
				.giver = ew_json_string(ew_json_object(record, "task"), "exe"),
				.receiver = ew_json_string(ew_json_object(record, "file"), "path"),
				.kind = ew_json_string(fd, "kind"),
				.target = target,
				.access = ew_json_string(fd, "access"),
			},
		.fd = (unsigned int)ew_json_number(fd, "fd"),
		.dangerous = ew_json_true(fd, "dangerous"),
		.refused = EW_STREQ(verdict, "deny") || EW_STREQ(verdict, "kill"),
	};

	return target ? count_words(s, &one, n) : -ENOMEM;
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

struct skimmed {
	struct ew_leak_sum *sum;
	struct ew_leak one;
	int err;
};

static void count_fd(void *ctx, const struct ew_fd_view *fd)
{
	struct skimmed *skimmed = ctx;
	struct ew_leak *one = &skimmed->one;
	_cleanup_free_ char *path = ew_fd_target(fd, 0), *target = path ? ew_leak_target(path) : NULL;

	one->words.kind = ew_words_name(&ew_fd_kind_words, fd->fd.kind);
	one->words.access = ew_fd_access(&fd->fd);
	one->words.target = target;
	one->fd = fd->fd.fd;
	one->dangerous = fd->fd.dangers != 0;
	if (skimmed->err == 0)
		skimmed->err = target ? count_words(skimmed->sum, one, 1) : -ENOMEM;
}

int ew_leak_sum_take_skimmed(struct ew_leak_sum *s, const struct ew_parsed *record)
{
	const struct ew_record_view *view = &record->view;
	const struct ew_record *r = &view->record;
	_cleanup_free_ char *profile = NULL, *giver = NULL, *receiver = NULL;
	struct skimmed skimmed = {.sum = s};
	struct ew_fds fds;

	if (r->verdict == EW_VERDICT_ALLOW || !ew_record_fds(view, &fds))
		return 0;
	profile = ew_escape_dup(r->profile, strlen(r->profile), 0);
	giver = ew_escape_dup(view->exe_path, view->exe_path_len, 0);
	receiver = ew_escape_dup(view->file_path, view->file_path_len, 0);
	if (!profile || !giver || !receiver)
		return -ENOMEM;
	skimmed.one.words = (struct ew_leak_words){.profile = profile, .giver = giver, .receiver = receiver};
	skimmed.one.refused = r->verdict == EW_VERDICT_DENY || r->verdict == EW_VERDICT_KILL;
	ew_record_each_fd(view, count_fd, &skimmed);
	s->described_not += fds.count - fds.described;
	return skimmed.err;
}
