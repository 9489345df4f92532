/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inventory_judge.h"

#include <errno.h>

#include "util.h"

static enum ew_inventory_who who_may(__u32 mode)
{
	return mode & 0001 ? EW_INVENTORY_ALL : mode & 0010 ? EW_INVENTORY_GROUP : EW_INVENTORY_OWNER;
}

/* Makes CALLER, who has no power, one of those who may execute FILE. GROUP is the room for its group. */
static void enable(struct ew_predict_caller *caller, const struct ew_predict_file *file, __u32 *group)
{
	struct ew_creds *creds = &caller->creds;

	switch (who_may(file->mode)) {
	case EW_INVENTORY_ALL:
		return;
	case EW_INVENTORY_GROUP:
		*group = file->gid;
		caller->groups = group;
		caller->n_groups = 1;
		return;
	case EW_INVENTORY_OWNER:
		creds->uid = creds->euid = creds->suid = file->uid;
		if (file->uid == creds->root_uid)
			creds->permitted = creds->effective = creds->bset;
		return;
	}
}

static void judge_slot(const struct ew_predict_case *c, unsigned int slot, struct ew_inventory_word *out)
{
	struct ew_predict_word word;
	struct ew_decision d;
	size_t level;
	bool early;

	ew_predict_decide(c, 1ULL << slot, &d, &level, &early);
	*out = (struct ew_inventory_word){.verdict = d.verdict, .reason = d.reason, .line = d.rule_line};
	if (d.reason == EW_REASON_GAIN) {
		ew_predict_word(c, slot, &word);
		out->from = word.narrower != NULL;
	}
}

void ew_inventory_judge(const struct ew_caller *caller, bool as_able, const struct ew_image *image, __u64 set,
			const char *path, struct ew_inventory_judged *out)
{
	_cleanup_free_ struct ew_predict_caller *who = malloc(sizeof(*who));
	struct ew_exec_files files = {0};
	struct ew_predict_case judged = {
		.image = image, .prediction = &out->prediction, .files = files.file, .from = caller->exe_id};
	__u32 group;

	*out = (struct ew_inventory_judged){.err = who ? ew_exec_files_get(&files, caller, path) : -ENOMEM};
	if (out->err == 0) {
		/* of a script the bits are without effect, and it is the first file that somebody may execute */
		out->who = who_may(files.file[0].mode);
		out->file = files.file[0];
		*who = caller->who;
		if (as_able)
			enable(who, &files.file[0], &group);
		ew_predict(who, files.file, files.n, &out->prediction);
		for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
			if (set >> slot & 1)
				judge_slot(&judged, slot, &out->words[slot]);
	}
	ew_exec_files_clear(&files);
}
