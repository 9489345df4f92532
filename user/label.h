/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LABEL_H
#define EW_LABEL_H

#include <execward/label.h>
#include <execward/record.h>

#include "image.h"

/* Labels of security modules: whose they are on this machine, and where the programs find them. */

struct ew_label_source {
	__u32 module;	/* enum ew_label_module; EW_LABEL_NONE: no label can be read */
	__s32 offset;	/* of the label in the part of credentials that the modules have */
	__u64 state;	/* of SELinux: where the kernel has what names contexts */
	bool supported; /* what changes labels is read, or nothing does */
	char found[256];
	char fix[256]; /* empty where it is supported */
};

/* ew_label_find - asks the kernel. Needs what `load` needs; fills OUT in any case. */
void ew_label_find(struct ew_label_source *out);

/* The list of security modules, without a line end. Returns 0 or a negative errno. */
int ew_label_modules(char *out, size_t size);

/*
 * Does the text of a label that the module's own file has, TEXT ("NAME (MODE)" of AppArmor), say the same as the
 * programs read? MODULE is enum ew_label_module.
 */
bool ew_label_agrees(__u32 module, const char *text, const struct ew_label_text *read);

/* ew_label_refuse - says that IMAGE has rules for labels, but nobody can tell these here. Returns -EOPNOTSUPP. */
int ew_label_refuse(const struct ew_image *image, const struct ew_label_source *source);

/*
 * ew_label_need - from here on labels are looked at if IMAGE controls them; before it is in force
 *
 * Returns 0, or -EOPNOTSUPP after saying that nobody can tell labels here.
 */
int ew_label_need(struct ew_state *state, const struct ew_image *image);

#endif
