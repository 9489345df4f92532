/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_IMAGE_H
#define EW_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <execward/pattern.h>
#include <execward/policy.h>
#include <execward/subject.h>
#include <execward/verity.h>

/*
 * The compiled policy: exactly what apply.c writes into the maps, made by policy_compile.c without a kernel. All
 * memory belongs to the image; ew_image_free() releases it and clears the pointer.
 */

struct ew_image_exception {
	struct ew_exception_key key; /* generation 0: apply.c sets it */
	struct ew_exception value;
};

struct ew_image_cgroup {
	char *path;	   /* absolute in the v2 hierarchy, "/" for its root; or a pattern (pattern.h) */
	__u64 set;	   /* profile slots */
	unsigned int line; /* of its first mention, in `file` */
	const char *file;  /* owned by the image */
};

/* A file that the policy names. */
struct ew_image_path {
	struct ew_identity identity;
	char *path;
};

struct ew_image;

/*
 * Who has which slot already. A profile that stays keeps its slot, since the tags of processes and cgroups are slots;
 * NULL in place of this is: nobody has any.
 */
struct ew_slots {
	char name[EW_PROFILES_MAX][EW_PROFILE_NAME_MAX]; /* "": free */
	__u64 kept;					 /* slots that no other profile may get */
	const struct ew_image *labels; /* whose globs of labels have their numbers already; NULL: none have */
};

/* Users that one profile names; ranges can overlap. */
struct ew_image_user {
	__u32 first, last;
	__u64 set;	   /* profile slots */
	unsigned int line; /* of the word, in `file` */
	const char *file;  /* owned by the image; NULL: read back from the kernel */
};

struct ew_image_program {
	struct ew_program_key key; /* generation 0: apply sets it */
	__u64 set;		   /* profile slots */
	char *path;		   /* by which it was first named; read back, possibly only the end of it */
	unsigned int line;	   /* of that, in `file` */
	const char *file;	   /* owned by the image; NULL: read back from the kernel */
};

/* A digest that exceptions name. */
struct ew_image_verity {
	__u8 digest[EW_VERITY_SIZE];
	unsigned int line; /* of its first mention, in `file` */
	const char *file;  /* owned by the image; NULL: it comes from the policy before */
};

struct ew_image {
	__u64 hash;				     /* ew_policy_hash() of what it was compiled from */
	unsigned int n_profiles;		     /* slots in use */
	struct ew_profile profiles[EW_PROFILES_MAX]; /* by slot; flags 0: free. Generation 0 */
	size_t n_exceptions;
	struct ew_image_exception *exceptions;
	size_t n_verities;
	struct ew_image_verity *verities; /* each digest once */
	size_t n_cgroups;
	struct ew_image_cgroup *cgroups; /* literal paths */
	size_t n_patterns;
	struct ew_image_cgroup *patterns;
	size_t n_labels;
	/* Globs of `label:GLOB`: EW_LABEL_MARK and the glob in place of a path, one bit in place of profiles. */
	struct ew_image_cgroup *labels;
	size_t n_pattern_states; /* of the automaton that patterns and globs make; 0 without any */
	struct ew_pattern_state *pattern_states;
	size_t n_paths;
	struct ew_image_path *paths; /* in the order of their identities (memcmp(3)) */
	size_t n_users;
	struct ew_image_user *users;
	size_t n_programs;
	struct ew_image_program *programs; /* each file once */
};

/* Puts `paths` into their order, for ew_image_path_of(). */
void ew_image_sort_paths(struct ew_image *image);

/* The path by which the policy names a file, or NULL. */
const char *ew_image_path_of(const struct ew_image *image, const struct ew_identity *identity);

/* The shapes that some profile refuses, EW_BIT(EW_SHAPE_*). */
__u32 ew_image_shapes(const struct ew_image *image);

/* Does a profile have FLAG, one of EW_PROFILE_*? */
static inline bool ew_image_has(const struct ew_image *image, __u32 flag)
{
	for (unsigned int i = 0; i < EW_PROFILES_MAX; i++)
		if (image->profiles[i].flags & flag)
			return true;
	return false;
}

/* The sticky ones among the profiles. */
__u64 ew_image_sticky(const struct ew_image *image);

/* Those that mind descriptors; with ALWAYS, whatever an exec gains. */
__u64 ew_image_fds(const struct ew_image *image, bool always);

/* Does a profile control labels? */
bool ew_image_labels(const struct ew_image *image);

/* The glob of label that bit NUMBER of ew_exception.labels stands for; "?" where there is none. */
const char *ew_image_label(const struct ew_image *image, unsigned int number);

/* The globs that match LABEL, as bits of ew_exception.labels. A longer one than EW_LABEL_MAX - 1 bytes none does. */
__u64 ew_image_label_matches(const struct ew_image *image, const char *label);

/*
 * Adds DIGEST unless the image has it. FILE is as that of struct ew_image_verity. Returns 0, -E2BIG: there are
 * EW_VERITIES_MAX, -EEXIST: another begins with the same eight bytes, so exceptions could not be told apart; -ENOMEM.
 */
int ew_image_add_verity(struct ew_image *image, const __u8 digest[EW_VERITY_SIZE], const char *file, unsigned int line);

/* What stands for a digest in the keys of exceptions. */
struct ew_identity ew_image_identity_of_verity(const __u8 digest[EW_VERITY_SIZE]);

/* A number by which all that is written for an image is known again: never 0, nothing to rely on against anybody. */
__u64 ew_image_hash(const struct ew_image *image);

void ew_image_free(struct ew_image **image);

#endif
