/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "cmd.h"
#include "cmd_policy.h"
#include "escape.h"
#include "log.h"
#include "policy_print.h"
#include "profile_names.h"
#include "tagged.h"

/*
 * Tagged cgroups and processes, each below the nearest tagged one above it, and tagged users and programs, with what
 * put each under its profiles.
 */

struct listing {
	struct ew_tagged_list tags;
	struct ew_profile_names names;
	bool asked;    /* for the policy's files, as something is tagged by it */
	bool in_force; /* and they are what is in force */
};

/* The line of the nearest tagged ancestor, if it has one already; NULL at the top. */
static struct libscols_line *parent_line(const struct ew_tagged_list *tags, struct libscols_line **lines, size_t i)
{
	const struct ew_tagged *item = &tags->items[i], *parent = NULL;
	_cleanup_free_ char *path = NULL;

	if (item->kind == EW_TAGGED_PROCESS)
		parent = ew_tagged_process(tags, item->ppid);
	if (item->kind == EW_TAGGED_CGROUP)
		path = strdup(item->name);
	while (path && !parent && path[1]) {
		char *slash = strrchr(path, '/');

		slash[slash == path] = '\0';
		parent = ew_tagged_cgroup(tags, path);
	}
	return parent ? lines[parent - tags->items] : NULL;
}

/* What stands in the first column; the caller frees. */
static char *label_of(const struct ew_tagged *item)
{
	char *label = NULL;
	int n = item->kind == EW_TAGGED_PROCESS	  ? asprintf(&label, "%d %s", item->pid, item->shown)
		: item->kind == EW_TAGGED_USERS	  ? asprintf(&label, "user %s", item->shown)
		: item->kind == EW_TAGGED_PROGRAM ? asprintf(&label, "program %s", item->shown)
						  : asprintf(&label, "%s", item->shown);

	return n < 0 ? NULL : label;
}

static void put_origin(FILE *f, const struct ew_origin *origin)
{
	_cleanup_free_ char *pattern =
		origin->pattern ? ew_escape_dup(origin->pattern, strlen(origin->pattern), 0) : NULL;

	if (origin->kind == EW_ORIGIN_PATTERN && pattern)
		fprintf(f, "pattern %s (%s%s)", pattern, origin->exact ? "" : "profile ", origin->rule);
	else if (origin->kind == EW_ORIGIN_PATTERN)
		fprintf(f, "path too long to be matched (profile %s)", origin->rule);
	else if (origin->kind == EW_ORIGIN_POLICY)
		fprintf(f, "%s%s", origin->exact ? "" : "profile ", origin->rule);
	else
		fputs(ew_origin_words[origin->kind], f);
}

/* The origins of one profile of the item, the first of them number *I, which becomes that of the next profile's. */
static char *origins_of_profile(const struct ew_tagged *item, size_t *i)
{
	unsigned int slot = item->origins[*i].slot;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t first = *i; *i < item->n_origins && item->origins[*i].slot == slot; (*i)++) {
		if (f && *i > first)
			fputs(", ", f);
		if (f)
			put_origin(f, &item->origins[*i]);
	}
	return f && fclose(f) == 0 ? text : NULL;
}

/* All of them; profile by profile, unless it is the same for all. The caller frees. */
static char *origins_text(const struct ew_tagged *item, const struct ew_profile_names *names)
{
	_cleanup_free_ char *common = NULL;
	char *text = NULL, buf[16];
	bool same = true, whole = true;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f && i < item->n_origins;) {
		const char *name = ew_profile_name(names, item->origins[i].slot, buf);
		_cleanup_free_ char *one = origins_of_profile(item, &i);

		whole &= one != NULL;
		if (!one)
			continue;
		fprintf(f, "%s%s: %s", common ? "; " : "", name, one);
		same &= !common || EW_STREQ(common, one);
		if (!common)
			common = TAKE_PTR(one);
	}
	if (!f || fclose(f) != 0 || !whole) {
		free(text);
		return NULL;
	}
	if (!same || !common)
		return text;
	free(text);
	return TAKE_PTR(common);
}

static int print_text(const struct listing *listing)
{
	const struct ew_tagged_list *tags = &listing->tags;
	_cleanup_free_ struct libscols_line **lines = calloc(tags->n + 1, sizeof(struct libscols_line *));
	struct libscols_table *table;
	int err = 0;

	if (tags->n == 0) {
		puts("Nothing is tagged.");
		return 0;
	}
	table = lines ? scols_new_table() : NULL;
	if (!table)
		return -ENOMEM;
	scols_table_new_column(table, "TAGGED", 0, SCOLS_FL_TREE);
	scols_table_new_column(table, "PROFILES", 0, 0);
	scols_table_new_column(table, "ORIGIN", 0, 0);
	for (size_t i = 0; i < tags->n && err == 0; i++) {
		const struct ew_tagged *item = &tags->items[i];
		struct libscols_line *line = scols_table_new_line(table, parent_line(tags, lines, i));
		_cleanup_free_ char *label = label_of(item), *origins = origins_text(item, &listing->names);
		_cleanup_free_ char *profiles = ew_profile_names_join(&listing->names, item->own);

		if (!line || !label || !profiles || !origins) {
			err = -ENOMEM;
			break;
		}
		lines[i] = line;
		scols_line_set_data(line, 0, label);
		scols_line_set_data(line, 1, profiles);
		scols_line_set_data(line, 2, origins);
	}
	if (err == 0)
		err = scols_print_table(table);
	scols_unref_table(table);
	if (err == 0 && listing->asked && !listing->in_force)
		ew_warning("the policy's files are not what is in force, so the line of the profile stands in place of "
			   "that of the path, pattern, user or program; see: execward reload --dry-run");
	return err;
}

