/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "escape.h"
#include "learn.h"
#include "risk.h"
#include "util.h"
#include "words.h"

/* What was learned, as policy; all that is no policy is a comment, in which names are escaped. */

static void put_name(const char *name, FILE *out)
{
	_cleanup_free_ char *escaped = ew_escape_dup(name, strlen(name), 0);

	fputs(escaped ?: "?", out);
}

static void put_times(__u64 n, FILE *out)
{
	fprintf(out, "%" PRIu64 " time%s", (uint64_t)n, n == 1 ? "" : "s");
}

static void put_counted(__u64 n, const char *what, FILE *out)
{
	fprintf(out, "%" PRIu64 " %s%s", (uint64_t)n, what, n == 1 ? "" : "s");
}

static void put_head(const struct ew_learn *learn, FILE *out)
{
	fputs("# ", out);
	put_counted(learn->records, "recorded exec", out);
	fprintf(out, ", of which %" PRIu64 " refused (in mode audit: would have been).\n", (uint64_t)learn->refused);
	if (learn->allowed_by)
		fprintf(out, "# The policy as it is now allows %" PRIu64 " of these.\n", (uint64_t)learn->allowed_by);
	if (learn->not_apart)
		fprintf(out, "# There is nothing here for %" PRIu64 " of them: too many are different.\n",
			(uint64_t)learn->not_apart);
	if (learn->lost) {
		fputs("# ", out);
		put_counted(learn->lost, "record", out);
		fputs(" were lost: there is nothing here for those.\n", out);
	}
}

/*
 * Exceptions that differ in the image of the caller alone are one entry with all of these. One that is to take the
 * place of another stands for itself.
 */
static bool is_together(const struct ew_learned *a, const struct ew_learned *b)
{
	return !a->replaces && !b->replaces && a->from && b->from &&
	       a->exception.key.profile == b->exception.key.profile && EW_STREQ(a->program, b->program) &&
	       !memcmp(&a->exception.value, &b->exception.value, sizeof(a->exception.value));
}

/* Is it the first of its entry? */
static bool begins_entry(const struct ew_learn *learn, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_together(&learn->learned[j], &learn->learned[i]))
			return false;
	return true;
}

static size_t count_entries(const struct ew_learn *learn)
{
	size_t n = 0;

	for (size_t i = 0; i < learn->n_learned; i++)
		n += begins_entry(learn, i);
	return n;
}

/* What was proved. */
static void put_proof(const struct ew_learn *learn, FILE *out)
{
	__u64 rest = learn->refused - learn->learnable - learn->not_apart;

	if (!learn->n_learned) {
		fputs("# No exception is to be added.\n", out);
		return;
	}
	fprintf(out, "# Replayed with ");
	put_counted(count_entries(learn), "exception", out);
	fprintf(out, ": %s%" PRIu64 " of them pass; without any one of these, fewer do.\n",
		rest || learn->not_apart ? "" : "all ", (uint64_t)learn->learnable);
	fputs("# Nothing is changed by this. Take over what is meant to be allowed, the riskiest comes first.\n", out);
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

/* The text of the entry that learned[I] begins. */
static void put_entry(const struct ew_learn *learn, size_t i, FILE *out)
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
		if (!is_together(first, &learn->learned[j]))
			continue;
		from = from_of(&learn->learned[j], &len);
		fprintf(out, ", %.*s", (int)len, from);
	}
	fputs(from_ends, out);
}

static __u64 count_of_entry(const struct ew_learn *learn, size_t i)
{
	__u64 n = learn->learned[i].count;

	for (size_t j = i + 1; j < learn->n_learned; j++)
		if (is_together(&learn->learned[i], &learn->learned[j]))
			n += learn->learned[j].count;
	return n;
}

static void put_learned(const struct ew_learn *learn, size_t i, FILE *out)
{
	const struct ew_learned *learned = &learn->learned[i];
	struct ew_risk risk = ew_risk_of(&learned->exception.value);
	__u64 n = count_of_entry(learn, i);

	fprintf(out, "      # %s: %s: %s\n      # ", ew_risk_level_name(ew_risk_level(&risk)), risk.gain, risk.why);
	put_times(n, out);
	if (learned->cgroup) {
		fputs(n == 1 ? ", in " : ", the first in ", out);
		put_name(ew_interned(&learn->paths, learned->cgroup - 1), out);
	}
	if (learned->replaces)
		fprintf(out, "; in place of the one for it in line %u", learned->replaces);
	putc('\n', out);
	put_entry(learn, i, out);
}

/* Has the profile exceptions already? */
static bool has_exceptions(const struct ew_learn *learn, unsigned int slot)
{
	for (size_t i = 0; i < learn->image->n_exceptions; i++)
		if (learn->image->exceptions[i].key.profile == slot && !learn->image->exceptions[i].value.fds)
			return true;
	return false;
}

static void put_profile(const struct ew_learn *learn, unsigned int slot, FILE *out)
{
	const struct ew_profile *profile = &learn->image->profiles[slot];

	fputs("\n# profile ", out);
	put_name(profile->name, out);
	if (learn->assumed >> slot & 1) {
		fputs(", which the policy here does not have: taken to control uid, gid and caps\n", out);
	} else {
		fputs(", ", out);
		put_name(profile->file, out);
		fprintf(out, ":%u\n", profile->line);
	}
	fputs(has_exceptions(learn, slot) ? "    # under its \"except:\"\n" : "    except:\n", out);
	for (size_t i = 0; i < learn->n_learned; i++)
		if (learn->learned[i].exception.key.profile == slot && begins_entry(learn, i))
			put_learned(learn, i, out);
}

static void put_shapes(__u32 shapes, FILE *out)
{
	for (unsigned int i = 0; i < EW_SHAPE_MAX; i++)
		if (shapes & EW_BIT(i))
			fprintf(out, " %s", ew_words_name(&ew_shape_words, i));
}

static const char *remedy(const struct ew_unlearned *u)
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

static void put_unlearned(const struct ew_learn *learn, FILE *out)
{
	if (learn->n_unlearned)
		fputs("\n# No exception can allow these:\n", out);
	for (size_t i = 0; i < learn->n_unlearned; i++) {
		const struct ew_unlearned *u = &learn->unlearned[i];

		fputs("#   ", out);
		put_times(u->count, out);
		fputs(", profile ", out);
		put_name(learn->image->profiles[u->slot].name, out);
		fprintf(out, ": %s", ew_words_name(&ew_reason_words, u->reason));
		put_shapes(u->shapes, out);
		if (u->program) {
			fputs(u->count == 1 ? ", " : ", first ", out);
			put_name(u->program, out);
		}
		fprintf(out, ": %s\n", remedy(u));
	}
}

void ew_learn_print(const struct ew_learn *learn, FILE *out)
{
	__u64 done = 0;

	put_head(learn, out);
	put_proof(learn, out);
	for (size_t i = 0; i < learn->n_learned; i++) {
		unsigned int slot = learn->learned[i].exception.key.profile;

		if (!(done >> slot & 1))
			put_profile(learn, slot, out);
		done |= 1ULL << slot;
	}
	put_unlearned(learn, out);
}
