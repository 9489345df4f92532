/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "apply.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "log.h"
#include "map_batch.h"
#include "tag_programs.h"
#include "tag_users.h"
#include "verity.h"

#define BATCH 4096U

void ew_apply_begin(struct ew_apply *apply, const struct ew_pins *pins, const struct ew_state *state)
{
	*apply = (struct ew_apply){.pins = pins, .idle = state && state->settled == state->generation};
	ew_halves_init(&apply->profiles, pins->policies_fd, !state);
	ew_halves_init(&apply->users, pins->user_tables_fd, !state || !state->users);
	ew_halves_init(&apply->patterns, pins->patterns_fd, !state || !state->patterns);
	apply->patterns.alike = apply->idle;
}

void ew_apply_end(struct ew_apply *apply)
{
	ew_halves_clear(&apply->profiles);
	ew_halves_clear(&apply->users);
	ew_halves_clear(&apply->patterns);
}

static int fill_profiles(int fd, const struct ew_image *image, __u32 generation)
{
	struct ew_profile profiles[EW_PROFILES_MAX];
	__u32 slots[EW_PROFILES_MAX], n = EW_PROFILES_MAX;
	__u64 sticky = ew_image_sticky(image), fds = ew_image_fds(image, false), always = ew_image_fds(image, true);

	for (__u32 slot = 0; slot < EW_PROFILES_MAX; slot++) {
		slots[slot] = slot;
		profiles[slot] = image->profiles[slot];
		profiles[slot].generation = generation;
		profiles[slot].sticky = sticky;
		profiles[slot].fds = fds;
		profiles[slot].fds_always = always;
	}
	if (bpf_map_update_batch(fd, slots, profiles, &n, NULL) < 0)
		return ew_error_ret(-errno, "the profiles cannot be stored: %s", strerror(errno));
	return 0;
}

/* Putting another map there waits, so one that no program sees is written as it is. */
static int write_profiles(struct ew_apply *apply, const struct ew_image *image, __u32 generation)
{
	__u32 half = EW_HALF(generation);
	int fd = apply->idle ? ew_halves_get(&apply->profiles, half) : -ENOENT, err;

	if (fd >= 0)
		return fill_profiles(fd, image, generation);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_profiles", sizeof(__u32), sizeof(struct ew_profile),
			    EW_PROFILES_MAX, NULL);
	if (fd < 0)
		return ew_error_ret(-errno, "the map of profiles cannot be made: %s", strerror(errno));
	err = fill_profiles(fd, image, generation);
	if (err < 0) {
		close(fd);
		return err;
	}
	err = ew_halves_put(&apply->profiles, half, fd);
	return err < 0 ? ew_error_ret(err, "the profiles cannot be stored: %s", strerror(-err)) : 0;
}

static int write_exceptions(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct ew_exception *values = calloc(BATCH, sizeof(*values));
	__u32 n;

	if (!keys || !values)
		return ew_error_ret(-ENOMEM, "the exceptions cannot be stored: %s", strerror(ENOMEM));
	for (size_t i = 0; i < image->n_exceptions; i += n) {
		for (n = 0; n < BATCH && i + n < image->n_exceptions; n++) {
			keys[n] = image->exceptions[i + n].key;
			keys[n].generation = generation;
			values[n] = image->exceptions[i + n].value;
		}
		if (bpf_map_update_batch(pins->exceptions_fd, keys, values, &n, NULL) < 0)
			return ew_error_ret(-errno, "the exceptions cannot be stored: %s%s", strerror(errno),
					    errno == E2BIG ? "; the map of exceptions is full" : "");
	}
	return 0;
}

int ew_apply_image(struct ew_apply *apply, const struct ew_image *image, __u32 generation)
{
	const struct ew_pins *pins = apply->pins;
	int err = write_exceptions(pins, image, generation);

	if (err == 0)
		err = ew_tag_programs_apply(pins, image, generation);
	if (err == 0)
		err = ew_tag_users_apply(&apply->users, ew_pins_generation(pins), image, generation);
	if (err == 0)
		err = ew_verity_apply(pins, image, generation);
	return err ?: write_profiles(apply, image, generation);
}

int ew_apply_wait(struct ew_apply *apply, __u32 generation)
{
	return ew_halves_wait(&apply->profiles, EW_HALF(generation));
}

int ew_apply_sweep_of(const struct ew_pins *pins, const struct ew_image *image, __u32 gone, __u32 generation)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(BATCH, sizeof(*keys));
	__u32 n;

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_exceptions; i += n) {
		for (n = 0; n < BATCH && i + n < image->n_exceptions; n++) {
			keys[n] = image->exceptions[i + n].key;
			keys[n].generation = gone;
		}
		if (bpf_map_delete_batch(pins->exceptions_fd, keys, &n, NULL) < 0)
			return -errno;
	}
	ew_tag_programs_sweep(pins, generation);
	ew_verity_sweep(pins, generation);
	return 0;
}

struct stale {
	__u32 generation; /* in force */
	struct ew_exception_key *keys;
	size_t n;
};

static int visit_exception(void *context, const void *key, const void *value)
{
	struct stale *stale = context;
	struct ew_exception_key exception;

	(void)value;
	memcpy(&exception, key, sizeof(exception));
	if (exception.generation != stale->generation && stale->n < 2 * EW_EXCEPTIONS_MAX)
		stale->keys[stale->n++] = exception;
	return 0;
}

int ew_apply_sweep(const struct ew_pins *pins, __u32 generation)
{
	_cleanup_free_ struct ew_exception_key *keys = calloc(2 * EW_EXCEPTIONS_MAX, sizeof(*keys));
	struct stale stale = {.generation = generation, .keys = keys};
	__u32 n;
	int err = keys ? ew_map_each(pins->exceptions_fd, sizeof(*keys), sizeof(struct ew_exception), visit_exception,
				     &stale)
		       : -ENOMEM;

	if (err < 0)
		return err;
	ew_tag_programs_sweep(pins, generation);
	ew_verity_sweep(pins, generation);
	n = (__u32)stale.n;
	return n && bpf_map_delete_batch(pins->exceptions_fd, keys, &n, NULL) < 0 ? -errno : 0;
}
