/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <getopt.h>
#include <json-c/json.h>

#include "cmd.h"
#include "status.h"
#include "util.h"
#include "words.h"

static json_object *counters_json(const struct ew_counters *c)
{
	json_object *o = json_object_new_object(), *reasons = json_object_new_object();

	for (unsigned int i = 0; i < EW_VERDICT_MAX; i++)
		json_object_object_add(o, ew_words_name(&ew_verdict_words, i),
				       json_object_new_int64((int64_t)c->verdicts[i]));
	for (unsigned int i = 0; i < EW_REASON_MAX; i++)
		json_object_object_add(reasons, ew_words_name(&ew_reason_words, i),
				       json_object_new_int64((int64_t)c->reasons[i]));
	json_object_object_add(o, "reasons", reasons);
	return o;
}

static json_object *gains_json(const struct ew_counters *c)
{
	json_object *gains = json_object_new_object();

	for (unsigned int kind = 0; kind < EW_GAIN_MAX; kind++) {
		json_object *verdicts = json_object_new_object();

		for (unsigned int v = 0; v < EW_VERDICT_MAX; v++)
			json_object_object_add(verdicts, ew_words_name(&ew_verdict_words, v),
					       json_object_new_int64((int64_t)c->gains[v][kind]));
		json_object_object_add(gains, ew_words_name(&ew_gain_words, kind), verdicts);
	}
	return gains;
}

static void add_programs(json_object *doc, const struct ew_status *s)
{
	char build[16];

	snprintf(build, sizeof(build), "%08x", s->meta.build);
	json_object_object_add(doc, "programs", json_object_new_string(build));
	json_object_object_add(doc, "current", json_object_new_boolean(s->current));
	json_object_object_add(doc, "unsettled", json_object_new_boolean(s->unsettled));
	json_object_object_add(doc, "upgrades", json_object_new_int64(s->meta.number - 1));
}

static void print_json(const struct ew_status *s)
{
	const struct ew_counters *all = &s->counters[EW_PROFILES_MAX];
	json_object *doc = json_object_new_object(), *profiles = json_object_new_array(), *counters;

	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "status", json_object_new_string(s->why));
	json_object_object_add(doc, "exit", json_object_new_int(s->exit));
	json_object_object_add(doc, "kernel", json_object_new_string(s->kernel));
	json_object_object_add(doc, "loaded", json_object_new_boolean(s->loaded));
	if (s->loaded) {
		json_object_object_add(doc, "version", json_object_new_string(s->meta.version));
		for (size_t i = 0; i < EW_PROFILES_MAX; i++) {
			json_object *o;

			if (!(s->profiles[i].flags & EW_PROFILE_USED))
				continue;
			o = counters_json(&s->counters[i]);
			json_object_object_add(o, "name", json_object_new_string(s->profiles[i].name));
			json_object_object_add(
				o, "mode",
				json_object_new_string(ew_words_name(&ew_verdict_words, s->profiles[i].mode)));
			if (s->profiles[i].flags & EW_PROFILE_GONE)
				json_object_object_add(o, "gone", json_object_new_boolean(true));
			json_object_array_add(profiles, o);
		}
		json_object_object_add(doc, "profiles", profiles);
		counters = counters_json(all);
		json_object_object_add(counters, "gains", gains_json(all));
		json_object_object_add(counters, "forks_failed", json_object_new_int64((int64_t)all->forks_failed));
		json_object_object_add(counters, "tags_lost", json_object_new_int64((int64_t)all->tags_lost));
		json_object_object_add(counters, "checks_refused", json_object_new_int64((int64_t)all->checks_refused));
		json_object_object_add(counters, "records_lost", json_object_new_int64((int64_t)all->records_lost));
		json_object_object_add(counters, "changes_untold", json_object_new_int64(s->state.changes_untold));
		json_object_object_add(doc, "counters", counters);
		json_object_object_add(doc, "tagged_cgroups", json_object_new_int64((int64_t)s->n_own_cgroups));
		json_object_object_add(doc, "governed_cgroups", json_object_new_int64((int64_t)s->n_cgroups));
		json_object_object_add(doc, "cgroups_incomplete", json_object_new_boolean(s->state.cgroups_incomplete));
		json_object_object_add(doc, "cgroup_paths_cut", json_object_new_int64(s->state.cgroup_paths_cut));
		json_object_object_add(doc, "tagged_users", json_object_new_int64(s->n_users));
		json_object_object_add(doc, "tagged_programs", json_object_new_int64(s->n_programs));
		json_object_object_add(doc, "tagged_processes", json_object_new_int64((int64_t)s->n_processes));
		json_object_object_add(doc, "readers", json_object_new_int64((int64_t)s->n_readers));
		add_programs(doc, s);
	}
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

