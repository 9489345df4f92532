/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_json.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "json_doc.h"
#include "record_fds.h"
#include "record_label.h"
#include "record_origin.h"
#include "util.h"
#include "words.h"

static void add_rule(struct ew_doc *doc, json_object *root, const struct ew_record *r)
{
	_cleanup_free_ char *file = NULL, *rule = NULL;

	if (*r->profile)
		ew_doc_add_name(doc, root, "profile", r->profile, strlen(r->profile));
	if (!*r->rule_file)
		return;
	file = ew_escape_dup(r->rule_file, strlen(r->rule_file), 0);
	if (!file || asprintf(&rule, "%s:%u", file, r->rule_line) < 0) {
		rule = NULL;
		doc->failed = true;
		return;
	}
	ew_doc_add_string(doc, root, "rule", rule);
}

static void add_task(struct ew_doc *doc, json_object *root, const struct ew_record_view *view)
{
	const struct ew_record *r = &view->record;
	json_object *task = ew_doc_add_object(doc, root, "task");

	ew_doc_add_number(doc, task, "pid", r->pid);
	ew_doc_add_number(doc, task, "tid", r->tid);
	ew_doc_add_number(doc, task, "ppid", r->ppid);
	ew_doc_add_name(doc, task, "comm", r->comm, strlen(r->comm));
	ew_doc_add_name(doc, task, "exe", view->exe_path, view->exe_path_len);
}

static void add_file(struct ew_doc *doc, json_object *root, const struct ew_record_view *view)
{
	const struct ew_record *r = &view->record;
	json_object *file = ew_doc_add_object(doc, root, "file");
	char dev[32], mode[16];

	/* policy.h: encoded as in the kernel */
	snprintf(dev, sizeof(dev), "%u:%u", r->file.dev >> 20, r->file.dev & 0xfffff);
	snprintf(mode, sizeof(mode), "%04o", r->file_mode & 07777);
	ew_doc_add_name(doc, file, "path", view->file_path, view->file_path_len);
	ew_doc_add_string(doc, file, "dev", dev);
	ew_doc_add_number(doc, file, "ino", r->file.ino);
	ew_doc_add_string(doc, file, "mode", mode);
	ew_doc_add_number(doc, file, "uid", r->file_uid);
	ew_doc_add_number(doc, file, "gid", r->file_gid);
}

/* An array in the making. */
struct list {
	struct ew_doc *doc;
	json_object *array;
};

static void append_gain(void *ctx, const char *gain)
{
	struct list *gains = ctx;

	ew_doc_append(gains->doc, gains->array, json_object_new_string(gain));
}

static void add_words(struct ew_doc *doc, json_object *root, const char *key, const struct ew_words *words, __u32 bits)
{
	json_object *array = ew_doc_add_array(doc, root, key);

	for (unsigned int i = 0; i < words->n; i++) {
		if (bits & EW_BIT(i))
			ew_doc_append(doc, array, json_object_new_string(ew_words_name(words, i)));
	}
}

static void add_creds(struct ew_doc *doc, json_object *root, const char *key, const struct ew_creds *creds)
{
	json_object *object = ew_doc_add_object(doc, root, key);
	char permitted[24];

	snprintf(permitted, sizeof(permitted), "%016llx", (unsigned long long)creds->permitted);
	ew_doc_add_number(doc, object, "uid", creds->uid);
	ew_doc_add_number(doc, object, "euid", creds->euid);
	ew_doc_add_number(doc, object, "suid", creds->suid);
	ew_doc_add_number(doc, object, "gid", creds->gid);
	ew_doc_add_number(doc, object, "egid", creds->egid);
	ew_doc_add_number(doc, object, "sgid", creds->sgid);
	ew_doc_add_string(doc, object, "permitted", permitted);
}

/* A number that may have a NAME. */
static void add_named(struct ew_doc *doc, json_object *parent, const char *key, const char *name, __u32 number)
{
	if (name)
		ew_doc_add_string(doc, parent, key, name);
	else
		ew_doc_add_number(doc, parent, key, number);
}

