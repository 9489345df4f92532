/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_PINS_NEED_H
#define EW_PINS_NEED_H

#include "pins.h"

/* What every exec, fork or prctl of the machine would pay for, and is therefore only there from its first use on. */

/*
 * ew_pins_need_process_tags - from here on children inherit process tags; before the first is set
 * ew_pins_need_forks - from here on a child has its parent's tag even if that was set while it was being made; before a
 *	tag is set on another process
 * ew_pins_need_shapes - from here on SHAPES of files are looked at; ~0 before the first reader
 * ew_pins_need_self_service - from here on processes can put themselves under profiles with `self_service: yes`; before
 *	a policy with such a profile is in force
 *
 * Attach the programs that do it, for good, unless they are. The caller holds the lock. Return 0 or a negative errno
 * after logging it.
 */
int ew_pins_need_process_tags(const struct ew_pins *pins);
int ew_pins_need_forks(const struct ew_pins *pins);
int ew_pins_need_shapes(const struct ew_pins *pins, __u32 shapes);
int ew_pins_need_self_service(const struct ew_pins *pins);

/*
 * ew_pins_need_users - from here on users are looked up; before the first is tagged
 * ew_pins_need_programs - the same for programs; WHOSE is EW_PROGRAMS_*
 *
 * As above.
 */
int ew_pins_need_users(const struct ew_pins *pins);
int ew_pins_need_programs(const struct ew_pins *pins, __u32 whose);

#endif
