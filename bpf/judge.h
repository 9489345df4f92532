/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_JUDGE_H
#define EW_BPF_JUDGE_H

#include "maps.h"

/* Every profile of a set says what it thinks of the exec so far; the strictest stands (decide.h). */

enum ew_judge_about {
	EW_JUDGE_EXEC = 1 << 0,	  /* may it exec at all */
	EW_JUDGE_SHAPES = 1 << 1, /* what the file looks like */
	EW_JUDGE_GAIN = 1 << 2,	  /* what it gains */
};

/*
 * X is in a map, never on the stack: Linux 6.1 verifies the callback of bpf_loop() for its first round only, and takes
 * what it knows of the stack then for true in every round (Linux 6.7 verifies all of them).
 */
struct ew_judge {
	struct ew_exec *x;
	__u64 left;  /* slots still to be asked */
	__u32 about; /* EW_JUDGE_* */
};

/*
 * The number of the lowest bit of SET, which is not 0: no instruction tells it. Multiplying a de Bruijn sequence of
 * order 6 by a power of two puts another six bits in front for each (Leiserson et al., "Using de Bruijn Sequences to
 * Index a 1 in a Computer Word", 1998). Without branches, so that the verifier does not follow 64 paths.
 */
static const __u8 ew_slot_of[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};
#define EW_DE_BRUIJN 0x022fdd63cc95386dULL

static __always_inline __u32 ew_first_slot(__u64 set)
{
	return ew_slot_of[((set & -set) * EW_DE_BRUIJN) >> 58];
}

/* The number of the policy in force: read once in a hook, which then sees one policy from end to end. */
static __always_inline __u32 ew_generation(const struct ew_state *st)
{
	return *(const volatile __u32 *)&st->generation;
}

static __always_inline struct ew_profile *ew_profile_get(__u32 generation, __u32 slot)
{
	void *profiles = ew_array_at(&policies, EW_HALF(generation));
	struct ew_profile *profile = profiles ? ew_array_at(profiles, slot) : NULL;

	return profile && profile->flags & EW_PROFILE_USED ? profile : NULL;
}

/* Entry INDEX of the COUNT that this CPU has in MAP, or NULL. */
static __always_inline void *ew_of_cpu(void *map, __u32 count, __u32 index)
{
	return ew_array_at(map, bpf_get_smp_processor_id() * count + index);
}

static __always_inline struct ew_counters *ew_counters_get(__u32 slot)
{
	return ew_of_cpu(&counters, EW_COUNTERS, slot);
}

/* Atomic although per CPU: a program can be preempted between load and store by the next one on its CPU. */
#define EW_COUNT(counter) __sync_fetch_and_add(&(counter), 1)

/* The exception for this image of the caller is looked at first, then the one for any. */
static __always_inline bool ew_judge_excepted_as(struct ew_exec *x, const struct ew_identity *program,
						 const struct ew_profile *profile, __u32 slot, __u32 *rule_line)
{
	struct ew_exception_key key = {
		.program = *program,
		.from = x->from,
		.generation = profile->generation,
		.profile = slot,
	};
	struct ew_exception *exception = bpf_map_lookup_elem(&exceptions, &key);

	if (exception && ew_exception_covers(exception, profile, &x->gain, &x->after)) {
		*rule_line = exception->line;
		return true;
	}
	__builtin_memset(&key.from, 0, sizeof(key.from));
	exception = bpf_map_lookup_elem(&exceptions, &key);
	if (exception && ew_exception_covers(exception, profile, &x->gain, &x->after)) {
		*rule_line = exception->line;
		return true;
	}
	return false;
}

/* By its identity, and by its digest, if that is known by now. */
static __always_inline bool ew_judge_excepted(struct ew_exec *x, const struct ew_profile *profile, __u32 slot,
					      __u32 *rule_line)
{
	return ew_judge_excepted_as(x, &x->program, profile, slot, rule_line) ||
	       (x->verity.dev && ew_judge_excepted_as(x, &x->verity, profile, slot, rule_line));
}

static long ew_judge_slot(__u32 index, struct ew_judge *judge)
{
	struct ew_exec *x = judge->x;
	struct ew_decision d = {.reason = EW_REASON_NO_GAIN};
	struct ew_profile *profile;
	__u64 lowest = judge->left & -judge->left;

	if (!lowest)
		return 1;
	d.slot = ew_first_slot(lowest);
	judge->left &= ~lowest;

	profile = ew_profile_get(x->generation, d.slot);
	if (!profile) {
		/* a tag without its profile: nothing says that the exec may pass */
		d.reason = EW_REASON_UNEVALUABLE;
		d.verdict = EW_VERDICT_DENY;
		x->decision = d;
		return 0;
	}
	d.rule_line = profile->line;
	if (judge->about & EW_JUDGE_EXEC && profile->flags & EW_PROFILE_EXEC_NONE && !(x->starting & lowest)) {
		d.reason = EW_REASON_EXEC_NONE;
	} else if (judge->about & EW_JUDGE_SHAPES && x->shapes & profile->shapes) {
		d.reason = EW_REASON_SHAPE;
	} else if (judge->about & EW_JUDGE_GAIN) {
		d.reason = ew_decide_gain(profile, &x->gain, x->after.userns_level);
		if (d.reason == EW_REASON_GAIN && ew_judge_excepted(x, profile, d.slot, &d.rule_line))
			d.reason = EW_REASON_EXCEPTION;
	}
	d.verdict = ew_decide_verdict(profile, d.reason);
	if (x->decision.slot >= EW_PROFILES_MAX || ew_decision_outranks(&d, &x->decision))
		x->decision = d;
	return 0;
}

