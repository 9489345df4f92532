/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_HALVES_H
#define EW_HALVES_H

#include <stdbool.h>

#include <execward/policy.h>

/*
 * A map of maps that has an inner map for each half of what execs look at, or none. Kernels up to 6.7 wait in every
 * look-up of it until all programs that run have ended, and every kernel does so when an inner map is put or taken away
 * (maybe_wait_bpf_programs(), kernel/bpf/syscall.c): so what was seen once is kept, for as long as the lock is held.
 */
struct ew_halves {
	int outer_fd; /* of the map of maps; the caller's */
	bool alike;   /* as long as only one was looked at: both are one and the same */
	bool known[EW_HALVES];
	int fd[EW_HALVES]; /* of the inner map that is known; -ENOENT: none */
};

/* Begins with nothing known, or, NONE, with both known to be none. ew_halves_clear() ends it; so it does all zero. */
void ew_halves_init(struct ew_halves *halves, int outer_fd, bool none);
void ew_halves_clear(struct ew_halves *halves);

/* A descriptor of the inner map of HALF, which stays HALVES' own, or a negative errno; -ENOENT: there is none. */
int ew_halves_get(struct ew_halves *halves, __u32 half);

/* Puts the inner map open at FD there, which is HALVES' own from then on, also on failure. Returns 0 or a negative
 * errno.
 */
int ew_halves_put(struct ew_halves *halves, __u32 half, int fd);

/* Gives half TO the inner map that half FROM has, or none. Returns 0 or a negative errno. */
int ew_halves_copy(struct ew_halves *halves, __u32 from, __u32 to);

/* Takes the inner map of HALF away, if there is one. Returns 0 or a negative errno. */
int ew_halves_drop(struct ew_halves *halves, __u32 half);

/* Waits until every program that began before has ended: puts what HALF has there again. Returns 0 or a negative errno.
 */
int ew_halves_wait(struct ew_halves *halves, __u32 half);

#endif