static void append_fd(void *ctx, const struct ew_fd_view *view)
{
	struct list *fds = ctx;
	struct ew_doc *doc = fds->doc;
	const struct ew_fd *fd = &view->fd;
	_cleanup_free_ char *target = ew_fd_target(view, 0);
	json_object *object = json_object_new_object(), *peer;
	char dev[32];

	ew_doc_append(doc, fds->array, object);
	if (doc->failed || !target) {
		doc->failed = true;
		return;
	}
	snprintf(dev, sizeof(dev), "%u:%u", fd->file.dev >> 20, fd->file.dev & 0xfffff);
	ew_doc_add_number(doc, object, "fd", fd->fd);
	ew_doc_add_string(doc, object, "kind", ew_words_name(&ew_fd_kind_words, fd->kind));
	ew_doc_add_string(doc, object, "access", ew_fd_access(fd));
	ew_doc_add_string(doc, object, "path", target);
	ew_doc_add_string(doc, object, "dev", dev);
	ew_doc_add_number(doc, object, "ino", fd->file.ino);
	if (fd->marks & EW_FD_DELETED)
		ew_doc_add_true(doc, object, "deleted");
	if (fd->marks & EW_FD_TRUNCATED)
		ew_doc_add_true(doc, object, "truncated");
	if (fd->marks & EW_FD_OTHER_NS)
		ew_doc_add_true(doc, object, "other_mount_namespace");
	if (fd->type) {
		add_named(doc, object, "family", ew_fd_family(fd->family), fd->family);
		add_named(doc, object, "type", ew_fd_socket_type(fd->type), fd->type);
	}
	if (fd->peer_pid || fd->peer_len) {
		peer = ew_doc_add_object(doc, object, "peer");
		if (fd->peer_pid)
			ew_doc_add_number(doc, peer, "pid", fd->peer_pid);
		if (fd->peer_len)
			ew_doc_add_name(doc, peer, "address", view->peer,
					*view->peer ? strnlen(view->peer, fd->peer_len) : fd->peer_len);
	}
	if (fd->dangers) {
		ew_doc_add_true(doc, object, "dangerous");
		add_words(doc, object, "danger", &ew_danger_words, fd->dangers);
	}
}

static void add_fds(struct ew_doc *doc, json_object *root, const struct ew_record_view *view)
{
	struct list list = {.doc = doc};
	json_object *object;
	struct ew_fds fds;

	if (!ew_record_fds(view, &fds))
		return;
	object = ew_doc_add_object(doc, root, "fds");
	ew_doc_add_number(doc, object, "count", fds.count);
	ew_doc_add(doc, object, "truncated", json_object_new_boolean(fds.described < fds.count));
	list.array = ew_doc_add_array(doc, object, "list");
	ew_record_each_fd(view, append_fd, &list);
}

static void add_cgroup(struct ew_doc *doc, json_object *root, const struct ew_record_view *view,
		       const struct ew_record_names *names)
{
	_cleanup_free_ char *path = ew_record_cgroup_path(view, names, 0);
	json_object *cgroup = ew_doc_add_object(doc, root, "cgroup");

	ew_doc_add_number(doc, cgroup, "id", view->record.cgroup_id);
	if (path)
		ew_doc_add_string(doc, cgroup, "path", path);
	else
		ew_doc_add_null(doc, cgroup, "path");
}

static void add_profiles(struct ew_doc *doc, json_object *root, const struct ew_record *r,
			 const struct ew_record_names *names)
{
	json_object *array;

	if (!r->profiles || !names->profile)
		return;
	array = ew_doc_add_array(doc, root, "profiles");
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		char name[EW_PROFILE_NAME_MAX], escaped[4 * EW_PROFILE_NAME_MAX + 1];

		if (!(r->profiles >> slot & 1))
			continue;
		if (names->profile(names->ctx, slot, name) == 0)
			ew_escape(escaped, sizeof(escaped), name, strnlen(name, sizeof(name)), 0);
		else
			snprintf(escaped, sizeof(escaped), "#%u", slot);
		ew_doc_append(doc, array, json_object_new_string(escaped));
	}
}