/* Asks every profile of the exec's set; the answer is in x->decision. Returns true when the exec is to be refused. */
static __always_inline bool ew_judge(struct ew_exec *x, __u32 about)
{
	struct ew_judge judge = {.x = x, .left = x->set, .about = about};

	bpf_loop(EW_PROFILES_MAX, ew_judge_slot, &judge, 0);
	return x->decision.verdict >= EW_VERDICT_DENY;
}

/* What profiles are asked about an exec that need not be followed. */
enum ew_modes_of {
	EW_MODES_EXEC, /* EW_VERDICT_DENY if they forbid to exec at all */
	EW_MODES_RULES,
	EW_MODES_FDS, /* the modes for descriptors */
};

/* One for all three, as a light skeleton has no room for more functions (MAX_USED_PROGS, libbpf). */
struct ew_modes {
	__u64 left;	/* slots still to be asked */
	__u64 starting; /* those whose `exec: none` does not hold yet */
	__u32 modes;	/* EW_BIT() of the mode of every profile so far; only ever added to (see struct ew_judge) */
	__u32 generation;
	__u32 of;   /* enum ew_modes_of */
	bool count; /* for each of them: the exec, or that it is "unevaluable" */
};

static long ew_modes_slot(__u32 index, struct ew_modes *modes)
{
	__u64 lowest = modes->left & -modes->left;
	struct ew_profile *profile;
	struct ew_counters *c;
	__u32 slot, mode;

	if (!lowest)
		return 1;
	modes->left &= ~lowest;
	slot = ew_first_slot(lowest);
	profile = ew_profile_get(modes->generation, slot);
	c = modes->count ? ew_counters_get(slot) : NULL;
	if (modes->of == EW_MODES_EXEC) {
		if (!profile || (profile->flags & EW_PROFILE_EXEC_NONE && !(modes->starting & lowest)))
			modes->modes |= EW_BIT(EW_VERDICT_DENY);
		if (c)
			EW_COUNT(c->execs);
		return 0;
	}
	/* a tag without its profile: nothing says that the exec may pass */
	mode = !profile ? EW_VERDICT_DENY : modes->of == EW_MODES_FDS ? profile->fd_mode : profile->mode;
	mode &= EW_VERDICT_MAX - 1;
	modes->modes |= EW_BIT(mode);
	if (c) {
		EW_COUNT(c->verdicts[mode]);
		EW_COUNT(c->reasons[EW_REASON_UNEVALUABLE]);
	}
	return 0;
}

/* Does any profile of the set forbid to exec at all? Counts the exec for each of them. */
static __always_inline bool ew_judge_forbidden(__u32 generation, __u64 set, __u64 starting, bool count)
{
	struct ew_modes modes = {
		.left = set,
		.starting = starting,
		.generation = generation,
		.of = EW_MODES_EXEC,
		.count = count,
	};
	struct ew_counters *c = count ? ew_counters_get(EW_PROFILES_MAX) : NULL;

	if (c)
		EW_COUNT(c->execs);
	bpf_loop(EW_PROFILES_MAX, ew_modes_slot, &modes, 0);
	return modes.modes != 0;
}

static __always_inline __u32 ew_judge_modes(struct ew_modes *modes)
{
	bpf_loop(EW_PROFILES_MAX, ew_modes_slot, modes, 0);
	if (modes->modes & EW_BIT(EW_VERDICT_KILL))
		return EW_VERDICT_KILL;
	return modes->modes & EW_BIT(EW_VERDICT_DENY) ? EW_VERDICT_DENY : EW_VERDICT_AUDIT;
}

/* The verdict of a set of profiles on what cannot be evaluated: the strictest of their modes. */
static __always_inline __u32 ew_judge_unevaluable(__u32 generation, __u64 set, bool count)
{
	struct ew_modes modes = {.left = set, .generation = generation, .of = EW_MODES_RULES, .count = count};

	return ew_judge_modes(&modes);
}

/* The same where it is only descriptors that cannot be evaluated. Counts. */
static __always_inline __u32 ew_judge_fds_unevaluable(__u32 generation, __u64 set)
{
	struct ew_modes modes = {.left = set, .generation = generation, .of = EW_MODES_FDS, .count = true};

	return ew_judge_modes(&modes);
}

#endif
