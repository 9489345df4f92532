/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_SKELETON_H
#define EW_SKELETON_H

#include <stdbool.h>
#include <stddef.h>

#include "label.h"
#include "pins.h"

/* Both objects of bpf/: opened, then perhaps given maps that are there, then loaded. Their skeletons are known here
 * alone. */
struct ew_skeleton;

/* A program that is attached by the BTF type it was loaded for. */
struct ew_hook {
	const char *name;
	int prog_fd;
	bool always; /* attached from the beginning, whatever the policy says */
};

/* In the order in which they are attached. */
enum ew_hook_index {
	EW_HOOK_CGROUP_RMDIR,
	EW_HOOK_CGROUP_MKDIR,
	EW_HOOK_COMMITTING_CREDS,
	EW_HOOK_CREDS_FROM_FILE,
	EW_HOOK_TASK_ALLOC,
	EW_HOOK_TASK_FORK,
	EW_HOOK_TASK_PRCTL,
	EW_HOOK_CHECK_SECURITY,
	EW_HOOK_VFS_CAPS,
	EW_HOOK_CREDS_FOR_EXEC,
	EW_HOOKS
};

/*
 * ew_skeleton_open - opens both; NUMBER is what ew_state.loaded tells these programs from others by
 * ew_skeleton_share - the programs are going to use the maps that are pinned in EW_PIN_DIR, with all that is in them
 * ew_skeleton_load - loads both into the kernel
 *
 * Return 0 or a negative errno after logging it. -EPROTO: those maps are made otherwise than this version's; nothing
 * was changed. ew_skeleton_free() releases what is open, which leaves what was pinned meanwhile.
 */
int ew_skeleton_open(struct ew_skeleton **out, __u32 number);
int ew_skeleton_share(struct ew_skeleton *skeleton);
int ew_skeleton_load(struct ew_skeleton *skeleton);
void ew_skeleton_free(struct ew_skeleton **skeleton);

/* Can these programs ask for the digest of a file, and where do they find labels? Known once it is open. */
bool ew_skeleton_verity(const struct ew_skeleton *skeleton);
const struct ew_label_source *ew_skeleton_labels(const struct ew_skeleton *skeleton);

/* The descriptors, which stay the skeleton's. */
struct ew_pins ew_skeleton_pins(const struct ew_skeleton *skeleton);
void ew_skeleton_hooks(const struct ew_skeleton *skeleton, struct ew_hook out[EW_HOOKS]);

/* Pins maps and programs by ew_stage_pin(). Returns 0 or a negative errno after logging it. */
int ew_skeleton_pin(const struct ew_skeleton *skeleton);

/* Writes down who loaded this, in the map "meta". Returns 0 or a negative errno after logging it. */
int ew_skeleton_sign(const struct ew_skeleton *skeleton);

/* The number of the programs that this tool has, which tells them from those of another build. */
__u32 ew_skeleton_build(void);

#endif
