/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PINS_H
#define EW_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/cgroup.h>
#include <execward/record.h>
#include <execward/verity.h>

/*
 * What is loaded lives under EW_PIN_DIR: maps/NAME, progs/NAME, links/NAME. The directory appears and goes by one
 * rename(2), so either all of it is there or none.
 */
#define EW_BPFFS "/sys/fs/bpf"
#define EW_PIN_DIR EW_BPFFS "/execward"

/*
 * The pinned maps that the tools use, of the one object and of the other (bpf/announce.bpf.c). Those that programs have
 * state in are shared with the programs of the next version (upgrade.h), as are those of an exec that is under way.
 */
#define EW_STATE_MAPS(X) \
	X(state)         \
	X(policies)      \
	X(exceptions)    \
	X(verities)      \
	X(cgroups)       \
	X(cgroup_paths)  \
	X(patterns) X(cgroup_applies) X(user_tables) X(programs) X(task_tags) X(scans) X(orphans) X(counters) X(readers)
#define EW_MAIN_MAPS(X) X(meta) EW_STATE_MAPS(X)
#define EW_ANNOUNCE_MAPS(X) X(changes)
#define EW_PINNED_MAPS(X) EW_MAIN_MAPS(X) EW_ANNOUNCE_MAPS(X)
#define EW_EXEC_MAPS(X) X(execs) X(callers) X(scripts) X(long_callers) X(long_scripts) X(label_changes)
#define EW_SHARED_MAPS(X) EW_STATE_MAPS(X) EW_EXEC_MAPS(X)

/*
 * The pinned programs: those that tools run, and those that are attached when they are first needed, as each costs
 * every exec, fork or prctl of the machine some 200 instructions.
 */
#define EW_MAIN_PROGS(X)  \
	X(ew_cgroup_walk) \
	X(ew_task_walk)   \
	X(ew_scan_fork)   \
	X(ew_scan_exit) X(ew_task_fork) X(ew_task_alloc) X(ew_check_security) X(ew_vfs_caps) X(ew_task_prctl)
#define EW_ANNOUNCE_PROGS(X) X(ew_announce)
#define EW_PINNED_PROGS(X) EW_MAIN_PROGS(X) EW_ANNOUNCE_PROGS(X)

struct ew_pins {
#define X(name) int name##_fd;
	EW_PINNED_MAPS(X)
#undef X
#define X(name) int name##_prog_fd;
	EW_PINNED_PROGS(X)
#undef X
};

/* All descriptors -1, so that ew_pins_close() can be its cleanup. */
void ew_pins_init(struct ew_pins *pins);
void ew_pins_close(struct ew_pins *pins);
/* For who only goes on with the maps: a program that is open stays in the kernel when another takes its place. */
void ew_pins_close_programs(struct ew_pins *pins);
#define _cleanup_pins_ EW_CLEANUP(ew_pins_close)

/*
 * ew_pins_try - opens what is loaded, or says in WHY why not and what to do
 * ew_pins_open - the same, and logs WHY
 *
 * Initialises PINS in any case. Returns 0, or: -ENOENT nothing is loaded; -EPERM no privilege; -EMEDIUMTYPE no bpf file
 * system is mounted; -ENOTUNIQ the directory is not ours; -EPROTO loaded by a version with another layout; or what
 * bpf(2) failed with. -EUCLEAN: it is ours, but a pin is missing; -EINPROGRESS: it is not in force, as a
 * load or unload was interrupted. `unload` puts these two right, `load` the second; what could be opened is open.
 */
int ew_pins_try(struct ew_pins *pins, char *why, size_t size);
int ew_pins_open(struct ew_pins *pins);

/*
 * ew_pins_open_locked - takes the lock, then opens what is loaded, so that nobody unloads it meanwhile
 *
 * Returns the lock's descriptor, to be closed by the caller, or a negative errno after logging it.
 */
int ew_pins_open_locked(struct ew_pins *pins);

/* The one store that puts the loaded programs in or out of force. Returns 0 or a negative errno. */
int ew_pins_set_in_force(const struct ew_pins *pins, bool in_force);

/* Looks for the bpf file system. Returns 0 or as above, with WHY filled. */
int ew_pins_check_bpffs(char *why, size_t size);

/* Who loaded it. Returns 0 or a negative errno. */
int ew_pins_meta(const struct ew_pins *pins, struct ew_meta *out);

/* The state that programs and tools share, mapped; NULL with errno on failure. */
struct ew_state *ew_pins_map_state(const struct ew_pins *pins);
void ew_pins_unmap_state(struct ew_state *state);

/* The number of the policy in force; 0 when it cannot be read. */
__u32 ew_pins_generation(const struct ew_pins *pins);

/* Whether a user was ever tagged. */
bool ew_pins_users(const struct ew_pins *pins);

/* Is policy number GENERATION in force, and nothing left of another? */
bool ew_pins_settled(const struct ew_pins *pins, __u32 generation);

/* ew_policy_hash() of the policy in force; 0 when it cannot be read. */
__u64 ew_pins_policy_hash(const struct ew_pins *pins);

/* The profiles of all slots, as they are in one policy; flags 0 is an empty slot. Returns 0 or what bpf(2) failed with.
 */
int ew_pins_profiles(const struct ew_pins *pins, struct ew_profile out[EW_PROFILES_MAX]);

/* The same of the half of policy GENERATION, in force or not. */
int ew_pins_profiles_of(const struct ew_pins *pins, __u32 generation, struct ew_profile out[EW_PROFILES_MAX]);

/*
 * ew_pins_profile_slot - the slot of the profile called NAME
 *
 * Returns the slot, or -ENOENT after logging that there is no such profile, with the nearest name that there is.
 */
int ew_pins_profile_slot(const struct ew_pins *pins, const char *name);

#endif
