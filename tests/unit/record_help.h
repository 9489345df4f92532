/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TEST_RECORD_HELP_H
#define EW_TEST_RECORD_HELP_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record_view.h"
#include "util.h"

/* What the tests of records share: a record as the programs send it, names for its numbers, and names to fear. */

#define ALL_CAPS 0x1ffffffffffULL
/* 2026-11-22T16:00:00Z, as nanoseconds, less the record's time */
#define OFFSET (1795363200LL * 1000000000 - 5000000000LL)

/* The record of design.md, as the programs would send it: exactly the used bytes, for the address sanitizer. */
struct sample {
	struct ew_record record;
	const char *file_path, *exe_path, *script_path;
	size_t file_len, exe_len, script_len;
	const char *label_before, *label_after; /* NULL: none; their lengths are put into the record */
	/* parents[].pid 0 ends the list; each path as on the wire, without its slash at the end */
	struct {
		__u32 pid;
		__u16 marks;
		const char *text;
	} parents[EW_PARENTS_MAX + 2];
	const char *args; /* of args_len bytes */
	size_t args_len;
};

static inline struct sample sample_make(void)
{
	struct sample s = {
		.record =
			{
				.time = 5123456789,
				.verdict = EW_VERDICT_DENY,
				.reason = EW_REASON_GAIN,
				.gains = EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_CAPS),
				.causes = EW_BIT(EW_CAUSE_SETUID),
				.shapes = EW_BIT(EW_SHAPE_SETID),
				.rule_line = 4,
				.caps_gained = 1 << 21,
				.profiles = 1 << 2,
				.pid = 812,
				.tid = 813,
				.ppid = 1,
				.file_mode = 0104755,
				.file = {.ino = 1311, .dev = 254 << 20 | 7},
				.cgroup_id = 4711,
				.before = {.uid = 33, .euid = 33, .suid = 33, .gid = 33, .egid = 33, .sgid = 33},
				.after = {.uid = 33, .gid = 33, .egid = 33, .sgid = 33, .permitted = ALL_CAPS},
				.comm = "php-fpm",
				.profile = "web",
				.rule_file = "web.yaml",
			},
	};

	s.file_path = "/usr/bin/sudo";
	s.exe_path = "/usr/sbin/php-fpm8.2";
	s.file_len = strlen(s.file_path);
	s.exe_len = strlen(s.exe_path);
	return s;
}

/* REASON, with a verdict that has it. */
static inline void sample_reason(struct sample *s, __u32 reason)
{
	const __u64 allow = EW_BIT(EW_REASON_UNTAGGED) | EW_BIT(EW_REASON_NO_GAIN) | EW_BIT(EW_REASON_NOT_CONTROLLED) |
			    EW_BIT(EW_REASON_USERNS) | EW_BIT(EW_REASON_EXCEPTION);

	s->record.reason = reason;
	s->record.verdict = allow >> reason & 1 ? EW_VERDICT_ALLOW : EW_VERDICT_DENY;
}

/* The bytes on the wire. The caller frees them. */
static inline char *sample_bytes(const struct sample *s, size_t *len)
{
	struct ew_record fixed = s->record;
	char *bytes, *at;

	if (!fixed.file_path_len)
		fixed.file_path_len = (__s32)s->file_len;
	if (!fixed.exe_path_len)
		fixed.exe_path_len = (__s32)s->exe_len;
	if (!fixed.script_path_len)
		fixed.script_path_len = (__s32)s->script_len;
	for (size_t i = 0; s->parents[i].pid; i++)
		if (!s->record.parents_len)
			fixed.parents_len += (__u32)(sizeof(struct ew_parent) + strlen(s->parents[i].text));
	if (!fixed.args_len)
		fixed.args_len = (__u32)s->args_len;
	if (s->label_before)
		fixed.label_before_len |= (__u16)strlen(s->label_before);
	if (s->label_after)
		fixed.label_after_len |= (__u16)strlen(s->label_after);
	bytes = malloc(sizeof(fixed) + EW_PARENTS_ROOM);
	assert_non_null(bytes);
	memcpy(bytes, &fixed, EW_RECORD_FIXED);
	at = bytes + EW_RECORD_FIXED;
	at = mempcpy(at, s->file_path, s->file_len);
	at = mempcpy(at, s->exe_path, s->exe_len);
	if (s->script_len)
		at = mempcpy(at, s->script_path, s->script_len);
	if (s->label_before)
		at = mempcpy(at, s->label_before, strlen(s->label_before));
	if (s->label_after)
		at = mempcpy(at, s->label_after, strlen(s->label_after));
	for (size_t i = 0; s->parents[i].pid; i++) {
		struct ew_parent parent = {.pid = s->parents[i].pid,
					   .marks = s->parents[i].marks,
					   .text_len = (__u16)strlen(s->parents[i].text)};

		at = mempcpy(at, &parent, sizeof(parent));
		at = mempcpy(at, s->parents[i].text, parent.text_len);
	}
	if (s->args_len)
		at = mempcpy(at, s->args, s->args_len);
	*len = (size_t)(at - bytes);
	at = realloc(bytes, *len);
	assert_non_null(at);
	return at;
}

