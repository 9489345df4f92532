/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_skim.h"

#include <errno.h>
#include <string.h>

#include "record_skim_values.h"

/* Digits to the base BASE, up to MAX of them, from *AT on, which is moved behind them. */
static __u64 digits(struct ew_skim_parts *p, const char **at, const char *end, unsigned int base, unsigned int max)
{
	static const char all[] = "0123456789abcdef";
	unsigned int used = 0;
	__u64 n = 0;

	for (; *at < end && used < max; used++, (*at)++) {
		const char *digit = memchr(all, **at, base);

		if (!digit)
			break;
		n = n * base + (__u64)(digit - all);
	}
	if (!used)
		ew_skim_fail(&p->json);
	return n;
}

/* --- parts of a record --- */

/* Days from 1970-01-01; DAY can be of the next month, as for timegm(3). */
static __u64 days(unsigned int year, unsigned int month, unsigned int day)
{
	static const unsigned int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	unsigned int leaps = month > 2 ? year : year - 1; /* years that can have had their 29th of February */

	return 365ULL * (year - 1970) + leaps / 4 - leaps / 100 + leaps / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400) +
	       before[month - 1] + day - 1;
}

/* "2026-11-22T16:00:00.123456789Z" */
static __u64 time_of(struct ew_skim_parts *p)
{
	static const char form[] = "0000-00-00T00:00:00.000000000Z";
	struct ew_skim_text text = ew_skim_string(&p->json);
	unsigned int n[7] = {0}, part = 0;

	for (size_t i = 0; i < text.len && text.len == sizeof(form) - 1; i++) {
		char c = text.text[i];

		if (form[i] == '0' ? c < '0' || c > '9' : c != form[i])
			text.len = 0;
		else if (form[i] == '0')
			n[part] = n[part] * 10 + (unsigned int)(c - '0');
		else
			part++;
	}
	if (text.len != sizeof(form) - 1 || n[0] < 1970 || n[0] > 2500 || n[1] < 1 || n[1] > 12 || n[2] < 1) {
		ew_skim_fail(&p->json);
		return 0;
	}
	return (days(n[0], n[1], n[2]) * 86400 + n[3] * 3600ULL + n[4] * 60 + n[5]) * 1000000000 + n[6];
}

/* "web.yaml:4" */
static void rule(struct ew_skim_parts *p)
{
	struct ew_skim_text text = ew_skim_string(&p->json);
	const char *colon = memrchr(text.text, ':', text.len), *end = text.text + text.len, *at = end;

	if (colon) {
		at = colon + 1;
		p->r->rule_line = (__u32)digits(p, &at, end, 10, 9);
	}
	if (!colon || at != end) {
		ew_skim_fail(&p->json);
		return;
	}
	text.len = (size_t)(colon - text.text);
	if (!text.plain)
		p->json.decoded[text.len] = '\0';
	ew_skim_name(p, &text, p->r->rule_file, sizeof(p->r->rule_file));
}

static void task(struct ew_skim_parts *p)
{
	EW_SKIM_NEED(&p->json, ",\"task\":{\"pid\":");
	p->r->pid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"tid\":");
	p->r->tid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"ppid\":");
	p->r->ppid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"comm\":");
	ew_skim_string_name(p, p->r->comm, sizeof(p->r->comm));
	EW_SKIM_NEED(&p->json, ",\"exe\":");
	p->exe = ew_skim_value(&p->json);
	EW_SKIM_NEED(&p->json, "}");
}

/* A path to what is used of paths[]; null, or of no bytes: none. *LEN as the programs have it. Returns its length. */
static size_t path(struct ew_skim_parts *p, size_t used, __s32 *len)
{
	struct ew_skim_text text = ew_skim_string_or_null(&p->json);
	size_t n = ew_skim_name(p, &text, p->r->paths + used, EW_PATH_MAX + 1);

	*len = n ? (__s32)n : -ENOENT;
	return n;
}

