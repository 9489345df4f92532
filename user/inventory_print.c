/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory_print.h"

#include <errno.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "escape.h"
#include "log.h"
#include "record_view.h"
#include "words.h"

#define CAPS_NAMED 3 /* in the table */

static const char *const state_words[] = {
	[EW_INVENTORY_WALKED] = "walked",	  [EW_INVENTORY_VIRTUAL] = "virtual",
	[EW_INVENTORY_AGAIN] = "seen before",	  [EW_INVENTORY_HIDDEN] = "hidden",
	[EW_INVENTORY_UNREADABLE] = "unreadable", [EW_INVENTORY_MUTE] = "not answering",
};
_Static_assert(EW_ARRAY_SIZE(state_words) == EW_INVENTORY_STATES, "a word for each state");

static size_t count_state(const struct ew_scanned *s, enum ew_inventory_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < s->mounts.n; i++)
		n += s->inventory.states[i] == state;
	return n;
}

/* Calls EACH with the words for what makes the file worth looking at. */
static void each_kind(const struct ew_inventory_item *item, void (*each)(void *ctx, const char *word), void *ctx)
{
	if (item->mode & S_ISUID)
		each(ctx, "setuid");
	if ((item->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		each(ctx, "setgid");
	if (item->caps)
		each(ctx, "filecaps");
}

/* What it gives, as a record has it; the caller frees the view. */
static struct ew_record_view *view_of(const struct ew_inventory_judged *j)
{
	struct ew_record_view *view = calloc(1, sizeof(*view));

	if (view) {
		view->record.gains = j->prediction.gain.kinds;
		view->record.caps_gained = j->prediction.gain.caps;
		view->record.after = j->prediction.after;
	}
	return view;
}

static const struct ew_record_names names = {.user = ew_record_user_name, .group = ew_record_group_name};

/* Whom WHO stands for: "everybody", "group shadow", "user root". */
static void put_who(const struct ew_inventory_judged *j, FILE *out)
{
	bool group = j->who == EW_INVENTORY_GROUP;
	__u32 id = group ? j->file.gid : j->file.uid;
	_cleanup_free_ char *shown = NULL;
	char name[64];

	if (j->who == EW_INVENTORY_ALL) {
		fputs("everybody", out);
		return;
	}
	if ((group ? ew_record_group_name : ew_record_user_name)(NULL, id, name, sizeof(name)) < 0)
		snprintf(name, sizeof(name), "%u", id);
	shown = ew_escape_dup(name, strlen(name), 0);
	fprintf(out, "%s %s", group ? "group" : "user", shown ?: "?");
}

/* --- for people --- */

struct list {
	FILE *out;
	unsigned int n, caps;
	bool all; /* capabilities are counted only */
};

static void put_word(void *ctx, const char *word)
{
	struct list *list = ctx;
	bool cap = strncmp(word, "cap_", 4) == 0;

	if (cap && (list->all || ++list->caps > CAPS_NAMED))
		return;
	fprintf(list->out, "%s%s", list->n++ ? " " : "", word);
}

static void put_gains(const struct ew_inventory_judged *j, FILE *out)
{
	_cleanup_free_ struct ew_record_view *view = view_of(j);
	unsigned int caps = (unsigned int)__builtin_popcountll(j->prediction.gain.caps);
	struct list list = {.out = out, .all = caps > CAP_LAST_CAP};

	if (!view)
		return;
	if (j->prediction.error) {
		fprintf(out, "cannot: %s", strerror(-j->prediction.error));
		return;
	}
	ew_record_each_gain(view, &names, 0, put_word, &list);
	if (list.all)
		fprintf(out, "%scaps:all(%u)", list.n ? " " : "", caps);
	else if (caps > CAPS_NAMED)
		fprintf(out, " +%u", caps - CAPS_NAMED);
	else if (!list.n)
		putc('-', out);
}

static void put_kinds(const struct ew_inventory_item *item, const struct ew_inventory_judged *j, FILE *out)
{
	struct list list = {.out = out};

	each_kind(item, put_word, &list);
	if (j->file.nosuid)
		fputs(" (nosuid)", out);
}

static void put_verdict(const struct ew_inventory_judged *j, unsigned int slot, FILE *out)
{
	const struct ew_inventory_word *word = &j->words[slot];

	if (j->prediction.error)
		putc('-', out);
	else
		fprintf(out, "%s, %s%s", ew_words_name(&ew_verdict_words, word->verdict),
			ew_words_name(&ew_reason_words, word->reason), word->from ? " (but from some)" : "");
}

enum column { PROGRAM, KINDS, PACKAGE, WHO, GAINS, FIXED_COLUMNS };

static void put_cell(const struct ew_scanned *s, size_t i, size_t column, unsigned int slot, FILE *out)
{
	const struct ew_inventory_item *item = &s->inventory.items[i];
	const struct ew_inventory_judged *j = &s->judged[i];
	_cleanup_free_ char *shown = NULL;

	if (column == PROGRAM || column == PACKAGE) {
		const char *text = column == PROGRAM ? item->path : item->package ?: "-";

		shown = ew_escape_dup(text, strlen(text), 0);
		fputs(shown ?: "?", out);
	} else if (column == KINDS) {
		put_kinds(item, j, out);
	} else if (j->err) {
		fputs(column == GAINS ? ew_inventory_why(-j->err) : "-", out);
	} else if (column == WHO) {
		put_who(j, out);
	} else if (column == GAINS) {
		put_gains(j, out);
	} else {
		put_verdict(j, slot, out);
	}
}

static int fill_line(const struct ew_scanned *s, size_t i, struct libscols_table *table)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	size_t column = 0;
	int err = line ? 0 : -ENOMEM;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && err == 0;) {
		_cleanup_free_ char *text = NULL;
		size_t size;
		FILE *out;

		if (column >= FIXED_COLUMNS && !(s->set >> slot & 1)) {
			slot++;
			continue;
		}
		out = open_memstream(&text, &size);
		if (!out)
			return -ENOMEM;
		put_cell(s, i, column, slot, out);
		slot += column >= FIXED_COLUMNS;
		if (fclose(out) == EOF || scols_line_set_data(line, column++, text) < 0)
			err = -ENOMEM;
	}
	return err;
}

