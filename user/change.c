/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "json_doc.h"
#include "text_line.h"
#include "util.h"
#include "words.h"

bool ew_change_is(const void *data, size_t len)
{
	__u32 type = EW_RECORD_EXEC;

	if (len >= sizeof(type))
		memcpy(&type, data, sizeof(type));
	return type != EW_RECORD_EXEC;
}

static bool fits(const struct ew_change_record *c)
{
	bool tag = c->action == EW_ACTION_TAG || c->action == EW_ACTION_UNTAG;

	return (c->type == EW_RECORD_TAG || c->type == EW_RECORD_POLICY) && c->action < EW_ACTION_MAX &&
	       c->subject < EW_SUBJECT_MAX && tag == (c->type == EW_RECORD_TAG) && !(c->marks & ~EW_CHANGE_CUT) &&
	       memchr(c->comm, '\0', sizeof(c->comm)) && memchr(c->command, '\0', sizeof(c->command));
}

int ew_change_read(struct ew_change_record *out, const void *data, size_t len)
{
	if (len < EW_CHANGE_FIXED || len > sizeof(*out))
		return -EBADMSG;
	memset(out, 0, sizeof(*out));
	memcpy(out, data, len);
	return fits(out) && out->object_len == len - EW_CHANGE_FIXED ? 0 : -EBADMSG;
}

void ew_change_each_profile(const struct ew_change_record *c, const struct ew_record_names *names, unsigned int flags,
			    void (*each)(void *ctx, const char *profile), void *ctx)
{
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		char name[EW_PROFILE_NAME_MAX], escaped[4 * EW_PROFILE_NAME_MAX + 1];

		if (!(c->profiles >> slot & 1))
			continue;
		if (names->profile && names->profile(names->ctx, slot, name) == 0)
			ew_escape(escaped, sizeof(escaped), name, strnlen(name, sizeof(name)), flags);
		else
			snprintf(escaped, sizeof(escaped), "#%u", slot);
		each(ctx, escaped);
	}
}

static unsigned int first_user(const struct ew_change_record *c)
{
	return (unsigned int)c->id;
}

static unsigned int last_user(const struct ew_change_record *c)
{
	return (unsigned int)(c->id >> 32);
}

char *ew_change_object(const struct ew_change_record *c, unsigned int flags)
{
	_cleanup_free_ char *path = ew_escape_dup(c->object, c->object_len, flags);
	const char *kind = ew_words_name(&ew_subject_words, c->subject);
	char *text = NULL;
	int n;

	if (!path)
		return NULL;
	if (c->type == EW_RECORD_POLICY)
		n = asprintf(&text, "policy %u", c->generation);
	else if (c->subject == EW_SUBJECT_PROCESS)
		n = asprintf(&text, "%s %llu", kind, (unsigned long long)c->id);
	else if (c->subject == EW_SUBJECT_USERS && first_user(c) != last_user(c))
		n = asprintf(&text, "%s %u-%u", kind, first_user(c), last_user(c));
	else if (c->subject == EW_SUBJECT_USERS)
		n = asprintf(&text, "%s %u", kind, first_user(c));
	else
		n = asprintf(&text, "%s %s", kind, path);
	return n < 0 ? NULL : text;
}

struct profiles {
	struct ew_doc *doc;
	json_object *array;
};

static void append_profile(void *ctx, const char *profile)
{
	struct profiles *p = ctx;

	ew_doc_append(p->doc, p->array, json_object_new_string(profile));
}

static void add_subject(struct ew_doc *doc, json_object *root, const struct ew_change_record *c)
{
	json_object *subject = ew_doc_add_object(doc, root, "subject");

	ew_doc_add_string(doc, subject, "kind", ew_words_name(&ew_subject_words, c->subject));
	if (c->subject == EW_SUBJECT_PROCESS)
		ew_doc_add_number(doc, subject, "pid", c->id);
	if (c->subject == EW_SUBJECT_CGROUP)
		ew_doc_add_number(doc, subject, "id", c->id);
	if (c->subject == EW_SUBJECT_USERS) {
		ew_doc_add_number(doc, subject, "first", first_user(c));
		ew_doc_add_number(doc, subject, "last", last_user(c));
	}
	if (c->subject == EW_SUBJECT_CGROUP || c->subject == EW_SUBJECT_PROGRAM)
		ew_doc_add_name(doc, subject, "path", c->object, c->object_len);
	if (c->marks & EW_CHANGE_CUT)
		ew_doc_add_true(doc, subject, "truncated");
}

static void add_policy(struct ew_doc *doc, json_object *root, const struct ew_change_record *c)
{
	char hash[24];

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)c->policy_hash);
	if (c->policy_hash)
		ew_doc_add_string(doc, root, "hash", hash);
	ew_doc_add_number(doc, root, "profile_count", c->n_profiles);
	ew_doc_add_number(doc, root, "exception_count", c->n_exceptions);
	ew_doc_add_number(doc, root, "cgroup_count", c->n_cgroups);
	ew_doc_add_number(doc, root, "pattern_count", c->n_patterns);
}

