/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_MAPS_H
#define EW_BPF_MAPS_H

#include "maps_readers.h"

/*
 * Every map but those of maps_readers.h, which bpf/announce.bpf.c has, too.
 *
 * Task storage is used where one task's state must not be seen by another: programs that are not sleepable can still be
 * preempted by the same program on the same CPU, so a per-CPU slot is claimed before it is used (scratch.h).
 */

/* Who loaded this. Written once. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_meta);
} meta SEC(".maps");

/*
 * The policies of both halves, that in force at EW_HALF(ew_state.generation): an inner array has a profile in each
 * slot. Sizes instead of types, as the maps that the tools put in have no BTF either: Linux 6.1 compares that.
 */
struct ew_profiles {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EW_PROFILES_MAX);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ew_profile));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, EW_HALVES);
	__type(key, __u32);
	__array(values, struct ew_profiles);
} policies SEC(".maps");

/* Exceptions of the generation in force and, during a reload, of the next or the last. Full: the load is refused. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * EW_EXCEPTIONS_MAX);
	__type(key, struct ew_exception_key);
	__type(value, struct ew_exception);
} exceptions SEC(".maps");

/* The digests that exceptions name; two generations, as above. Full: the load is refused. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * EW_VERITIES_MAX);
	__type(key, struct ew_verity_key);
	__type(value, __u32);
} verities SEC(".maps");

/* The tagged cgroups and all below them, by id. Full: ew_state.cgroups_incomplete makes every exec walk its ancestors.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, EW_CGROUPS_MAX);
	__type(key, __u64);
	__type(value, struct ew_cgroup_tag);
} cgroups SEC(".maps");

/*
 * Profiles of cgroups that the policies name by path, made or not. The texts of patterns are here, too, for tools to
 * read: a cgroup of that very name is matched by its pattern anyway. So are the globs of labels (label.h). Full: the
 * load is refused.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * (EW_CGROUP_PATHS_MAX + EW_PATTERNS_MAX + EW_LABEL_GLOBS_MAX));
	__uint(key_size, EW_CGROUP_PATH_MAX);
	__uint(value_size, sizeof(struct ew_sets));
} cgroup_paths SEC(".maps");

/*
 * The automatons of cgroup patterns of both halves, at rest one and the same. None where a policy has no patterns. Each
 * has as many entries as states.
 */
struct ew_patterns {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ew_pattern_state));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, EW_HALVES);
	__type(key, __u32);
	__array(values, struct ew_patterns);
} patterns SEC(".maps");

/* What the cgroup iterator is to do, and what came of it (cgroup.bpf.c). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_cgroup_apply);
} cgroup_applies SEC(".maps");

/*
 * The users' tags, policy and command together, one table for each of two consecutive policies. A table is never
 * changed: another takes its place. Full: the load or tag is refused.
 */
struct ew_user_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EW_USER_RANGES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ew_user_range));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, EW_USER_TABLES);
	__type(key, __u32);
	__array(values, struct ew_user_table);
} user_tables SEC(".maps");

/* Programs that put a task under profiles: of the policy in force, the next one, and commands. Full: it is refused. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 3 * EW_PROGRAMS_MAX);
	__type(key, struct ew_program_key);
	__type(value, struct ew_program_tag);
} programs SEC(".maps");

/* Process tags, on thread-group leaders. A tag that cannot be stored fails the fork. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_task_tag);
} task_tags SEC(".maps");

/* What `tag --pid` and `untag --pid` are about, and the descendants that lost their parents meanwhile (scan.bpf.c). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_scan);
} scans SEC(".maps");

/* To the scan's number. Full: counted in ew_scan.incomplete, and the tool says so. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, EW_ORPHANS_MAX);
	__type(key, struct ew_orphan);
	__type(value, __u64);
} orphans SEC(".maps");

/* The exec that a thread is in, from bprm_creds_for_exec to bprm_committing_creds. Cannot be stored: unevaluable. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_exec);
} execs SEC(".maps");

/* Who execs, for the record. Cannot be stored: the record says -ENOMEM for the path. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_caller);
} callers SEC(".maps");

/* The path of the script that a task execs, for the record. Cannot be stored: the record says -ENOMEM for it. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_script);
} scripts SEC(".maps");

/* Paths of the two above, where they are longer than most. Cannot be stored: the record says -ENOMEM. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_long_path);
} long_callers SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ew_long_path);
} long_scripts SEC(".maps");

/*
 * The next two have entries for each possible CPU, one CPU after the other (ew_of_cpu(), judge.h), and are no per-CPU
 * arrays: those fill the kernel's first chunk of per-CPU memory, and every fork and exec of the machine then searches
 * two for its own counters (pcpu_alloc(), mm/percpu.c), some 2,000 instructions on Linux 7.3. Entries for one CPU here.
 */

/* Entry N counts for profile N, entry EW_PROFILES_MAX for all. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EW_COUNTERS);
	__type(key, __u32);
	__type(value, struct ew_counters);
} counters SEC(".maps");

/* Where records are built. None free on this CPU: the record is lost and counted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EW_SCRATCHES);
	__type(key, __u32);
	__type(value, struct ew_scratch);
} scratches SEC(".maps");

#endif
