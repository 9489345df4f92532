/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "escape.h"
#include "json_get.h"
#include "leaks.h"
#include "log.h"
#include "record_lines.h"
#include "words.h"

struct summary {
	struct ew_leaks leaks;
	struct ew_record_lines lines;
	__u64 described_not; /* crossed, but their records do not say what they were */
	__u64 apart_not;     /* not kept apart: too many kinds of leak */
};

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
static int count(struct summary *s, json_object *record, json_object *fd, __u64 n)
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
static int count_list(struct summary *s, json_object *record, json_object *fds)
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

static int count_again(struct summary *s, json_object *record, json_object *fd)
{
	return fd && is_record_of(record, fd) ? count(s, record, fd, ew_json_number(record, "count")) : -EBADMSG;
}

static int take_line(void *ctx, json_object *record, const char *line, const char **why)
{
	const char *type = ew_json_string(record, "type");
	struct summary *s = ctx;
	int err = 0;

	(void)line;
	*why = "no record of execward: its descriptors are other ones than are known here";
	if (EW_STREQ(type, "exec") && ew_json_object(record, "fds") &&
	    !EW_STREQ(ew_json_string(record, "verdict"), "allow"))
		err = count_list(s, record, ew_json_object(record, "fds"));
	else if (EW_STREQ(type, "fds"))
		err = count_again(s, record, ew_json_object(record, "fd"));
	return err;
}

static const char *or_unknown(const char *text)
{
	return *text ? text : "(not known)";
}

static void print_text(const struct summary *s, struct ew_leak *const *list)
{
	for (size_t i = 0; i < s->leaks.n; i++) {
		_cleanup_free_ char *remedy = ew_leak_remedy(list[i]);
		const struct ew_leak_words *w = &list[i]->words;

		printf("%" PRIu64 " %s  %s -> %s%s%s\n", (uint64_t)list[i]->count,
		       list[i]->count == 1 ? "time" : "times", or_unknown(w->giver), or_unknown(w->receiver),
		       list[i]->dangerous ? "  DANGEROUS" : "", list[i]->refused ? "  refused" : "");
		printf("    what   %s %s (%s)%s%s\n", w->kind, w->target, w->access, *w->profile ? ", profile " : "",
		       w->profile);
		printf("    change %s\n", remedy ?: "");
	}
	if (s->leaks.n == 0)
		puts("No descriptor crossed an exec.");
	if (s->described_not)
		printf("%" PRIu64 " more crossed that their records do not describe (the first 32 of an exec are).\n",
		       (uint64_t)s->described_not);
	if (s->apart_not)
		printf("%" PRIu64 " more were not kept apart: too many kinds of leak.\n", (uint64_t)s->apart_not);
}

static void print_json(const struct summary *s, struct ew_leak *const *list)
{
	json_object *doc = json_object_new_object(), *leaks = json_object_new_array();

	for (size_t i = 0; i < s->leaks.n; i++) {
		_cleanup_free_ char *remedy = ew_leak_remedy(list[i]);
		const struct ew_leak_words *w = &list[i]->words;
		json_object *o = json_object_new_object();

		json_object_object_add(o, "count", json_object_new_uint64(list[i]->count));
		json_object_object_add(o, "giver", *w->giver ? json_object_new_string(w->giver) : NULL);
		json_object_object_add(o, "receiver", *w->receiver ? json_object_new_string(w->receiver) : NULL);
		json_object_object_add(o, "profile", *w->profile ? json_object_new_string(w->profile) : NULL);
		json_object_object_add(o, "kind", json_object_new_string(w->kind));
		json_object_object_add(o, "path", json_object_new_string(w->target));
		json_object_object_add(o, "access", json_object_new_string(w->access));
		json_object_object_add(o, "fd", json_object_new_uint64(list[i]->fd));
		json_object_object_add(o, "dangerous", json_object_new_boolean(list[i]->dangerous));
		json_object_object_add(o, "refused", json_object_new_boolean(list[i]->refused));
		json_object_object_add(o, "change", json_object_new_string(remedy ?: ""));
		json_object_array_add(leaks, o);
	}
	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "lines", json_object_new_uint64(s->lines.lines));
	json_object_object_add(doc, "lines_bad", json_object_new_uint64(s->lines.bad));
	json_object_object_add(doc, "not_described", json_object_new_uint64(s->described_not));
	json_object_object_add(doc, "not_kept_apart", json_object_new_uint64(s->apart_not));
	json_object_object_add(doc, "leaks", leaks);
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

/* Returns EW_EXIT_*. */
static int summarise(struct summary *s, bool json, int argc, char **argv)
{
	_cleanup_free_ struct ew_leak **list = NULL;
	int code;

	if (ew_record_lines_read(&s->lines, argc - optind, argv + optind, take_line, s) < 0)
		return EW_EXIT_FAILED;
	list = ew_leaks_sorted(&s->leaks);
	if (!list && s->leaks.n) {
		ew_error("the leaks cannot be sorted: %s", strerror(ENOMEM));
		return EW_EXIT_FAILED;
	}
	code = ew_record_lines_end(&s->lines);
	(json ? print_json : print_text)(s, list);
	return code;
}

int ew_cmd_fds(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct summary s = {};
	bool json = false;
	int c, code;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("fds");
		if (c == '?')
			return ew_cmd_usage("fds");
		json |= c == 'j';
	}
	code = summarise(&s, json, argc, argv);
	ew_leaks_clear(&s.leaks);
	return code;
}
