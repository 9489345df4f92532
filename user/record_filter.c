/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_filter.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup.h"
#include "change.h"
#include "log.h"
#include "policy_compile.h"
#include "policy_text.h"
#include "process.h"
#include "record_fds.h"
#include "words.h"

bool ew_parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return !errno && end != text && !*end && text[0] >= '0' && text[0] <= '9' && *out && *out <= max;
}

static bool parse_gain(struct ew_filter_options *o, const char *kind)
{
	int gain;

	o->gain = true;
	if (!kind)
		return true;
	gain = ew_words_find(&ew_gain_words, kind);
	if (gain >= 0)
		o->gains |= EW_BIT(gain);
	return gain >= 0;
}

int ew_filter_option(struct ew_filter_options *o, int option, const char *arg)
{
	unsigned long number = 0;

	switch (option) {
	case EW_FILTER_DENIED:
		o->denied = true;
		return 1;
	case EW_FILTER_GAIN:
		return parse_gain(o, arg) ? 1 : -1;
	case EW_FILTER_PROFILE:
		o->profile = arg;
		return 1;
	case EW_FILTER_CGROUP:
		o->cgroup = arg;
		return 1;
	case EW_FILTER_PID:
		if (!ew_parse_number(arg, INT_MAX, &number))
			return -1;
		o->pid = (__u32)number;
		return 1;
	case EW_FILTER_USER:
		o->user = arg;
		return 1;
	case EW_FILTER_PROGRAM:
		o->program = arg;
		return 1;
	case EW_FILTER_FDS:
		o->fds = true;
		return 1;
	default:
		return 0;
	}
}

const char *ew_filter_argument(int option)
{
	return option == EW_FILTER_GAIN ? "uid, gid, caps or label" : "a process id";
}

static int find_users(struct ew_filter *f, const char *text)
{
	struct ew_user_word word;
	struct ew_why why;
	int err;

	if (!ew_user_word_parse(text, &word, &why))
		return ew_error_ret(-EINVAL, "--user: %s", why.text);
	f->first_user = word.first;
	f->last_user = word.last;
	if (!word.name)
		return 0;
	err = ew_resolver_system.user(NULL, word.name, &f->first_user);
	f->last_user = f->first_user;
	return err < 0 ? ew_error_ret(err, "there is no user \"%s\"", text) : 0;
}

/* The program by path, under which there may be another file at another time. */
static int find_program(struct ew_filter *f, const char *text)
{
	_cleanup_free_ char *path = realpath(text, NULL);

	if (!path && text[0] != '/')
		return ew_error_ret(-ENOENT, "%s: there is no such program; name it by its absolute path", text);
	if ((size_t)snprintf(f->program_path, sizeof(f->program_path), "%s", path ?: text) >= sizeof(f->program_path))
		return ew_error_ret(-ENAMETOOLONG, "the path of the program is too long");
	return 0;
}

static __u32 parent_of(__u32 pid)
{
	struct ew_process process;

	return ew_process_get((pid_t)pid, &process) == 0 ? (__u32)process.ppid : 0;
}

static __u32 no_parent(__u32 pid)
{
	(void)pid;
	return 0;
}

/* Those that live already are found now, as their parents may be gone when they exec. */
static int find_tree(struct ew_filter *f, __u32 root)
{
	_cleanup_free_ struct ew_process *list = NULL;
	ssize_t n = ew_process_list(&list);
	int err = n < 0 ? (int)n : ew_pid_tree_init(&f->tree, root, parent_of);

	for (ssize_t i = 0; i < n && err == 0; i++)
		ew_pid_tree_has(&f->tree, (__u32)list[i].pid, (__u32)list[i].ppid);
	return err < 0 ? ew_error_ret(err, "the processes cannot be listed: %s", strerror(-err)) : 0;
}

static int find_cgroup(struct ew_filter *f, const char *text)
{
	_cleanup_close_ int fd = ew_cgroup_open(text);
	int err;

	if (fd == -EMEDIUMTYPE)
		return ew_error_ret(fd, "%s: a cgroup of version 1; execward knows those of version 2", text);
	if (fd == -ENOENT)
		return ew_error_ret(fd, "%s: there is no such cgroup; see: systemd-cgls", text);
	err = fd < 0 ? fd : ew_cgroup_id(fd, &f->cgroup_id);
	err = err ?: ew_cgroup_path_of_id(f->cgroup_id, f->cgroup_path, sizeof(f->cgroup_path));
	return err ? ew_error_ret(err, "cgroup %s cannot be opened: %s", text, strerror(-err)) : 0;
}

/* As it stands in records; with or without where the hierarchy is usually mounted. */
static int name_cgroup(struct ew_filter *f, const char *text)
{
	static const struct ew_cgroup_mount usual = {.point = "/sys/fs/cgroup"}, none = {};
	size_t len = strlen(usual.point);
	bool in_fs = strncmp(text, usual.point, len) == 0 && (!text[len] || text[len] == '/');
	int err = ew_cgroup_from_fs(in_fs ? &usual : &none, text, f->cgroup_path, sizeof(f->cgroup_path));

	return err ? ew_error_ret(err, "%s is no path of a cgroup: %s", text, strerror(-err)) : 0;
}

static int open_common(struct ew_filter *f, const struct ew_filter_options *o)
{
	int err;

	*f = (struct ew_filter){.options = o};
	err = o->user ? find_users(f, o->user) : 0;
	if (err == 0 && o->program)
		err = find_program(f, o->program);
	return err;
}

