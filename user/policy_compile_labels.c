/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_compiler.h"

#include <execward/label.h>

/* The globs of `label:GLOB`: each has a number, which the sets of the automaton and of exceptions are of. */

static int add(struct ew_compiler *c, const char *text, unsigned int number, const struct ew_node *node)
{
	struct ew_image *image = c->image;
	struct ew_image_cgroup *label = &image->labels[image->n_labels];

	*label = (struct ew_image_cgroup){.set = 1ULL << number, .path = strdup(text)};
	if (!label->path)
		return -ENOMEM;
	c->labels[image->n_labels].node = node;
	c->labels[image->n_labels].file = c->file;
	image->n_labels++;
	return 0;
}

/* The number that TEXT has in what is in force, or one that nothing has there, or any that is free. */
static int choose(const struct ew_compiler *c, const char *text)
{
	__u64 taken = 0, before = 0;
	const struct ew_image *old = c->slots ? c->slots->labels : NULL;

	for (size_t i = 0; i < c->image->n_labels; i++)
		taken |= c->image->labels[i].set;
	for (size_t i = 0; old && i < old->n_labels; i++) {
		before |= old->labels[i].set;
		if (EW_STREQ(old->labels[i].path, text) && !(taken & old->labels[i].set))
			return __builtin_ctzll(old->labels[i].set);
	}
	if (!~taken)
		return -E2BIG;
	return __builtin_ctzll(~(taken | before) ?: ~taken);
}

int ew_compiler_label(struct ew_compiler *c, const char *glob, const struct ew_node *node, __u64 *labels)
{
	char text[EW_LABEL_MAX + 1] = {EW_LABEL_MARK};
	int number;

	/* its length was checked when it was read */
	strncpy(text + 1, glob, sizeof(text) - 2);
	for (size_t i = 0; i < c->image->n_labels; i++) {
		if (EW_STREQ(c->image->labels[i].path, text)) {
			*labels |= c->image->labels[i].set;
			return 0;
		}
	}
	number = choose(c, text);
	if (number < 0) {
		ew_compiler_error(c, node, "too many labels; expected at most %d different ones after \"label:\"",
				  EW_LABEL_GLOBS_MAX);
		return -EINVAL;
	}
	*labels |= 1ULL << number;
	return add(c, text, (unsigned int)number, node);
}

/* Exceptions of profiles that stay by force keep their globs by number. */
int ew_compiler_keep_labels(struct ew_compiler *c)
{
	const struct ew_image *old = c->slots && c->slots->kept ? c->slots->labels : NULL;
	int err = 0;

	for (size_t i = 0; old && i < old->n_labels && !err; i++)
		err = add(c, old->labels[i].path, (unsigned int)__builtin_ctzll(old->labels[i].set), NULL);
	return err;
}
