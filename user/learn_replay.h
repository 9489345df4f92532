/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LEARN_REPLAY_H
#define EW_LEARN_REPLAY_H

#include "learn.h"

/* What the parts of learn.h share. */

/* What stands for the file with the path of that NUMBER. */
static inline struct ew_identity ew_learn_identity(__u32 number)
{
	return (struct ew_identity){.ino = number, .dev = number ? 1 : 0};
}

/*
 * What the text of LEARNED comes to when it is read as policy, so that what is replayed is what was written. Returns 0;
 * -EINVAL: it cannot be read, as a path in it cannot be written in a policy; -ENOMEM.
 */
int ew_learn_compile(struct ew_learn *learn, const struct ew_learned *learned, struct ew_exception *out);

/*
 * ew_learn_read_back - ENTRY, of an `except`, as the reader of policies takes it
 *
 * Returns 0 and the image of a policy of that one exception, which the caller frees; -EINVAL: it is none; -ENOMEM.
 */
int ew_learn_read_back(const char *entry, const struct ew_resolver *resolver, struct ew_image **out);

/*
 * ew_learn_name_label - the glob that is the label of C and no other, new in the learner's image if need be: in C->glob
 *
 * Returns 0, also when there can be none, with C->why_label set; or -ENOMEM.
 */
int ew_learn_name_label(struct ew_learn *learn, struct ew_learn_case *c);

/* The globs of the learner's image that match C's label, as the programs would find them. */
__u64 ew_learn_matching(const struct ew_learn *learn, const struct ew_learn_case *c);

/* Makes LABELS, globs of FROM, those of TO with the same texts. False: TO has not all of them. */
bool ew_learn_renumber(const struct ew_image *to, const struct ew_image *from, __u64 *labels);

/*
 * Cases are judged program by program, with the exceptions for that one alone: no other is ever looked at, and there
 * can be thousands.
 */
struct ew_learn_program {
	struct ew_learn *learn;
	__u32 number;
	size_t n_cases;
	struct ew_learn_case **cases;
	size_t n_had, n_learned;
	struct ew_image_exception *had; /* of the policy */
	struct ew_learned *learned;	/* part of the whole list, at its end so far */
	struct ew_image *image;		/* the profiles, and exceptions that point into `buffer` */
	struct ew_image_exception *buffer;
};

/* A recorded exec, as it would be judged now. */
struct ew_learn_judged {
	struct ew_prediction prediction;
	struct ew_predict_file file;
	struct ew_predict_case as;
};

bool ew_learn_same_key(const struct ew_exception_key *a, const struct ew_exception_key *b);

/*
 * ew_learn_put_together - the exceptions that P's cases are judged by from now on
 *
 * The policy's, and in place of those for the same, or beside them, the N learned ones at LIST that are for this
 * program and have a text, but WITHOUT.
 */
void ew_learn_put_together(struct ew_learn_program *p, const struct ew_learned *list, size_t n,
			   const struct ew_learned *without);

/* C as it would be judged now. J points into itself. */
void ew_learn_set_up(const struct ew_learn_program *p, const struct ew_learn_case *c, struct ew_learn_judged *j);

/*
 * What nothing here can judge again: the descriptors are gone, and so is the want of memory; an assumed profile says
 * nothing but of gains.
 */
bool ew_learn_is_final(const struct ew_learn *learn, const struct ew_learn_case *c);

struct ew_decision ew_learn_judge(const struct ew_learn_program *p, const struct ew_learn_case *c);

/* How many execs pass, of those that an exception from FROM (all zero: any) can matter to. */
__u64 ew_learn_passing(const struct ew_learn_program *p, const struct ew_identity *from);

/*
 * ew_learn_each_program - calls EACH for every program of the cases
 *
 * There are up to ROOM learned exceptions, and LEARN's are in the order of programs. Returns 0, what EACH ended with,
 * or -ENOMEM.
 */
int ew_learn_each_program(struct ew_learn *learn, size_t room, int (*each)(struct ew_learn_program *p, void *ctx),
			  void *ctx);

#endif
