/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "metrics.h"

#include <string.h>

#include "escape.h"
#include "util.h"
#include "words.h"

enum type { COUNTER, GAUGE };

/* What stands before the values of one metric. */
static void head(FILE *out, const char *name, enum type type, const char *help)
{
	fprintf(out, "# HELP execward_%s %s\n# TYPE execward_%s %s\n", name, help, name,
		type == COUNTER ? "counter" : "gauge");
}

/* One metric without labels. */
static void single(FILE *out, const char *name, enum type type, const char *help, __u64 value)
{
	head(out, name, type, help);
	fprintf(out, "execward_%s %llu\n", name, (unsigned long long)value);
}

void ew_metrics_put_label(const char *value, FILE *out)
{
	_cleanup_free_ char *text = ew_escape_dup(value, strlen(value), 0);

	putc('"', out);
	for (const char *c = text ?: ""; *c; c++) {
		if (*c == '\\' || *c == '"')
			putc('\\', out);
		putc(*c, out);
	}
	putc('"', out);
}

/* One value of a metric with one label, or with two. */
static void labelled(FILE *out, const char *name, const char *label, const char *value, __u64 n)
{
	fprintf(out, "execward_%s{%s=", name, label);
	ew_metrics_put_label(value, out);
	fprintf(out, "} %llu\n", (unsigned long long)n);
}

static void of_profile(FILE *out, const char *name, const char *profile, const char *label, const char *value, __u64 n)
{
	fprintf(out, "execward_%s{profile=", name);
	ew_metrics_put_label(profile, out);
	fprintf(out, ",%s=", label);
	ew_metrics_put_label(value, out);
	fprintf(out, "} %llu\n", (unsigned long long)n);
}

static bool is_used(const struct ew_status *s, unsigned int slot)
{
	return s->profiles[slot].flags & EW_PROFILE_USED;
}

static void print_profile_info(const struct ew_status *s, FILE *out)
{
	head(out, "profile_info", GAUGE, "Profiles that are loaded; gone: no file has it any more, tasks still do.");
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *profile = &s->profiles[slot];

		if (!is_used(s, slot))
			continue;
		fputs("execward_profile_info{profile=", out);
		ew_metrics_put_label(profile->name, out);
		fprintf(out, ",mode=\"%s\",file=", ew_words_name(&ew_verdict_words, profile->mode));
		ew_metrics_put_label(profile->file, out);
		fprintf(out, ",gone=\"%d\"} 1\n", profile->flags & EW_PROFILE_GONE ? 1 : 0);
	}
}

static void print_gains(const struct ew_counters *all, FILE *out)
{
	head(out, "gains_total", COUNTER, "Governed execs that gained, by kind of gain and verdict.");
	for (unsigned int kind = 0; kind < EW_GAIN_MAX; kind++)
		for (unsigned int v = 0; v < EW_VERDICT_MAX; v++)
			fprintf(out, "execward_gains_total{kind=\"%s\",verdict=\"%s\"} %llu\n",
				ew_words_name(&ew_gain_words, kind), ew_words_name(&ew_verdict_words, v),
				(unsigned long long)all->gains[v][kind]);
}

static void print_transitions(const struct ew_status *s, FILE *out)
{
	const struct ew_counters *all = &s->counters[EW_PROFILES_MAX];

	head(out, "transitions_total", COUNTER, "Governed execs by verdict.");
	for (unsigned int v = 0; v < EW_VERDICT_MAX; v++)
		labelled(out, "transitions_total", "verdict", ew_words_name(&ew_verdict_words, v), all->verdicts[v]);
	head(out, "transition_reasons_total", COUNTER, "Governed execs by the reason of the verdict.");
	for (unsigned int r = 0; r < EW_REASON_MAX; r++)
		if (r != EW_REASON_UNTAGGED)
			labelled(out, "transition_reasons_total", "reason", ew_words_name(&ew_reason_words, r),
				 all->reasons[r]);
	print_gains(all, out);
	print_profile_info(s, out);
	/* under names of their own, as one exec is counted by each profile that has a word in it */
	head(out, "profile_transitions_total", COUNTER, "Execs under each profile, by its verdict.");
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		for (unsigned int v = 0; is_used(s, slot) && v < EW_VERDICT_MAX; v++)
			of_profile(out, "profile_transitions_total", s->profiles[slot].name, "verdict",
				   ew_words_name(&ew_verdict_words, v), s->counters[slot].verdicts[v]);
	head(out, "profile_transition_reasons_total", COUNTER, "Execs under each profile, by the reason.");
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		for (unsigned int r = 0; is_used(s, slot) && r < EW_REASON_MAX; r++)
			if (r != EW_REASON_UNTAGGED)
				of_profile(out, "profile_transition_reasons_total", s->profiles[slot].name, "reason",
					   ew_words_name(&ew_reason_words, r), s->counters[slot].reasons[r]);
}