/* As ew_doc_add_name(), with a key that does not outlive the call. */
static void add_id(struct ew_doc *doc, json_object *parent, const char *id, const char *name)
{
	_cleanup_free_ char *escaped = ew_escape_dup(name, strlen(name), 0);
	json_object *value = escaped ? json_object_new_string(escaped) : NULL;

	if (!value || json_object_object_add(parent, id, value)) {
		json_object_put(value);
		doc->failed = true;
	}
}

/* Those of the N ids that have a name, each once: {"0":"root"}. */
static void add_ids(struct ew_doc *doc, json_object *root, const char *key, const __u32 *ids, size_t n,
		    int (*name_of)(void *, __u32, char *, size_t), void *ctx)
{
	json_object *object;

	if (!name_of)
		return;
	object = ew_doc_add_object(doc, root, key);
	for (size_t i = 0; i < n && !doc->failed; i++) {
		char id[16], name[64];

		snprintf(id, sizeof(id), "%u", ids[i]);
		if (!json_object_object_get_ex(object, id, NULL) && name_of(ctx, ids[i], name, sizeof(name)) == 0)
			add_id(doc, object, id, name);
	}
}

static void add_names(struct ew_doc *doc, json_object *root, const struct ew_record *r,
		      const struct ew_record_names *names)
{
	const struct ew_creds *before = &r->before, *after = &r->after;
	const __u32 users[] = {before->uid, before->euid, before->suid, after->uid,
			       after->euid, after->suid,  r->file_uid};
	const __u32 groups[] = {before->gid, before->egid, before->sgid, after->gid,
				after->egid, after->sgid,  r->file_gid};

	add_ids(doc, root, "users", users, EW_ARRAY_SIZE(users), names->user, names->ctx);
	add_ids(doc, root, "groups", groups, EW_ARRAY_SIZE(groups), names->group, names->ctx);
}

static void append_arg(void *ctx, const char *arg)
{
	struct list *list = ctx;
	_cleanup_free_ char *escaped = ew_escape_dup(arg, strlen(arg), 0);

	if (escaped)
		ew_doc_append(list->doc, list->array, json_object_new_string(escaped));
	else
		list->doc->failed = true;
}

static void add_argv(struct ew_doc *doc, json_object *root, const struct ew_record_view *view)
{
	struct list list = {.doc = doc};
	__u32 args = view->record.args;
	json_object *object;

	if (!args)
		return;
	object = ew_doc_add_object(doc, root, "argv");
	ew_doc_add_string(doc, object, "from", args & EW_ARGS_IMAGE ? "image" : "caller");
	ew_doc_add(doc, object, "truncated", json_object_new_boolean(!!(args & EW_ARGS_TRUNCATED)));
	list.array = ew_doc_add_array(doc, object, "list");
	ew_record_each_arg(view, append_arg, &list);
}

static void append_parent(void *ctx, const struct ew_parent_view *parent)
{
	json_object *object = json_object_new_object();
	_cleanup_free_ char *exe = NULL;
	struct list *list = ctx;
	__u32 marks = parent->image.fd.marks;

	ew_doc_append(list->doc, list->array, object);
	if (list->doc->failed)
		return;
	ew_doc_add_number(list->doc, object, "pid", parent->pid);
	if (!(marks & EW_FD_PATH)) {
		ew_doc_add_null(list->doc, object, "exe");
		return;
	}
	exe = ew_fd_target(&parent->image, 0);
	if (!exe) {
		list->doc->failed = true;
		return;
	}
	ew_doc_add_string(list->doc, object, "exe", exe);
	if (marks & EW_FD_DELETED)
		ew_doc_add_true(list->doc, object, "deleted");
	if (marks & EW_FD_TRUNCATED)
		ew_doc_add_true(list->doc, object, "truncated");
}

