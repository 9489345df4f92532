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

/* An automaton that matches nothing: it has no EW_PATTERN_START, and its walk ends there. */
static int make_no_patterns(void)
{
	static const struct ew_pattern_state dead;

	return make_patterns(&dead, 1);
}

__u32 ew_apply_patterns_of(const struct ew_pins *pins, __u32 half)
{
	__u32 id;

	return bpf_map_lookup_elem(pins->patterns_fd, &half, &id) < 0 ? 0 : id;
}

/* Puts the automaton open at FD into HALVES. Without (-ENOENT), one that matches nothing where there is another. */
static int put_patterns(const struct ew_pins *pins, int fd, unsigned int halves)
{
	_cleanup_close_ int none = fd == -ENOENT ? make_no_patterns() : -1;

	if (fd == -ENOENT && none < 0)
		return none;
	for (__u32 half = 0; half < EW_HALVES; half++) {
		if (!(halves >> half & 1) || (none >= 0 && !ew_apply_patterns_of(pins, half)))
			continue;
		if (bpf_map_update_elem(pins->patterns_fd, &half, none >= 0 ? &none : &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

int ew_apply_patterns(const struct ew_pins *pins, const struct ew_image *image, unsigned int halves)
{
	_cleanup_close_ int fd = -ENOENT;
	int err;

	if (image->n_pattern_states)
		fd = make_patterns(image->pattern_states, (__u32)image->n_pattern_states);
	err = fd < 0 && fd != -ENOENT ? fd : put_patterns(pins, fd, halves);
	if (err < 0)
		return ew_error_ret(err, "the %zu cgroup patterns (%zu states) cannot be stored: %s", image->n_patterns,
				    image->n_pattern_states, strerror(-err));
	return 0;
}

int ew_apply_patterns_alike(const struct ew_pins *pins, __u32 generation)
{
	__u32 id = ew_apply_patterns_of(pins, EW_HALF(generation));
	_cleanup_close_ int fd = id ? bpf_map_get_fd_by_id(id) : -ENOENT;
	int err = id && fd < 0 ? -errno : put_patterns(pins, fd, EW_HALF_OF(generation + 1));

	if (err < 0)
		return ew_error_ret(err, "the cgroup patterns cannot be stored: %s", strerror(-err));
	return 0;
}

void ew_apply_patterns_drop(const struct ew_pins *pins, unsigned int halves)
{
	for (__u32 half = 0; half < EW_HALVES; half++) {
		__u32 id = halves >> half & 1 ? ew_apply_patterns_of(pins, half) : 0;
		_cleanup_close_ int fd = id ? bpf_map_get_fd_by_id(id) : -1;
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.max_entries == 1)
			bpf_map_delete_elem(pins->patterns_fd, &half);
	}
}
