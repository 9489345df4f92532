/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "loader.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "apply.h"
#include "label.h"
#include "log.h"
#include "manager.h"
#include "pins.h"
#include "pins_need.h"
#include "skeleton.h"
#include "stage.h"
#include "verity.h"

#define FIRST_GENERATION 1
#define FIRST_NUMBER 1

static bool needs_process_tags(const struct ew_image *image)
{
	return image->n_programs || ew_image_sticky(image);
}

/* Hooks that only some policies need from the beginning. Self-service comes last of all (ew_pins_need_self_service()).
 */
static bool is_needed(const struct ew_image *image, enum ew_hook_index hook)
{
	__u32 shapes = ew_image_shapes(image);

	switch (hook) {
	case EW_HOOK_TASK_ALLOC:
		/* process tags come of programs and of what sticks */
		return needs_process_tags(image);
	case EW_HOOK_CHECK_SECURITY:
		/* this and the next only where the policy refuses shapes or has programs; readers attach both */
		return shapes || image->n_programs;
	case EW_HOOK_VFS_CAPS:
		return shapes & EW_BIT(EW_SHAPE_SETID);
	default:
		return false;
	}
}

/*
 * Cgroups first, so that none is missed between the walk and the tracepoint; the hook that starts the accounting of an
 * exec last. ew_task_alloc waits for the first process tag, unless the policy itself makes some.
 */
static int attach_all(const struct ew_skeleton *skeleton, struct ew_apply *apply, const struct ew_image *image)
{
	struct ew_hook hooks[EW_HOOKS];
	int err = 0;

	ew_skeleton_hooks(skeleton, hooks);
	for (enum ew_hook_index i = 0; i < EW_HOOKS && err == 0; i++) {
		if (hooks[i].always || is_needed(image, i))
			err = ew_stage_attach(hooks[i].name, hooks[i].prog_fd);
		if (err == 0 && i == EW_HOOK_CGROUP_MKDIR)
			err = ew_apply_cgroups(apply, EW_HALVES_ALL);
	}
	return err;
}

static int write_state(const struct ew_pins *pins, const struct ew_image *image, __u32 verity, bool labels)
{
	struct ew_state state = {
		.shapes = ew_image_shapes(image),
		.generation = FIRST_GENERATION,
		.users = image->n_users > 0,
		.patterns = image->n_pattern_states > 0,
		.programs = image->n_programs ? EW_PROGRAMS_POLICY : 0,
		.sticky = ew_image_sticky(image) != 0,
		.process_tags = needs_process_tags(image),
		.verity = verity | (image->n_verities ? EW_VERITY_USED : 0),
		.labels = (labels ? EW_LABELS_SUPPORTED : 0) | (ew_image_labels(image) ? EW_LABELS_USED : 0),
		.fds = ew_image_fds(image, false) != 0,
		.executor = ew_manager_executor(),
		.loaded = FIRST_NUMBER,
	};
	__u32 zero = 0;

	state.policy_hash[EW_HALF(FIRST_GENERATION)] = image->hash;
	if (bpf_map_update_elem(pins->state_fd, &zero, &state, BPF_ANY) < 0)
		return ew_error_ret(-errno, "the map \"state\" cannot be written: %s", strerror(errno));
	return 0;
}

/* Everything up to where the programs get their name; they let everything pass. */
static int prepare(const struct ew_skeleton *skeleton, const struct ew_pins *pins, const struct ew_image *image)
{
	EW_CLEANUP(ew_apply_end) struct ew_apply apply = {};
	int err;

	ew_apply_begin(&apply, pins, NULL);
	err = ew_skeleton_sign(skeleton);
	if (err == 0)
		err = write_state(pins, image, ew_skeleton_verity(skeleton) ? EW_VERITY_SUPPORTED : 0,
				  ew_skeleton_labels(skeleton)->supported);
	if (err == 0)
		err = ew_apply_image(&apply, image, FIRST_GENERATION);
	if (err == 0)
		err = ew_apply_cgroup_paths(pins, image, EW_HALVES_ALL);
	if (err == 0)
		err = ew_apply_patterns(&apply, image, EW_HALVES_ALL);
	if (err == 0)
		err = ew_stage_make();
	if (err == 0)
		err = ew_skeleton_pin(skeleton);
	return err ?: attach_all(skeleton, &apply, image);
}

static int load_staged(const struct ew_image *image)
{
	EW_CLEANUP(ew_skeleton_free) struct ew_skeleton *skeleton = NULL;
	struct ew_pins pins;
	bool verity;
	int err = ew_skeleton_open(&skeleton, FIRST_NUMBER);

	if (err < 0)
		return err;
	verity = ew_skeleton_verity(skeleton);
	if (image->n_verities && !verity)
		return ew_verity_refuse(image);
	if (ew_image_labels(image) && !ew_skeleton_labels(skeleton)->supported)
		return ew_label_refuse(image, ew_skeleton_labels(skeleton));
	err = ew_skeleton_load(skeleton);
	if (err < 0)
		return err;
	pins = ew_skeleton_pins(skeleton);
	err = prepare(skeleton, &pins, image);
	if (err == 0)
		err = ew_stage_place();
	if (err < 0)
		return err;
	if (ew_image_has(image, EW_PROFILE_SELF_SERVICE))
		err = ew_pins_need_self_service(&pins);
	if (err == 0) {
		err = ew_pins_set_in_force(&pins, true);
		if (err < 0)
			ew_error("the policy cannot be put in force: %s", strerror(-err));
	}
	if (err < 0)
		ew_stage_take_away();
	return err;
}

int ew_loader_load(const struct ew_image *image)
{
	int err = load_staged(image);

	if (err < 0)
		ew_stage_sweep();
	return err;
}

int ew_loader_unload(const struct ew_pins *pins)
{
	if (pins->state_fd >= 0)
		ew_pins_set_in_force(pins, false);
	ew_stage_sweep();
	return ew_stage_take_away();
}
