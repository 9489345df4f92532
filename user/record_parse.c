/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "json_get.h"
#include "record_label.h"
#include "record_parse_fds.h"
#include "util.h"
#include "words.h"

/* Taking a record to pieces: the first thing that is wrong is remembered, and what follows does no harm. */
struct parse {
	struct ew_parsed *out;
	struct ew_record *r; /* out->bytes */
	const char *why;
	bool label_named; /* a gain has the name of the new label: it is known whole */
};

static void bad(struct parse *p, const char *why)
{
	if (!p->why)
		p->why = why;
}

/* The number at KEY, MAX at most. */
static __u64 number(struct parse *p, json_object *object, const char *key, __u64 max)
{
	json_object *value = ew_json_at(object, key, json_type_int);
	__u64 n = value ? json_object_get_uint64(value) : 0;

	if (!value || json_object_get_int64(value) < 0 || n > max)
		bad(p, "a number of the record is missing or out of range");
	return n;
}

static __u32 number32(struct parse *p, json_object *object, const char *key)
{
	return (__u32)number(p, object, key, UINT32_MAX);
}

/* The name at KEY, escaped there, as it was, into the SIZE bytes at OUT. Returns its length. */
static size_t name(struct parse *p, const char *escaped, char *out, size_t size)
{
	ssize_t len = ew_unescape(out, size, escaped);

	if (len < 0 || memchr(out, '\0', (size_t)len)) {
		bad(p, "a name of the record is too long, or not escaped as names are");
		out[0] = '\0';
		return 0;
	}
	return (size_t)len;
}

static __u32 word(struct parse *p, json_object *root, const char *key, const struct ew_words *words)
{
	int value = ew_words_find(words, ew_json_string(root, key));

	if (value < 0)
		bad(p, "the verdict or the reason of the record is not known here");
	return value < 0 ? 0 : (__u32)value;
}

static __u32 word_bits(struct parse *p, json_object *root, const char *key, const struct ew_words *words)
{
	json_object *list = ew_json_array(root, key);
	size_t n = list ? json_object_array_length(list) : 0;
	__u32 bits = 0;

	for (size_t i = 0; i < n; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));
		int value = text ? ew_words_find(words, text) : -ENOENT;

		if (value < 0)
			bad(p, "a cause or a shape of the record is not known here");
		else
			bits |= EW_BIT(value);
	}
	return bits;
}

static int cap_of(const char *text)
{
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++)
		if (EW_STREQ(ew_cap_name(cap), text))
			return (int)cap;
	return -ENOENT;
}

/* One of the gains at KEY: into KINDS and CAPS, and the names of a user and a group. */
static void gain(struct parse *p, const char *text, __u32 *kinds, __u64 *caps)
{
	int cap = cap_of(text);

	if (strncmp(text, "uid:", 4) == 0) {
		*kinds |= EW_BIT(EW_GAIN_UID);
		name(p, text + 4, p->out->user, sizeof(p->out->user));
	} else if (strncmp(text, "gid:", 4) == 0) {
		*kinds |= EW_BIT(EW_GAIN_GID);
		name(p, text + 4, p->out->group, sizeof(p->out->group));
	} else if (cap >= 0) {
		*kinds |= EW_BIT(EW_GAIN_CAPS);
		*caps |= 1ULL << cap;
	} else if (EW_STREQ(text, "label") || strncmp(text, "label:", 6) == 0) {
		*kinds |= EW_BIT(EW_GAIN_LABEL);
		p->label_named |= text[5] == ':';
	} else {
		bad(p, "a gain of the record is not known here");
	}
}

static void gains(struct parse *p, json_object *root, const char *key, __u32 *kinds, __u64 *caps)
{
	json_object *list = ew_json_array(root, key);
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++)
		gain(p, json_object_get_string(json_object_array_get_idx(list, i)) ?: "", kinds, caps);
}

