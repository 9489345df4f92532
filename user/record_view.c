/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_view.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "record_fds.h"
#include "record_label.h"
#include "record_origin.h"
#include "util.h"
#include "words.h"

#define NSEC_PER_SEC 1000000000LL
#define ERRNO_MAX 4095 /* MAX_ERRNO, include/linux/err.h */

static bool words_are_known(const struct ew_record *r)
{
	return r->verdict < EW_VERDICT_MAX && r->reason < EW_REASON_MAX && r->gains < EW_BIT(EW_GAIN_MAX) &&
	       r->causes < EW_BIT(EW_CAUSE_MAX) && r->shapes < EW_BIT(EW_SHAPE_MAX) &&
	       r->withheld.kinds < EW_BIT(EW_GAIN_MAX);
}

static bool name_ends(const char *name, size_t size)
{
	return memchr(name, '\0', size) != NULL;
}

static bool path_len_is_valid(__s32 len)
{
	return len >= -ERRNO_MAX && len <= EW_PATH_MAX;
}

/*
 * Where in paths[], of which LEN bytes were sent, each part begins. Returns whether they are all there: the descriptors
 * are what no length is told of.
 */
static bool find_parts(struct ew_record_view *view, size_t len)
{
	const struct ew_record *r = &view->record;
	size_t paths, tail = (size_t)r->parents_len + r->args_len;
	ssize_t labels;

	view->file_path_len = r->file_path_len > 0 ? (size_t)r->file_path_len : 0;
	view->exe_path_len = r->exe_path_len > 0 ? (size_t)r->exe_path_len : 0;
	view->script_path_len = r->script_path_len > 0 ? (size_t)r->script_path_len : 0;
	paths = view->file_path_len + view->exe_path_len + view->script_path_len;
	if (paths > len || tail > len - paths)
		return false;
	view->file_path = view->file_path_len ? r->paths : NULL;
	view->exe_path = view->exe_path_len ? r->paths + view->file_path_len : NULL;
	view->script_path = view->script_path_len ? r->paths + view->file_path_len + view->exe_path_len : NULL;
	labels = ew_labels_find(view, r->paths + paths, len - paths - tail);
	if (labels < 0)
		return false;
	paths += (size_t)labels;
	view->fds_len = len - paths - tail;
	view->fds = view->fds_len ? r->paths + paths : NULL;
	view->parents = r->paths + len - tail;
	view->args = r->paths + len - r->args_len;
	return (!view->fds || ew_fds_check(view->fds, view->fds_len)) &&
	       ew_parents_check(view->parents, r->parents_len) && ew_args_check(view->args, r->args_len, r->args);
}

int ew_record_view_init(struct ew_record_view *view, const void *data, size_t len)
{
	struct ew_record *r = &view->record;

	if (len < EW_RECORD_FIXED || len > sizeof(*r))
		return -EBADMSG;
	memcpy(r, data, EW_RECORD_FIXED);
	if (!words_are_known(r) || !name_ends(r->comm, sizeof(r->comm)) || !name_ends(r->profile, sizeof(r->profile)) ||
	    !name_ends(r->rule_file, sizeof(r->rule_file)))
		return -EBADMSG;
	if (!path_len_is_valid(r->file_path_len) || !path_len_is_valid(r->exe_path_len) ||
	    !path_len_is_valid(r->script_path_len))
		return -EBADMSG;
	memcpy(r->paths, (const char *)data + EW_RECORD_FIXED, len - EW_RECORD_FIXED);
	return find_parts(view, len - EW_RECORD_FIXED) ? 0 : -EBADMSG;
}

/* The last names asked for, so that a slow directory service is not asked for every record. */
struct id_name {
	time_t until; /* CLOCK_BOOTTIME seconds */
	__u32 id;
	int err;
	char name[64];
};
#define NAMES_KEPT 16
#define NAMES_KEPT_SECONDS 60

static time_t now_seconds(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static int find_user(__u32 id, char *name, size_t size)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];
	int err = getpwuid_r(id, &entry, buffer, sizeof(buffer), &found);

	if (!found)
		return err ? -err : -ENOENT;
	return (size_t)snprintf(name, size, "%s", found->pw_name) < size ? 0 : -ENAMETOOLONG;
}

/* Unlike a user's, the entry of a group has the names of its members, of which there can be many. */
static int find_group(__u32 id, char *name, size_t size)
{
	for (size_t room = 4096; room <= 1 << 20; room *= 4) {
		_cleanup_free_ char *buffer = malloc(room);
		struct group entry, *found = NULL;
		int err;

		if (!buffer)
			return -ENOMEM;
		err = getgrgid_r(id, &entry, buffer, room, &found);
		if (found)
			return (size_t)snprintf(name, size, "%s", found->gr_name) < size ? 0 : -ENAMETOOLONG;
		if (err != ERANGE)
			return err ? -err : -ENOENT;
	}
	return -ERANGE;
}

