/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "learn_entry.h"

#include <string.h>

#include "util.h"
#include "words.h"

bool ew_learn_together(const struct ew_learned *a, const struct ew_learned *b)
{
	return !a->replaces && !b->replaces && a->from && b->from &&
	       a->exception.key.profile == b->exception.key.profile && EW_STREQ(a->program, b->program) &&
	       !memcmp(&a->exception.value, &b->exception.value, sizeof(a->exception.value));
}

struct ew_exception_text ew_learn_text_of(const struct ew_learn *learn, const struct ew_learned *learned)
{
	const struct ew_profile *profile = &learn->image->profiles[learned->exception.key.profile];
	const __u64 all = (1ULL << ew_cap_count()) - 1;

	return (struct ew_exception_text){
		.program = learned->program,
		.from = learned->from,
		.exception = &learned->exception.value,
		.image = learn->image,
		.caps_all = all & ~profile->allow_caps,
	};
}

bool ew_learn_begins_entry(const struct ew_learn *learn, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (ew_learn_together(&learn->learned[j], &learn->learned[i]))
			return false;
	return true;
}

/* The last line of an entry with an image of the caller. */
static const char from_begins[] = "        from: [", from_ends[] = "]\n";

static const char *from_of(const struct ew_learned *learned, size_t *len)
{
	const char *line = strrchr(learned->text, '\n');

	while (line > learned->text && line[-1] != '\n')
		line--;
	*len = strlen(line) - (sizeof(from_begins) - 1) - (sizeof(from_ends) - 1);
	return line + sizeof(from_begins) - 1;
}

void ew_learn_put_entry(const struct ew_learn *learn, size_t i, FILE *out)
{
	const struct ew_learned *first = &learn->learned[i];
	const char *from;
	size_t len;

	if (!first->from) {
		fputs(first->text, out);
		return;
	}
	from = from_of(first, &len);
	fwrite(first->text, 1, (size_t)(from - first->text) + len, out);
	for (size_t j = i + 1; j < learn->n_learned; j++) {
		if (!ew_learn_together(first, &learn->learned[j]))
			continue;
		from = from_of(&learn->learned[j], &len);
		fprintf(out, ", %.*s", (int)len, from);
	}
	fputs(from_ends, out);
}

struct ew_learn_sum ew_learn_entry_sum(const struct ew_learn *learn, size_t i)
{
	struct ew_learn_sum sum = {learn->learned[i].count, learn->learned[i].needed_by};

	for (size_t j = i + 1; j < learn->n_learned; j++) {
		if (!ew_learn_together(&learn->learned[i], &learn->learned[j]))
			continue;
		sum.count += learn->learned[j].count;
		sum.needed_by += learn->learned[j].needed_by;
	}
	return sum;
}

__u64 ew_learn_still_refused(const struct ew_learn *learn)
{
	return learn->refused - learn->learnable - learn->not_apart;
}

const char *ew_learn_remedy(const struct ew_unlearned *u)
{
	switch (u->reason) {
	case EW_REASON_EXEC_NONE:
		return "only `exec: any` would allow it";
	case EW_REASON_SHAPE:
		return "run it from an ordinary file, or take the shape out of the profile's `shapes`";
	case EW_REASON_FDS:
		return "open it with O_CLOEXEC, or allow its kind for that program in `fds`; see execward fds";
	case EW_REASON_UNEVALUABLE:
		return "the kernel lacked memory, or the tag's profile is gone; see execward status";
	default:
		return u->why ?: "nothing here would allow it";
	}
}
