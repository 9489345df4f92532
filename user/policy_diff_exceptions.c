/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "distinct.h"
#include "policy_diff_rows.h"

/* What changes for exceptions, of which there can be more than of anything else. */

/* The exceptions of an image by their keys: an open hash table, at most half full, of numbers from 1 on. */
struct table {
	const struct ew_image *image;
	__u32 *numbers;
	size_t room; /* a power of two */
};

/* The place in the table where KEY is, or would be. */
static __u32 *place(const struct table *table, const struct ew_exception_key *key)
{
	size_t at = ew_hash(0, key, sizeof(*key)) & (table->room - 1);

	while (table->numbers[at] && memcmp(&table->image->exceptions[table->numbers[at] - 1].key, key, sizeof(*key)))
		at = (at + 1) & (table->room - 1);
	return &table->numbers[at];
}

/* TABLE->numbers is to be freed. Returns 0 or -ENOMEM. */
static int fill(struct table *table, const struct ew_image *image)
{
	*table = (struct table){.image = image, .room = 4};
	while (table->room < 2 * image->n_exceptions)
		table->room *= 2;
	table->numbers = calloc(table->room, sizeof(*table->numbers));
	for (size_t i = 0; table->numbers && i < image->n_exceptions; i++)
		*place(table, &image->exceptions[i].key) = (__u32)i + 1;
	return table->numbers ? 0 : -ENOMEM;
}

static char *exception_name(const struct ew_image_exception *exception, const struct ew_image *image,
			    const struct ew_image *other)
{
	_cleanup_free_ char *program = ew_identity_text(&exception->key.program, image, other), *from = NULL;
	bool narrow = exception->key.from.ino != 0;
	char *text;

	if (narrow)
		from = ew_identity_text(&exception->key.from, image, other);
	if (!program || (narrow && !from))
		return NULL;
	return asprintf(&text, "%s %s%s%s", image->profiles[exception->key.profile].name, program,
			narrow ? " from " : "", narrow ? from : "") < 0
		       ? NULL
		       : text;
}

/* Both that there are, of one key, or one of them. */
static void add_exception(const char *kind, const struct ew_image *images[2], const struct ew_image_exception *a,
			  const struct ew_image_exception *b, struct ew_diff *diff)
{
	const struct ew_image_exception *either = b ?: a;
	const struct ew_image *image = images[b ? 1 : 0];
	struct ew_change change = {
		.before = a ? ew_exception_text(&a->value, images[0]) : NULL,
		.after = b ? ew_exception_text(&b->value, images[1]) : NULL,
	};

	if (change.before && change.after && EW_STREQ(change.before, change.after)) {
		free(change.before);
		free(change.after);
		return;
	}
	change.what = exception_name(either, image, images[b ? 0 : 1]);
	change.origin = ew_diff_origin(image->profiles[either->key.profile].file, either->value.line);
	ew_diff_add(diff, kind, change, a, b);
}

static bool same_rule(const struct ew_exception *a, const struct ew_exception *b)
{
	struct ew_exception x = *a, y = *b;

	/* the numbers of globs can stand for others: their texts tell */
	if (a->labels | b->labels)
		return false;
	x.line = y.line = 0;
	return !memcmp(&x, &y, sizeof(x));
}

void ew_diff_exceptions(const char *kind, const struct ew_image *before, const struct ew_image *after,
			struct ew_diff *diff)
{
	const struct ew_image *images[2] = {before, after};
	struct table table;
	int err = fill(&table, before);
	_cleanup_free_ __u32 *numbers = table.numbers;
	_cleanup_free_ bool *stays = calloc(before->n_exceptions + 1, sizeof(*stays));

	if (err < 0 || !stays) {
		diff->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < after->n_exceptions; i++) {
		const struct ew_image_exception *b = &after->exceptions[i], *a = NULL;
		__u32 number = diff->alike >> b->key.profile & 1 ? *place(&table, &b->key) : 0;

		if (number) {
			a = &before->exceptions[number - 1];
			stays[number - 1] = true;
		}
		if (!a || !same_rule(&a->value, &b->value))
			add_exception(kind, images, a, b, diff);
	}
	for (size_t i = 0; i < before->n_exceptions; i++)
		if (!stays[i])
			add_exception(kind, images, &before->exceptions[i], NULL, diff);
}
