/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_ecs.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "words.h"

#define ECS_VERSION "8.11.0"

/* One record on its way: keys are moved from `record` to `ecs`, and what is left goes below it as a whole. */
struct conversion {
	json_object *record, *ecs;
	const struct ew_record_names *names;
	bool failed; /* no memory */
};

/* PATH, "a.b.c", below ROOT: the object that holds the last name, which is put into *LEAF. MAKE: objects on the way. */
static json_object *holder(json_object *root, const char *path, const char **leaf, bool make)
{
	const char *dot;

	for (; root && (dot = strchr(path, '.')); path = dot + 1) {
		json_object *child = NULL;
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		if (!json_object_object_get_ex(root, name, &child) && make) {
			child = json_object_new_object();
			if (json_object_object_add(root, name, child) < 0) {
				json_object_put(child);
				child = NULL;
			}
		}
		root = json_object_is_type(child, json_type_object) ? child : NULL;
	}
	*leaf = path;
	return root;
}

/* Takes VALUE over. */
static void put(struct conversion *c, const char *path, json_object *value)
{
	const char *leaf;
	json_object *parent = value ? holder(c->ecs, path, &leaf, true) : NULL;

	if (!parent || json_object_object_add(parent, leaf, value) < 0) {
		json_object_put(value);
		c->failed = true;
	}
}

static void put_text(struct conversion *c, const char *path, const char *text)
{
	put(c, path, json_object_new_string(text));
}

/* What the record has at PATH, or NULL; the record keeps it. */
static json_object *at(const struct conversion *c, const char *path)
{
	const char *leaf;
	json_object *parent = holder(c->record, path, &leaf, false), *value = NULL;

	return parent && json_object_object_get_ex(parent, leaf, &value) ? value : NULL;
}

