/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tag_users.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "log.h"

/* The table of GENERATION, of EW_USER_RANGES entries. Returns 0, -ENOENT when it has none, or a negative errno. */
static int read_table(const struct ew_pins *pins, __u32 generation, struct ew_user_range *table)
{
	_cleanup_free_ __u32 *keys = calloc(EW_USER_RANGES, sizeof(*keys));
	__u32 slot = EW_USER_TABLE(generation), count = EW_USER_RANGES, batch, id;
	_cleanup_close_ int fd = -1;

	if (!keys)
		return -ENOMEM;
	if (bpf_map_lookup_elem(pins->user_tables_fd, &slot, &id) < 0)
		return -errno;
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return -errno;
	if (bpf_map_lookup_batch(fd, NULL, &batch, keys, table, &count, NULL) < 0 && errno != ENOENT)
		return -errno;
	return count == EW_USER_RANGES ? 0 : -EIO;
}

static int write_table(const struct ew_pins *pins, __u32 generation, const struct ew_user_range *table)
{
	_cleanup_free_ __u32 *keys = calloc(EW_USER_RANGES, sizeof(*keys));
	__u32 slot = EW_USER_TABLE(generation), count = EW_USER_RANGES;
	_cleanup_close_ int fd = -1;

	if (!keys)
		return -ENOMEM;
	for (__u32 i = 0; i < EW_USER_RANGES; i++)
		keys[i] = i;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_user_table", sizeof(__u32), sizeof(*table), EW_USER_RANGES, NULL);
	if (fd < 0 || bpf_map_update_batch(fd, keys, table, &count, NULL) < 0 ||
	    bpf_map_update_elem(pins->user_tables_fd, &slot, &fd, BPF_ANY) < 0)
		return -errno;
	return 0;
}

/* SPANS have room for EW_USER_RANGES and more. Returns the number of tagged ranges in force, or a negative errno. */
static ssize_t read_spans(const struct ew_pins *pins, struct ew_user_span *spans, __u32 *generation)
{
	_cleanup_free_ struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	*generation = ew_pins_generation(pins);
	err = read_table(pins, *generation, table);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	return (ssize_t)ew_user_ranges_spans(table, spans);
}

static int write_spans(const struct ew_pins *pins, __u32 generation, const struct ew_user_span *spans, size_t n)
{
	_cleanup_free_ struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));
	int err = table ? ew_user_ranges_build(spans, n, table) : -ENOMEM;

	return err < 0 ? err : write_table(pins, generation, table);
}

int ew_tag_users_apply(const struct ew_pins *pins, const struct ew_image *image, __u32 generation)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES + image->n_users, sizeof(*spans));
	__u32 slot = EW_USER_TABLE(generation), current = 0;
	size_t n = 0;
	ssize_t had;
	int err;

	had = spans ? read_spans(pins, spans, &current) : -ENOMEM;
	if (had < 0)
		return ew_error_ret((int)had, "the tags of users cannot be read: %s", strerror((int)-had));
	for (ssize_t i = 0; i < had; i++) {
		spans[n] = spans[i];
		spans[n].policy = 0;
		n += spans[n].command != 0;
	}
	for (size_t i = 0; i < image->n_users; i++)
		spans[n++] = (struct ew_user_span){
			.first = image->users[i].first,
			.last = image->users[i].last,
			.policy = image->users[i].set,
		};
	/* what the policy before the last had there; taking away what is not there waits for programs as well */
	if (n == 0 && bpf_map_lookup_elem(pins->user_tables_fd, &slot, &current) < 0)
		err = errno != ENOENT ? -errno : 0;
	else if (n == 0)
		err = bpf_map_delete_elem(pins->user_tables_fd, &slot) < 0 && errno != ENOENT ? -errno : 0;
	else
		err = write_spans(pins, generation, spans, n);
	if (err < 0)
		return ew_error_ret(err, "the users of the policy cannot be stored: %s", strerror(-err));
	return 0;
}

ssize_t ew_tag_users_read(const struct ew_pins *pins, struct ew_user_span **out)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES, sizeof(*spans));
	__u32 generation;
	ssize_t n = spans ? read_spans(pins, spans, &generation) : -ENOMEM;

	if (n >= 0)
		*out = TAKE_PTR(spans);
	return n;
}

/* Ranges that commands have tagged, however the policy's cut them. */
static size_t count_commands(const struct ew_user_span *spans, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += spans[i].command &&
			 !(i && spans[i - 1].last + 1 == spans[i].first && spans[i - 1].command == spans[i].command);
	return count;
}

int ew_tag_users_add(const struct ew_pins *pins, __u32 first, __u32 last, __u64 profiles, const char *what)
{
	_cleanup_free_ struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES + 1, sizeof(*spans));
	__u32 generation = 0;
	ssize_t n = table && spans ? read_spans(pins, spans, &generation) : -ENOMEM;
	int err = n < 0 ? (int)n : 0;

	if (err == 0) {
		spans[n] = (struct ew_user_span){.first = first, .last = last, .command = profiles};
		err = ew_user_ranges_build(spans, (size_t)n + 1, table);
	}
	if (err == -ENOSPC || (err == 0 && count_commands(spans, ew_user_ranges_spans(table, spans)) > EW_USERS_MAX))
		return ew_error_ret(-ENOSPC,
				    "users %s cannot be tagged: commands have tagged %d users and ranges, which is all "
				    "there can be; tag whole ranges, or name them in the policy",
				    what, EW_USERS_MAX);
	if (err == 0)
		err = ew_pins_need_users(pins);
	if (err == 0)
		err = write_table(pins, generation, table);
	return err < 0 ? ew_error_ret(err, "users %s cannot be tagged: %s", what, strerror(-err)) : 0;
}

int ew_tag_users_remove(const struct ew_pins *pins, __u32 first, __u32 last, __u64 profiles, const char *what,
			__u64 *policy)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES + 2, sizeof(*spans));
	struct ew_user_span cleared = {0};
	__u32 generation = 0;
	ssize_t n = spans ? read_spans(pins, spans, &generation) : -ENOMEM;
	int err = n < 0 ? (int)n : 0;

	if (err == 0) {
		n = (ssize_t)ew_user_ranges_clear(spans, (size_t)n, first, last, profiles, &cleared);
		if (!(cleared.policy | cleared.command))
			return -ENOENT;
		err = write_spans(pins, generation, spans, (size_t)n);
	}
	if (err < 0)
		return ew_error_ret(err, "users %s cannot be untagged: %s", what, strerror(-err));
	*policy = cleared.policy;
	return 0;
}
