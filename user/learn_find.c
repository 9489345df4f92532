/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "learn_entry.h"
#include "learn_replay.h"
#include "util.h"
#include "words.h"

/* Which exceptions the records ask for, and what none can allow. */

static const char *path_of(const struct ew_learn *learn, __u32 number)
{
	return number ? ew_interned(&learn->paths, number - 1) : NULL;
}

static struct ew_learned *learned_for(struct ew_learn_program *p, const struct ew_exception_key *key)
{
	for (size_t i = 0; i < p->n_learned; i++)
		if (ew_learn_same_key(&p->learned[i].exception.key, key))
			return &p->learned[i];
	return NULL;
}

/* The policy's own exception for it. */
static const struct ew_exception *had_for(const struct ew_learn_program *p, const struct ew_exception_key *key)
{
	for (size_t i = 0; i < p->n_had; i++)
		if (ew_learn_same_key(&p->had[i].key, key))
			return &p->had[i].value;
	return NULL;
}

static struct ew_exception_key key_of(const struct ew_learn_case *c, unsigned int slot)
{
	return (struct ew_exception_key){
		.program = ew_learn_identity(c->key.program),
		.from = ew_learn_identity(c->key.from),
		.profile = slot,
	};
}

/* What the profile in SLOT lacks to let the case pass goes into one exception for the program and the caller's image.
 */
static void need(struct ew_learn_program *p, const struct ew_learn_case *c, unsigned int slot)
{
	const struct ew_profile *profile = &p->image->profiles[slot];
	const struct ew_exception_key key = key_of(c, slot);
	struct ew_learned *learned = learned_for(p, &key);
	const struct ew_exception *policy_has;
	struct ew_exception had;
	struct ew_learn_judged j;

	if (!learned) {
		learned = &p->learned[p->n_learned++];
		*learned = (struct ew_learned){.exception.key = key,
					       .program = path_of(p->learn, c->key.program),
					       .from = path_of(p->learn, c->key.from),
					       .cgroup = c->cgroup};
		policy_has = had_for(p, &key);
		if (policy_has) {
			learned->exception.value = *policy_has;
			learned->replaces = policy_has->line;
		}
	}
	learned->count += c->count;
	had = learned->exception.value;
	ew_learn_set_up(p, c, &j);
	ew_predict_exception(profile, &j.prediction, &had, &learned->exception.value);
}

/* Would an exception of the profile in SLOT have to name the label, as the policy's own has none for it? */
static bool needs_label(const struct ew_learn_program *p, const struct ew_learn_case *c, unsigned int slot)
{
	const struct ew_exception_key key = key_of(c, slot);
	const struct ew_exception *had = had_for(p, &key);
	__u32 kinds = c->key.kinds & p->image->profiles[slot].gains & ~(had ? had->kinds : 0);

	return kinds & EW_BIT(EW_GAIN_LABEL) && !(had && ew_learn_matching(p->learn, c) & had->labels);
}

/* Returns 0 or -ENOMEM. */
static int need_all(struct ew_learn_program *p, struct ew_learn_case *c)
{
	struct ew_predict_word word;
	struct ew_learn_judged j;
	bool label = false;
	__u64 refuse = 0;
	int err;

	if (ew_learn_is_final(p->learn, c) || !c->key.program)
		return 0;
	ew_learn_set_up(p, c, &j);
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!(c->key.set >> slot & 1))
			continue;
		ew_predict_word(&j.as, slot, &word);
		if (!ew_reason_refuses(word.decision.reason))
			continue;
		/* an exception is of no use to what another profile refuses all the same */
		if (word.decision.reason != EW_REASON_GAIN)
			return 0;
		refuse |= 1ULL << slot;
		label |= needs_label(p, c, slot);
	}
	err = label ? ew_learn_name_label(p->learn, c) : 0;
	/* exceptions for the rest of its gains would let more pass than is of use */
	for (unsigned int slot = 0; !err && !c->why_label && slot < EW_PROFILES_MAX; slot++)
		if (refuse >> slot & 1)
			need(p, c, slot);
	return err;
}

/* Writes it, and takes for it what that reads as. One that cannot be written stays without text. */
static int write_out(struct ew_learn *learn, struct ew_learned *learned)
{
	const struct ew_exception_text as_text = ew_learn_text_of(learn, learned);
	size_t size;
	FILE *f = open_memstream(&learned->text, &size);
	int err;

	if (!f)
		return -ENOMEM;
	ew_exception_print(&as_text, 6, f);
	if (fclose(f) != 0)
		return -ENOMEM;
	err = ew_learn_compile(learn, learned, &learned->exception.value);
	if (err == -EINVAL)
		ew_freep(&learned->text);
	learned->risk = ew_risk_of(&learned->exception.value, learn->image);
	return err == -ENOMEM ? err : 0;
}