static void creds(struct parse *p, json_object *root, const char *key, struct ew_creds *out)
{
	json_object *object = ew_json_object(root, key);
	const char *permitted = ew_json_string(object, "permitted");
	char *end;

	out->uid = number32(p, object, "uid");
	out->euid = number32(p, object, "euid");
	out->suid = number32(p, object, "suid");
	out->gid = number32(p, object, "gid");
	out->egid = number32(p, object, "egid");
	out->sgid = number32(p, object, "sgid");
	out->permitted = strtoull(permitted, &end, 16);
	if (strlen(permitted) != 16 || *end)
		bad(p, "credentials of the record are not whole");
}

/* "web.yaml:4" */
static void rule(struct parse *p, const char *text)
{
	const char *colon = strrchr(text, ':');
	_cleanup_free_ char *file = colon ? strndup(text, (size_t)(colon - text)) : NULL;

	if (!*text)
		return;
	if (!file || sscanf(colon + 1, "%u", &p->r->rule_line) != 1)
		bad(p, "the rule of the record is no FILE:LINE");
	else
		name(p, file, p->r->rule_file, sizeof(p->r->rule_file));
}

/* The path at KEY, behind the USED bytes that are in paths[]. Returns how many are then; *LEN as the programs have it.
 */
static size_t path(struct parse *p, json_object *object, const char *key, size_t used, __s32 *len)
{
	const char *text = ew_json_string(object, key);
	char plain[EW_PATH_MAX + 1];
	size_t n = *text ? name(p, text, plain, sizeof(plain)) : 0;

	*len = n ? (__s32)n : -ENOENT;
	memcpy(p->r->paths + used, plain, n);
	return used + n;
}

static void task(struct parse *p, json_object *object)
{
	p->r->pid = number32(p, object, "pid");
	p->r->tid = number32(p, object, "tid");
	p->r->ppid = number32(p, object, "ppid");
	name(p, ew_json_string(object, "comm"), p->r->comm, sizeof(p->r->comm));
}

static void file(struct parse *p, json_object *object)
{
	unsigned int major, minor;

	if (sscanf(ew_json_string(object, "dev"), "%u:%u", &major, &minor) != 2)
		bad(p, "the file of the record is not whole");
	else
		p->r->file.dev = major << 20 | (minor & 0xfffff);
	if (sscanf(ew_json_string(object, "mode"), "%o", &p->r->file_mode) != 1)
		bad(p, "the file of the record is not whole");
	p->r->file.ino = number(p, object, "ino", UINT64_MAX);
	p->r->file_uid = number32(p, object, "uid");
	p->r->file_gid = number32(p, object, "gid");
}

static void profiles(struct parse *p, json_object *root)
{
	json_object *list = ew_json_array(root, "profiles");
	size_t n = list ? json_object_array_length(list) : 0;

	if (n > EW_PROFILES_MAX)
		bad(p, "the record has more profiles than there can be");
	for (size_t i = 0; i < n && i < EW_PROFILES_MAX; i++) {
		name(p, json_object_get_string(json_object_array_get_idx(list, i)) ?: "", p->out->profile[i],
		     sizeof(p->out->profile[i]));
		p->r->profiles |= 1ULL << i;
	}
}

bool ew_record_parse_time(json_object *root, __u64 *out)
{
	unsigned int year, month, day, hour, minute, second, nanosecond;
	const char *text = ew_json_string(root, "time");
	struct tm tm = {0};
	int end = 0;

	if (sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u.%9uZ%n", &year, &month, &day, &hour, &minute, &second, &nanosecond,
		   &end) != 7 ||
	    end != (int)sizeof("2026-11-22T16:00:00.123456789Z") - 1 || text[end] || year < 1970 || year > 2500)
		return false;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	tm.tm_hour = (int)hour;
	tm.tm_min = (int)minute;
	tm.tm_sec = (int)second;
	*out = (__u64)timegm(&tm) * 1000000000 + nanosecond;
	return true;
}

