/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TEST_SKIM_HELP_H
#define EW_TEST_SKIM_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leak_sum.h"
#include "record_lines.h"
#include "record_skim.h"
#include "util.h"

/* What skimming makes of a line, and what parsing makes of it: the one has to be the other, to the byte. */

struct both_ways {
	struct ew_parsed parsed;
	struct ew_leak_sum skimmed_leaks, parsed_leaks;
};

static inline int parse_whole(void *ctx, json_object *root, const char *line, const char **why)
{
	struct both_ways *both = ctx;
	int err = ew_record_parse(root, &both->parsed, why);

	(void)line;
	return err ?: ew_leak_sum_take(&both->parsed_leaks, root, why);
}

static inline size_t place_of(const struct ew_parsed *p, const char *at)
{
	return at ? (size_t)(at - p->view.record.paths) : SIZE_MAX;
}

static inline void assert_same_parsed(const struct ew_parsed *a, const struct ew_parsed *b)
{
	const struct ew_record_view *v = &a->view, *w = &b->view;

	assert_memory_equal(&a->bytes, &b->bytes, EW_RECORD_FIXED);
	assert_memory_equal(&v->record, &w->record, EW_RECORD_FIXED);
	assert_int_equal(v->file_path_len, w->file_path_len);
	assert_int_equal(v->exe_path_len, w->exe_path_len);
	assert_int_equal(v->script_path_len, w->script_path_len);
	assert_int_equal(v->fds_len, w->fds_len);
	assert_int_equal(place_of(a, v->file_path), place_of(b, w->file_path));
	assert_int_equal(place_of(a, v->exe_path), place_of(b, w->exe_path));
	assert_int_equal(place_of(a, v->script_path), place_of(b, w->script_path));
	assert_int_equal(place_of(a, v->label_before), place_of(b, w->label_before));
	assert_int_equal(place_of(a, v->label_after), place_of(b, w->label_after));
	assert_int_equal(place_of(a, v->fds), place_of(b, w->fds));
	assert_int_equal(place_of(a, v->args), place_of(b, w->args));
	assert_memory_equal(v->record.paths, w->record.paths, place_of(a, v->args));
	assert_memory_equal(a->profile, b->profile, sizeof(a->profile));
	assert_memory_equal(a->cgroup, b->cgroup, sizeof(a->cgroup));
	assert_memory_equal(a->user, b->user, sizeof(a->user));
	assert_memory_equal(a->group, b->group, sizeof(a->group));
}

static inline void assert_same_leaks(const struct ew_leak_sum *a, const struct ew_leak_sum *b)
{
	_cleanup_free_ struct ew_leak **list = ew_leaks_sorted(&a->leaks), **other = ew_leaks_sorted(&b->leaks);

	assert_int_equal(a->leaks.n, b->leaks.n);
	assert_int_equal(a->described_not, b->described_not);
	for (size_t i = 0; i < a->leaks.n; i++) {
		assert_string_equal(list[i]->words.profile, other[i]->words.profile);
		assert_string_equal(list[i]->words.giver, other[i]->words.giver);
		assert_string_equal(list[i]->words.receiver, other[i]->words.receiver);
		assert_string_equal(list[i]->words.kind, other[i]->words.kind);
		assert_string_equal(list[i]->words.target, other[i]->words.target);
		assert_string_equal(list[i]->words.access, other[i]->words.access);
		assert_int_equal(list[i]->fd, other[i]->fd);
		assert_int_equal(list[i]->dangerous, other[i]->dangerous);
		assert_int_equal(list[i]->refused, other[i]->refused);
		assert_int_equal(list[i]->count, other[i]->count);
	}
}

/* Whether the LEN bytes at LINE, without a NUL behind them, are skimmed, which is then as if they had been parsed. */
static inline bool skims_as_parsed(const char *text, size_t len)
{
	struct both_ways *both = malloc(sizeof(*both));
	struct ew_parsed *fast = malloc(sizeof(*fast)); /* with nothing behind it */
	char *line = malloc(len + 1);
	struct ew_record_lines lines = {};
	bool skimmed;

	assert_non_null(both);
	assert_non_null(fast);
	assert_non_null(line);
	/* exactly so much, for the address sanitizer; and nothing that was there before may matter */
	memcpy(line, text, len);
	line[len] = '\0';
	memset(both, 0xa5, sizeof(*both));
	memset(fast, 0x5a, sizeof(*fast));
	both->skimmed_leaks = both->parsed_leaks = (struct ew_leak_sum){};
	skimmed = ew_record_skim(line, len, fast);
	if (skimmed) {
		assert_int_equal(ew_leak_sum_take_skimmed(&both->skimmed_leaks, fast), 0);
		assert_int_equal(ew_record_line(&lines, line, len, "skimmed, but not parsed", 0, parse_whole, both), 0);
		if (lines.bad)
			fail_msg("skimmed, but not parsed: %s", line);
		assert_same_parsed(fast, &both->parsed);
		assert_same_leaks(&both->skimmed_leaks, &both->parsed_leaks);
	}
	ew_leaks_clear(&both->skimmed_leaks.leaks);
	ew_leaks_clear(&both->parsed_leaks.leaks);
	free(line);
	free(both);
	free(fast);
	return skimmed;
}

#endif
