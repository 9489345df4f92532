/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pins_need.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static int attach_pinned(int prog_fd, const char *name)
{
	_cleanup_close_ int link = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/links/%s", EW_PIN_DIR, name);
	if (access(path, F_OK) == 0)
		return 0;
	link = bpf_raw_tracepoint_open(NULL, prog_fd);
	if (link < 0)
		return ew_error_ret(-errno, "program %s cannot be attached: %s", name, strerror(errno));
	if (bpf_obj_pin(link, path) < 0)
		return ew_error_ret(-errno, "%s cannot be pinned: %s", path, strerror(errno));
	return 0;
}

int ew_pins_need_process_tags(const struct ew_pins *pins)
{
	struct ew_state *state = ew_pins_map_state(pins);
	int err;

	if (!state)
		return ew_error_ret(-errno, "the map \"state\" cannot be mapped: %s", strerror(errno));
	err = attach_pinned(pins->ew_task_alloc_prog_fd, "ew_task_alloc");
	if (err == 0)
		__atomic_store_n(&state->process_tags, 1, __ATOMIC_SEQ_CST);
	ew_pins_unmap_state(state);
	return err;
}

int ew_pins_need_forks(const struct ew_pins *pins)
{
	return attach_pinned(pins->ew_task_fork_prog_fd, "ew_task_fork");
}

int ew_pins_need_shapes(const struct ew_pins *pins, __u32 shapes)
{
	int err = shapes ? attach_pinned(pins->ew_check_security_prog_fd, "ew_check_security") : 0;

	if (err == 0 && shapes & EW_BIT(EW_SHAPE_SETID))
		err = attach_pinned(pins->ew_vfs_caps_prog_fd, "ew_vfs_caps");
	return err;
}

/* The door last: whoever enters has to find that children inherit. */
int ew_pins_need_self_service(const struct ew_pins *pins)
{
	int err = attach_pinned(pins->ew_task_alloc_prog_fd, "ew_task_alloc");

	if (err == 0)
		err = attach_pinned(pins->ew_task_fork_prog_fd, "ew_task_fork");
	return err < 0 ? err : attach_pinned(pins->ew_task_prctl_prog_fd, "ew_task_prctl");
}

int ew_pins_need_users(const struct ew_pins *pins)
{
	struct ew_state *state = ew_pins_map_state(pins);

	if (!state)
		return ew_error_ret(-errno, "the map \"state\" cannot be mapped: %s", strerror(errno));
	__atomic_store_n(&state->users, 1, __ATOMIC_SEQ_CST);
	ew_pins_unmap_state(state);
	return 0;
}

int ew_pins_need_programs(const struct ew_pins *pins, __u32 whose)
{
	int err = ew_pins_need_process_tags(pins);
	struct ew_state *state;

	if (err == 0)
		err = attach_pinned(pins->ew_check_security_prog_fd, "ew_check_security");
	if (err < 0)
		return err;
	state = ew_pins_map_state(pins);
	if (!state)
		return ew_error_ret(-errno, "the map \"state\" cannot be mapped: %s", strerror(errno));
	__atomic_fetch_or(&state->programs, whose, __ATOMIC_SEQ_CST);
	ew_pins_unmap_state(state);
	return 0;
}
