/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "change.h"
#include "escape.h"
#include "json_get.h"
#include "record_parse.h"
#include "util.h"
#include "words.h"

static int profile_name(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	const struct ew_change_parsed *p = ctx;

	if (slot >= EW_PROFILES_MAX || !*p->profile[slot])
		return -ENOENT;
	memcpy(out, p->profile[slot], EW_PROFILE_NAME_MAX);
	return 0;
}

/* The name at KEY, escaped there, as it was. Returns its length or -EBADMSG. */
static ssize_t name(const char *escaped, char *out, size_t size)
{
	ssize_t len = ew_unescape(out, size, escaped);

	return len < 0 || memchr(out, '\0', (size_t)len) ? -EBADMSG : len;
}

/* The number at KEY, MAX at most, into *OUT. Returns whether there is one. */
static bool number(json_object *object, const char *key, __u64 max, __u64 *out)
{
	json_object *value = ew_json_at(object, key, json_type_int);

	*out = value ? json_object_get_uint64(value) : 0;
	return value && json_object_get_int64(value) >= 0 && *out <= max;
}

static bool number32(json_object *object, const char *key, __u32 *out)
{
	__u64 n;
	bool ok = number(object, key, UINT32_MAX, &n);

	*out = (__u32)n;
	return ok;
}

static bool subject(json_object *object, struct ew_change_record *c)
{
	int kind = ew_words_find(&ew_subject_words, ew_json_string(object, "kind"));
	char path[EW_PATH_MAX + 1];
	__u32 first, last;
	ssize_t len;

	if (kind < 0)
		return false;
	c->subject = (__u32)kind;
	if (kind == EW_SUBJECT_PROCESS)
		return number(object, "pid", UINT32_MAX, &c->id);
	if (kind == EW_SUBJECT_USERS) {
		if (!number32(object, "first", &first) || !number32(object, "last", &last))
			return false;
		c->id = (__u64)last << 32 | first;
		return true;
	}
	len = name(ew_json_string(object, "path"), path, sizeof(path));
	if (len <= 0 || (size_t)len >= sizeof(c->object))
		return false;
	memcpy(c->object, path, (size_t)len);
	c->object_len = (__u32)len;
	if (kind != EW_SUBJECT_CGROUP)
		return true;
	c->marks = ew_json_true(object, "truncated") ? EW_CHANGE_CUT : 0;
	return number(object, "id", UINT64_MAX, &c->id);
}

static bool profiles(json_object *list, struct ew_change_parsed *out)
{
	size_t n = list ? json_object_array_length(list) : 0;

	if (!list || n > EW_PROFILES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i)) ?: "";

		if (name(text, out->profile[i], sizeof(out->profile[i])) <= 0)
			return false;
		out->change.profiles |= 1ULL << i;
	}
	return true;
}

static bool policy(json_object *root, struct ew_change_record *c)
{
	return number32(root, "profile_count", &c->n_profiles) && number32(root, "exception_count", &c->n_exceptions) &&
	       number32(root, "cgroup_count", &c->n_cgroups) && number32(root, "pattern_count", &c->n_patterns);
}

/* Behind subject(): what the kernel has found out by itself has no command. */
static bool by(json_object *object, struct ew_change_record *c)
{
	return number32(object, "pid", &c->pid) && number32(object, "uid", &c->uid) &&
	       name(ew_json_string(object, "comm"), c->comm, sizeof(c->comm)) >= 0 &&
	       (c->marks & EW_CHANGE_CUT ||
		name(ew_json_string(object, "command"), c->command, sizeof(c->command)) >= 0);
}

int ew_change_parse(json_object *root, struct ew_change_parsed *out, const char **why)
{
	int type = ew_words_find(&ew_record_words, ew_json_string(root, "type"));
	int action = ew_words_find(&ew_action_words, ew_json_string(root, "action"));
	struct ew_change_record *c = &out->change;
	bool ok = type > EW_RECORD_EXEC && action >= 0 &&
		  (type == EW_RECORD_TAG) == (action == EW_ACTION_TAG || action == EW_ACTION_UNTAG);

	memset(out, 0, sizeof(*out));
	out->names = (struct ew_record_names){.ctx = out, .profile = profile_name};
	c->type = (__u32)type;
	c->action = (__u32)action;
	ok = ok && ew_record_parse_time(root, &c->time) && number32(root, "generation", &c->generation);
	if (ok && type == EW_RECORD_TAG)
		ok = subject(ew_json_object(root, "subject"), c) && profiles(ew_json_array(root, "profiles"), out);
	else if (ok)
		ok = policy(root, c);
	ok = ok && by(ew_json_object(root, "by"), c);
	*why = ok ? NULL : "the change that the record tells of is not whole, or not known here";
	return ok ? 0 : -EBADMSG;
}
