/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "escape.h"
#include "learn_entry.h"
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

static size_t count_entries(const struct ew_learn *learn)
{
	size_t n = 0;

	for (size_t i = 0; i < learn->n_learned; i++)
		n += ew_learn_begins_entry(learn, i);
	return n;
}

/* What was proved. */
static void put_proof(const struct ew_learn *learn, FILE *out)
{
	__u64 rest = ew_learn_still_refused(learn);

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

static void put_learned(const struct ew_learn *learn, size_t i, FILE *out)
{
	const struct ew_learned *learned = &learn->learned[i];
	const struct ew_risk *risk = &learned->risk;
	__u64 n = ew_learn_entry_sum(learn, i).count;

	fprintf(out, "      # %s: %s: %s\n      # ", ew_risk_level_name(ew_risk_level(risk)), risk->gain, risk->why);
	put_times(n, out);
	if (learned->cgroup) {
		fputs(n == 1 ? ", in " : ", the first in ", out);
		put_name(ew_interned(&learn->paths, learned->cgroup - 1), out);
	}
	if (learned->replaces)
		fprintf(out, "; in place of the one for it in line %u", learned->replaces);
	putc('\n', out);
	ew_learn_put_entry(learn, i, out);
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
		fprintf(out, ", which the policy here does not have: taken to control uid, gid%s\n",
			profile->gains & EW_BIT(EW_GAIN_LABEL) ? ", caps and label" : " and caps");
	} else {
		fputs(", ", out);
		put_name(profile->file, out);
		fprintf(out, ":%u\n", profile->line);
	}
	fputs(has_exceptions(learn, slot) ? "    # under its \"except:\"\n" : "    except:\n", out);
	for (size_t i = 0; i < learn->n_learned; i++)
		if (learn->learned[i].exception.key.profile == slot && ew_learn_begins_entry(learn, i))
			put_learned(learn, i, out);
}

static void put_shapes(__u32 shapes, FILE *out)
{
	for (unsigned int i = 0; i < EW_SHAPE_MAX; i++)
		if (shapes & EW_BIT(i))
			fprintf(out, " %s", ew_words_name(&ew_shape_words, i));
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
		fprintf(out, ": %s\n", ew_learn_remedy(u));
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
