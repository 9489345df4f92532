/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "flows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "util.h"
#include "words.h"

#include "../bpf/decide.h"

int ew_flows_init(struct ew_flows *flows)
{
	*flows = (struct ew_flows){
		.names = {.n_max = EW_FLOWS_NAMES_MAX, .bytes_max = EW_FLOWS_NAMES_BYTES},
		/* and one for each verdict and reason of what is not kept apart */
		.keys = {.n_max = 2 * EW_FLOWS_MAX + EW_VERDICT_MAX * EW_REASON_MAX, .bytes_max = SIZE_MAX},
	};
	return ew_intern(&flows->names, "others", 6) < 0 ? -ENOMEM : 0;
}

void ew_flows_clear(struct ew_flows *flows)
{
	for (size_t i = 0; i < flows->keys.n; i++)
		free(flows->flows[i].sample);
	free(flows->flows);
	ew_intern_clear(&flows->names);
	ew_intern_clear(&flows->keys);
	*flows = (struct ew_flows){};
}

bool ew_flows_wants(const struct ew_record *r)
{
	return r->verdict != EW_VERDICT_ALLOW || r->gains;
}

/* --- names --- */

static int name_of(struct ew_flows *flows, const char *text, size_t len, __u32 *out)
{
	int number = ew_intern(&flows->names, text, len);

	if (number == -ENOMEM)
		return number;
	*out = number < 0 ? EW_FLOWS_OTHERS : (__u32)number;
	return 0;
}

/* LEN bytes as they are, escaped. */
static int escaped(struct ew_flows *flows, const char *text, size_t len, __u32 *out)
{
	_cleanup_free_ char *name = text && len ? ew_escape_dup(text, len, 0) : strdup("(not known)");

	return name ? name_of(flows, name, strlen(name), out) : -ENOMEM;
}

#define CAPS_NAMED 2 /* of more the number is told */

/* What is told at most: two ids, a label, and capabilities; or all shapes. */
#define POWER_SIZE (3 * EW_RECORD_GAIN_SIZE + 256)

struct power {
	char text[POWER_SIZE];
	size_t len;
	unsigned int caps;
};

static void put(struct power *p, const char *text)
{
	size_t len = strlen(text);

	if (len > sizeof(p->text) - p->len)
		len = sizeof(p->text) - p->len;
	memcpy(p->text + p->len, text, len);
	p->len += len;
}

static void put_word(struct power *p, const char *word)
{
	put(p, p->len ? " " : "");
	put(p, word);
}

static void put_gain(void *ctx, const char *gain)
{
	struct power *p = ctx;

	if (strncmp(gain, "cap_", 4) != 0 || ++p->caps <= CAPS_NAMED)
		put_word(p, gain);
}

/* Beside all capabilities. */
static void put_other_gain(void *ctx, const char *gain)
{
	if (strncmp(gain, "label:", 6) == 0)
		put_word(ctx, "label");
	else if (strncmp(gain, "cap_", 4) != 0)
		put_word(ctx, gain);
}

static void put_gains(struct power *p, const struct ew_parsed *parsed)
{
	char more[32];

	if ((unsigned int)__builtin_popcountll(parsed->view.record.caps_gained) >= ew_cap_count()) {
		ew_record_each_gain(&parsed->view, &parsed->names, 0, put_other_gain, p);
		put_word(p, "all capabilities");
		return;
	}
	ew_record_each_gain(&parsed->view, &parsed->names, 0, put_gain, p);
	if (p->caps > CAPS_NAMED) {
		snprintf(more, sizeof(more), "and %u more", p->caps - CAPS_NAMED);
		put_word(p, more);
	}
	if (!p->len)
		put(p, "nothing");
}

/* What it gained, or what was refused instead. */
static void put_power(struct power *p, const struct ew_parsed *parsed)
{
	const struct ew_record *r = &parsed->view.record;

	switch (r->reason) {
	case EW_REASON_EXEC_NONE:
		put(p, "any program");
		return;
	case EW_REASON_FDS:
		put(p, "descriptors");
		return;
	case EW_REASON_SHAPE:
		put(p, "shape");
		for (unsigned int i = 0; i < EW_SHAPE_MAX; i++)
			if (r->shapes & EW_BIT(i))
				put_word(p, ew_words_name(&ew_shape_words, i));
		return;
	default:
		put_gains(p, parsed);
	}
}