static void print_programs(const struct ew_status *s)
{
	__u32 upgrades = s->meta.number - 1;

	printf("programs  %08x", s->meta.build);
	if (upgrades)
		printf(", after %u upgrade%s", upgrades, upgrades == 1 ? "" : "s");
	puts(s->current ? "" : "; of another build than this execward: execward load --upgrade");
	if (s->unsettled)
		puts("          others are beside them: an upgrade is under way, or was interrupted; execward load "
		     "takes "
		     "away what it left");
}

static void print_text(const struct ew_status *s)
{
	const struct ew_counters *all = &s->counters[EW_PROFILES_MAX];

	printf("status    %s\n", s->why);
	if (!s->loaded)
		return;
	printf("kernel    %s\n", s->kernel);
	printf("loaded    by execward %s\n", s->meta.version);
	print_programs(s);
	for (size_t i = 0; i < EW_PROFILES_MAX; i++) {
		const struct ew_counters *c = &s->counters[i];

		if (s->profiles[i].flags & EW_PROFILE_USED)
			printf("profile   %s (%s, %s:%u%s): %llu allowed, %llu audited, %llu denied, %llu killed\n",
			       s->profiles[i].name, ew_words_name(&ew_verdict_words, s->profiles[i].mode),
			       s->profiles[i].file, s->profiles[i].line,
			       s->profiles[i].flags & EW_PROFILE_GONE ? ", gone from the policy" : "",
			       c->verdicts[EW_VERDICT_ALLOW], c->verdicts[EW_VERDICT_AUDIT],
			       c->verdicts[EW_VERDICT_DENY], c->verdicts[EW_VERDICT_KILL]);
	}
	printf("tags      %zu cgroup%s tagged, %zu governed; %zu process%s", s->n_own_cgroups,
	       s->n_own_cgroups == 1 ? "" : "s", s->n_cgroups, s->n_processes, s->n_processes == 1 ? "" : "es");
	if (s->n_users || s->n_programs)
		printf("; %zd users or ranges, %zd program%s", s->n_users, s->n_programs,
		       s->n_programs == 1 ? "" : "s");
	putchar('\n');
	if (s->state.cgroups_incomplete)
		puts("          the map of cgroups was full once: every exec looks at all cgroups above it, which is "
		     "slower");
	if (s->state.cgroup_paths_cut)
		printf("          %u times a cgroup's path was too long to be matched: it got every profile that "
		       "refuses "
		       "and has a pattern\n",
		       s->state.cgroup_paths_cut);
	printf("execs     %llu allowed, %llu audited, %llu denied, %llu killed, %llu forks refused\n",
	       all->verdicts[EW_VERDICT_ALLOW], all->verdicts[EW_VERDICT_AUDIT], all->verdicts[EW_VERDICT_DENY],
	       all->verdicts[EW_VERDICT_KILL], all->forks_failed);
	if (s->state.changes_untold)
		printf("changes   %u of tags or policy were made that no reader could be told of\n",
		       s->state.changes_untold);
	printf("readers   %zu, which lost %llu records; %llu were lost since loading\n", s->n_readers,
	       (unsigned long long)s->lost, (unsigned long long)all->records_lost);
}

int ew_cmd_status(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct ew_status s;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("status");
		if (c == '?')
			return ew_cmd_usage("status");
		json |= c == 'j';
	}
	if (optind < argc)
		return ew_cmd_usage("status");
	ew_status_gather(&s, false);
	if (json)
		print_json(&s);
	else
		print_text(&s);
	return s.exit;
}
