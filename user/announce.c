/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "announce.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "log.h"

void ew_announce_object(struct ew_change_record *change, const char *text)
{
	size_t len = strnlen(text, sizeof(change->object) - 1);

	memcpy(change->object, text, len);
	change->object_len = (__u32)len;
}

void ew_announce_image(struct ew_change_record *change, enum ew_action action, const struct ew_image *image,
		       const char *command)
{
	memset(change, 0, sizeof(*change));
	change->action = action;
	snprintf(change->command, sizeof(change->command), "%s", command);
	if (!image)
		return;
	change->policy_hash = image->hash;
	change->n_profiles = image->n_profiles;
	change->n_exceptions = (__u32)image->n_exceptions;
	change->n_cgroups = (__u32)image->n_cgroups;
	change->n_patterns = (__u32)image->n_patterns;
}

static int run(const struct ew_pins *pins, const struct ew_change_record *change)
{
	const char *fault = getenv("EXECWARD_FAULT");
	LIBBPF_OPTS(bpf_test_run_opts, options);
	__u32 zero = 0;

	if (bpf_map_update_elem(pins->changes_fd, &zero, change, BPF_ANY) < 0)
		return -errno;
	if (fault && EW_STREQ(fault, "announce"))
		return -EIO;
	return bpf_prog_test_run_opts(pins->ew_announce_prog_fd, &options) < 0 ? -errno : 0;
}

void ew_announce(const struct ew_pins *pins, struct ew_change_record *change)
{
	bool tag = change->action == EW_ACTION_TAG || change->action == EW_ACTION_UNTAG;
	struct ew_state *state;
	int err;

	change->type = tag ? EW_RECORD_TAG : EW_RECORD_POLICY;
	err = run(pins, change);
	if (err == 0)
		return;
	ew_warning("done, but no reader could be told of it: %s", strerror(-err));
	state = ew_pins_map_state(pins);
	if (!state)
		return;
	__atomic_fetch_add(&state->changes_untold, 1, __ATOMIC_RELAXED);
	ew_pins_unmap_state(state);
}