char *ew_change_json(const struct ew_change_record *c, const struct ew_record_names *names, __s64 offset)
{
	_cleanup_json_ json_object *root = json_object_new_object();
	struct ew_doc doc = {0};
	struct profiles profiles = {.doc = &doc};
	json_object *by;

	ew_doc_add_head(&doc, root, ew_words_name(&ew_record_words, c->type), c->time, offset);
	ew_doc_add_string(&doc, root, "action", ew_words_name(&ew_action_words, c->action));
	ew_doc_add_number(&doc, root, "generation", c->generation);
	if (c->type == EW_RECORD_TAG) {
		add_subject(&doc, root, c);
		profiles.array = ew_doc_add_array(&doc, root, "profiles");
		ew_change_each_profile(c, names, 0, append_profile, &profiles);
	} else {
		add_policy(&doc, root, c);
	}
	by = ew_doc_add_object(&doc, root, "by");
	ew_doc_add_number(&doc, by, "pid", c->pid);
	ew_doc_add_number(&doc, by, "uid", c->uid);
	ew_doc_add_name(&doc, by, "comm", c->comm, strlen(c->comm));
	if (*c->command)
		ew_doc_add_name(&doc, by, "command", c->command, strlen(c->command));
	return ew_doc_line(&doc, root);
}

struct list {
	FILE *out;
	char sign;
	bool any;
};

static void put_profile(void *ctx, const char *profile)
{
	struct list *l = ctx;

	fprintf(l->out, "%s%c%s", l->any ? " " : "", l->sign, profile);
	l->any = true;
}

/* What is new: "+web +db", "-web", or how much a policy has. The caller frees it; NULL: no memory. */
static char *news(const struct ew_change_record *c, const struct ew_record_names *names, unsigned int flags)
{
	struct list list = {.sign = c->action == EW_ACTION_UNTAG ? '-' : '+'};
	char *text = NULL;
	size_t size = 0;

	list.out = open_memstream(&text, &size);
	if (!list.out)
		return NULL;
	if (c->type == EW_RECORD_TAG)
		ew_change_each_profile(c, names, flags, put_profile, &list);
	else
		fprintf(list.out, "profiles %u, exceptions %u, cgroups %u, patterns %u", c->n_profiles, c->n_exceptions,
			c->n_cgroups, c->n_patterns);
	if (fclose(list.out) == 0)
		return text;
	free(text);
	return NULL;
}

char *ew_change_text(const struct ew_change_record *c, const struct ew_record_names *names, __s64 offset,
		     const struct ew_record_text_options *options)
{
	unsigned int flags = ew_line_escape_flags(options);
	_cleanup_free_ char *object = ew_change_object(c, flags), *new = news(c, names, flags);
	_cleanup_free_ char *command = ew_escape_dup(c->command, strlen(c->command), flags);
	_cleanup_line_ struct ew_line line = {.options = options};
	char comm[4 * EW_COMM_MAX];

	if (!object || !new || !command)
		return NULL;
	ew_escape(comm, sizeof(comm), c->comm, strlen(c->comm), flags);
	ew_line_set_time(&line, c->time, offset);
	ew_line_set(&line, EW_FIELD_VERDICT, "%s", ew_words_name(&ew_action_words, c->action));
	for (char *p = line.text[EW_FIELD_VERDICT]; p && *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	ew_line_set(&line, EW_FIELD_WHO, "%s[%u]", comm, c->pid);
	ew_line_set(&line, EW_FIELD_EXE, "uid %u", c->uid);
	ew_line_set(&line, EW_FIELD_PROGRAM, "%s", object);
	ew_line_set(&line, EW_FIELD_GAINS, "%s", *new ? new : "-");
	if (c->marks & EW_CHANGE_CUT)
		ew_line_set(&line, EW_FIELD_REASON, "path too long to be matched");
	else
		ew_line_set(&line, EW_FIELD_REASON, "by %s", command);
	return ew_line_make(&line, EW_VERDICT_MAX);
}

char *ew_change_message(const struct ew_change_record *c, const struct ew_record_names *names)
{
	_cleanup_free_ char *object = ew_change_object(c, 0), *new = news(c, names, 0);
	char comm[4 * EW_COMM_MAX], *text;

	if (!object || !new)
		return NULL;
	ew_escape(comm, sizeof(comm), c->comm, strlen(c->comm), 0);
	return asprintf(&text, "%s: %s: %s%s, by %s[%u] of user id %u", ew_words_name(&ew_action_words, c->action),
			object, *new ? new : "-", c->marks & EW_CHANGE_CUT ? ", path too long to be matched" : "", comm,
			c->pid, c->uid) < 0
		       ? NULL
		       : text;
}
