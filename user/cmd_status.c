/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <bpf/bpf.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "process.h"
#include "profile_names.h"
#include "reader.h"
#include "stage.h"
#include "support.h"
#include "tag_programs.h"
#include "tag_users.h"
#include "upgrade.h"
#include "words.h"

/* Everything that `status` tells, gathered before a word is printed. */
struct status {
	int exit;
	char why[512]; /* in a word or a sentence, what the exit code says */
	char kernel[256];
	bool loaded;
	bool current;	/* by this very build */
	bool unsettled; /* there are programs beside those that have the name */
	struct ew_meta meta;
	struct ew_profile profiles[EW_PROFILES_MAX]; /* flags 0: empty slot */
	struct ew_counters counters[EW_COUNTERS];
	size_t n_cgroups, n_own_cgroups, n_processes;
	ssize_t n_users, n_programs; /* negative: an error */
	struct ew_state state;
	size_t n_readers;
	__u64 lost;
};

/* What the programs leave to be worked out (struct ew_counters): most execs end as "allow, no-gain". */
static void complete_counters(struct ew_counters *c)
{
	__u64 judged = 0, explained = 0;

	for (size_t i = EW_VERDICT_ALLOW + 1; i < EW_VERDICT_MAX; i++)
		judged += c->verdicts[i];
	for (size_t i = EW_REASON_NO_GAIN + 1; i < EW_REASON_MAX; i++)
		explained += c->reasons[i];
	c->verdicts[EW_VERDICT_ALLOW] = c->execs > judged ? c->execs - judged : 0;
	c->reasons[EW_REASON_NO_GAIN] = c->execs > explained ? c->execs - explained : 0;
}

static void read_counters(const struct ew_pins *pins, struct status *s)
{
	struct ew_counters c;

	for (__u32 key = 0; bpf_map_lookup_elem(pins->counters_fd, &key, &c) == 0; key++) {
		__u64 *sum = (__u64 *)&s->counters[key % EW_COUNTERS];

		for (size_t i = 0; i < sizeof(c) / sizeof(*sum); i++)
			sum[i] += ((const __u64 *)&c)[i];
	}
	for (size_t i = 0; i < EW_COUNTERS; i++)
		complete_counters(&s->counters[i]);
}

static void read_tags(const struct ew_pins *pins, struct status *s)
{
	_cleanup_free_ struct ew_tagged_program *programs = NULL;
	_cleanup_free_ struct ew_user_span *users = NULL;
	_cleanup_free_ struct ew_process *list = NULL;
	__u64 key, next, *previous = NULL;
	__u32 half = EW_HALF(ew_pins_generation(pins));
	struct ew_cgroup_tag tag;
	ssize_t n;

	while (bpf_map_get_next_key(pins->cgroups_fd, previous, &next) == 0) {
		key = next;
		previous = &key;
		s->n_cgroups++;
		if (bpf_map_lookup_elem(pins->cgroups_fd, &key, &tag) == 0 && (tag.policy.of[half] | tag.command))
			s->n_own_cgroups++;
	}
	s->n_users = ew_tag_users_read(pins, &users);
	s->n_programs = ew_tag_programs_read(pins, &programs);
	n = ew_process_list(&list);
	for (ssize_t i = 0; i < n; i++) {
		struct ew_task_tag process;

		if (!list[i].kernel && ew_process_tag_get(pins, list[i].pid, &process) == 0 && process.set)
			s->n_processes++;
	}
}

static void read_state(const struct ew_pins *pins, struct status *s)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(pins->state_fd, &zero, &s->state) < 0)
		return;
	for (size_t i = 0; i < EW_READERS_MAX; i++) {
		if (!(s->state.readers >> i & 1))
			continue;
		s->n_readers++;
		for (size_t j = 0; j < EW_LOSS_MAX; j++)
			s->lost += s->state.reader[i].lost[j];
	}
}

static bool has_self_service(const struct status *s)
{
	for (size_t i = 0; i < EW_PROFILES_MAX; i++)
		if (s->profiles[i].flags & EW_PROFILE_SELF_SERVICE)
			return true;
	return false;
}