int ew_filter_open(struct ew_filter *f, const struct ew_filter_options *o)
{
	int err = open_common(f, o);

	if (err == 0 && o->program)
		ew_identity_of_path(f->program_path, &f->program);
	if (err == 0 && o->pid)
		err = find_tree(f, o->pid);
	if (err == 0 && o->cgroup)
		err = find_cgroup(f, o->cgroup);
	return err;
}

int ew_filter_open_past(struct ew_filter *f, const struct ew_filter_options *o)
{
	int err = open_common(f, o);

	if (err == 0 && o->pid)
		err = ew_pid_tree_init(&f->tree, o->pid, no_parent);
	if (err == 0 && o->cgroup)
		err = name_cgroup(f, o->cgroup);
	return err;
}

void ew_filter_clear(struct ew_filter *f)
{
	ew_pid_tree_clear(&f->tree);
}

static bool is_among(const char *profile, __u64 set, const struct ew_record_names *names)
{
	char name[EW_PROFILE_NAME_MAX];

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && names->profile; slot++)
		if ((set >> slot & 1) && names->profile(names->ctx, slot, name) == 0 && EW_STREQ(name, profile))
			return true;
	return false;
}

static bool profile_applies(const char *profile, const struct ew_record *r, const struct ew_record_names *names)
{
	return EW_STREQ(r->profile, profile) || is_among(profile, r->profiles, names);
}

static bool in_cgroup(const struct ew_filter *f, const struct ew_record *r, const struct ew_record_names *names)
{
	size_t len = strlen(f->cgroup_path);
	char path[EW_PATH_MAX];

	if ((f->cgroup_id && r->cgroup_id == f->cgroup_id) || EW_STREQ(f->cgroup_path, "/"))
		return true;
	/* Rather one too many than a denial that nobody sees. */
	if (!names->cgroup || names->cgroup(names->ctx, r->cgroup_id, path, sizeof(path)))
		return true;
	return strncmp(path, f->cgroup_path, len) == 0 && (path[len] == '/' || !path[len]);
}

static bool is_program(const struct ew_filter *f, const struct ew_record_view *view)
{
	size_t len = strlen(f->program_path);

	return (f->program.ino && !memcmp(&view->record.file, &f->program, sizeof(f->program))) ||
	       (view->file_path_len == len && memcmp(view->file_path, f->program_path, len) == 0);
}

/* Where paths begin at the root of the hierarchy: PROC_CGROUP_INIT_INO, include/linux/proc_ns.h, 6.1. */
static bool in_first_cgroup_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/cgroup", &st) == 0 && st.st_ino == 0xEFFFFFFB;
}

/* Of a cgroup below the root, which is of level 0. */
static __u32 level_of(const char *path)
{
	__u32 level = 0;

	for (const char *c = path; *c; c++)
		level += c[0] == '/' && c[1];
	return level;
}

void ew_filter_sent(const struct ew_filter *f, struct ew_reader_filter *out)
{
	const struct ew_filter_options *o = f->options;

	*out = (struct ew_reader_filter){.verdicts = ~0U, .gains = ~0U, .last_uid = ~0U};
	/* the tree of processes is made of all records */
	if (o->pid)
		return;
	if (o->denied || o->fds)
		out->verdicts &= ~EW_BIT(EW_VERDICT_ALLOW);
	if (o->gain)
		out->gains = o->gains ?: EW_BIT(EW_GAIN_MAX) - 1;
	if (o->user) {
		out->first_uid = f->first_user;
		out->last_uid = f->last_user;
	}
	if (o->cgroup && in_first_cgroup_namespace()) {
		out->cgroup_level = level_of(f->cgroup_path);
		out->cgroup_id = f->cgroup_id;
	}
	if (o->program) {
		size_t len = strlen(f->program_path);

		out->program = f->program;
		out->program_len = (__u32)len;
		if (len >= EW_FILTER_END)
			memcpy(out->program_end, f->program_path + len - EW_FILTER_END, EW_FILTER_END);
	}
}

bool ew_filter_match(struct ew_filter *f, const struct ew_record_view *view, const struct ew_record_names *names)
{
	const struct ew_filter_options *o = f->options;
	const struct ew_record *r = &view->record;
	struct ew_fds fds;

	/* first, as it has to see every record */
	if (o->pid && !ew_pid_tree_has(&f->tree, r->pid, r->ppid))
		return false;
	/* what crosses as it is allowed to is no leak */
	if (o->fds && (r->verdict == EW_VERDICT_ALLOW || !ew_record_fds(view, &fds) || !fds.count))
		return false;
	if (o->denied && r->verdict == EW_VERDICT_ALLOW)
		return false;
	if (o->gain && !(r->gains & (o->gains ? o->gains : ~0U)))
		return false;
	if (o->user && (r->before.uid < f->first_user || r->before.uid > f->last_user))
		return false;
	if (o->program && !is_program(f, view))
		return false;
	return (!o->profile || profile_applies(o->profile, r, names)) && (!o->cgroup || in_cgroup(f, r, names));
}

bool ew_filter_match_change(const struct ew_filter *f, const struct ew_change_record *c,
			    const struct ew_record_names *names)
{
	const struct ew_filter_options *o = f->options;
	size_t len = EW_STREQ(f->cgroup_path, "/") ? 0 : strlen(f->cgroup_path);

	if (o->denied || o->gain || o->fds || o->user || o->program || o->pid)
		return false;
	if (o->profile && !is_among(o->profile, c->profiles, names))
		return false;
	return !o->cgroup ||
	       (c->type == EW_RECORD_TAG && c->subject == EW_SUBJECT_CGROUP && c->object_len >= len &&
		memcmp(c->object, f->cgroup_path, len) == 0 && (c->object_len == len || c->object[len] == '/'));
}
