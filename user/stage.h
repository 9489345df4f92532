/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_STAGE_H
#define EW_STAGE_H

#include <stdbool.h>

#include "pins.h"

/*
 * Where things are pinned before they get their name, EW_PIN_DIR, and after they lost it; a killed tool can leave
 * either behind. The bpf file system allows no dot in a name (bpf_lookup(), kernel/bpf/inode.c).
 */
#define EW_STAGE_DIR EW_BPFFS "/execward-new"
#define EW_GONE_DIR EW_BPFFS "/execward-gone"

/*
 * ew_stage_make - makes the directories, after taking away what an interrupted run left
 * ew_stage_pin - pins what is open at FD there as DIR/NAME; DIR is maps, progs or links
 * ew_stage_attach - attaches a program by the BTF type it was loaded for, and pins the link
 * ew_stage_place - gives all of it its name, which nothing has
 * ew_stage_exchange - the same, and what had the name is in its place afterwards, in one step
 *
 * Return 0 or a negative errno after logging it.
 */
int ew_stage_make(void);
int ew_stage_pin(const char *dir, const char *name, int fd);
int ew_stage_attach(const char *program, int prog_fd);
int ew_stage_place(void);
int ew_stage_exchange(void);

/* Takes away what is loaded. Returns 0, -ENOENT when there is nothing, or a negative errno after logging it. */
int ew_stage_take_away(void);

/*
 * ew_stage_is_left - is there anything under a name that a run has only for a while?
 * ew_stage_sweep - takes it away
 */
bool ew_stage_is_left(void);
void ew_stage_sweep(void);

#endif