static int cached_name(struct id_name *cache, int (*find)(__u32, char *, size_t), __u32 id, char *out, size_t size)
{
	struct id_name *entry = &cache[id % NAMES_KEPT];
	time_t now = now_seconds();

	if (entry->id != id || entry->until <= now) {
		entry->err = find(id, entry->name, sizeof(entry->name));
		entry->id = id;
		entry->until = now + NAMES_KEPT_SECONDS;
	}
	if (entry->err)
		return entry->err;
	return (size_t)snprintf(out, size, "%s", entry->name) < size ? 0 : -ENAMETOOLONG;
}

int ew_record_user_name(void *ctx, __u32 uid, char *out, size_t size)
{
	static struct id_name cache[NAMES_KEPT];

	(void)ctx;
	return cached_name(cache, find_user, uid, out, size);
}

int ew_record_group_name(void *ctx, __u32 gid, char *out, size_t size)
{
	static struct id_name cache[NAMES_KEPT];

	(void)ctx;
	return cached_name(cache, find_group, gid, out, size);
}

static void format_id(char gain[EW_RECORD_GAIN_SIZE], const char *kind, __u32 id,
		      int (*name_of)(void *, __u32, char *, size_t), void *ctx, unsigned int flags)
{
	char name[64], escaped[144];

	/* A name too long to be shown whole would be another name. */
	if (name_of && name_of(ctx, id, name, sizeof(name)) == 0 &&
	    ew_escape(escaped, sizeof(escaped), name, strlen(name), flags) < sizeof(escaped))
		snprintf(gain, EW_RECORD_GAIN_SIZE, "%s:%s", kind, escaped);
	else
		snprintf(gain, EW_RECORD_GAIN_SIZE, "%s:%u", kind, id);
}

/* But labels. GAINED has the fields of struct ew_withheld, whether they were gained or not. */
static void each_gain(const struct ew_withheld *gained, const struct ew_record_names *names, unsigned int flags,
		      void (*each)(void *ctx, const char *gain), void *ctx)
{
	char gain[EW_RECORD_GAIN_SIZE];

	if (gained->kinds & EW_BIT(EW_GAIN_UID)) {
		format_id(gain, ew_words_name(&ew_gain_words, EW_GAIN_UID), gained->uid, names->user, names->ctx,
			  flags);
		each(ctx, gain);
	}
	if (gained->kinds & EW_BIT(EW_GAIN_GID)) {
		format_id(gain, ew_words_name(&ew_gain_words, EW_GAIN_GID), gained->gid, names->group, names->ctx,
			  flags);
		each(ctx, gain);
	}
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++) {
		if (gained->caps >> cap & 1)
			each(ctx, ew_cap_name(cap));
	}
}

void ew_record_each_gain(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags,
			 void (*each)(void *ctx, const char *gain), void *ctx)
{
	const struct ew_record *r = &view->record;
	const struct ew_withheld gained = {
		.kinds = r->gains,
		.uid = r->after.euid,
		.gid = r->after.egid,
		.caps = r->caps_gained,
	};

	char label[EW_RECORD_GAIN_SIZE];

	each_gain(&gained, names, flags, each, ctx);
	if (!(r->gains & EW_BIT(EW_GAIN_LABEL)))
		return;
	ew_label_gain(view, flags, label, sizeof(label));
	each(ctx, label);
}

void ew_record_each_withheld(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags,
			     void (*each)(void *ctx, const char *gain), void *ctx)
{
	each_gain(&view->record.withheld, names, flags, each, ctx);
}

char *ew_record_cgroup_path(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags)
{
	char path[EW_PATH_MAX];

	if (!names->cgroup || names->cgroup(names->ctx, view->record.cgroup_id, path, sizeof(path)) != 0)
		return NULL;
	return ew_escape_dup(path, strlen(path), flags);
}

__s64 ew_record_clock_offset(void)
{
	struct timespec real, boot;

	/* Neither can fail: both clocks are older than any kernel this runs on. */
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (real.tv_sec - boot.tv_sec) * NSEC_PER_SEC + (real.tv_nsec - boot.tv_nsec);
}

struct ew_record_time ew_record_time_of_day(__u64 boot, __s64 offset)
{
	struct ew_record_time t = {
		.seconds = (__s64)(boot / NSEC_PER_SEC) + offset / NSEC_PER_SEC,
		.nanoseconds = (__s64)(boot % NSEC_PER_SEC) + offset % NSEC_PER_SEC,
	};

	if (t.nanoseconds < 0) {
		t.nanoseconds += NSEC_PER_SEC;
		t.seconds--;
	} else if (t.nanoseconds >= NSEC_PER_SEC) {
		t.nanoseconds -= NSEC_PER_SEC;
		t.seconds++;
	}
	return t;
}