static void print_readers(const struct ew_status *s, FILE *out)
{
	static const char *const losses[] = {[EW_LOSS_BUFFER] = "buffer", [EW_LOSS_SCRATCH] = "scratch"};
	const struct ew_reader *reader = s->state.reader;

	_Static_assert(EW_ARRAY_SIZE(losses) == EW_LOSS_MAX, "every loss has its word");
	single(out, "readers", GAUGE, "Readers of records, such as the daemon and each trace.", s->n_readers);
	head(out, "reader_records_total", COUNTER, "Records put into the buffer of each reader.");
	for (unsigned int i = 0; i < EW_READERS_MAX; i++)
		if (s->state.readers >> i & 1)
			fprintf(out, "execward_reader_records_total{reader=\"%u\",pid=\"%u\"} %llu\n", i, reader[i].pid,
				(unsigned long long)reader[i].received);
	head(out, "reader_lost_records_total", COUNTER, "Records that each reader did not get, by what was full.");
	for (unsigned int i = 0; i < EW_READERS_MAX; i++)
		for (unsigned int l = 0; s->state.readers >> i & 1 && l < EW_LOSS_MAX; l++)
			fprintf(out, "execward_reader_lost_records_total{reader=\"%u\",pid=\"%u\",full=\"%s\"} %llu\n",
				i, reader[i].pid, losses[l], (unsigned long long)reader[i].lost[l]);
	single(out, "lost_records_total", COUNTER, "Records that at least one reader did not get, since loading.",
	       s->counters[EW_PROFILES_MAX].records_lost);
	single(out, "changes_untold_total", COUNTER, "Changes of tags or policy that no reader could be told of.",
	       s->state.changes_untold);
}

static void print_tags(const struct ew_status *s, FILE *out)
{
	const struct ew_counters *all = &s->counters[EW_PROFILES_MAX];

	head(out, "tags", GAUGE, "What is tagged, by kind; users: users and ranges of them.");
	labelled(out, "tags", "kind", "cgroup", s->n_own_cgroups);
	labelled(out, "tags", "kind", "process", s->n_processes);
	if (s->n_users >= 0)
		labelled(out, "tags", "kind", "users", (__u64)s->n_users);
	if (s->n_programs >= 0)
		labelled(out, "tags", "kind", "program", (__u64)s->n_programs);
	single(out, "governed_cgroups", GAUGE, "Cgroups with a tag of their own or of one above.", s->n_cgroups);
	single(out, "cgroups_incomplete", GAUGE, "1: the map of cgroups was full once, and execs cost more since.",
	       s->state.cgroups_incomplete);
	single(out, "cgroup_paths_cut_total", COUNTER, "Cgroups whose path was too long to be matched with patterns.",
	       s->state.cgroup_paths_cut);
	single(out, "forks_refused_total", COUNTER, "Forks refused, as the tag could not be stored for the child.",
	       all->forks_failed);
	single(out, "tags_lost_total", COUNTER, "Tags that could not be stored under profiles that only audit.",
	       all->tags_lost);
	single(out, "checks_refused_total", COUNTER, "Refused questions whether an exec would be let pass.",
	       all->checks_refused);
}

static void print_maps(const struct ew_status *s, FILE *out)
{
	head(out, "map_entries", GAUGE, "Entries of maps in the kernel.");
	for (size_t i = 0; i < s->n_maps; i++)
		labelled(out, "map_entries", "map", s->maps[i].name, s->maps[i].entries);
	head(out, "map_entries_max", GAUGE, "Entries that there is room for.");
	for (size_t i = 0; i < s->n_maps; i++)
		labelled(out, "map_entries_max", "map", s->maps[i].name, s->maps[i].max);
}

static void print_loaded(const struct ew_status *s, double boot, FILE *out)
{
	head(out, "loaded_info", GAUGE, "The version of execward that loaded what is in force.");
	labelled(out, "loaded_info", "version", s->meta.version, 1);
	head(out, "load_timestamp_seconds", GAUGE, "When it was loaded, since 1970.");
	fprintf(out, "execward_load_timestamp_seconds %.3f\n", boot + (double)s->meta.load_time / 1e9);
	single(out, "policy_generation", GAUGE, "Number of the policy in force, from 1; each reload counts it up.",
	       s->state.generation);
}

void ew_metrics_print(const struct ew_status *s, double boot, FILE *out)
{
	head(out, "build_info", GAUGE, "The version of execward that wrote this.");
	labelled(out, "build_info", "version", EW_VERSION, 1);
	single(out, "up", GAUGE, "1: a policy is in force, and could be looked at.", s->loaded);
	single(out, "status", GAUGE, "What execward status exits with; 0: enforcing.", (__u64)s->exit);
	if (s->reloaded.time) {
		single(out, "last_reload_success", GAUGE, "1: the last load or reload was taken, 0: it was refused.",
		       s->reloaded.ok);
		single(out, "last_reload_timestamp_seconds", GAUGE, "When that was, since 1970.",
		       (__u64)s->reloaded.time);
	}
	if (!s->loaded)
		return;
	print_loaded(s, boot, out);
	print_transitions(s, out);
	print_tags(s, out);
	print_readers(s, out);
	print_maps(s, out);
}
