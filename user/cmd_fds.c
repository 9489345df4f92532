/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "leak_sum.h"
#include "log.h"
#include "record_lines.h"

struct summary {
	struct ew_leak_sum sum;
	struct ew_record_lines lines;
};

static int take_line(void *ctx, json_object *record, const char *line, const char **why)
{
	struct summary *s = ctx;

	(void)line;
	return ew_leak_sum_take(&s->sum, record, why);
}

static const char *or_unknown(const char *text)
{
	return *text ? text : "(not known)";
}

static void print_text(const struct summary *s, struct ew_leak *const *list)
{
	for (size_t i = 0; i < s->sum.leaks.n; i++) {
		_cleanup_free_ char *remedy = ew_leak_remedy(list[i]);
		const struct ew_leak_words *w = &list[i]->words;

		printf("%" PRIu64 " %s  %s -> %s%s%s\n", (uint64_t)list[i]->count,
		       list[i]->count == 1 ? "time" : "times", or_unknown(w->giver), or_unknown(w->receiver),
		       list[i]->dangerous ? "  DANGEROUS" : "", list[i]->refused ? "  refused" : "");
		printf("    what   %s %s (%s)%s%s\n", w->kind, w->target, w->access, *w->profile ? ", profile " : "",
		       w->profile);
		printf("    change %s\n", remedy ?: "");
	}
	if (s->sum.leaks.n == 0)
		puts("No descriptor crossed an exec.");
	if (s->sum.described_not)
		printf("%" PRIu64 " more crossed that their records do not describe (the first 32 of an exec are).\n",
		       (uint64_t)s->sum.described_not);
	if (s->sum.apart_not)
		printf("%" PRIu64 " more were not kept apart: too many kinds of leak.\n", (uint64_t)s->sum.apart_not);
}

static void print_json(const struct summary *s, struct ew_leak *const *list)
{
	json_object *doc = json_object_new_object(), *leaks = json_object_new_array();

	for (size_t i = 0; i < s->sum.leaks.n; i++) {
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
	json_object_object_add(doc, "not_described", json_object_new_uint64(s->sum.described_not));
	json_object_object_add(doc, "not_kept_apart", json_object_new_uint64(s->sum.apart_not));
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
	list = ew_leaks_sorted(&s->sum.leaks);
	if (!list && s->sum.leaks.n) {
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
	ew_leaks_clear(&s.sum.leaks);
	return code;
}