static int profile_name(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	const struct ew_parsed *parsed = ctx;

	if (slot >= EW_PROFILES_MAX || !*parsed->profile[slot])
		return -ENOENT;
	memcpy(out, parsed->profile[slot], EW_PROFILE_NAME_MAX);
	return 0;
}

static int copy_name(const char *text, char *out, size_t size)
{
	if (!*text)
		return -ENOENT;
	return (size_t)snprintf(out, size, "%s", text) < size ? 0 : -ENAMETOOLONG;
}

static int cgroup_path(void *ctx, __u64 id, char *out, size_t size)
{
	const struct ew_parsed *parsed = ctx;

	return id == parsed->view.record.cgroup_id ? copy_name(parsed->cgroup, out, size) : -ENOENT;
}

static int user_name(void *ctx, __u32 uid, char *out, size_t size)
{
	(void)uid;
	return copy_name(((const struct ew_parsed *)ctx)->user, out, size);
}

static int group_name(void *ctx, __u32 gid, char *out, size_t size)
{
	(void)gid;
	return copy_name(((const struct ew_parsed *)ctx)->group, out, size);
}

static void take_apart(struct parse *p, json_object *root)
{
	json_object *cgroup = ew_json_object(root, "cgroup");
	struct ew_record *r = p->r;

	if (!ew_record_parse_time(root, &r->time))
		bad(p, "the record has no time");
	r->verdict = word(p, root, "verdict", &ew_verdict_words);
	r->reason = word(p, root, "reason", &ew_reason_words);
	name(p, ew_json_string(root, "profile"), r->profile, sizeof(r->profile));
	rule(p, ew_json_string(root, "rule"));
	task(p, ew_json_object(root, "task"));
	file(p, ew_json_object(root, "file"));
	gains(p, root, "gain", &r->gains, &r->caps_gained);
	r->causes = word_bits(p, root, "cause", &ew_cause_words);
	r->shapes = word_bits(p, root, "shape", &ew_shape_words);
	gains(p, root, "withheld", &r->withheld.kinds, &r->withheld.caps);
	creds(p, root, "before", &r->before);
	creds(p, root, "after", &r->after);
	r->cgroup_id = number(p, cgroup, "id", UINT64_MAX);
	name(p, ew_json_string(cgroup, "path"), p->out->cgroup, sizeof(p->out->cgroup));
	profiles(p, root);
}

void ew_parsed_begin(struct ew_parsed *out)
{
	const size_t behind = offsetof(struct ew_parsed, view.file_path);

	/* but paths[], which are tens of KiB, and of which no more is looked at than was put there */
	memset(&out->view.record, 0, EW_RECORD_FIXED);
	memset((char *)out + behind, 0, offsetof(struct ew_parsed, bytes) + EW_RECORD_FIXED - behind);
	out->names = (struct ew_record_names){
		.ctx = out, .profile = profile_name, .cgroup = cgroup_path, .user = user_name, .group = group_name};
}

int ew_record_parse(json_object *root, struct ew_parsed *out, const char **why)
{
	struct parse p = {.out = out, .r = &out->bytes};
	size_t used;

	ew_parsed_begin(out);
	take_apart(&p, root);
	used = path(&p, ew_json_object(root, "file"), "path", 0, &p.r->file_path_len);
	used = path(&p, ew_json_object(root, "task"), "exe", used, &p.r->exe_path_len);
	if (json_object_object_get_ex(root, "script", NULL))
		used = path(&p, root, "script", used, &p.r->script_path_len);
	used += ew_label_parse(root, p.r, p.r->paths + used, &p.why);
	/* `truncated` is of either: then it is the one before */
	if (p.label_named)
		p.r->label_after_len &= (__u16)~EW_LABEL_CUT;
	used += ew_record_parse_fds(ew_json_object(root, "fds"), p.r->paths + used, &p.why);
	if (!p.why && ew_record_view_init(&out->view, p.r, EW_RECORD_FIXED + used) < 0)
		p.why = "the record is not whole";
	*why = p.why;
	return p.why ? -EBADMSG : 0;
}
