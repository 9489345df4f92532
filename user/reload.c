/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "reload.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "announce.h"
#include "apply.h"
#include "cgroup.h"
#include "image_read.h"
#include "label.h"
#include "log.h"
#include "manager.h"
#include "map_batch.h"
#include "pins_need.h"
#include "policy_compile.h"
#include "process.h"
#include "tag_programs.h"
#include "tag_users.h"
#include "verity.h"

#define HOLDERS_NAMED_MAX 20 /* in a message; the others are counted */

/* Who has profiles of a set: by process tags, and by commands on cgroups. */
struct holders {
	__u64 mask;
	__u64 held[EW_PROFILES_MAX]; /* how many have it */
	char *named[EW_PROFILES_MAX];
};

static void holders_clear(struct holders *holders)
{
	for (size_t i = 0; i < EW_PROFILES_MAX; i++)
		free(holders->named[i]);
}

static __u64 holders_set(const struct holders *holders)
{
	__u64 set = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		set |= holders->held[slot] ? 1ULL << slot : 0;
	return set;
}

static int add_holder(struct holders *holders, __u64 set, const char *name)
{
	set &= holders->mask;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		char *old = holders->named[slot], *joined;

		if (!(set >> slot & 1) || holders->held[slot]++ >= HOLDERS_NAMED_MAX)
			continue;
		if (asprintf(&joined, "%s%s%s", old ?: "", old ? ", " : "", name) < 0)
			return -ENOMEM;
		free(old);
		holders->named[slot] = joined;
	}
	return 0;
}

static int find_processes(const struct ew_pins *pins, struct holders *holders)
{
	_cleanup_free_ struct ew_process *list = NULL;
	ssize_t n = ew_process_list(&list);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		struct ew_task_tag tag;
		char name[128];

		if (list[i].kernel || ew_process_tag_get(pins, list[i].pid, &tag) < 0)
			continue;
		snprintf(name, sizeof(name), "process %d (%s)", list[i].pid, list[i].comm);
		err = add_holder(holders, tag.set, name);
	}
	return err;
}

static int visit_cgroup(void *context, const void *key, const void *value)
{
	struct holders *holders = context;
	const struct ew_cgroup_tag *tag = value;
	char path[EW_PATH_MAX], name[EW_PATH_MAX + 8];

	if (!(tag->command & holders->mask) || ew_cgroup_path_of_id(*(const __u64 *)key, path, sizeof(path)) < 0)
		return 0; /* or it is being removed */
	snprintf(name, sizeof(name), "cgroup %s", path);
	return add_holder(holders, tag->command, name);
}

static int find_cgroups(const struct ew_pins *pins, struct holders *holders)
{
	return ew_map_each(pins->cgroups_fd, sizeof(__u64), sizeof(struct ew_cgroup_tag), visit_cgroup, holders);
}

static int find_users(const struct ew_pins *pins, struct holders *holders)
{
	_cleanup_free_ struct ew_user_span *spans = NULL;
	ssize_t n = ew_tag_users_read(pins, &spans);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		char name[64];

		snprintf(name, sizeof(name), "users %u to %u", spans[i].first, spans[i].last);
		err = add_holder(holders, spans[i].command, name);
	}
	return err;
}

static int find_programs(const struct ew_pins *pins, struct holders *holders)
{
	_cleanup_free_ struct ew_tagged_program *list = NULL;
	ssize_t n = ew_tag_programs_read(pins, &list);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		char name[sizeof(list[i].tag.path) + 16];

		snprintf(name, sizeof(name), "program %s", list[i].tag.path);
		if (list[i].key.generation == EW_GENERATION_COMMAND)
			err = add_holder(holders, list[i].tag.set, name);
	}
	return err;
}

/* Every kind of tag that does not come from the policy itself. */
static int (*const find_holders[])(const struct ew_pins *pins, struct holders *holders) = {
	find_processes,
	find_cgroups,
	find_users,
	find_programs,
};

/* The names of what is in force, by slot. */
static void slots_of(const struct ew_image *image, struct ew_slots *slots)
{
	memset(slots, 0, sizeof(*slots));
	slots->labels = image;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (image->profiles[slot].flags)
			memcpy(slots->name[slot], image->profiles[slot].name, sizeof(slots->name[slot]));
}

/* Logs who is in the way. Returns 0 or -EBUSY. */
static int refuse_held(const struct holders *holders, const struct ew_image *before)
{
	int err = 0;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *profile = &before->profiles[slot];
		__u64 held = holders->held[slot];
		char more[32] = "";

		/* one that went already, by force, is no surprise */
		if (!held || profile->flags & EW_PROFILE_GONE)
			continue;
		if (held > HOLDERS_NAMED_MAX)
			snprintf(more, sizeof(more), " and %llu more", (unsigned long long)held - HOLDERS_NAMED_MAX);
		err = ew_error_ret(
			-EBUSY,
			"profile \"%s\" (%s:%u) is not in the policy any more, but still on %s%s; untag them, "
			"or use --force, which leaves them under it as it was",
			profile->name, profile->file, profile->line, holders->named[slot], more);
	}
	return err;
}