static void add_parents(struct ew_doc *doc, json_object *root, const struct ew_record_view *view)
{
	struct list list = {.doc = doc};

	if (!view->parents)
		return;
	list.array = ew_doc_add_array(doc, root, "parents");
	ew_record_each_parent(view, append_parent, &list);
}

char *ew_record_json(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset)
{
	_cleanup_json_ json_object *root = json_object_new_object();
	const struct ew_record *r = &view->record;
	struct ew_doc doc = {0};
	struct list gains = {.doc = &doc};

	ew_doc_add_head(&doc, root, "exec", r->time, offset);
	ew_doc_add_string(&doc, root, "verdict", ew_words_name(&ew_verdict_words, r->verdict));
	ew_doc_add_string(&doc, root, "reason", ew_words_name(&ew_reason_words, r->reason));
	add_rule(&doc, root, r);
	add_task(&doc, root, view);
	add_file(&doc, root, view);
	gains.array = ew_doc_add_array(&doc, root, "gain");
	ew_record_each_gain(view, names, 0, append_gain, &gains);
	add_words(&doc, root, "cause", &ew_cause_words, r->causes);
	add_words(&doc, root, "shape", &ew_shape_words, r->shapes);
	if (r->withheld.kinds) {
		gains.array = ew_doc_add_array(&doc, root, "withheld");
		ew_record_each_withheld(view, names, 0, append_gain, &gains);
	}
	add_creds(&doc, root, "before", &r->before);
	add_creds(&doc, root, "after", &r->after);
	ew_label_add_json(&doc, root, view);
	add_fds(&doc, root, view);
	add_cgroup(&doc, root, view, names);
	add_profiles(&doc, root, r, names);
	add_names(&doc, root, r, names);
	if (r->script_path_len)
		ew_doc_add_name(&doc, root, "script", view->script_path, view->script_path_len);
	add_argv(&doc, root, view);
	add_parents(&doc, root, view);
	return ew_doc_line(&doc, root);
}

char *ew_record_json_lost(__u64 boot, __s64 offset, __u64 count, __u64 total)
{
	_cleanup_json_ json_object *root = json_object_new_object();
	struct ew_doc doc = {0};

	ew_doc_add_head(&doc, root, "lost", boot, offset);
	ew_doc_add_number(&doc, root, "count", count);
	ew_doc_add_number(&doc, root, "total", total);
	return ew_doc_line(&doc, root);
}

static void add_known(struct ew_doc *doc, json_object *parent, const char *key, const char *text)
{
	if (*text)
		ew_doc_add_string(doc, parent, key, text);
	else
		ew_doc_add_null(doc, parent, key);
}

char *ew_record_json_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds)
{
	_cleanup_json_ json_object *root = json_object_new_object();
	const struct ew_leak_words *words = &leak->words;
	struct ew_doc doc = {0};
	json_object *fd;

	ew_doc_add_head(&doc, root, "fds", boot, offset);
	ew_doc_add_number(&doc, root, "count", leak->untold);
	ew_doc_add_number(&doc, root, "seconds", seconds);
	if (*words->profile)
		ew_doc_add_string(&doc, root, "profile", words->profile);
	add_known(&doc, ew_doc_add_object(&doc, root, "task"), "exe", words->giver);
	add_known(&doc, ew_doc_add_object(&doc, root, "file"), "path", words->receiver);
	fd = ew_doc_add_object(&doc, root, "fd");
	ew_doc_add_string(&doc, fd, "kind", words->kind);
	ew_doc_add_string(&doc, fd, "access", words->access);
	ew_doc_add_string(&doc, fd, "path", words->target);
	if (leak->dangerous)
		ew_doc_add_true(&doc, fd, "dangerous");
	return ew_doc_line(&doc, root);
}
