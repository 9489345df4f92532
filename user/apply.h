/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_APPLY_H
#define EW_APPLY_H

#include <stdbool.h>

#include "halves.h"
#include "image.h"
#include "pins.h"

/* Writing policy and tags into the maps. Callers hold ew_lock_take(). Errors are logged here. */

/* A change of policy, from ew_apply_begin() to ew_apply_end(). */
struct ew_apply {
	const struct ew_pins *pins;
	bool idle; /* no program sees the half that is not in force (ew_state.settled) */
	struct ew_halves profiles, users, patterns;
};

/* STATE is the map's; NULL where nothing was ever put into the maps. */
void ew_apply_begin(struct ew_apply *apply, const struct ew_pins *pins, const struct ew_state *state);
void ew_apply_end(struct ew_apply *apply);

/*
 * ew_apply_image - writes IMAGE as policy number GENERATION (not 0), for which it is to be in force
 *
 * Profiles, exceptions, tagged programs and users; what commands put on users goes over to the new policy's table.
 * Unless the half of that policy is idle: when it returns, no program is running any more that began under the policy
 * before the one in force. Returns 0 or a negative errno.
 */
int ew_apply_image(struct ew_apply *apply, const struct ew_image *image, __u32 generation);

/* Waits until every program that began before, under another policy than GENERATION's, has ended. Returns 0 or a
 * negative errno. */
int ew_apply_wait(struct ew_apply *apply, __u32 generation);

/* Takes the exceptions of every other generation away. Returns 0 or a negative errno. */
int ew_apply_sweep(const struct ew_pins *pins, __u32 generation);

/* The same where there is only policy number GONE, whose exceptions are those of IMAGE: they are not looked for. */
int ew_apply_sweep_of(const struct ew_pins *pins, const struct ew_image *image, __u32 gone, __u32 generation);

/*
 * Writes the cgroup paths of IMAGE and the texts of its patterns, and no others, for HALVES (a bit each, EW_HALF_OF()),
 * for ew_cgroup_mkdir. Returns 0 or a negative errno.
 */
int ew_apply_cgroup_paths(const struct ew_pins *pins, const struct ew_image *image, unsigned int halves);

/*
 * ew_apply_patterns - writes the automaton of IMAGE's patterns for HALVES, for ew_cgroup_mkdir
 *
 * Without patterns it is one that matches nothing, where there was another, until ew_apply_cgroups() has seen to the
 * cgroups that the other matched. Returns 0 or a negative errno.
 */
int ew_apply_patterns(struct ew_apply *apply, const struct ew_image *image, unsigned int halves);

/* The same for the other half than that of GENERATION, which gets the automaton that this one has. */
int ew_apply_patterns_alike(struct ew_apply *apply, __u32 generation);

/*
 * ew_apply_patterns_in - whether one of HALVES has an automaton
 * ew_apply_patterns_drop - takes away what ew_apply_patterns() left in HALVES in place of none, once nothing is tagged
 * by a pattern there any more
 */
bool ew_apply_patterns_in(struct ew_apply *apply, unsigned int halves);
void ew_apply_patterns_drop(struct ew_apply *apply, unsigned int halves);

/*
 * ew_apply_cgroups - gives those cgroups that exist by now what the calls above wrote for HALVES
 *
 * Those that are made meanwhile have it already. Tags by command stay. Where there are patterns, or were, it is one
 * walk over all cgroups under cgroup_mutex. Returns 0 or a negative errno; on failure (-ENOSPC: the map is full) some
 * cgroups can lack tags in HALVES, until it is called again.
 */
int ew_apply_cgroups(struct ew_apply *apply, unsigned int halves);

/* The same where HALVES, which is one, is to have what the other has already: no path is looked at. */
int ew_apply_cgroups_alike(struct ew_apply *apply, unsigned int halves);

/*
 * ew_apply_cgroup - gives the cgroup open at CGROUP_FD the profiles of its own that OWN has (`policy` and `command`),
 * and all below it what they inherit
 *
 * PATH is for messages. Returns 0 or a negative errno; on failure (-ENOSPC: the map is full) every cgroup is as before.
 */
int ew_apply_cgroup(const struct ew_pins *pins, int cgroup_fd, const char *path, const struct ew_cgroup_tag *own);

/* The tag entry of a cgroup. Returns 0, with *OUT all zero where there is none, or a negative errno. */
int ew_apply_cgroup_get(const struct ew_pins *pins, __u64 id, struct ew_cgroup_tag *out);

#endif
