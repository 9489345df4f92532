/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "exception_text.h"

#include <string.h>

#include "policy_print.h"
#include "record_view.h"
#include "words.h"

/* A path as a YAML scalar: plain where that is safe. */
static void put_path(const char *path, FILE *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-";
	size_t len = strlen(path);

	if (strspn(path, plain) == len) {
		fputs(path, out);
		return;
	}
	ew_policy_print_quoted(path, len, out);
}

/* Who is told of gains. */
struct teller {
	ew_exception_gain_fn fn;
	void *ctx;
};

static void tell_ids(const struct teller *to, enum ew_gain_kind kind, const __u32 *ids, __u32 n)
{
	for (__u32 i = 0; i < n; i++) {
		char name[64], word[80];
		int err = kind == EW_GAIN_UID ? ew_record_user_name(NULL, ids[i], name, sizeof(name))
					      : ew_record_group_name(NULL, ids[i], name, sizeof(name));

		if (err < 0 || strpbrk(name, "\"\\"))
			snprintf(name, sizeof(name), "%u", ids[i]);
		snprintf(word, sizeof(word), "%s:%s", ew_words_name(&ew_gain_words, kind), name);
		to->fn(to->ctx, word, true);
	}
}

static void tell_labels(const struct teller *to, const struct ew_image *image, __u64 labels)
{
	char word[EW_LABEL_MAX + 8];

	for (unsigned int i = 0; i < EW_LABEL_GLOBS_MAX; i++) {
		if (!(labels >> i & 1))
			continue;
		snprintf(word, sizeof(word), "label:%s", ew_image_label(image, i));
		to->fn(to->ctx, word, true);
	}
}

void ew_exception_each_gain(const struct ew_exception_text *text, ew_exception_gain_fn each, void *ctx)
{
	const struct teller to = {each, ctx};
	const struct ew_exception *e = text->exception;
	const __u64 known = text->caps_all;
	bool all = known && (e->caps & known) == known;

	for (unsigned int kind = 0; kind < EW_GAIN_MAX; kind++)
		if (e->kinds & EW_BIT(kind))
			each(ctx, ew_words_name(&ew_gain_words, kind), false);
	if (!(e->kinds & EW_BIT(EW_GAIN_UID)))
		tell_ids(&to, EW_GAIN_UID, e->uids, e->n_uids);
	if (!(e->kinds & EW_BIT(EW_GAIN_GID)))
		tell_ids(&to, EW_GAIN_GID, e->gids, e->n_gids);
	if (text->image && !(e->kinds & EW_BIT(EW_GAIN_LABEL)))
		tell_labels(&to, text->image, e->labels);
	if (e->kinds & EW_BIT(EW_GAIN_CAPS))
		return;
	if (all)
		each(ctx, ew_words_name(&ew_gain_words, EW_GAIN_CAPS), false);
	for (unsigned int cap = 0; cap < EW_CAPS_MAX && !all; cap++)
		if (e->caps >> cap & 1)
			each(ctx, ew_cap_name(cap), false);
}

/* A list of words in the making. */
struct words {
	FILE *out;
	bool any;
};

static void put_word(void *ctx, const char *word, bool named)
{
	struct words *words = ctx;

	fputs(words->any ? ", " : "", words->out);
	words->any = true;
	if (named)
		ew_policy_print_quoted(word, strlen(word), words->out);
	else
		fputs(word, words->out);
}

void ew_exception_print(const struct ew_exception_text *text, unsigned int indent, FILE *out)
{
	struct words words = {.out = out};

	fprintf(out, "%*s- program: ", (int)indent, "");
	put_path(text->program, out);
	fprintf(out, "\n%*s  gain: [", (int)indent, "");
	ew_exception_each_gain(text, put_word, &words);
	fputs("]\n", out);
	if (!text->from)
		return;
	fprintf(out, "%*s  from: [", (int)indent, "");
	put_path(text->from, out);
	fputs("]\n", out);
}
