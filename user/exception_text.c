/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "exception_text.h"

#include <stdbool.h>
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

static void put_word(FILE *out, bool *first, const char *quote, const char *word)
{
	fprintf(out, "%s%s%s%s", *first ? "" : ", ", quote, word, quote);
	*first = false;
}

static void put_ids(FILE *out, bool *first, enum ew_gain_kind kind, const __u32 *ids, __u32 n)
{
	for (__u32 i = 0; i < n; i++) {
		char name[64], word[80];
		int err = kind == EW_GAIN_UID ? ew_record_user_name(NULL, ids[i], name, sizeof(name))
					      : ew_record_group_name(NULL, ids[i], name, sizeof(name));

		if (err < 0 || strpbrk(name, "\"\\"))
			snprintf(name, sizeof(name), "%u", ids[i]);
		snprintf(word, sizeof(word), "%s:%s", ew_words_name(&ew_gain_words, kind), name);
		put_word(out, first, "\"", word);
	}
}

/* The words of an exception's `gain`. `caps` is every capability the kernel has, and what is not there yet. */
static void put_gains(const struct ew_exception *exception, const struct ew_image *image, __u64 known, FILE *out)
{
	char word[EW_LABEL_MAX + 8];
	bool first = true, all = known && (exception->caps & known) == known;

	for (unsigned int kind = 0; kind < EW_GAIN_MAX; kind++)
		if (exception->kinds & EW_BIT(kind))
			put_word(out, &first, "", ew_words_name(&ew_gain_words, kind));
	if (!(exception->kinds & EW_BIT(EW_GAIN_UID)))
		put_ids(out, &first, EW_GAIN_UID, exception->uids, exception->n_uids);
	if (!(exception->kinds & EW_BIT(EW_GAIN_GID)))
		put_ids(out, &first, EW_GAIN_GID, exception->gids, exception->n_gids);
	for (unsigned int i = 0; image && i < EW_LABEL_GLOBS_MAX && !(exception->kinds & EW_BIT(EW_GAIN_LABEL)); i++) {
		if (!(exception->labels >> i & 1))
			continue;
		snprintf(word, sizeof(word), "label:%s", ew_image_label(image, i));
		put_word(out, &first, "\"", word);
	}
	if (exception->kinds & EW_BIT(EW_GAIN_CAPS))
		return;
	if (all)
		put_word(out, &first, "", ew_words_name(&ew_gain_words, EW_GAIN_CAPS));
	for (unsigned int cap = 0; cap < EW_CAPS_MAX && !all; cap++)
		if (exception->caps >> cap & 1)
			put_word(out, &first, "", ew_cap_name(cap));
}

void ew_exception_print(const struct ew_exception_text *text, unsigned int indent, FILE *out)
{
	fprintf(out, "%*s- program: ", (int)indent, "");
	put_path(text->program, out);
	fprintf(out, "\n%*s  gain: [", (int)indent, "");
	put_gains(text->exception, text->image, text->caps_all, out);
	fputs("]\n", out);
	if (!text->from)
		return;
	fprintf(out, "%*s  from: [", (int)indent, "");
	put_path(text->from, out);
	fputs("]\n", out);
}
