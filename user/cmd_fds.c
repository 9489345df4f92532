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
#include "leaks.h"
#include "log.h"
#include "words.h"

#define BAD_LINES_NAMED 10

struct summary {
	struct ew_leaks leaks;
	unsigned long records, bad;
	__u64 described_not; /* crossed, but their records do not say what they were */
	__u64 apart_not;     /* not kept apart: too many kinds of leak */
};

static const char *string_of(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

static __u64 number_of(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, json_type_int)
		       ? json_object_get_uint64(value)
		       : 0;
}

static json_object *object_of(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, json_type_object) ? value
													      : NULL;
}

static bool is_true(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

/* Whether TEXT is as records have it: they are escaped, and files can come from anywhere. */
static bool is_escaped(const char *text)
{
	_cleanup_free_ char *escaped = ew_escape_dup(text, strlen(text), EW_ESCAPE_TEXT);

	return escaped && EW_STREQ(escaped, text) && !strpbrk(text, "\n\t");
}

/* Whether RECORD, and the descriptor FD of it, are as records are. */
static bool is_record_of(json_object *record, json_object *fd)
{
	return ew_words_find(&ew_fd_kind_words, string_of(fd, "kind")) >= 0 &&
	       is_escaped(string_of(record, "profile")) && is_escaped(string_of(object_of(record, "task"), "exe")) &&
	       is_escaped(string_of(object_of(record, "file"), "path")) && is_escaped(string_of(fd, "path")) &&
	       is_escaped(string_of(fd, "access"));
}

/* Counts N of the descriptor FD, of RECORD. Returns 0 or -ENOMEM. */
static int count(struct summary *s, json_object *record, json_object *fd, __u64 n)
{
	_cleanup_free_ char *target = ew_leak_target(string_of(fd, "path"));
	const struct ew_leak_words words = {
		.profile = string_of(record, "profile"),
		.giver = string_of(object_of(record, "task"), "exe"),
		.receiver = string_of(object_of(record, "file"), "path"),
		.kind = string_of(fd, "kind"),
		.target = target,
		.access = string_of(fd, "access"),
	};
	const char *verdict = string_of(record, "verdict");
	struct ew_leak *leak = target ? ew_leaks_get(&s->leaks, &words) : NULL;

	if (!leak && !(target && s->leaks.full))
		return -ENOMEM;
	if (!leak) {
		s->apart_not += n;
		return 0;
	}
	leak->count += n;
	leak->fd = (unsigned int)number_of(fd, "fd") ?: leak->fd;
	leak->dangerous |= is_true(fd, "dangerous");
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
	if (number_of(fds, "count") > n)
		s->described_not += number_of(fds, "count") - n;
	return err;
}

static int count_again(struct summary *s, json_object *record, json_object *fd)
{
	return fd && is_record_of(record, fd) ? count(s, record, fd, number_of(record, "count")) : -EBADMSG;
}

/* Returns 0, -EBADMSG for what is no record, or -ENOMEM. */
static int take_line(struct summary *s, const char *line)
{
	json_object *record = json_tokener_parse(line);
	const char *type = string_of(record, "type");
	int err = 0;

	if (!json_object_is_type(record, json_type_object) || number_of(record, "v") != 1 || !*type)
		err = -EBADMSG;
	else if (EW_STREQ(type, "exec") && object_of(record, "fds") && !EW_STREQ(string_of(record, "verdict"), "allow"))
		err = count_list(s, record, object_of(record, "fds"));
	else if (EW_STREQ(type, "fds"))
		err = count_again(s, record, object_of(record, "fd"));
	json_object_put(record);
	return err;
}

static int take_file(struct summary *s, FILE *file, const char *name)
{
	_cleanup_free_ char *line = NULL;
	unsigned long number = 0;
	size_t room = 0;
	int err = 0;

	while (err == 0 && getline(&line, &room, file) >= 0) {
		number++;
		s->records++;
		err = take_line(s, line);
		if (err != -EBADMSG)
			continue;
		if (s->bad++ < BAD_LINES_NAMED)
			ew_warning("%s:%lu: not a record of execward, version 1; left out", name, number);
		err = 0;
	}
	if (err == 0 && ferror(file))
		err = errno ? -errno : -EIO;
	return err < 0 ? ew_error_ret(err, "%s cannot be read: %s", name, strerror(-err)) : 0;
}

static int take_files(struct summary *s, int argc, char **argv)
{
	int err = 0;

	if (optind == argc)
		return take_file(s, stdin, "standard input");
	for (int i = optind; i < argc && err == 0; i++) {
		FILE *file = EW_STREQ(argv[i], "-") ? stdin : fopen(argv[i], "re");

		if (!file)
			return ew_error_ret(-errno, "%s cannot be opened: %s", argv[i], strerror(errno));
		err = take_file(s, file, argv[i]);
		if (file != stdin)
			fclose(file);
	}
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
	json_object_object_add(doc, "lines", json_object_new_uint64(s->records));
	json_object_object_add(doc, "lines_bad", json_object_new_uint64(s->bad));
	json_object_object_add(doc, "not_described", json_object_new_uint64(s->described_not));
	json_object_object_add(doc, "not_kept_apart", json_object_new_uint64(s->apart_not));
	json_object_object_add(doc, "leaks", leaks);
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

/* Returns EW_EXIT_*: some lines that are no records do not make it fail, nothing but such lines does. */
static int summarise(struct summary *s, bool json, int argc, char **argv)
{
	_cleanup_free_ struct ew_leak **list = NULL;

	if (take_files(s, argc, argv) < 0)
		return EW_EXIT_FAILED;
	list = ew_leaks_sorted(&s->leaks);
	if (!list && s->leaks.n) {
		ew_error("the leaks cannot be sorted: %s", strerror(ENOMEM));
		return EW_EXIT_FAILED;
	}
	if (s->bad)
		ew_warning("%lu of %lu lines were left out, as they are no records", s->bad, s->records);
	(json ? print_json : print_text)(s, list);
	return s->bad && s->bad == s->records ? EW_EXIT_FAILED : EW_EXIT_OK;
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
