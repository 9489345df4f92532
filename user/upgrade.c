/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "upgrade.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "skeleton.h"
#include "stage.h"

#define LINKS EW_PIN_DIR "/links"
#define DIE_AT "die-"
#define AGAIN "again-"
#define AGAIN_MAX 1000UL

/* What EXECWARD_FAULT says behind PREFIX, or NULL. */
static const char *fault_after(const char *prefix)
{
	const char *fault = getenv("EXECWARD_FAULT");

	return fault && strncmp(fault, prefix, strlen(prefix)) == 0 ? fault + strlen(prefix) : NULL;
}

/* For the tests, which kill this process there (docs/testing.md). */
static void reached(const char *step)
{
	const char *die = fault_after(DIE_AT);

	if (die && EW_STREQ(die, step))
		raise(SIGKILL);
}

bool ew_upgrade_is_current(const struct ew_pins *pins)
{
	struct ew_meta meta;

	return ew_pins_meta(pins, &meta) == 0 && meta.build == ew_skeleton_build();
}

/* From here on the programs of NUMBER count. LABELS: what they know of labels; NULL: nothing new. */
static int count_by(const struct ew_pins *pins, __u32 number, const struct ew_label_source *labels)
{
	struct ew_state *state = ew_pins_map_state(pins);

	if (!state)
		return -errno;
	if (labels && labels->supported)
		__atomic_or_fetch(&state->labels, EW_LABELS_SUPPORTED, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->loaded, number, __ATOMIC_SEQ_CST);
	ew_pins_unmap_state(state);
	return 0;
}

bool ew_upgrade_mend(const struct ew_pins *pins)
{
	struct ew_meta meta;

	if (!ew_stage_is_left())
		return false;
	if (ew_pins_meta(pins, &meta) == 0)
		count_by(pins, meta.number, NULL);
	ew_stage_sweep();
	return true;
}

static bool was_attached(const char *program)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", LINKS, program);
	return access(path, F_OK) == 0;
}

/* Is every program that is attached one that this build has, too? Logs which is not. */
static int check_hooks(const struct ew_hook hooks[EW_HOOKS])
{
	DIR *dir = opendir(LINKS);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return ew_error_ret(-errno, "%s cannot be read: %s", LINKS, strerror(errno));
	while (err == 0 && (entry = readdir(dir))) {
		bool known = entry->d_name[0] == '.';

		for (size_t i = 0; i < EW_HOOKS && !known; i++)
			known = EW_STREQ(entry->d_name, hooks[i].name);
		if (!known)
			err = ew_error_ret(-EPROTO,
					   "what is loaded cannot be taken over, and stays in force: its program "
					   "\"%s\" is none of this version's; to go on with this version: execward "
					   "unload, then execward load; between the two nothing is enforced",
					   entry->d_name);
	}
	closedir(dir);
	return err;
}

/*
 * Programs that cannot tell labels do not follow programs that can, whatever policy is in force: the next one may have
 * rules for labels. Logs why not.
 */
static int check_labels(const struct ew_pins *pins, const struct ew_label_source *labels)
{
	struct ew_state *state = ew_pins_map_state(pins);
	bool told;

	if (!state)
		return -errno;
	told = state->labels & EW_LABELS_SUPPORTED;
	ew_pins_unmap_state(state);
	if (!told || labels->supported)
		return 0;
	return ew_error_ret(-EOPNOTSUPP,
			    "what is loaded cannot be taken over, and stays in force: it can tell labels, and this "
			    "process cannot: %s",
			    labels->found);
}

static int attach_beside(const struct ew_hook hooks[EW_HOOKS])
{
	int err = 0;

	for (size_t i = 0; i < EW_HOOKS && err == 0; i++) {
		if (!hooks[i].always && !was_attached(hooks[i].name))
			continue;
		err = ew_stage_attach(hooks[i].name, hooks[i].prog_fd);
		reached("attaching");
	}
	return err;
}

/*
 * Two sets of programs share all maps, and each does for an exec what the other does: so both may be attached, for any
 * time, and each may go on where the other left off. What has the name EW_PIN_DIR is what tools attach more of.
 */
static int hand_over(const struct ew_skeleton *skeleton)
{
	const struct ew_pins pins = ew_skeleton_pins(skeleton);
	struct ew_hook hooks[EW_HOOKS];
	struct ew_meta meta;
	int err;

	ew_skeleton_hooks(skeleton, hooks);
	err = ew_stage_make();
	if (err == 0)
		err = ew_skeleton_sign(skeleton);
	if (err == 0)
		err = ew_skeleton_pin(skeleton);
	reached("pinned");
	if (err == 0)
		err = attach_beside(hooks);
	reached("attached");
	if (err == 0)
		err = ew_stage_exchange();
	if (err < 0)
		return err;
	reached("exchanged");
	err = ew_pins_meta(&pins, &meta);
	if (err == 0)
		err = count_by(&pins, meta.number, ew_skeleton_labels(skeleton));
	if (err < 0)
		ew_warning("the programs that were loaded go on counting: %s", strerror(-err));
	reached("counting");
	ew_stage_sweep();
	return 0;
}

static int load_sharing(struct ew_skeleton **out, const struct ew_pins *pins, __u32 number)
{
	EW_CLEANUP(ew_skeleton_free) struct ew_skeleton *skeleton = NULL;
	struct ew_hook hooks[EW_HOOKS];
	int err = ew_skeleton_open(&skeleton, number);

	if (err == 0)
		err = check_labels(pins, ew_skeleton_labels(skeleton));
	if (err < 0)
		return err;
	ew_skeleton_hooks(skeleton, hooks); /* only their names, before they are loaded */
	err = check_hooks(hooks);
	if (err == 0)
		err = ew_skeleton_share(skeleton);
	if (err == 0)
		err = ew_skeleton_load(skeleton);
	if (err < 0)
		return err;
	*out = TAKE_PTR(skeleton);
	return 0;
}

/*
 * For the tests: this set of programs and another take the place of one another so many times without being loaded
 * anew, which is the most of an upgrade, and when nothing is attached yet. Waits for SIGCONT when both are loaded.
 */
static int hand_over_again(const struct ew_pins *pins, const struct ew_skeleton *skeleton, __u32 number,
			   unsigned long times)
{
	EW_CLEANUP(ew_skeleton_free) struct ew_skeleton *other = NULL;
	int err = load_sharing(&other, pins, number + 1);

	if (err == 0)
		raise(SIGSTOP);
	for (unsigned long i = 0; i < times && err == 0; i++)
		err = hand_over(i % 2 ? other : skeleton);
	return err;
}

int ew_upgrade(const struct ew_pins *pins)
{
	EW_CLEANUP(ew_skeleton_free) struct ew_skeleton *skeleton = NULL;
	const char *again = fault_after(AGAIN);
	struct ew_meta meta;
	int err = ew_pins_meta(pins, &meta);

	if (err < 0)
		return ew_error_ret(err, "who loaded what is loaded cannot be read: %s", strerror(-err));
	ew_upgrade_mend(pins);
	err = load_sharing(&skeleton, pins, meta.number + 1);
	if (err < 0)
		return err;
	reached("loaded");
	if (again)
		err = hand_over_again(pins, skeleton, meta.number + 1, strtoul(again, NULL, 10) % AGAIN_MAX);
	else
		err = hand_over(skeleton);
	if (err < 0)
		ew_stage_sweep();
	return err;
}
