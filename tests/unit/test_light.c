/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is found in the loader of the light skeleton that bpftool has generated, and what is not taken for a map. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/skel_internal.h>
#include <cmocka.h>

#include <execward/record.h>

#include "light.h"
#include "util.h"

static struct bpf_insn insns[8192];
static struct ew_light light = {.insns = insns};

/* In place of running it. */
static int look(struct bpf_load_and_run_opts *opts)
{
	assert_true(opts->insns_sz <= sizeof(insns));
	memcpy(insns, opts->insns, opts->insns_sz);
	light.n_insns = opts->insns_sz / sizeof(*insns);
	light.data = opts->data;
	light.size = opts->data_sz;
	return -ECANCELED;
}
#define bpf_load_and_run look
#include "execward.skel.h"
#undef bpf_load_and_run

#define INDEX_OF(map) \
	((offsetof(struct execward, maps.map) - offsetof(struct execward, maps)) / sizeof(struct bpf_map_desc))
#define N_MAPS ((int)(sizeof(((struct execward *)NULL)->maps) / sizeof(struct bpf_map_desc)))

static int setup(void **state)
{
	struct execward *skel = execward__open();

	(void)state;
	assert_non_null(skel);
	assert_int_equal(execward__load(skel), -ECANCELED);
	execward__destroy(skel);
	return 0;
}

/* The map called NAME, or with index -2. */
static struct ew_light_map find(const char *name)
{
	struct ew_light_search search = {};
	struct ew_light_map map;

	while (ew_light_next(&light, &search, &map))
		if (EW_STREQ(map.name, name))
			return map;
	map.index = -2;
	return map;
}

static void finds_all(void **state)
{
	struct ew_light_search search = {};
	struct ew_light_map map;

	(void)state;
	while (ew_light_next(&light, &search, &map))
		;
	assert_int_equal(search.index, N_MAPS);
}

static void knows_them(void **state)
{
	struct ew_light_map map = find("state");

	(void)state;
	assert_int_equal(map.index, INDEX_OF(state));
	assert_int_equal(map.type, BPF_MAP_TYPE_ARRAY);
	assert_int_equal(map.key_size, sizeof(__u32));
	assert_int_equal(map.value_size, sizeof(struct ew_state));
	assert_int_equal(map.max_entries, 1);
	assert_int_equal(map.flags, BPF_F_MMAPABLE);
	map = find("policies.inner");
	assert_int_equal(map.index, -1);
	assert_int_equal(map.value_size, sizeof(struct ew_profile));
}

static void hash_tells(void **state)
{
	struct ew_light_map map = find("state"), other = map;

	(void)state;
	other.index = 0;
	assert_int_equal(ew_light_hash(&map), ew_light_hash(&other));
	other.value_size += 8;
	assert_int_not_equal(ew_light_hash(&map), ew_light_hash(&other));
	other = map;
	other.flags = 0;
	assert_int_not_equal(ew_light_hash(&map), ew_light_hash(&other));
	other = map;
	other.name[0]++;
	assert_int_not_equal(ew_light_hash(&map), ew_light_hash(&other));
}

static void uses(void **state)
{
	struct ew_light_map map = find("state");
	struct bpf_insn *call = &insns[map.call];

	(void)state;
	ew_light_use(&light, &map, 100);
	/* *(u32 *)(r6 + 100) to r0, and the instruction behind it takes it for the call's answer */
	assert_int_equal(call->code, BPF_LDX | BPF_W | BPF_MEM);
	assert_int_equal(call->dst_reg, BPF_REG_0);
	assert_int_equal(call->src_reg, BPF_REG_6);
	assert_int_equal(call->off, 100);
	assert_int_equal(call[1].src_reg, BPF_REG_0);
	/* it makes that map no more, and all the others */
	assert_int_equal(find("state").index, -2);
	assert_int_not_equal(find("readers").index, -2);
}

/* A call like that for a map, but for one thing. */
static void is_not_deceived(void **state)
{
	struct ew_light_map map = find("cgroups");
	const size_t places[] = {map.call - 4, map.call - 3, map.call - 1, map.call};

	(void)state;
	assert_int_not_equal(map.index, -2);
	for (size_t i = 0; i < EW_ARRAY_SIZE(places); i++) {
		struct bpf_insn kept = insns[places[i]];

		insns[places[i]].code ^= 0x08;
		assert_int_equal(find("cgroups").index, -2);
		insns[places[i]] = kept;
	}
	/* attributes that are not all in the data */
	light.size = (__u32)insns[map.call - 2].imm + 16;
	assert_int_equal(find("cgroups").index, -2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_all, setup),	cmocka_unit_test_setup(knows_them, setup),
		cmocka_unit_test_setup(hash_tells, setup),	cmocka_unit_test_setup(uses, setup),
		cmocka_unit_test_setup(is_not_deceived, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