static int power_of(struct ew_flows *flows, const struct ew_parsed *parsed, __u32 *out)
{
	struct power p = {.len = 0};

	put_power(&p, parsed);
	return name_of(flows, p.text, p.len, out);
}

static int rule_of(struct ew_flows *flows, const struct ew_record *r, __u32 *out)
{
	char text[EW_POLICY_FILE_MAX + 16];
	int n = *r->rule_file ? snprintf(text, sizeof(text), "%s:%u", r->rule_file, r->rule_line)
			      : snprintf(text, sizeof(text), "none");

	return escaped(flows, text, (size_t)n, out);
}

static int key_of(struct ew_flows *flows, const struct ew_parsed *p, struct ew_flow_key *key)
{
	const struct ew_record_view *view = &p->view;
	const struct ew_record *r = &view->record;
	int err;

	*key = (struct ew_flow_key){.verdict = r->verdict, .reason = r->reason};
	err = escaped(flows, p->cgroup, strlen(p->cgroup), &key->cgroup);
	err = err ?: escaped(flows, view->exe_path, view->exe_path_len, &key->exe);
	err = err ?: escaped(flows, view->file_path, view->file_path_len, &key->program);
	err = err
		      ?: escaped(flows, *r->profile ? r->profile : "none", strlen(*r->profile ? r->profile : "none"),
				 &key->profile);
	err = err ?: rule_of(flows, r, &key->rule);
	return err ?: power_of(flows, p, &key->power);
}

/* --- flows --- */

static int grow(struct ew_flows *flows)
{
	size_t room = flows->room ? flows->room * 2 : 64;
	struct ew_flow *list;

	if (flows->keys.n < flows->room)
		return 0;
	list = reallocarray(flows->flows, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	flows->flows = list;
	flows->room = room;
	return 0;
}

static char *keep(struct ew_flows *flows, const char *line)
{
	size_t len = strlen(line);

	if (len > EW_FLOWS_SAMPLE_MAX || len > EW_FLOWS_SAMPLES_BYTES - flows->sample_bytes)
		return NULL;
	flows->sample_bytes += len;
	return strdup(line);
}

/* The names are those of what is not kept apart. */
static bool is_rest(const struct ew_flow_key *key)
{
	return !key->cgroup && !key->exe && !key->program && !key->power && !key->profile && !key->rule;
}

int ew_flows_find(struct ew_flows *flows, const struct ew_parsed *p, const char *line)
{
	bool refused = p->view.record.verdict != EW_VERDICT_ALLOW;
	struct ew_flow_key key;
	int number, err = key_of(flows, p, &key);

	if (err < 0)
		return err;
	number = ew_intern_find(&flows->keys, &key, sizeof(key));
	if (number >= 0)
		return number;
	if (flows->n_of[refused] >= EW_FLOWS_MAX) {
		key = (struct ew_flow_key){.verdict = key.verdict, .reason = key.reason};
		number = ew_intern_find(&flows->keys, &key, sizeof(key));
		if (number >= 0)
			return number;
	} else {
		flows->n_of[refused]++;
	}
	if (grow(flows) < 0)
		return -ENOMEM;
	number = ew_intern(&flows->keys, &key, sizeof(key));
	if (number >= 0)
		flows->flows[number] = (struct ew_flow){.key = key, .sample = is_rest(&key) ? NULL : keep(flows, line)};
	return number;
}

void ew_flows_count(struct ew_flows *flows, size_t number, __u64 time)
{
	struct ew_flow *flow = &flows->flows[number];

	if (!flow->count || time < flow->first)
		flow->first = time;
	if (time > flow->last)
		flow->last = time;
	flow->count++;
	flows->apart_not += is_rest(&flow->key);
}

static int worse(const void *one, const void *other)
{
	const struct ew_flow *a = *(const struct ew_flow *const *)one, *b = *(const struct ew_flow *const *)other;

	if (a->key.verdict != b->key.verdict)
		return a->key.verdict > b->key.verdict ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

const struct ew_flow **ew_flows_sorted(const struct ew_flows *flows)
{
	const struct ew_flow **list = calloc(flows->keys.n + 1, sizeof(*list));

	for (size_t i = 0; list && i < flows->keys.n; i++)
		list[i] = &flows->flows[i];
	if (list)
		qsort(list, flows->keys.n, sizeof(*list), worse);
	return list;
}