/* Copies the profiles KEPT of BEFORE, and their exceptions, as those that went. */
static int carry(const struct ew_image *before, __u64 kept, struct ew_image *after)
{
	struct ew_image_exception *exceptions;

	if (!kept)
		return 0;
	exceptions =
		reallocarray(after->exceptions, after->n_exceptions + before->n_exceptions + 1, sizeof(*exceptions));
	if (!exceptions)
		return ew_error_ret(-ENOMEM, "the policy cannot be reloaded: %s", strerror(ENOMEM));
	after->exceptions = exceptions;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!(kept >> slot & 1))
			continue;
		after->profiles[slot] = before->profiles[slot];
		after->profiles[slot].flags |= EW_PROFILE_GONE;
		after->n_profiles++;
	}
	for (size_t i = 0; i < before->n_exceptions; i++)
		if (kept >> before->exceptions[i].key.profile & 1)
			exceptions[after->n_exceptions++] = before->exceptions[i];
	if (after->n_exceptions > EW_EXCEPTIONS_MAX)
		return ew_error_ret(
			-E2BIG,
			"too many exceptions: %zu with those of profiles that are kept by force; expected at "
			"most %d",
			after->n_exceptions, EW_EXCEPTIONS_MAX);
	return 0;
}

/* A profile that gets a slot begins to count from 0. Nobody is under it yet. */
static int reset_counters(const struct ew_pins *pins, const struct ew_image *before, const struct ew_image *after)
{
	static const struct ew_counters zero;
	struct ew_counters counters;

	for (__u32 key = 0; bpf_map_lookup_elem(pins->counters_fd, &key, &counters) == 0; key++) {
		__u32 slot = key % EW_COUNTERS;

		if (slot == EW_PROFILES_MAX || !after->profiles[slot].flags ||
		    EW_STREQ(before->profiles[slot].name, after->profiles[slot].name))
			continue;
		if (bpf_map_update_elem(pins->counters_fd, &key, &zero, BPF_ANY) < 0)
			return ew_error_ret(-errno, "the counters of profile \"%s\" cannot be reset: %s",
					    after->profiles[slot].name, strerror(errno));
	}
	return 0;
}

/* What of IMAGE is kept in the half of GENERATION, but for profiles and exceptions. */
static int apply_tags(struct ew_apply *apply, const struct ew_image *image, __u32 generation)
{
	int err = ew_apply_cgroup_paths(apply->pins, image, EW_HALF_OF(generation));

	return err ?: ew_apply_cgroups(apply, EW_HALF_OF(generation));
}

/* The same of what is in force already, in the other half. */
static int apply_tags_alike(struct ew_apply *apply, const struct ew_image *image, __u32 generation)
{
	int err = ew_apply_cgroup_paths(apply->pins, image, EW_HALF_OF(generation));

	return err ?: ew_apply_cgroups_alike(apply, EW_HALF_OF(generation));
}

/* Writes all of AFTER into the half that is not in force; STALE exceptions that a killed reload left go first. */
static int prepare(struct ew_apply *apply, struct ew_state *state, __u32 next, bool stale,
		   const struct ew_image *before, const struct ew_image *after)
{
	const struct ew_pins *pins = apply->pins;
	__u32 shapes = ew_image_shapes(after);
	int err = stale ? ew_apply_sweep(pins, state->generation) : 0;

	if (err < 0)
		return ew_error_ret(err, "exceptions of an interrupted reload cannot be taken away: %s",
				    strerror(-err));
	err = ew_apply_image(apply, after, next);
	if (err == 0 && after->n_pattern_states)
		__atomic_store_n(&state->patterns, 1, __ATOMIC_SEQ_CST);
	if (err == 0)
		err = ew_apply_patterns(apply, after, EW_HALF_OF(next));
	if (err == 0)
		err = apply_tags(apply, after, next);
	if (err == 0)
		err = reset_counters(pins, before, after);
	if (err == 0)
		err = ew_pins_need_shapes(pins, shapes);
	if (err == 0 && after->n_users)
		err = ew_pins_need_users(pins);
	if (err == 0 && after->n_programs)
		err = ew_pins_need_programs(pins, EW_PROGRAMS_POLICY);
	if (err == 0)
		err = ew_verity_need(state, after);
	if (err == 0)
		err = ew_label_need(state, after);
	if (err == 0 && ew_image_sticky(after)) {
		err = ew_pins_need_process_tags(pins);
		__atomic_store_n(&state->sticky, 1, __ATOMIC_SEQ_CST);
	}
	if (err == 0 && ew_image_fds(after, false)) {
		state->executor = ew_manager_executor();
		__atomic_store_n(&state->fds, 1, __ATOMIC_SEQ_CST);
	}
	if (err == 0 && ew_image_has(after, EW_PROFILE_SELF_SERVICE))
		err = ew_pins_need_self_service(pins);
	/* more than has to be looked at does no harm */
	if (err == 0)
		__atomic_or_fetch(&state->shapes, shapes, __ATOMIC_SEQ_CST);
	return err;
}

