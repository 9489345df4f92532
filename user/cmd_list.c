/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <bpf/bpf.h>
#include <errno.h>
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "cgroup.h"
#include "cmd.h"
#include "escape.h"
#include "log.h"
#include "process.h"
#include "profile_names.h"
#include "tag_programs.h"
#include "tag_users.h"

/* Tagged cgroups and processes, each below the nearest tagged one above it, and tagged users and programs. */

enum kind { CGROUP, USERS, PROGRAM, PROCESS };

struct tagged {
	enum kind kind;
	char *name;	 /* cgroup path, ids of users, path of the program, or the process's command */
	pid_t pid, ppid; /* 0: a cgroup */
	__u64 id;	 /* of the cgroup */
	__u64 own;	 /* profiles of its own */
	__u64 policy;	 /* those of them that a policy put there */
	struct ew_user_span users;
	struct ew_identity program;
	struct libscols_line *line;
};

struct tags {
	size_t n, room;
	struct tagged *items;
};

static void tags_free(struct tags *tags)
{
	for (size_t i = 0; i < tags->n; i++)
		free(tags->items[i].name);
	free(tags->items);
}

/* Takes the name over. Returns 0 or -ENOMEM. */
static int tags_add(struct tags *tags, struct tagged item)
{
	if (!item.name)
		return -ENOMEM;
	if (tags->n == tags->room) {
		size_t room = tags->room ? 2 * tags->room : 64;
		struct tagged *items = reallocarray(tags->items, room, sizeof(*items));

		if (!items) {
			free(item.name);
			return -ENOMEM;
		}
		tags->items = items;
		tags->room = room;
	}
	tags->items[tags->n++] = item;
	return 0;
}

static int add_cgroups(const struct ew_pins *pins, struct tags *tags)
{
	__u64 key, next, *previous = NULL;
	__u32 half = EW_HALF(ew_pins_generation(pins));
	struct ew_cgroup_tag tag;
	char path[EW_PATH_MAX];

	while (bpf_map_get_next_key(pins->cgroups_fd, previous, &next) == 0) {
		int err;

		key = next;
		previous = &key;
		if (bpf_map_lookup_elem(pins->cgroups_fd, &key, &tag) < 0 || !(tag.policy.of[half] | tag.command))
			continue;
		if (ew_cgroup_path_of_id(key, path, sizeof(path)) < 0)
			continue; /* removed a moment ago */
		err = tags_add(tags, (struct tagged){
					     .name = ew_escape_dup(path, strlen(path), 0),
					     .id = key,
					     .own = tag.policy.of[half] | tag.command,
					     .policy = tag.policy.of[half],
				     });
		if (err < 0)
			return err;
	}
	return 0;
}

static int add_processes(const struct ew_pins *pins, struct tags *tags)
{
	_cleanup_free_ struct ew_process *list = NULL;
	ssize_t n = ew_process_list(&list);

	for (ssize_t i = 0; i < n; i++) {
		struct ew_task_tag tag;
		int err;

		if (list[i].kernel || ew_process_tag_get(pins, list[i].pid, &tag) < 0 || !tag.set)
			continue;
		err = tags_add(tags, (struct tagged){
					     .kind = PROCESS,
					     .name = ew_escape_dup(list[i].comm, strlen(list[i].comm), 0),
					     .pid = list[i].pid,
					     .ppid = list[i].ppid,
					     .own = tag.set,
				     });
		if (err < 0)
			return err;
	}
	return n < 0 ? (int)n : 0;
}

static int add_users(const struct ew_pins *pins, struct tags *tags)
{
	_cleanup_free_ struct ew_user_span *spans = NULL;
	ssize_t n = ew_tag_users_read(pins, &spans);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		struct tagged item = {
			.kind = USERS,
			.own = spans[i].policy | spans[i].command,
			.policy = spans[i].policy,
			.users = spans[i],
		};

		if (asprintf(&item.name, spans[i].first == spans[i].last ? "%u" : "%u-%u", spans[i].first,
			     spans[i].last) < 0)
			return -ENOMEM;
		err = tags_add(tags, item);
	}
	return err;
}

static int add_programs(const struct ew_pins *pins, struct tags *tags)
{
	_cleanup_free_ struct ew_tagged_program *list = NULL;
	ssize_t n = ew_tag_programs_read(pins, &list);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		const struct ew_program_tag *tag = &list[i].tag;

		err = tags_add(tags, (struct tagged){
					     .kind = PROGRAM,
					     .name = ew_escape_dup(tag->path, strnlen(tag->path, sizeof(tag->path)), 0),
					     .own = tag->set,
					     .policy = list[i].key.generation == EW_GENERATION_COMMAND ? 0 : tag->set,
					     .program = list[i].key.program,
				     });
	}
	return err;
}

/* Cgroups by path, so that a parent comes before its children, then users and programs, then processes by id. */
static int compare(const void *a, const void *b)
{
	const struct tagged *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind > y->kind ? 1 : -1;
	if (x->kind == USERS)
		return x->users.first > y->users.first ? 1 : -1;
	return x->pid ? (x->pid > y->pid) - (x->pid < y->pid) : strcmp(x->name, y->name);
}

/* The line of the nearest tagged ancestor, which has one already; NULL at the top. */
static struct libscols_line *parent_line(const struct tags *tags, size_t i)
{
	const struct tagged *item = &tags->items[i];

