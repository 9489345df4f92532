/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tag_users.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "log.h"
#include "pins_need.h"

/* The table of GENERATION, of EW_USER_RANGES entries. Returns 0, -ENOENT when it has none, or a negative errno. */
static int read_table(struct ew_halves *tables, __u32 generation, struct ew_user_range *table)
{
	_cleanup_free_ __u32 *keys = calloc(EW_USER_RANGES, sizeof(*keys));
	__u32 count = EW_USER_RANGES, batch;
	int fd = ew_halves_get(tables, EW_USER_TABLE(generation));

	if (fd < 0)
		return fd;
	if (!keys)
		return -ENOMEM;
	if (bpf_map_lookup_batch(fd, NULL, &batch, keys, table, &count, NULL) < 0 && errno != ENOENT)
		return -errno;
	return count == EW_USER_RANGES ? 0 : -EIO;
}

static int write_table(struct ew_halves *tables, __u32 generation, const struct ew_user_range *table)
{
	_cleanup_free_ __u32 *keys = calloc(EW_USER_RANGES, sizeof(*keys));
	_cleanup_close_ int fd = -1;
	__u32 count = EW_USER_RANGES;

	if (!keys)
		return -ENOMEM;
	for (__u32 i = 0; i < EW_USER_RANGES; i++)
		keys[i] = i;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ew_user_table", sizeof(__u32), sizeof(*table), EW_USER_RANGES, NULL);
	if (fd < 0 || bpf_map_update_batch(fd, keys, table, &count, NULL) < 0)
		return -errno;
	return ew_halves_put(tables, EW_USER_TABLE(generation), TAKE_FD(fd));
}

/* SPANS have room for EW_USER_RANGES and more. Returns the number of tagged ranges of GENERATION, or a negative errno.
 */
static ssize_t read_spans(struct ew_halves *tables, __u32 generation, struct ew_user_span *spans)
{
	_cleanup_free_ struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	err = read_table(tables, generation, table);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	return (ssize_t)ew_user_ranges_spans(table, spans);
}

static int write_spans(struct ew_halves *tables, __u32 generation, const struct ew_user_span *spans, size_t n)
{
	_cleanup_free_ struct ew_user_range *table = calloc(EW_USER_RANGES, sizeof(*table));
	int err = table ? ew_user_ranges_build(spans, n, table) : -ENOMEM;

	return err < 0 ? err : write_table(tables, generation, table);
}

int ew_tag_users_apply(struct ew_halves *tables, __u32 current, const struct ew_image *image, __u32 generation)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES + image->n_users, sizeof(*spans));
	size_t n = 0;
	ssize_t had;
	int err;

	had = spans ? read_spans(tables, current, spans) : -ENOMEM;
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
	/* without any, what the policy before the last had there goes */
	err = n ? write_spans(tables, generation, spans, n) : ew_halves_drop(tables, EW_USER_TABLE(generation));
	if (err < 0)
		return ew_error_ret(err, "the users of the policy cannot be stored: %s", strerror(-err));
	return 0;
}

int ew_tag_users_alike(struct ew_halves *tables, __u32 generation)
{
	int err = ew_halves_copy(tables, EW_USER_TABLE(generation), EW_USER_TABLE(generation + 1));

	return err < 0 ? ew_error_ret(err, "the users of the policy cannot be stored: %s", strerror(-err)) : 0;
}

/* The tables, for a command. Until the first user is tagged what they have is of no meaning. */
static void tables_open(const struct ew_pins *pins, struct ew_halves *tables)
{
	ew_halves_init(tables, pins->user_tables_fd, !ew_pins_users(pins));
}

ssize_t ew_tag_users_read(const struct ew_pins *pins, struct ew_user_span **out)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES, sizeof(*spans));
	EW_CLEANUP(ew_halves_clear) struct ew_halves tables;
	ssize_t n;

	tables_open(pins, &tables);
	n = spans ? read_spans(&tables, ew_pins_generation(pins), spans) : -ENOMEM;

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
	EW_CLEANUP(ew_halves_clear) struct ew_halves tables;
	__u32 generation = ew_pins_generation(pins);
	ssize_t n;
	int err;

	tables_open(pins, &tables);
	n = table && spans ? read_spans(&tables, generation, spans) : -ENOMEM;
	err = n < 0 ? (int)n : 0;
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
		err = write_table(&tables, generation, table);
	return err < 0 ? ew_error_ret(err, "users %s cannot be tagged: %s", what, strerror(-err)) : 0;
}

int ew_tag_users_remove(const struct ew_pins *pins, __u32 first, __u32 last, __u64 profiles, const char *what,
			__u64 *policy)
{
	_cleanup_free_ struct ew_user_span *spans = calloc(EW_USER_RANGES + 2, sizeof(*spans));
	EW_CLEANUP(ew_halves_clear) struct ew_halves tables;
	__u32 generation = ew_pins_generation(pins);
	struct ew_user_span cleared = {0};
	ssize_t n;
	int err;

	tables_open(pins, &tables);
	n = spans ? read_spans(&tables, generation, spans) : -ENOMEM;
	err = n < 0 ? (int)n : 0;
	if (err == 0) {
		n = (ssize_t)ew_user_ranges_clear(spans, (size_t)n, first, last, profiles, &cleared);
		if (!(cleared.policy | cleared.command))
			return -ENOENT;
		err = write_spans(&tables, generation, spans, (size_t)n);
	}
	if (err < 0)
		return ew_error_ret(err, "users %s cannot be untagged: %s", what, strerror(-err));
	*policy = cleared.policy;
	return 0;
}