/* Is every program still attached that has to be? Anybody with the right to remove a pin can have detached one. */
static const char *missing_link(const struct status *s)
{
	bool self_service = has_self_service(s);
	const struct {
		const char *name;
		bool needed;
	} links[] = {
		{"ew_creds_for_exec", true},
		{"ew_creds_from_file", true},
		{"ew_committing_creds", true},
		{"ew_cgroup_mkdir", true},
		{"ew_cgroup_rmdir", true},
		{"ew_check_security", s->state.shapes || s->state.programs},
		{"ew_vfs_caps", s->state.shapes & EW_BIT(EW_SHAPE_SETID)},
		{"ew_task_alloc", s->state.process_tags || self_service},
		{"ew_task_fork", self_service},
		{"ew_task_prctl", self_service},
	};

	for (size_t i = 0; i < EW_ARRAY_SIZE(links); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/links/%s", EW_PIN_DIR, links[i].name);
		if (links[i].needed && access(path, F_OK) < 0)
			return links[i].name;
	}
	return NULL;
}

static void judge_loaded(struct status *s)
{
	const char *missing = missing_link(s);
	bool refuses = false;

	for (size_t i = 0; i < EW_PROFILES_MAX; i++)
		refuses |= s->profiles[i].flags & EW_PROFILE_USED && s->profiles[i].mode != EW_VERDICT_AUDIT;
	if (missing) {
		s->exit = EW_EXIT_FAILED;
		snprintf(s->why, sizeof(s->why), "not whole: program %s is not attached; unload and load again",
			 missing);
	} else if (!refuses) {
		s->exit = EW_EXIT_WEAK;
		snprintf(s->why, sizeof(s->why), "audit only: no profile refuses anything");
	} else if (s->lost) {
		s->exit = EW_EXIT_WEAK;
		snprintf(s->why, sizeof(s->why), "enforcing, but readers have lost %llu records",
			 (unsigned long long)s->lost);
	} else {
		snprintf(s->why, sizeof(s->why), "enforcing");
	}
}

static void gather(struct status *s)
{
	struct ew_check checks[EW_CHECKS_MAX];
	size_t n = ew_support_check(checks, EW_TRIAL_IF_UNKNOWN);
	_cleanup_pins_ struct ew_pins pins;
	int err;

	ew_pins_init(&pins);
	snprintf(s->kernel, sizeof(s->kernel), "can enforce");
	for (size_t i = 0; i < n; i++) {
		if (checks[i].result != EW_CHECK_BAD)
			continue;
		snprintf(s->kernel, sizeof(s->kernel), "%s: %s", checks[i].what, checks[i].found);
		s->exit = i == 0 ? EW_EXIT_NO_PRIVILEGE : EW_EXIT_KERNEL_CANNOT;
		snprintf(s->why, sizeof(s->why), "%s: %.200s; %.200s",
			 i == 0 ? "no privilege to look" : "this machine cannot enforce", s->kernel, checks[i].fix);
		return;
	}
	err = ew_pins_try(&pins, s->why, sizeof(s->why));
	if (err < 0) {
		s->exit = err == -ENOENT || err == -EINPROGRESS ? EW_EXIT_NOT_LOADED
			  : err == -EPERM			? EW_EXIT_NO_PRIVILEGE
								: EW_EXIT_FAILED;
		return;
	}
	s->loaded = true;
	ew_pins_meta(&pins, &s->meta);
	s->current = ew_upgrade_is_current(&pins);
	s->unsettled = ew_stage_is_left();
	ew_pins_profiles(&pins, s->profiles);
	read_counters(&pins, s);
	read_tags(&pins, s);
	read_state(&pins, s);
	judge_loaded(s);
}

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

static void print_json(const struct status *s)
{
	const struct ew_counters *all = &s->counters[EW_PROFILES_MAX];
	json_object *doc = json_object_new_object(), *profiles = json_object_new_array(), *counters;
	char build[16];

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
		snprintf(build, sizeof(build), "%08x", s->meta.build);
		json_object_object_add(doc, "programs", json_object_new_string(build));
		json_object_object_add(doc, "current", json_object_new_boolean(s->current));
		json_object_object_add(doc, "unsettled", json_object_new_boolean(s->unsettled));
		json_object_object_add(doc, "upgrades", json_object_new_int64(s->meta.number - 1));
	}
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

static void print_programs(const struct status *s)
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

static void print_text(const struct status *s)
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
	struct status s = {};
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
	gather(&s);
	if (json)
		print_json(&s);
	else
		print_text(&s);
	return s.exit;
}
