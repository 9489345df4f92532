/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_VIEW_H
#define EW_RECORD_VIEW_H

#include <stddef.h>

#include <execward/record.h>

/* A record out of a ring buffer, checked and copied: what is printed, filtered and counted is read from here. */
struct ew_record_view {
	struct ew_record record; /* paths[] filled as far as it was sent */
	/* The paths, into record.paths, not terminated. NULL when the kernel had none: the length field says why.
	 */
	const char *file_path, *exe_path, *script_path;
	size_t file_path_len, exe_path_len, script_path_len;
	const char *label_before, *label_after; /* record_label.h; their lengths are in the record */
	const char *fds;			/* record_fds.h; NULL: there are none in it */
	size_t fds_len;
	/* record_origin.h; their lengths are in the record. NULL: it is a prediction, which has none */
	const char *parents, *args;
};

/*
 * ew_record_view_init - checks the LEN bytes at DATA, which may have any alignment, and copies them to VIEW
 *
 * Returns 0, or -EBADMSG when they are no record of this ABI: shorter than the fixed part or than the paths it
 * announces, longer than a whole record, with descriptors, parents or arguments that are not whole, a word outside its
 * closed list, a name without end, a path length out of range. VIEW is then undefined. It holds pointers into itself:
 * pass it on by reference, never by copy.
 */
int ew_record_view_init(struct ew_record_view *view, const void *data, size_t len);

/* How numbers of a record become names. Each function is optional; a name that is not found is printed as its number.
 */
struct ew_record_names {
	void *ctx;
	/* The name of profile SLOT. Returns 0 or a negative errno. */
	int (*profile)(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX]);
	/* The path of cgroup ID in the hierarchy. Returns 0 or a negative errno. */
	int (*cgroup)(void *ctx, __u64 id, char *out, size_t size);
	/* The names of users and groups. Return 0 or a negative errno. */
	int (*user)(void *ctx, __u32 uid, char *out, size_t size);
	int (*group)(void *ctx, __u32 gid, char *out, size_t size);
};

/*
 * The user and group data base (getpwuid_r(3), getgrgid_r(3)) as `user` and `group` of struct ew_record_names; CTX is
 * not used. The last answers are kept for a minute, as a directory service can be slow. Not for several threads.
 */
int ew_record_user_name(void *ctx, __u32 uid, char *out, size_t size);
int ew_record_group_name(void *ctx, __u32 gid, char *out, size_t size);

/* Room for one gain: its kind and a name, escaped. */
#define EW_RECORD_GAIN_SIZE 320

/*
 * Calls EACH with the gains of the record one by one, in the order of the words: "uid:NAME" (the user of after.euid),
 * "gid:NAME", the capabilities by name in order of number, "label:NAME" or "label". Names are escaped with the flags
 * FLAGS.
 */
void ew_record_each_gain(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags,
			 void (*each)(void *ctx, const char *gain), void *ctx);

/* The same with what no_new_privs withheld. */
void ew_record_each_withheld(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags,
			     void (*each)(void *ctx, const char *gain), void *ctx);

/* The path of the record's cgroup, escaped; NULL when it is not known. The caller frees it. */
char *ew_record_cgroup_path(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags);

/* A moment, in seconds and nanoseconds since the epoch. */
struct ew_record_time {
	__s64 seconds;
	__s64 nanoseconds; /* 0 to 999,999,999 */
};

/* CLOCK_REALTIME less CLOCK_BOOTTIME, nanoseconds, at this moment: what makes a record's time a time of day. */
__s64 ew_record_clock_offset(void);

/* BOOT (CLOCK_BOOTTIME, nanoseconds) as time of day, given the offset. */
struct ew_record_time ew_record_time_of_day(__u64 boot, __s64 offset);

#endif
