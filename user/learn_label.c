/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <execward/label.h>

#include "exception_text.h"
#include "learn_replay.h"
#include "util.h"

/*
 * The labels that execs gained, as globs of exceptions. They are beside those of the policy, in its image and its
 * automaton, so what is replayed is matched as the programs would match it; and so they are within its limits.
 */

static const char *label_of(const struct ew_learn *learn, const struct ew_learn_case *c)
{
	return c->key.label ? ew_interned(&learn->paths, c->key.label - 1) : NULL;
}

static __u64 find_glob(const struct ew_image *image, const char *text)
{
	for (size_t i = 0; i < image->n_labels; i++)
		if (EW_STREQ(image->labels[i].path + 1, text))
			return image->labels[i].set;
	return 0;
}

bool ew_learn_renumber(const struct ew_image *to, const struct ew_image *from, __u64 *labels)
{
	__u64 out = 0;

	for (unsigned int i = 0; i < EW_LABEL_GLOBS_MAX; i++) {
		__u64 glob = *labels >> i & 1 ? find_glob(to, ew_image_label(from, i)) : 0;

		if (*labels >> i & 1 && !glob)
			return false;
		out |= glob;
	}
	*labels = out;
	return true;
}

__u64 ew_learn_matching(const struct ew_learn *learn, const struct ew_learn_case *c)
{
	const char *label = label_of(learn, c);

	return label ? ew_image_label_matches(learn->image, label) : 0;
}

/* Behind those that are there; its number is one that none has. */
static int add_glob(struct ew_image *image, const char *label)
{
	struct ew_image_cgroup *globs = image->labels ?: calloc(EW_LABEL_GLOBS_MAX, sizeof(*globs));
	char text[EW_LABEL_MAX + 1] = {EW_LABEL_MARK};
	__u64 taken = 0;

	image->labels = globs;
	if (!globs)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_labels; i++)
		taken |= globs[i].set;
	strncpy(text + 1, label, EW_LABEL_MAX - 1);
	globs[image->n_labels] = (struct ew_image_cgroup){.path = strdup(text), .set = ~taken & (taken + 1)};
	if (!globs[image->n_labels].path)
		return -ENOMEM;
	image->n_labels++;
	return 0;
}

static void drop_last(struct ew_image *image)
{
	free(image->labels[--image->n_labels].path);
}

/* Every program is one and the same. */
static int any_program(void *context, const char *path, struct ew_identity *out)
{
	(void)context;
	(void)path;
	*out = ew_learn_identity(1);
	return 0;
}

/* Does the glob that was added last come back as it is when a policy that names it is read? */
static int is_writable(const struct ew_image *image)
{
	EW_CLEANUP(ew_image_free) struct ew_image *back = NULL;
	const struct ew_resolver resolver = {.program = any_program};
	const struct ew_image_cgroup *glob = &image->labels[image->n_labels - 1];
	const struct ew_exception exception = {.labels = glob->set};
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int err;

	if (!f)
		return -ENOMEM;
	ew_exception_print(&(struct ew_exception_text){.program = "/p", .exception = &exception, .image = image}, 6, f);
	err = fclose(f) == 0 ? ew_learn_read_back(text, &resolver, &back) : -ENOMEM;
	return err ?: back->n_labels == 1 && EW_STREQ(back->labels[0].path, glob->path) ? 0 : -EINVAL;
}

/* Returns 0; -EINVAL or -E2BIG: there can be none; -ENOMEM. Then the image is as it was. */
static int make_glob(struct ew_image *image, const char *label)
{
	int err = image->n_labels == EW_LABEL_GLOBS_MAX ? -E2BIG : add_glob(image, label);

	if (err < 0)
		return err;
	err = is_writable(image);
	err = err ?: ew_policy_compile_patterns(image);
	if (err < 0)
		drop_last(image);
	return err;
}

int ew_learn_name_label(struct ew_learn *learn, struct ew_learn_case *c)
{
	const char *label = label_of(learn, c);
	int err = 0;

	c->glob = 0;
	if (!label)
		c->why_label = "its new label is not known whole: only the gain `label`, any label, would allow it";
	else if (strpbrk(label, "*?"))
		c->why_label = "its new label has a * or ? in its name, which a policy takes for a pattern: write one";
	else if (!find_glob(learn->image, label))
		err = learn->labels_full ? -E2BIG : make_glob(learn->image, label);
	if (err == -EINVAL)
		c->why_label = "its new label cannot be written in a policy as it is: write a pattern for it";
	/* asked once, as that can take long */
	learn->labels_full |= err == -E2BIG;
	if (err == -E2BIG)
		c->why_label = "a policy cannot have so many labels and patterns: write a pattern for several";
	if (!err && !c->why_label)
		c->glob = find_glob(learn->image, label);
	return err == -ENOMEM ? err : 0;
}
