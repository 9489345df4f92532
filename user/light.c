/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "light.h"

#include <string.h>

/*
 * What bpf_gen__map_create() and emit_sys_bpf() (gen_loader.c) make of a map:
 *
 *	r1 = BPF_MAP_CREATE
 *	r2 = address of the attributes, in the data	(two places)
 *	r3 = their size
 *	call sys_bpf
 *	r7 = r0
 *	if r7 < 0 goto the end
 *	an inner map: r7 goes to the stack; any other: r1 = address in the data, where r7 goes	(two places, one)
 *
 * The attributes are a union bpf_attr. r6 is the context from the first instruction on.
 */
#define BEFORE 4 /* the call, the first of these */
#define AFTER 3	 /* the call, that which tells an inner map */

#define ATTR_SIZE (offsetof(union bpf_attr, map_name) + BPF_OBJ_NAME_LEN)

static bool sets(const struct bpf_insn *insn, unsigned int reg)
{
	return insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) && insn->dst_reg == reg;
}

static bool addresses(const struct bpf_insn *insn, unsigned int reg)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM) && insn->dst_reg == reg &&
	       insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
}

static bool makes_map(const struct ew_light *light, size_t call)
{
	const struct bpf_insn *insn = &light->insns[call];

	return call >= BEFORE && light->n_insns - call > AFTER && insn->code == (BPF_JMP | BPF_CALL) &&
	       insn->imm == BPF_FUNC_sys_bpf && sets(&insn[-4], BPF_REG_1) && insn[-4].imm == BPF_MAP_CREATE &&
	       addresses(&insn[-3], BPF_REG_2) && sets(&insn[-1], BPF_REG_3) && (__u32)insn[-1].imm >= ATTR_SIZE &&
	       (size_t)(__u32)insn[-2].imm + ATTR_SIZE <= light->size;
}

bool ew_light_next(const struct ew_light *light, struct ew_light_search *search, struct ew_light_map *out)
{
	const struct bpf_insn *insn;
	union bpf_attr attr;

	while (search->at < light->n_insns && !makes_map(light, search->at))
		search->at++;
	if (search->at >= light->n_insns)
		return false;
	insn = &light->insns[search->at];
	/* may be unaligned there */
	memcpy(&attr, (const char *)light->data + (__u32)insn[-2].imm, ATTR_SIZE);
	*out = (struct ew_light_map){
		.index = insn[AFTER].code == (BPF_STX | BPF_W | BPF_MEM) ? -1 : search->index++,
		.call = search->at++,
		.type = attr.map_type,
		.key_size = attr.key_size,
		.value_size = attr.value_size,
		.max_entries = attr.max_entries,
		.flags = attr.map_flags,
	};
	memcpy(out->name, attr.map_name, sizeof(out->name));
	out->name[sizeof(out->name) - 1] = '\0';
	return true;
}

/* FNV-1a (Fowler, Noll, Vo). */
uint32_t ew_light_hash(const struct ew_light_map *map)
{
	const unsigned char *byte = (const unsigned char *)&map->type;
	const unsigned char *end = (const unsigned char *)map->name + sizeof(map->name);
	uint32_t sum = 2166136261U;

	while (byte < end)
		sum = (sum ^ *byte++) * 16777619U;
	return sum;
}
_Static_assert(offsetof(struct ew_light_map, name) == offsetof(struct ew_light_map, type) + 5 * sizeof(__u32),
	       "what is summed up has no holes");

void ew_light_use(struct ew_light *light, const struct ew_light_map *map, size_t offset)
{
	/* r0 = what the context has there */
	light->insns[map->call] = (struct bpf_insn){
		.code = BPF_LDX | BPF_W | BPF_MEM,
		.dst_reg = BPF_REG_0,
		.src_reg = BPF_REG_6,
		.off = (__s16)offset,
	};
}