static json_object *origins_json(const struct ew_tagged *item, const struct ew_profile_names *names)
{
	json_object *list = json_object_new_array();
	char buf[16];

	for (size_t i = 0; i < item->n_origins; i++) {
		const struct ew_origin *origin = &item->origins[i];
		_cleanup_free_ char *pattern =
			origin->pattern ? ew_escape_dup(origin->pattern, strlen(origin->pattern), 0) : NULL;
		json_object *o = json_object_new_object();

		json_object_object_add(o, "profile", json_object_new_string(ew_profile_name(names, origin->slot, buf)));
		json_object_object_add(o, "by", json_object_new_string(ew_origin_words[origin->kind]));
		if (origin->kind == EW_ORIGIN_PATTERN)
			json_object_object_add(o, "pattern", pattern ? json_object_new_string(pattern) : NULL);
		if (origin->rule) {
			json_object_object_add(o, "rule", json_object_new_string(origin->rule));
			json_object_object_add(o, "exact", json_object_new_boolean(origin->exact));
		}
		json_object_array_add(list, o);
	}
	return list;
}

static void print_json(const struct listing *listing)
{
	json_object *doc = json_object_new_object();
	json_object *lists[EW_TAGGED_MAX];

	for (size_t i = 0; i < EW_TAGGED_MAX; i++)
		lists[i] = json_object_new_array();
	for (size_t i = 0; i < listing->tags.n; i++) {
		const struct ew_tagged *item = &listing->tags.items[i];
		json_object *o = json_object_new_object();

		if (item->kind == EW_TAGGED_PROCESS) {
			json_object_object_add(o, "pid", json_object_new_int(item->pid));
			json_object_object_add(o, "comm", json_object_new_string(item->shown));
		} else if (item->kind == EW_TAGGED_USERS) {
			json_object_object_add(o, "first", json_object_new_int64(item->users.first));
			json_object_object_add(o, "last", json_object_new_int64(item->users.last));
		} else if (item->kind == EW_TAGGED_PROGRAM) {
			char dev[32];

			/* as the kernel encodes it (struct ew_identity) */
			snprintf(dev, sizeof(dev), "%u:%u", item->program.dev >> 20, item->program.dev & 0xfffff);
			json_object_object_add(o, "dev", json_object_new_string(dev));
			json_object_object_add(o, "ino", json_object_new_int64((int64_t)item->program.ino));
			json_object_object_add(o, "path", json_object_new_string(item->shown));
		} else {
			json_object_object_add(o, "id", json_object_new_int64((int64_t)item->id));
			json_object_object_add(o, "path", json_object_new_string(item->shown));
		}
		if (item->kind != EW_TAGGED_PROCESS)
			json_object_object_add(o, "origin",
					       json_object_new_string(!item->policy    ? "command"
								      : !item->command ? "policy"
										       : "policy, command"));
		json_object_object_add(o, "profiles", ew_profile_names_json(&listing->names, item->own));
		json_object_object_add(o, "origins", origins_json(item, &listing->names));
		json_object_array_add(lists[item->kind], o);
	}
	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "cgroups", lists[EW_TAGGED_CGROUP]);
	json_object_object_add(doc, "users", lists[EW_TAGGED_USERS]);
	json_object_object_add(doc, "programs", lists[EW_TAGGED_PROGRAM]);
	json_object_object_add(doc, "processes", lists[EW_TAGGED_PROCESS]);
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

/* The policy that the files have, if it is the one in force; what is wrong with them is no concern of a listing. */
static void find_policy(struct listing *listing, const struct ew_pins *pins, struct ew_policy **policy)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};

	listing->asked = ew_tagged_any_policy(&listing->tags);
	if (!listing->asked || ew_cmd_policy_read(0, policy, &diag) < 0)
		return;
	listing->in_force = ew_policy_hash(*policy) == ew_pins_policy_hash(pins);
	if (!listing->in_force)
		ew_policy_free(policy);
}

static int list(struct listing *listing, bool json)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	_cleanup_pins_ struct ew_pins pins;
	int err;

	if (ew_pins_open(&pins) < 0)
		return -EIO;
	ew_profile_names_read(&pins, &listing->names);
	err = ew_tagged_read(&pins, &listing->tags);
	if (err == 0) {
		find_policy(listing, &pins, &policy);
		err = ew_tagged_explain(&pins, policy, &listing->tags);
	}
	if (err == 0 && json)
		print_json(listing);
	else if (err == 0)
		err = print_text(listing);
	return err < 0 ? ew_error_ret(err, "the tags cannot be listed: %s", strerror(-err)) : 0;
}

int ew_cmd_list(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct listing listing = {};
	bool json = false;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("list");
		if (c == '?')
			return ew_cmd_usage("list");
		json |= c == 'j';
	}
	if (optind < argc)
		return ew_cmd_usage("list");
	err = list(&listing, json);
	ew_tagged_clear(&listing.tags);
	return err < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}
