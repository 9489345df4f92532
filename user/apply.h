/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_APPLY_H
#define EW_APPLY_H

#include "image.h"
#include "pins.h"

/* Writing policy and tags into the maps. Callers hold ew_lock_take(). Errors are logged here. */

/*
 * ew_apply_image - puts IMAGE in force as policy number GENERATION (not 0, and not the one in force)
 *
 * Exceptions first, then one store that swaps the profiles. Returns 0 or a negative errno; on failure what was in force
 * still is, and the new exceptions are gone.
 */
int ew_apply_image(const struct ew_pins *pins, const struct ew_image *image, __u32 generation);

/* Writes the literal cgroup paths of IMAGE for ew_cgroup_mkdir. Returns 0 or a negative errno. */
int ew_apply_cgroup_paths(const struct ew_pins *pins, const struct ew_image *image);

/*
 * ew_apply_patterns - writes the automaton of IMAGE's cgroup patterns, of policy number GENERATION, for ew_cgroup_mkdir
 *
 * ew_apply_image() does it before it puts the policy in force, and with the policy the automaton is. Returns 0 or a
 * negative errno; on failure there is none for GENERATION.
 */
int ew_apply_patterns(const struct ew_pins *pins, const struct ew_image *image, __u32 generation);

/*
 * Frees the automaton of the policy before GENERATION, which is in force. After ew_apply_cgroups_by_path(), which waits
 * for whoever makes a cgroup: until then ew_cgroup_mkdir can be looking for it.
 */
void ew_apply_sweep_patterns(const struct ew_pins *pins, __u32 generation);

/* Tags those of the policy's cgroups that exist by now, patterns too. Returns 0 or a negative errno. */
int ew_apply_cgroups(const struct ew_pins *pins, const struct ew_image *image);

/*
 * ew_apply_cgroups_by_path - every cgroup gets what the policy in force says of its path, and loses what another said
 *
 * One walk under cgroup_mutex, so no cgroup is made meanwhile. Tags by command stay. Returns 0 or a negative errno; on
 * failure (-ENOSPC: the map is full) some cgroups can lack tags, until it is called again.
 */
int ew_apply_cgroups_by_path(const struct ew_pins *pins);

/*
 * ew_apply_cgroup - gives the cgroup open at CGROUP_FD these profiles of its own, and all below it what they inherit
 *
 * PATH is for messages. Returns 0 or a negative errno; on failure (-ENOSPC: the map is full) every cgroup is as before.
 */
int ew_apply_cgroup(const struct ew_pins *pins, int cgroup_fd, const char *path, __u64 policy, __u64 command);

/* The tag entry of a cgroup. Returns 0, with *OUT all zero where there is none, or a negative errno. */
int ew_apply_cgroup_get(const struct ew_pins *pins, __u64 id, struct ew_cgroup_tag *out);

#endif