/* Each is tried: if as many pass without it, it falls. So do those that could not be written. */
static void prune(struct ew_learn_program *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n_learned; i++) {
		struct ew_learned *learned = &p->learned[i];
		const struct ew_identity *from = &learned->exception.key.from;
		__u64 whole;

		if (!learned->text)
			continue;
		ew_learn_put_together(p, p->learned, p->n_learned, NULL);
		whole = ew_learn_passing(p, from);
		ew_learn_put_together(p, p->learned, p->n_learned, learned);
		if (ew_learn_passing(p, from) == whole)
			ew_freep(&learned->text);
	}
	for (size_t i = 0; i < p->n_learned; i++)
		if (p->learned[i].text)
			p->learned[kept++] = p->learned[i];
	p->n_learned = kept;
}

/* For how many it is, of those that are left, is asked once nothing falls any more. */
static void count_needed(struct ew_learn_program *p)
{
	for (size_t i = 0; i < p->n_learned; i++) {
		struct ew_learned *learned = &p->learned[i];
		const struct ew_identity *from = &learned->exception.key.from;

		ew_learn_put_together(p, p->learned, p->n_learned, learned);
		learned->needed_by = ew_learn_passing(p, from);
		ew_learn_put_together(p, p->learned, p->n_learned, NULL);
		learned->needed_by = ew_learn_passing(p, from) - learned->needed_by;
	}
}

/* --- what no exception can allow --- */

static const char *why_not(const struct ew_learn_case *c, const struct ew_decision *d)
{
	if (d->reason != EW_REASON_GAIN)
		return NULL;
	if (c->why_label)
		return c->why_label;
	return c->key.program ? "a path of it cannot be written in a policy" : "the path of the program is not known";
}

static int unlearn(struct ew_learn *learn, const struct ew_learn_case *c, const struct ew_decision *d)
{
	const __u32 refused = learn->image->profiles[d->slot].shapes;
	struct ew_unlearned this = {
		.reason = d->reason,
		.slot = d->slot,
		.shapes = d->reason != EW_REASON_SHAPE	  ? 0
			  : learn->assumed >> d->slot & 1 ? c->key.shapes
							  : c->key.shapes & refused,
		.program = path_of(learn, c->key.program),
		.why = why_not(c, d),
		.count = c->count,
	};
	struct ew_unlearned *list;

	for (size_t i = 0; i < learn->n_unlearned; i++) {
		list = &learn->unlearned[i];
		if (list->reason == this.reason && list->slot == this.slot && list->shapes == this.shapes &&
		    list->why == this.why) {
			list->count += c->count;
			return 0;
		}
	}
	list = reallocarray(learn->unlearned, learn->n_unlearned + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	learn->unlearned = list;
	list[learn->n_unlearned++] = this;
	return 0;
}

static int learn_program(struct ew_learn_program *p, void *ctx)
{
	struct ew_learn *learn = p->learn;
	int err = 0;

	(void)ctx;
	ew_learn_put_together(p, p->learned, p->n_learned, NULL);
	for (size_t i = 0; i < p->n_cases && err == 0; i++) {
		if (!ew_reason_refuses(ew_learn_judge(p, p->cases[i]).reason))
			learn->allowed_by += p->cases[i]->count;
		else
			err = need_all(p, p->cases[i]);
	}
	for (size_t i = 0; i < p->n_learned && err == 0; i++)
		err = write_out(learn, &p->learned[i]);
	if (err == 0) {
		prune(p);
		count_needed(p);
	}
	learn->n_learned += p->n_learned;
	ew_learn_put_together(p, p->learned, p->n_learned, NULL);
	for (size_t i = 0; i < p->n_cases && err == 0; i++) {
		struct ew_decision d = ew_learn_judge(p, p->cases[i]);

		if (ew_reason_refuses(d.reason))
			err = unlearn(learn, p->cases[i], &d);
	}
	return err;
}

static int by_risk(const void *one, const void *other)
{
	const struct ew_learned *a = one, *b = other;

	if (a->risk.score != b->risk.score)
		return a->risk.score > b->risk.score ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->program, b->program);
}

static int by_reason(const void *one, const void *other)
{
	const struct ew_unlearned *a = one, *b = other;

	if (a->reason != b->reason)
		return a->reason < b->reason ? -1 : 1;
	return a->count > b->count ? -1 : a->count < b->count;
}

/* How many exceptions there can be at most: one for each case and profile. */
static size_t count_needs(const struct ew_learn *learn)
{
	size_t n = 0;

	for (size_t i = 0; i < learn->keys.n; i++)
		n += (size_t)__builtin_popcountll(learn->cases[i].key.set);
	return n;
}

int ew_learn_finish(struct ew_learn *learn)
{
	size_t room = count_needs(learn);
	int err;

	learn->learned = calloc(room + 1, sizeof(*learn->learned));
	if (!learn->learned)
		return -ENOMEM;
	err = ew_learn_each_program(learn, room, learn_program, NULL);
	qsort(learn->learned, learn->n_learned, sizeof(*learn->learned), by_risk);
	if (learn->n_unlearned)
		qsort(learn->unlearned, learn->n_unlearned, sizeof(*learn->unlearned), by_reason);
	return err ?: ew_learn_replay(learn, NULL, &learn->learnable);
}