static inline int sample_view(const struct sample *s, struct ew_record_view *view)
{
	size_t len;
	_cleanup_free_ char *bytes = sample_bytes(s, &len);

	return ew_record_view_init(view, bytes, len);
}

static const char *hostile_name; /* what all names of the fake data bases are, if set */

static inline int fake_profile(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	static const char *const names[] = {"base", NULL, "web"};

	(void)ctx;
	if (slot >= EW_ARRAY_SIZE(names) || !names[slot])
		return -ENOENT;
	strcpy(out, hostile_name ? hostile_name : names[slot]);
	return 0;
}

static inline int fake_cgroup(void *ctx, __u64 id, char *out, size_t size)
{
	(void)ctx;
	if (id != 4711)
		return -ESTALE;
	return (size_t)snprintf(out, size, "%s", hostile_name ? hostile_name : "/system.slice/php8.2-fpm.service") <
			       size
		       ? 0
		       : -ENAMETOOLONG;
}

static inline int fake_id(void *ctx, __u32 id, char *out, size_t size)
{
	(void)ctx;
	if (id != 0 && id != 42)
		return -ENOENT;
	snprintf(out, size, "%s", hostile_name ? hostile_name : id ? "shadow" : "root");
	return 0;
}

static const struct ew_record_names names = {
	.profile = fake_profile, .cgroup = fake_cgroup, .user = fake_id, .group = fake_id};

/* Each at most 15 bytes, so that it fits comm; no NUL. */
static const char *const hostile[] = {
	"a\nb",
	"\r\n\t\v\f",
	"\033[2J\033]0;x\007",
	"\"},{\"v\":2",
	"\\\\\\\"\\n",
	"\\u0000\\x41",
	"\177\001\002\037",
	"\xc2\x85\xc2\x9b",
	"\xe2\x80\xa8\xe2\x80\xa9",
	"\xe2\x80\xae\xe2\x81\xa6",
	"\xc0\xaf\xe0\x80\xaf",
	"\xed\xa0\x80\xed\xbf\xbf",
	"\xf4\x90\x80\x80",
	"\xf0\x9f\x98",
	"\xe2\x82",
	"\x80\xbf\xfe\xff",
	"/ (deleted)",
	"\xe6\xbc\xa2\xe6\xbc\xa2\xf0\x9f\x98\x80",
	"->\xe2\x86\x92",
	"[1] -> /bin/x",
};

static inline void fill_path(char *path, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < len; i++)
		path[i] = i % (n + 1) ? name[i % (n + 1) - 1] : '/';
}

/* Everything that a stranger names, named NAME; paths of the greatest length. */
static inline struct sample sample_hostile(const char *name, char *path)
{
	struct sample s = sample_make();

	assert_true(strlen(name) < EW_COMM_MAX);
	hostile_name = name;
	fill_path(path, 4095, name);
	strcpy(s.record.comm, name);
	strcpy(s.record.profile, name);
	strcpy(s.record.rule_file, name);
	s.record.gains |= EW_BIT(EW_GAIN_GID);
	s.record.after.egid = 42;
	s.file_path = s.exe_path = path;
	s.file_len = s.exe_len = 4095;
	s.script_path = path;
	s.script_len = 4095;
	s.record.args = EW_ARGS_CALLER;
	s.args = name;
	s.args_len = strlen(name) + 1;
	s.parents[0].pid = 9;
	s.parents[0].text = name;
	s.parents[0].marks = EW_FD_PATH;
	return s;
}

#endif
