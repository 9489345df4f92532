/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LEAKS_H
#define EW_LEAKS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * Who leaks what into whom, and how often. The words are those of a record's JSON, escaped as they are there; a target
 * is a path, or for what has no name of its own the kind again, as the number of a pipe or of a socket is another one
 * every time.
 */
struct ew_leak_words {
	const char *profile;  /* that decided; "" for none */
	const char *giver;    /* image of the task that executes; "" where it is not known */
	const char *receiver; /* the program; "" where it is not known */
	const char *kind, *target, *access;
};

struct ew_leak {
	struct ew_leak_words words; /* the leak's own */
	unsigned int fd;	    /* where it was last */
	bool dangerous, refused;    /* was once */
	__u64 count;
	__u64 since;  /* when the period began, in the caller's unit; for ew_leaks_tell() */
	__u64 untold; /* of them, since then */
	size_t size;  /* of all this, bytes */
};

/* Whoever leaks chooses the words, as many and as long as paths can be. */
#define EW_LEAKS_MAX 65536
#define EW_LEAKS_BYTES (64U << 20)

/* All zero is empty. */
struct ew_leaks {
	void *tree;
	size_t n, bytes;
	bool full; /* there were more */
};

/*
 * ew_leaks_get - the leak of these words, a new one with a count of 0
 *
 * Good until it is dropped or all are. NULL for want of memory, or of room: more than EW_LEAKS_MAX, or than
 * EW_LEAKS_BYTES hold, are not kept apart.
 */
struct ew_leak *ew_leaks_get(struct ew_leaks *leaks, const struct ew_leak_words *words);

/*
 * ew_leaks_tell - of leaks that come again and again, only the first of a period is told
 *
 * Counts one at the time NOW. Returns whether it is the first of its PERIOD. A period in which there were more goes on
 * until ew_leaks_settle() has told of them.
 */
bool ew_leaks_tell(struct ew_leak *leak, __u64 now, __u64 period);

/*
 * ew_leaks_settle - ends the periods that began PERIOD or longer before NOW
 *
 * Calls AGAIN for each in which there was more than what was told, and forgets those leaks. AGAIN returns 0 to go on.
 * Returns 0, what AGAIN returned, or -ENOMEM.
 */
int ew_leaks_settle(struct ew_leaks *leaks, __u64 now, __u64 period,
		    int (*again)(void *ctx, const struct ew_leak *leak), void *ctx);

/* All of them, worst first: dangerous ones, then by count. The caller frees the list; NULL: none, or no memory. */
struct ew_leak **ew_leaks_sorted(const struct ew_leaks *leaks);

/*
 * The target of PATH, which is a descriptor's of a record: without the number of a pipe, a socket or a namespace. The
 * caller frees it; NULL: no memory.
 */
char *ew_leak_target(const char *path);

/* The call that would have to change, with what it lacks: `open("/etc/hosts", O_RDONLY | O_CLOEXEC)`. The caller frees
 * it. */
char *ew_leak_remedy(const struct ew_leak *leak);

void ew_leaks_clear(struct ew_leaks *leaks);

#endif
