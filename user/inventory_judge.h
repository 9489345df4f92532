/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_INVENTORY_JUDGE_H
#define EW_INVENTORY_JUDGE_H

#include "caller.h"
#include "inventory.h"

/* Who can execute a program of the inventory, what it gives them, and what each profile says to that. */

/* Who may execute it, by its mode; ACLs and the directories on the way are not looked at. */
enum ew_inventory_who { EW_INVENTORY_ALL, EW_INVENTORY_GROUP, EW_INVENTORY_OWNER };

/* What one profile says, were it the only one. */
struct ew_inventory_word {
	__u32 verdict, reason; /* enum ew_verdict, enum ew_reason */
	__u32 line;	       /* of the rule */
	bool from;	       /* reason `gain`: an exception lets it pass from another image */
};

struct ew_inventory_judged {
	int err; /* it could not be looked at any more: a negative errno */
	enum ew_inventory_who who;
	struct ew_predict_file file; /* of a script the script itself */
	struct ew_prediction prediction;
	struct ew_inventory_word words[EW_PROFILES_MAX];
};

/*
 * ew_inventory_judge - PATH, executed by CALLER, under each profile of IMAGE that is in SET
 *
 * With AS_ABLE the caller is given what it takes to be one of those who may execute the file: its group, or its owner's
 * id; else it is as it is. The decision is that of predict.h. Logs what PATH cannot be looked at for, and sets `err`.
 */
void ew_inventory_judge(const struct ew_caller *caller, bool as_able, const struct ew_image *image, __u64 set,
			const char *path, struct ew_inventory_judged *out);

#endif