static int print_table(const struct ew_scanned *s, FILE *out)
{
	static const char *const titles[FIXED_COLUMNS] = {"PROGRAM", "BY", "PACKAGE", "WHO", "GAINS"};
	struct libscols_table *table = scols_new_table();
	int err = table ? 0 : -ENOMEM;

	if (err)
		return err;
	scols_table_set_stream(table, out);
	for (size_t i = 0; i < FIXED_COLUMNS; i++)
		scols_table_new_column(table, titles[i], 0, 0);
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (s->set >> slot & 1)
			scols_table_new_column(table, s->image->profiles[slot].name, 0, 0);
	for (size_t i = 0; i < s->inventory.n && err == 0; i++)
		err = fill_line(s, i, table);
	if (err == 0)
		err = scols_print_table(table);
	scols_unref_table(table);
	return err;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int ew_scanned_print(const struct ew_scanned *s, FILE *out)
{
	const struct ew_inventory *inventory = &s->inventory;
	size_t nosuid = 0, walked = count_state(s, EW_INVENTORY_WALKED);
	int err = inventory->n ? print_table(s, out) : 0;

	for (size_t i = 0; i < s->mounts.n; i++)
		nosuid += inventory->states[i] == EW_INVENTORY_WALKED && s->mounts.list[i].nosuid;
	fprintf(out, "%s%zu program%s among %llu files in %llu directories on %zu mount%s (%zu of them nosuid)",
		inventory->n ? "\n" : "", inventory->n, plural(inventory->n), (unsigned long long)inventory->files,
		(unsigned long long)inventory->directories, walked, plural(walked), nosuid);
	for (size_t state = EW_INVENTORY_VIRTUAL; state < EW_ARRAY_SIZE(state_words); state++)
		if (count_state(s, (enum ew_inventory_state)state))
			fprintf(out, "; %zu %s", count_state(s, (enum ew_inventory_state)state), state_words[state]);
	fprintf(out, "\njudged by %s, for %s\n", s->unloaded ? "the policy files" : "the policy in force",
		s->user ?: "a user who may execute it and can nothing else");
	return err;
}

/* --- for programs --- */

static json_object *string(const char *text)
{
	_cleanup_free_ char *escaped = text ? ew_escape_dup(text, strlen(text), 0) : NULL;

	return escaped ? json_object_new_string(escaped) : NULL;
}

static void append(void *ctx, const char *word)
{
	json_object_array_add(ctx, json_object_new_string(word));
}

static json_object *words_json(const struct ew_scanned *s, const struct ew_inventory_judged *j)
{
	json_object *list = json_object_new_array();

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_inventory_word *word = &j->words[slot];
		const struct ew_profile *profile = &s->image->profiles[slot];
		json_object *o;
		char rule[EW_POLICY_FILE_MAX + 16];

		if (!(s->set >> slot & 1))
			continue;
		o = json_object_new_object();
		snprintf(rule, sizeof(rule), "%s:%u", profile->file, word->line);
		json_object_object_add(o, "profile", json_object_new_string(profile->name));
		json_object_object_add(o, "verdict",
				       json_object_new_string(ew_words_name(&ew_verdict_words, word->verdict)));
		json_object_object_add(o, "reason",
				       json_object_new_string(ew_words_name(&ew_reason_words, word->reason)));
		json_object_object_add(o, "rule", string(rule));
		if (word->from)
			json_object_object_add(o, "allowed_from_some", json_object_new_boolean(true));
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *judged_json(const struct ew_scanned *s, const struct ew_inventory_judged *j, json_object *o)
{
	_cleanup_free_ struct ew_record_view *view = view_of(j);
	_cleanup_free_ char *who = NULL;
	json_object *gains = json_object_new_array();
	size_t size;
	FILE *out = open_memstream(&who, &size);

	if (out) {
		put_who(j, out);
		fclose(out);
	}
	if (view && !j->prediction.error)
		ew_record_each_gain(view, &names, 0, append, gains);
	json_object_object_add(o, "uid", json_object_new_int64(j->file.uid));
	json_object_object_add(o, "gid", json_object_new_int64(j->file.gid));
	json_object_object_add(o, "nosuid", json_object_new_boolean(j->file.nosuid));
	json_object_object_add(o, "who", who ? json_object_new_string(who) : NULL);
	json_object_object_add(o, "gain", gains);
	if (j->prediction.error)
		json_object_object_add(o, "error", json_object_new_string(strerror(-j->prediction.error)));
	else
		json_object_object_add(o, "profiles", words_json(s, j));
	return o;
}

static json_object *program_json(const struct ew_scanned *s, size_t i)
{
	const struct ew_inventory_item *item = &s->inventory.items[i];
	json_object *o = json_object_new_object(), *by = json_object_new_array();
	char mode[16];

	snprintf(mode, sizeof(mode), "%04o", item->mode & 07777);
	each_kind(item, append, by);
	json_object_object_add(o, "path", string(item->path));
	json_object_object_add(o, "mode", json_object_new_string(mode));
	json_object_object_add(o, "by", by);
	json_object_object_add(o, "package", string(item->package));
	if (s->judged[i].err)
		json_object_object_add(o, "error", json_object_new_string(ew_inventory_why(-s->judged[i].err)));
	else
		judged_json(s, &s->judged[i], o);
	return o;
}

static json_object *mount_json(const struct ew_mount_point *mount, enum ew_inventory_state state)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "path", string(mount->point));
	json_object_object_add(o, "type", string(mount->type));
	json_object_object_add(o, "nosuid", json_object_new_boolean(mount->nosuid));
	json_object_object_add(o, "state", json_object_new_string(state_words[state]));
	return o;
}