	if (item->kind == USERS || item->kind == PROGRAM)
		return NULL;
	for (size_t j = i; j-- > 0;) {
		const struct tagged *other = &tags->items[j];
		size_t len = strlen(other->name);

		if (item->pid) {
			if (other->pid && other->pid == item->ppid)
				return other->line;
		} else if (EW_STREQ(other->name, "/") ||
			   (strncmp(other->name, item->name, len) == 0 && item->name[len] == '/')) {
			return other->line;
		}
	}
	return NULL;
}

static const char *origin(const struct tagged *item)
{
	if (item->pid)
		return "process";
	return item->policy == item->own ? "policy" : item->policy ? "policy, command" : "command";
}

/* What stands in the first column; the caller frees. */
static char *label_of(const struct tagged *item)
{
	char *label = NULL;
	int n = item->kind == PROCESS	? asprintf(&label, "%d %s", item->pid, item->name)
		: item->kind == USERS	? asprintf(&label, "user %s", item->name)
		: item->kind == PROGRAM ? asprintf(&label, "program %s", item->name)
					: asprintf(&label, "%s", item->name);

	return n < 0 ? NULL : label;
}

static int print_text(const struct tags *tags, const struct ew_profile_names *names)
{
	struct libscols_table *table;
	int err = 0;

	if (tags->n == 0) {
		puts("Nothing is tagged.");
		return 0;
	}
	table = scols_new_table();
	if (!table)
		return -ENOMEM;
	scols_table_new_column(table, "TAGGED", 0, SCOLS_FL_TREE);
	scols_table_new_column(table, "PROFILES", 0, 0);
	scols_table_new_column(table, "ORIGIN", 0, 0);
	for (size_t i = 0; i < tags->n && err == 0; i++) {
		struct tagged *item = &tags->items[i];
		struct libscols_line *line = scols_table_new_line(table, parent_line(tags, i));
		_cleanup_free_ char *label = label_of(item), *profiles = ew_profile_names_join(names, item->own);

		if (!line || !label || !profiles) {
			err = -ENOMEM;
			break;
		}
		item->line = line;
		scols_line_set_data(line, 0, label);
		scols_line_set_data(line, 1, profiles);
		scols_line_set_data(line, 2, origin(item));
	}
	if (err == 0)
		err = scols_print_table(table);
	scols_unref_table(table);
	return err;
}

static void print_json(const struct tags *tags, const struct ew_profile_names *names)
{
	json_object *doc = json_object_new_object();
	json_object *lists[] = {
		[CGROUP] = json_object_new_array(),
		[USERS] = json_object_new_array(),
		[PROGRAM] = json_object_new_array(),
		[PROCESS] = json_object_new_array(),
	};

	for (size_t i = 0; i < tags->n; i++) {
		const struct tagged *item = &tags->items[i];
		json_object *o = json_object_new_object();

		if (item->kind == PROCESS) {
			json_object_object_add(o, "pid", json_object_new_int(item->pid));
			json_object_object_add(o, "comm", json_object_new_string(item->name));
		} else if (item->kind == USERS) {
			json_object_object_add(o, "first", json_object_new_int64(item->users.first));
			json_object_object_add(o, "last", json_object_new_int64(item->users.last));
		} else if (item->kind == PROGRAM) {
			char dev[32];

			/* as the kernel encodes it (struct ew_identity) */
			snprintf(dev, sizeof(dev), "%u:%u", item->program.dev >> 20, item->program.dev & 0xfffff);
			json_object_object_add(o, "dev", json_object_new_string(dev));
			json_object_object_add(o, "ino", json_object_new_int64((int64_t)item->program.ino));
			json_object_object_add(o, "path", json_object_new_string(item->name));
		} else {
			json_object_object_add(o, "id", json_object_new_int64((int64_t)item->id));
			json_object_object_add(o, "path", json_object_new_string(item->name));
		}
		if (item->kind != PROCESS)
			json_object_object_add(o, "origin", json_object_new_string(origin(item)));
		json_object_object_add(o, "profiles", ew_profile_names_json(names, item->own));
		json_object_array_add(lists[item->kind], o);
	}
	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "cgroups", lists[CGROUP]);
	json_object_object_add(doc, "users", lists[USERS]);
	json_object_object_add(doc, "programs", lists[PROGRAM]);
	json_object_object_add(doc, "processes", lists[PROCESS]);
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

int ew_cmd_list(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	EW_CLEANUP(tags_free) struct tags tags = {};
	_cleanup_pins_ struct ew_pins pins;
	struct ew_profile_names names;
	bool json = false;
	int c, err;

	ew_pins_init(&pins);
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("list");
		if (c == '?')
			return ew_cmd_usage("list");
		json |= c == 'j';
	}
	if (optind < argc)
		return ew_cmd_usage("list");
	if (ew_pins_open(&pins) < 0)
		return EW_EXIT_FAILED;
	ew_profile_names_read(&pins, &names);
	err = add_cgroups(&pins, &tags);
	if (err == 0)
		err = add_users(&pins, &tags);
	if (err == 0)
		err = add_programs(&pins, &tags);
	if (err == 0)
		err = add_processes(&pins, &tags);
	if (err == 0) {
		qsort(tags.items, tags.n, sizeof(*tags.items), compare);
		if (json)
			print_json(&tags, &names);
		else
			err = print_text(&tags, &names);
	}
	if (err < 0)
		ew_error("the tags cannot be listed: %s", strerror(-err));
	return err < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}
