/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tagged.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "escape.h"
#include "process.h"
#include "tag_programs.h"
#include "tag_users.h"

static void clear_one(struct ew_tagged *item)
{
	for (size_t i = 0; i < item->n_origins; i++) {
		free(item->origins[i].pattern);
		free(item->origins[i].rule);
	}
	free(item->origins);
	free(item->name);
	free(item->shown);
}

void ew_tagged_clear(struct ew_tagged_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		clear_one(&list->items[i]);
	free(list->items);
	*list = (struct ew_tagged_list){};
}

/* Returns 0 or -ENOMEM. */
static int add(struct ew_tagged_list *list, struct ew_tagged item, const char *name, size_t length)
{
	item.name = strndup(name, length);
	item.shown = item.name ? ew_escape_dup(item.name, strlen(item.name), 0) : NULL;
	if (item.shown && list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct ew_tagged *items = reallocarray(list->items, room, sizeof(*items));

		if (items) {
			list->items = items;
			list->room = room;
		}
	}
	if (!item.shown || list->n == list->room) {
		clear_one(&item);
		return -ENOMEM;
	}
	list->items[list->n++] = item;
	return 0;
}

static int add_cgroups(const struct ew_pins *pins, struct ew_tagged_list *list)
{
	__u64 key, next, *previous = NULL;
	__u32 half = EW_HALF(ew_pins_generation(pins));
	struct ew_cgroup_tag tag;
	char path[EW_PATH_MAX];
	int err = 0;

	while (err == 0 && bpf_map_get_next_key(pins->cgroups_fd, previous, &next) == 0) {
		key = next;
		previous = &key;
		if (bpf_map_lookup_elem(pins->cgroups_fd, &key, &tag) < 0 || !(tag.policy.of[half] | tag.command))
			continue;
		if (ew_cgroup_path_of_id(key, path, sizeof(path)) < 0)
			continue; /* removed a moment ago */
		err = add(list,
			  (struct ew_tagged){
				  .id = key,
				  .own = tag.policy.of[half] | tag.command,
				  .policy = tag.policy.of[half],
				  .command = tag.command,
			  },
			  path, sizeof(path));
	}
	return err;
}

static int add_users(const struct ew_pins *pins, struct ew_tagged_list *list)
{
	_cleanup_free_ struct ew_user_span *spans = NULL;
	ssize_t n = ew_tag_users_read(pins, &spans);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		char name[32];

		snprintf(name, sizeof(name), spans[i].first == spans[i].last ? "%u" : "%u-%u", spans[i].first,
			 spans[i].last);
		err = add(list,
			  (struct ew_tagged){
				  .kind = EW_TAGGED_USERS,
				  .own = spans[i].policy | spans[i].command,
				  .policy = spans[i].policy,
				  .command = spans[i].command,
				  .users = spans[i],
			  },
			  name, sizeof(name));
	}
	return err;
}

static int add_programs(const struct ew_pins *pins, struct ew_tagged_list *list)
{
	_cleanup_free_ struct ew_tagged_program *programs = NULL;
	ssize_t n = ew_tag_programs_read(pins, &programs);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		const struct ew_program_tag *tag = &programs[i].tag;
		bool command = programs[i].key.generation == EW_GENERATION_COMMAND;

		err = add(list,
			  (struct ew_tagged){
				  .kind = EW_TAGGED_PROGRAM,
				  .own = tag->set,
				  .policy = command ? 0 : tag->set,
				  .command = command ? tag->set : 0,
				  .program = programs[i].key.program,
			  },
			  tag->path, sizeof(tag->path));
	}
	return err;
}

static int add_processes(const struct ew_pins *pins, struct ew_tagged_list *list)
{
	_cleanup_free_ struct ew_process *processes = NULL;
	ssize_t n = ew_process_list(&processes);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		struct ew_tagged item = {
			.kind = EW_TAGGED_PROCESS,
			.pid = processes[i].pid,
			.ppid = processes[i].ppid,
		};
		struct ew_task_tag tag;

		if (processes[i].kernel || ew_process_tag_get(pins, processes[i].pid, &tag) < 0 || !tag.set)
			continue;
		item.own = tag.set;
		memcpy(item.by, tag.by, sizeof(item.by));
		err = add(list, item, processes[i].comm, sizeof(processes[i].comm));
	}
	return err;
}

/* A parent cgroup comes before its children. */
static int compare(const void *left, const void *right)
{
	const struct ew_tagged *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind > b->kind ? 1 : -1;
	if (a->kind == EW_TAGGED_USERS)
		return (a->users.first > b->users.first) - (a->users.first < b->users.first);
	if (a->kind == EW_TAGGED_PROCESS)
		return (a->pid > b->pid) - (a->pid < b->pid);
	return strcmp(a->name, b->name);
}

int ew_tagged_read(const struct ew_pins *pins, struct ew_tagged_list *out)
{
	int err = add_cgroups(pins, out);

	if (err == 0)
		err = add_users(pins, out);
	if (err == 0)
		err = add_programs(pins, out);
	if (err == 0)
		err = add_processes(pins, out);
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), compare);
	return err;
}

static const struct ew_tagged *find(const struct ew_tagged_list *list, const struct ew_tagged *like)
{
	return list->n ? bsearch(like, list->items, list->n, sizeof(*list->items), compare) : NULL;
}

const struct ew_tagged *ew_tagged_process(const struct ew_tagged_list *list, pid_t pid)
{
	return find(list, &(struct ew_tagged){.kind = EW_TAGGED_PROCESS, .pid = pid});
}

const struct ew_tagged *ew_tagged_cgroup(const struct ew_tagged_list *list, const char *path)
{
	return find(list, &(struct ew_tagged){.kind = EW_TAGGED_CGROUP, .name = (char *)path});
}

bool ew_tagged_any_policy(const struct ew_tagged_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].policy)
			return true;
	return false;
}