int ew_scanned_print_json(const struct ew_scanned *s, FILE *out)
{
	json_object *doc = json_object_new_object(), *programs = json_object_new_array(),
		    *mounts = json_object_new_array(), *unreadable = json_object_new_array();

	for (size_t i = 0; i < s->inventory.n; i++)
		json_object_array_add(programs, program_json(s, i));
	for (size_t i = 0; i < s->mounts.n; i++)
		json_object_array_add(mounts, mount_json(&s->mounts.list[i], s->inventory.states[i]));
	for (size_t i = 0; i < s->inventory.n_failures; i++) {
		json_object *o = json_object_new_object();

		json_object_object_add(o, "path", string(s->inventory.failures[i].path));
		json_object_object_add(o, "error",
				       json_object_new_string(ew_inventory_why(s->inventory.failures[i].err)));
		json_object_array_add(unreadable, o);
	}
	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "as", string(s->user));
	json_object_object_add(doc, "policy", json_object_new_string(s->unloaded ? "files" : "in force"));
	json_object_object_add(doc, "whole", json_object_new_boolean(!s->inventory.n_failures));
	json_object_object_add(doc, "directories", json_object_new_uint64(s->inventory.directories));
	json_object_object_add(doc, "files", json_object_new_uint64(s->inventory.files));
	json_object_object_add(doc, "programs", programs);
	json_object_object_add(doc, "mounts", mounts);
	json_object_object_add(doc, "unreadable", unreadable);
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
	return 0;
}