/* Returns the length of its path. */
static size_t file(struct ew_skim_parts *p)
{
	struct ew_skim_text text;
	const char *at, *end;
	unsigned int major;
	size_t used;

	EW_SKIM_NEED(&p->json, ",\"file\":{\"path\":");
	used = path(p, 0, &p->r->file_path_len);
	EW_SKIM_NEED(&p->json, ",\"dev\":");
	text = ew_skim_string(&p->json);
	at = text.text;
	end = at + text.len;
	major = (unsigned int)digits(p, &at, end, 10, 9);
	if (at == end || *at++ != ':')
		ew_skim_fail(&p->json);
	p->r->file.dev = major << 20 | ((unsigned int)digits(p, &at, end, 10, 9) & 0xfffff);
	if (at != end)
		ew_skim_fail(&p->json);
	EW_SKIM_NEED(&p->json, ",\"ino\":");
	p->r->file.ino = ew_skim_number(&p->json, UINT64_MAX);
	EW_SKIM_NEED(&p->json, ",\"mode\":");
	text = ew_skim_string(&p->json);
	at = text.text;
	p->r->file_mode = (__u32)digits(p, &at, text.text + text.len, 8, 4);
	if (at != text.text + text.len)
		ew_skim_fail(&p->json);
	EW_SKIM_NEED(&p->json, ",\"uid\":");
	p->r->file_uid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"gid\":");
	p->r->file_gid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, "}");
	return used;
}

struct gains {
	__u32 *kinds;
	__u64 *caps;
	unsigned int next; /* they come in order */
};

static bool begins(const struct ew_skim_text *text, const char *with)
{
	size_t len = strlen(with);

	return text->len >= len && !memcmp(text->text, with, len);
}

static void gain(struct ew_skim_parts *p, size_t i, void *ctx)
{
	struct ew_skim_text text = ew_skim_string(&p->json), rest = text;
	struct gains *gains = ctx;

	(void)i;
	if (begins(&text, "uid:") || begins(&text, "gid:")) {
		bool user = *text.text == 'u';

		rest.text += 4;
		rest.len -= 4;
		*gains->kinds |= user ? EW_BIT(EW_GAIN_UID) : EW_BIT(EW_GAIN_GID);
		ew_skim_name(p, &rest, user ? p->out->user : p->out->group, sizeof(p->out->user));
		return;
	}
	for (unsigned int tried = 0; tried < EW_CAPS_MAX; tried++) {
		unsigned int cap = (gains->next + tried) % EW_CAPS_MAX;

		if (!ew_skim_is_word(&text, ew_cap_name(cap)))
			continue;
		*gains->kinds |= EW_BIT(EW_GAIN_CAPS);
		*gains->caps |= 1ULL << cap;
		gains->next = cap + 1;
		return;
	}
	if (ew_skim_is_word(&text, "label") || begins(&text, "label:")) {
		*gains->kinds |= EW_BIT(EW_GAIN_LABEL);
		p->label_named |= text.len > strlen("label");
	} else {
		ew_skim_fail(&p->json);
	}
}

static void gains(struct ew_skim_parts *p, __u32 *kinds, __u64 *caps)
{
	struct gains gains = {.kinds = kinds, .caps = caps};

	ew_skim_list(p, gain, &gains);
}

static void creds(struct ew_skim_parts *p, struct ew_creds *out)
{
	struct ew_skim_text text;
	const char *at;

	EW_SKIM_NEED(&p->json, "{\"uid\":");
	out->uid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"euid\":");
	out->euid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"suid\":");
	out->suid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"gid\":");
	out->gid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"egid\":");
	out->egid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"sgid\":");
	out->sgid = ew_skim_number32(p);
	EW_SKIM_NEED(&p->json, ",\"permitted\":");
	text = ew_skim_string(&p->json);
	at = text.text;
	out->permitted = digits(p, &at, text.text + text.len, 16, 16);
	if (text.len != 16 || at != text.text + text.len)
		ew_skim_fail(&p->json);
	EW_SKIM_NEED(&p->json, "}");
}

static void cgroup(struct ew_skim_parts *p)
{
	struct ew_skim_text path;

	EW_SKIM_NEED(&p->json, ",\"cgroup\":{\"id\":");
	p->r->cgroup_id = ew_skim_number(&p->json, UINT64_MAX);
	EW_SKIM_NEED(&p->json, ",\"path\":");
	path = ew_skim_string_or_null(&p->json);
	ew_skim_name(p, &path, p->out->cgroup, sizeof(p->out->cgroup));
	EW_SKIM_NEED(&p->json, "}");
}

