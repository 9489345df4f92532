/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_skim_values.h"

#include <string.h>

#include "escape.h"

size_t ew_skim_name(struct ew_skim_parts *p, const struct ew_skim_text *text, char *out, size_t size)
{
	ssize_t len;

	if (text->plain && text->len < size) {
		memcpy(out, text->text, text->len);
		out[text->len] = '\0';
		return text->len;
	}
	len = text->plain ? -1 : ew_unescape(out, size, text->text);
	if (len >= 0 && !memchr(out, '\0', (size_t)len))
		return (size_t)len;
	ew_skim_fail(&p->json);
	return 0;
}

size_t ew_skim_string_name(struct ew_skim_parts *p, char *out, size_t size)
{
	struct ew_skim_text text = ew_skim_string(&p->json);

	return ew_skim_name(p, &text, out, size);
}

bool ew_skim_is_word(const struct ew_skim_text *text, const char *word)
{
	return !strncmp(text->text, word, text->len) && !word[text->len];
}

__u32 ew_skim_word(struct ew_skim_parts *p, const struct ew_words *words)
{
	struct ew_skim_text text = ew_skim_string(&p->json);

	for (__u32 i = 0; i < words->n; i++)
		if (ew_skim_is_word(&text, words->names[i]))
			return i;
	ew_skim_fail(&p->json);
	return 0;
}

size_t ew_skim_list(struct ew_skim_parts *p, void (*each)(struct ew_skim_parts *, size_t i, void *), void *ctx)
{
	size_t n = 0;

	EW_SKIM_NEED(&p->json, "[");
	if (EW_SKIM_MAYBE(&p->json, "]"))
		return 0;
	do
		each(p, n++, ctx);
	while (EW_SKIM_MAYBE(&p->json, ","));
	EW_SKIM_NEED(&p->json, "]");
	return n;
}

struct bits {
	const struct ew_words *words;
	__u32 bits;
};

static void word_bit(struct ew_skim_parts *p, size_t i, void *ctx)
{
	struct bits *bits = ctx;

	(void)i;
	bits->bits |= EW_BIT(ew_skim_word(p, bits->words));
}

__u32 ew_skim_word_bits(struct ew_skim_parts *p, const struct ew_words *words)
{
	struct bits bits = {.words = words};

	ew_skim_list(p, word_bit, &bits);
	return bits.bits;
}

__u32 ew_skim_number32(struct ew_skim_parts *p)
{
	return (__u32)ew_skim_number(&p->json, UINT32_MAX);
}