/* Takes the exceptions of IMAGE, of policy number GONE, away; if it is NULL, or some are not there, all but those in
 * force. */
static int sweep(const struct ew_pins *pins, const struct ew_image *image, __u32 gone, __u32 generation)
{
	int err = image ? ew_apply_sweep_of(pins, image, gone, generation) : -ENOENT;

	return err == -ENOENT ? ew_apply_sweep(pins, generation) : err;
}

/*
 * Makes both halves alike, to that of IMAGE, which is in force. BEFORE was, as number GONE; NULL if there is something
 * else to be taken away.
 */
static void settle(struct ew_apply *apply, struct ew_state *state, const struct ew_image *image,
		   const struct ew_image *before, __u32 gone)
{
	int err = ew_apply_wait(apply, state->generation);

	if (err == 0)
		err = sweep(apply->pins, before, gone, state->generation);
	if (err == 0)
		err = ew_tag_users_alike(&apply->users, state->generation);
	if (err == 0)
		err = ew_apply_patterns_alike(apply, state->generation);
	if (err == 0)
		err = apply_tags_alike(apply, image, state->generation + 1);
	if (err < 0) {
		ew_warning("what is not in force could not all be taken away: %s; the next reload does it",
			   strerror(-err));
		return;
	}
	__atomic_store_n(&state->shapes, ew_image_shapes(image), __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->fds, ew_image_fds(image, false) != 0, __ATOMIC_SEQ_CST);
	if (!ew_image_labels(image))
		__atomic_and_fetch(&state->labels, ~(__u32)EW_LABELS_USED, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->settled, state->generation, __ATOMIC_SEQ_CST);
}

static int swap(const struct ew_pins *pins, bool stale, const struct ew_image *before, const struct ew_image *after)
{
	EW_CLEANUP(ew_apply_end) struct ew_apply apply = {};
	struct ew_state *state = ew_pins_map_state(pins);
	__u32 next, last;
	int err;

	if (!state)
		return ew_error_ret(-errno, "the map \"state\" cannot be mapped: %s", strerror(errno));
	last = state->generation;
	next = last + 1;
	if (next == 0)
		next = 2; /* 0 is no generation; the half stays the other one */
	ew_apply_begin(&apply, pins, state);
	err = prepare(&apply, state, next, stale, before, after);
	state->policy_hash[EW_HALF(next)] = after->hash;
	if (err == 0)
		__atomic_store_n(&state->generation, next, __ATOMIC_SEQ_CST);
	settle(&apply, state, err ? before : after, err ? NULL : before, last);
	ew_pins_unmap_state(state);
	return err;
}

static int compare(const struct ew_image *before, const struct ew_image *after, struct ew_reload *r)
{
	int err = ew_policy_diff(before, after, &r->diff);

	if (err < 0)
		return ew_error_ret(err, "what changes cannot be told: %s", strerror(-err));
	r->n_profiles = after->n_profiles;
	r->n_exceptions = after->n_exceptions;
	r->n_cgroups = after->n_cgroups;
	r->n_patterns = after->n_patterns;
	return 0;
}

static void announce(const struct ew_pins *pins, const struct ew_image *image, const char *command)
{
	struct ew_change_record change;

	ew_announce_image(&change, EW_ACTION_RELOAD, image, command);
	ew_announce(pins, &change);
}

int ew_reload(const struct ew_pins *pins, const struct ew_policy *policy, struct ew_reload *r,
	      struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_image_free) struct ew_image *before = TAKE_PTR(r->in_force), *after = NULL;
	EW_CLEANUP(holders_clear) struct holders holders = {};
	struct ew_slots slots;
	bool stale = false;
	__u64 kept;
	int err = before ? 0 : ew_image_read(pins, &before, &stale);

	if (err < 0)
		return ew_error_ret(err, "the policy in force cannot be read: %s", strerror(-err));
	slots_of(before, &slots);
	holders.mask = ew_policy_gone(policy, &slots);
	for (size_t i = 0; i < EW_ARRAY_SIZE(find_holders) && holders.mask && err == 0; i++)
		err = find_holders[i](pins, &holders);
	if (err < 0)
		return ew_error_ret(err, "what is tagged cannot be listed: %s", strerror(-err));
	kept = holders_set(&holders);
	slots.kept = kept;
	err = ew_policy_compile_slots(policy, 0, NULL, &slots, &after, diag);
	if (err < 0)
		return err == -EINVAL ? err : ew_error_ret(err, "the policy cannot be compiled: %s", strerror(-err));
	err = carry(before, kept, after);
	if (err == 0 && kept)
		err = ew_verity_carry(pins, ew_pins_generation(pins), after);
	if (err == 0)
		err = compare(before, after, r);
	if (err == 0 && !r->force)
		err = refuse_held(&holders, before);
	r->compiled = ew_image_hash(after);
	if (err < 0 || r->dry_run || (r->unless == r->compiled && !stale))
		return err;
	err = swap(pins, stale, before, after);
	if (err < 0)
		return err;
	announce(pins, after, r->command);
	r->in_force = TAKE_PTR(after);
	return 0;
}