static const char *text_at(const struct conversion *c, const char *path)
{
	json_object *value = at(c, path);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static void drop(struct conversion *c, const char *path)
{
	const char *leaf;
	json_object *parent = holder(c->record, path, &leaf, false);

	if (parent)
		json_object_object_del(parent, leaf);
}

/* To the field TO. Ids are keywords there, that is, strings: TEXT. */
static void copy(struct conversion *c, const char *from, const char *to, bool text)
{
	json_object *value = at(c, from);

	if (!value)
		return;
	if (text)
		put_text(c, to, json_object_get_string(value));
	else
		put(c, to, json_object_get(value));
}

/* Where a record's keys go. The credentials stay in the record too, as they are its substance. */
static const struct {
	const char *from, *to;
	bool text, stays;
} moves[] = {
	{"time", "@timestamp", false, false},
	{"task.pid", "process.pid", false, false},
	{"task.tid", "process.thread.id", false, false},
	{"task.ppid", "process.parent.pid", false, false},
	{"task.comm", "process.name", false, false},
	{"task.exe", "process.executable", false, false},
	{"before.euid", "process.user.id", true, true},
	{"before.uid", "process.real_user.id", true, true},
	{"before.suid", "process.saved_user.id", true, true},
	{"before.egid", "process.group.id", true, true},
	{"before.gid", "process.real_group.id", true, true},
	{"before.sgid", "process.saved_group.id", true, true},
	{"before.uid", "user.id", true, true},
	{"before.gid", "user.group.id", true, true},
	{"after.euid", "user.effective.id", true, true},
	{"after.egid", "user.effective.group.id", true, true},
	{"file.path", "file.path", false, false},
	{"file.dev", "file.device", false, false},
	{"file.ino", "file.inode", true, false},
	{"file.mode", "file.mode", false, false},
	{"file.uid", "file.uid", true, false},
	{"file.gid", "file.gid", true, false},
	{"profile", "rule.ruleset", false, false},
	{"rule", "rule.name", false, false},
	{"by.pid", "process.pid", false, false},
	{"by.comm", "process.name", false, false},
	{"by.uid", "user.id", true, false},
};

static void put_name(struct conversion *c, const char *id, const char *to,
		     int (*name_of)(void *ctx, __u32 id, char *out, size_t size))
{
	json_object *value = at(c, id);
	char name[64];

	if (value && name_of && name_of(c->names->ctx, (__u32)json_object_get_uint64(value), name, sizeof(name)) == 0)
		put_text(c, to, name);
}

static void put_names(struct conversion *c)
{
	if (!c->names)
		return;
	put_name(c, "before.uid", "user.name", c->names->user);
	put_name(c, "by.uid", "user.name", c->names->user);
	put_name(c, "after.euid", "user.effective.name", c->names->user);
	put_name(c, "before.gid", "user.group.name", c->names->group);
	put_name(c, "after.egid", "user.effective.group.name", c->names->group);
}

/* "CAP_NET_RAW" and so on, of what the task has: process.thread.capabilities.permitted. */
static void put_caps(struct conversion *c)
{
	unsigned long long caps = strtoull(text_at(c, "before.permitted"), NULL, 16);
	json_object *list = json_object_new_array();

	for (unsigned int cap = 0; list && cap < EW_CAPS_MAX; cap++) {
		char name[40];

		if (!(caps >> cap & 1))
			continue;
		snprintf(name, sizeof(name), "%s", ew_cap_name(cap));
		for (char *p = name; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		if (json_object_array_add(list, json_object_new_string(name)) < 0)
			c->failed = true;
	}
	put(c, "process.thread.capabilities.permitted", list);
}

/* OUTCOME: a second type; NULL: none. */
static void put_types(struct conversion *c, const char *category, const char *type, const char *outcome)
{
	json_object *types = json_object_new_array(), *categories = json_object_new_array();

	if (!types || !categories || json_object_array_add(categories, json_object_new_string(category)) < 0 ||
	    json_object_array_add(types, json_object_new_string(type)) < 0 ||
	    (outcome && json_object_array_add(types, json_object_new_string(outcome)) < 0))
		c->failed = true;
	put(c, "event.category", categories);
	put(c, "event.type", types);
}

static void put_event(struct conversion *c, const char *type)
{
	const char *verdict = text_at(c, "verdict");
	bool refused = EW_STREQ(verdict, "deny") || EW_STREQ(verdict, "kill");
	char dataset[64];

	snprintf(dataset, sizeof(dataset), "execward.%s", type);
	put_text(c, "ecs.version", ECS_VERSION);
	put_text(c, "event.kind", EW_STREQ(type, "lost") ? "pipeline_error" : "event");
	put_text(c, "event.module", "execward");
	put_text(c, "event.dataset", dataset);
	put_text(c, "event.action", type);
	if (EW_STREQ(type, "tag") || EW_STREQ(type, "policy"))
		put_types(c, "configuration", "change", NULL);
	if (!EW_STREQ(type, "exec"))
		return;
	put_types(c, "process", "start", refused ? "denied" : "allowed");
	put_text(c, "event.outcome", refused ? "failure" : "success");
	put_text(c, "event.reason", text_at(c, "reason"));
	put_caps(c);
}

/* The object at KEY, if nothing is left in it. */
static void drop_empty(struct conversion *c, const char *key)
{
	json_object *object = at(c, key);

	if (json_object_is_type(object, json_type_object) && json_object_object_length(object) == 0)
		drop(c, key);
}

static void convert(struct conversion *c)
{
	for (size_t i = 0; i < EW_ARRAY_SIZE(moves); i++)
		copy(c, moves[i].from, moves[i].to, moves[i].text);
	put_event(c, text_at(c, "type"));
	put_names(c);
	for (size_t i = 0; i < EW_ARRAY_SIZE(moves); i++)
		if (!moves[i].stays)
			drop(c, moves[i].from);
	drop_empty(c, "task");
	drop_empty(c, "file");
	put(c, "execward", json_object_get(c->record));
}

char *ew_record_ecs(const char *line, const struct ew_record_names *names)
{
	struct conversion c = {.record = json_tokener_parse(line), .ecs = json_object_new_object(), .names = names};
	const char *text = NULL;
	char *out;

	if (c.ecs && json_object_is_type(c.record, json_type_object)) {
		convert(&c);
		text = json_object_to_json_string_ext(c.ecs, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
	out = text && !c.failed ? strdup(text) : NULL;
	json_object_put(c.ecs);
	json_object_put(c.record);
	return out;
}