static void profile(struct ew_skim_parts *p, size_t i, void *ctx)
{
	(void)ctx;
	if (i >= EW_PROFILES_MAX) {
		ew_skim_fail(&p->json);
		return;
	}
	ew_skim_string_name(p, p->out->profile[i], sizeof(p->out->profile[i]));
	p->r->profiles |= 1ULL << i;
}

/* --- the whole --- */

/* Everything in order, but for what is passed over. Returns the length of the file's path. */
static size_t take_apart(struct ew_skim_parts *p)
{
	struct ew_skim *json = &p->json;
	struct ew_record *r = p->r;
	size_t used;

	EW_SKIM_NEED(json, "{\"v\":1,\"type\":\"exec\",\"time\":");
	r->time = time_of(p);
	EW_SKIM_NEED(json, ",\"verdict\":");
	r->verdict = ew_skim_word(p, &ew_verdict_words);
	EW_SKIM_NEED(json, ",\"reason\":");
	r->reason = ew_skim_word(p, &ew_reason_words);
	if (EW_SKIM_MAYBE(json, ",\"profile\":"))
		ew_skim_string_name(p, r->profile, sizeof(r->profile));
	if (EW_SKIM_MAYBE(json, ",\"rule\":"))
		rule(p);
	task(p);
	used = file(p);
	EW_SKIM_NEED(json, ",\"gain\":");
	gains(p, &r->gains, &r->caps_gained);
	EW_SKIM_NEED(json, ",\"cause\":");
	r->causes = ew_skim_word_bits(p, &ew_cause_words);
	EW_SKIM_NEED(json, ",\"shape\":");
	r->shapes = ew_skim_word_bits(p, &ew_shape_words);
	if (EW_SKIM_MAYBE(json, ",\"withheld\":"))
		gains(p, &r->withheld.kinds, &r->withheld.caps);
	EW_SKIM_NEED(json, ",\"before\":");
	creds(p, &r->before);
	EW_SKIM_NEED(json, ",\"after\":");
	creds(p, &r->after);
	p->label = EW_SKIM_MAYBE(json, ",\"label\":") ? ew_skim_value(json) : NULL;
	p->fds = EW_SKIM_MAYBE(json, ",\"fds\":") ? ew_skim_value(json) : NULL;
	cgroup(p);
	if (EW_SKIM_MAYBE(json, ",\"profiles\":"))
		ew_skim_list(p, profile, NULL);
	if (EW_SKIM_MAYBE(json, ",\"users\":"))
		ew_skim_value(json);
	if (EW_SKIM_MAYBE(json, ",\"groups\":"))
		ew_skim_value(json);
	p->script = EW_SKIM_MAYBE(json, ",\"script\":") ? ew_skim_value(json) : NULL;
	if (EW_SKIM_MAYBE(json, ",\"argv\":"))
		ew_skim_value(json);
	if (EW_SKIM_MAYBE(json, ",\"parents\":"))
		ew_skim_value(json);
	EW_SKIM_NEED(json, "}");
	if (json->at != json->end)
		ew_skim_fail(json);
	return used;
}

/* Goes back to VALUE. Returns whether it is there. */
static bool back_to(struct ew_skim_parts *p, const char *value)
{
	if (value && !p->json.failed)
		p->json.at = value;
	return value && !p->json.failed;
}

bool ew_record_skim(const char *line, size_t len, struct ew_parsed *out)
{
	struct ew_skim_parts p;
	size_t used;

	/* not all of it: most of it is room for a string */
	p.json.at = line;
	p.json.end = line + len;
	p.json.failed = false;
	p.out = out;
	p.r = &out->bytes;
	p.label_named = false;
	ew_parsed_begin(out);
	used = take_apart(&p);
	if (back_to(&p, p.exe))
		used += path(&p, used, &p.r->exe_path_len);
	if (back_to(&p, p.script))
		used += path(&p, used, &p.r->script_path_len);
	if (back_to(&p, p.label))
		used += ew_skim_label(&p, p.r->paths + used);
	if (back_to(&p, p.fds))
		used += ew_skim_fds(&p, p.r->paths + used);
	return !p.json.failed && ew_record_view_init(&out->view, p.r, EW_RECORD_FIXED + used) == 0;
}
