/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "learn_replay.h"

#include <errno.h>
#include <string.h>

#include "util.h"

bool ew_learn_same_key(const struct ew_exception_key *a, const struct ew_exception_key *b)
{
	return a->profile == b->profile && !memcmp(&a->program, &b->program, sizeof(a->program)) &&
	       !memcmp(&a->from, &b->from, sizeof(a->from));
}

void ew_learn_put_together(struct ew_learn_program *p, const struct ew_learned *list, size_t n,
			   const struct ew_learned *without)
{
	size_t used = 0, added;

	for (size_t i = 0; i < n; i++)
		if (&list[i] != without && list[i].text && list[i].exception.key.program.ino == p->number)
			p->buffer[used++] = list[i].exception;
	added = used;
	for (size_t i = 0; i < p->n_had; i++) {
		size_t j = 0;

		while (j < added && !ew_learn_same_key(&p->buffer[j].key, &p->had[i].key))
			j++;
		if (j == added)
			p->buffer[used++] = p->had[i];
	}
	p->image->exceptions = p->buffer;
	p->image->n_exceptions = used;
}

void ew_learn_set_up(const struct ew_learn_program *p, const struct ew_learn_case *c, struct ew_learn_judged *j)
{
	j->file = (struct ew_predict_file){.identity = ew_learn_identity(c->key.program)};
	j->prediction = (struct ew_prediction){
		.stage = c->key.early ? EW_STAGE_LOAD : EW_STAGE_CREDS,
		.n_levels = 1,
		.shapes = {c->key.shapes},
		.after = {.euid = c->key.euid, .egid = c->key.egid},
		.gain = {.kinds = c->key.kinds, .caps = c->key.caps, .labels = ew_learn_matching(p->learn, c)},
		.label = c->glob,
	};
	j->as = (struct ew_predict_case){.image = p->image,
					 .prediction = &j->prediction,
					 .files = &j->file,
					 .from = ew_learn_identity(c->key.from)};
}

bool ew_learn_is_final(const struct ew_learn *learn, const struct ew_learn_case *c)
{
	return c->key.reason == EW_REASON_FDS || c->key.reason == EW_REASON_UNEVALUABLE ||
	       (c->key.reason != EW_REASON_GAIN && learn->assumed >> c->key.decider & 1);
}

struct ew_decision ew_learn_judge(const struct ew_learn_program *p, const struct ew_learn_case *c)
{
	struct ew_decision d = {.reason = c->key.reason, .slot = c->key.decider};
	struct ew_learn_judged j;
	size_t level;
	bool early;

	if (ew_learn_is_final(p->learn, c))
		return d;
	ew_learn_set_up(p, c, &j);
	ew_predict_decide(&j.as, c->key.set, &d, &level, &early);
	return d;
}

__u64 ew_learn_passing(const struct ew_learn_program *p, const struct ew_identity *from)
{
	__u64 n = 0;

	for (size_t i = 0; i < p->n_cases; i++) {
		const struct ew_learn_case *c = p->cases[i];

		if ((!from->ino || from->ino == c->key.from) && !ew_reason_refuses(ew_learn_judge(p, c).reason))
			n += c->count;
	}
	return n;
}

static int by_program(const void *one, const void *other)
{
	const struct ew_learn_case *a = *(struct ew_learn_case *const *)one, *b = *(struct ew_learn_case *const *)other;

	return a->key.program < b->key.program ? -1 : a->key.program > b->key.program;
}

static int by_exception_program(const void *one, const void *other)
{
	const struct ew_image_exception *a = one, *b = other;

	return a->key.program.ino < b->key.program.ino ? -1 : a->key.program.ino > b->key.program.ino;
}

/* The policy's exceptions for P, of those from *FROM on, which are in the order of programs. */
static void find_had(struct ew_learn_program *p, size_t *from)
{
	struct ew_image *all = p->learn->image;

	while (*from < all->n_exceptions && all->exceptions[*from].key.program.ino < p->number)
		++*from;
	p->had = all->exceptions + *from;
	p->n_had = 0;
	while (*from + p->n_had < all->n_exceptions && p->had[p->n_had].key.program.ino == p->number)
		p->n_had++;
}

/* The cases in the order of their programs; the caller frees. */
static struct ew_learn_case **sorted(struct ew_learn *learn)
{
	struct ew_learn_case **cases = calloc(learn->keys.n + 1, sizeof(struct ew_learn_case *));

	for (size_t i = 0; cases && i < learn->keys.n; i++)
		cases[i] = &learn->cases[i];
	if (cases)
		qsort(cases, learn->keys.n, sizeof(*cases), by_program);
	return cases;
}

int ew_learn_each_program(struct ew_learn *learn, size_t room, int (*each)(struct ew_learn_program *p, void *ctx),
			  void *ctx)
{
	struct ew_learn_program p = {.learn = learn, .image = calloc(1, sizeof(*p.image))};
	_cleanup_free_ struct ew_image *image = p.image;
	_cleanup_free_ struct ew_image_exception *buffer =
		calloc(room + learn->image->n_exceptions + 1, sizeof(*buffer));
	_cleanup_free_ struct ew_learn_case **cases = sorted(learn);
	size_t from = 0, n = learn->keys.n;
	int err = image && buffer && cases ? 0 : -ENOMEM;

	if (learn->image->n_exceptions)
		qsort(learn->image->exceptions, learn->image->n_exceptions, sizeof(*learn->image->exceptions),
		      by_exception_program);
	if (err == 0)
		memcpy(image->profiles, learn->image->profiles, sizeof(image->profiles));
	p.buffer = buffer;
	for (size_t i = 0; err == 0 && i < n; i += p.n_cases) {
		p.number = cases[i]->key.program;
		p.cases = cases + i;
		for (p.n_cases = 1; i + p.n_cases < n && cases[i + p.n_cases]->key.program == p.number;)
			p.n_cases++;
		find_had(&p, &from);
		p.learned = learn->learned + learn->n_learned;
		p.n_learned = 0;
		err = each(&p, ctx);
	}
	return err;
}

/* --- the proof --- */

struct replay {
	const struct ew_learned *without;
	__u64 passes;
};

static int replay_program(struct ew_learn_program *p, void *ctx)
{
	struct replay *replay = ctx;
	static const struct ew_identity any;

	/* of the whole list: what is printed is what is replayed */
	ew_learn_put_together(p, p->learn->learned, p->learn->n_learned, replay->without);
	replay->passes += ew_learn_passing(p, &any);
	return 0;
}

int ew_learn_replay(struct ew_learn *learn, const struct ew_learned *without, __u64 *passes)
{
	struct replay replay = {.without = without};
	int err = ew_learn_each_program(learn, learn->n_learned, replay_program, &replay);

	if (err == 0)
		*passes = replay.passes;
	return err;
}
