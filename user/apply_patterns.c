/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "apply.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "log.h"

/* The automatons of cgroup patterns (bpf/match.h). */

/* The map of an automaton, filled. Returns its descriptor or a negative errno. */
static int make_patterns(const struct ew_pattern_state *states, __u32 n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	_cleanup_free_ __u32 *keys = calloc(n, sizeof(*keys));
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_patterns", sizeof(__u32),
						sizeof(struct ew_pattern_state), n, &opts);

	if (fd < 0)
		return -errno;
	if (!keys)
		return -ENOMEM;
	for (__u32 i = 0; i < n; i++)
		keys[i] = i;
	if (bpf_map_update_batch(fd, keys, states, &n, NULL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Puts an automaton that matches nothing into HALF: it has no EW_PATTERN_START, and its walk ends there. */
static int put_no_patterns(struct ew_apply *apply, __u32 half)
{
	static const struct ew_pattern_state dead;
	int fd = make_patterns(&dead, 1);

	return fd < 0 ? fd : ew_halves_put(&apply->patterns, half, fd);
}

bool ew_apply_patterns_in(struct ew_apply *apply, unsigned int halves)
{
	bool any = false;

	for (__u32 half = 0; half < EW_HALVES; half++)
		any |= halves >> half & 1 && ew_halves_get(&apply->patterns, half) >= 0;
	return any;
}

/* The automaton of IMAGE, or none, into HALF. */
static int put_patterns(struct ew_apply *apply, const struct ew_image *image, __u32 half)
{
	int fd;

	if (!image->n_pattern_states)
		return ew_apply_patterns_in(apply, 1U << half) ? put_no_patterns(apply, half) : 0;
	fd = make_patterns(image->pattern_states, (__u32)image->n_pattern_states);
	return fd < 0 ? fd : ew_halves_put(&apply->patterns, half, fd);
}

int ew_apply_patterns(struct ew_apply *apply, const struct ew_image *image, unsigned int halves)
{
	for (__u32 half = 0; half < EW_HALVES; half++) {
		int err = halves >> half & 1 ? put_patterns(apply, image, half) : 0;

		if (err < 0)
			return ew_error_ret(err, "the %zu cgroup patterns (%zu states) cannot be stored: %s",
					    image->n_patterns, image->n_pattern_states, strerror(-err));
	}
	return 0;
}

int ew_apply_patterns_alike(struct ew_apply *apply, __u32 generation)
{
	int err = 0;

	if (ew_apply_patterns_in(apply, EW_HALF_OF(generation)))
		err = ew_halves_copy(&apply->patterns, EW_HALF(generation), EW_HALF(generation + 1));
	else if (ew_apply_patterns_in(apply, EW_HALF_OF(generation + 1)))
		err = put_no_patterns(apply, EW_HALF(generation + 1));
	if (err < 0)
		return ew_error_ret(err, "the cgroup patterns cannot be stored: %s", strerror(-err));
	return 0;
}

void ew_apply_patterns_drop(struct ew_apply *apply, unsigned int halves)
{
	for (__u32 half = 0; half < EW_HALVES; half++) {
		int fd = halves >> half & 1 ? ew_halves_get(&apply->patterns, half) : -ENOENT;
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.max_entries == 1)
			ew_halves_drop(&apply->patterns, half);
	}
}
