/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LIGHT_H
#define EW_LIGHT_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How often to run a loader that fails with EAGAIN: the verifier gives up the program that it is at when a signal comes
 * (do_check(), kernel/bpf/verifier.c), SIGSTOP for one. As many times as libbpf tries (sys_bpf_prog_load(),
 * libbpf 1.1).
 */
#define EW_LIGHT_ATTEMPTS 5

/*
 * The loader of a light skeleton: a BPF program that makes the maps and loads the other programs (gen_loader.c, libbpf
 * 1.1 to 1.6). It makes every map anew. What is here finds where it does, by the instructions around those calls, and
 * can have it take a map that is there instead. Pure; nothing here calls the kernel.
 */
struct ew_light {
	struct bpf_insn *insns;
	size_t n_insns;
	const void *data;
	size_t size; /* of the data, bytes */
};

/* A map that the loader makes. */
struct ew_light_map {
	int index;   /* among those of the skeleton; -1: inner, the pattern of what the next one holds */
	size_t call; /* the instruction that makes it */
	/* as the object has it; 0 entries can be what the skeleton is told */
	__u32 type, key_size, value_size, max_entries, flags;
	char name[BPF_OBJ_NAME_LEN]; /* cut, if it is longer */
};

/* Where a search for maps is. All zero: at the beginning. */
struct ew_light_search {
	size_t at;
	int index;
};

/* The next map. False: there is no other, and search->index says how many there were, inner ones aside. */
bool ew_light_next(const struct ew_light *light, struct ew_light_search *search, struct ew_light_map *out);

/* A number that is another one if MAP has another name, kind or size. To be added up: their order is of no account. */
uint32_t ew_light_hash(const struct ew_light_map *map);

/* From here on the loader does not make MAP, but takes the descriptor that is OFFSET bytes into its context. */
void ew_light_use(struct ew_light *light, const struct ew_light_map *map, size_t offset);

#endif
