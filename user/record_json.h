/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_JSON_H
#define EW_RECORD_JSON_H

#include "leaks.h"
#include "record_view.h"

/*
 * Records as JSON Lines, version 1. Each function makes one line without its newline; the caller frees it. NULL when
 * there is no memory. OFFSET is ew_record_clock_offset().
 *
 * Keys, in this order: v, type, time (RFC 3339, UTC, nanoseconds), verdict, reason, profile, rule, task {pid, tid,
 * ppid, comm, exe}, file {path, dev, ino, mode, uid, gid}, gain, cause, shape, before and after {uid, euid, suid, gid,
 * egid, sgid, permitted}, fds {count, truncated, list}, cgroup {id, path}, profiles, users, groups, script, argv {from,
 * truncated, list}, parents.
 *
 *   - profile and rule name what decided; both are absent when no profile applies.
 *   - profiles are the names of all that applied, in order of slots, one that has no name any more as "#SLOT". It is
 *     absent when no profile applies or names->profile is NULL.
 *   - exe, path and script are null when the kernel could not give them (a path over 4,095 bytes), and so is the
 * cgroup's when it is not known (names->cgroup).
 *   - users and groups have the names of the ids in before, after and file, by number, as far as there are any; they
 *     are absent when names->user or names->group is NULL.
 *   - script is absent when the exec asked for none, argv when it is not known.
 *   - gain lists capabilities one by one; ids without a name in the data base stand as numbers ("uid:1234").
 *   - mode is the four octal digits of the permission and set-id bits, dev the superblock's "MAJOR:MINOR", permitted
 *     16 hexadecimal digits.
 *   - comm, exe, paths and names are escaped as in escape.h: what is not UTF-8 or controls a terminal is `\xNN`, and
 *     a backslash is `\\`, inside the string that a JSON parser yields.
 */
char *ew_record_json(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset);

/*
 * {"v":1,"type":"lost","time":...,"count":N,"total":N}: since the line before, COUNT records of this reader were lost,
 * TOTAL since it began. BOOT is the moment it was noticed, CLOCK_BOOTTIME, nanoseconds.
 */
char *ew_record_json_lost(__u64 boot, __s64 offset, __u64 count, __u64 total);

/*
 * {"v":1,"type":"fds","time":...,"count":N,"seconds":S,"profile":...,"task":{"exe":...},"file":{"path":...},
 * "fd":{"kind":...,"access":...,"path":...,"dangerous":true}}: in S seconds the leak came N times more than it was told
 */
char *ew_record_json_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds);

#endif
