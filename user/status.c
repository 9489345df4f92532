/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "status.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "map_batch.h"
#include "process.h"
#include "stage.h"
#include "support.h"
#include "tag_programs.h"
#include "tag_users.h"
#include "upgrade.h"
#include "util.h"

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

static void read_counters(const struct ew_pins *pins, struct ew_status *s)
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

static void read_tags(const struct ew_pins *pins, struct ew_status *s)
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

static void read_state(const struct ew_pins *pins, struct ew_status *s)
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

static bool has_self_service(const struct ew_status *s)
{
	for (size_t i = 0; i < EW_PROFILES_MAX; i++)
		if (s->profiles[i].flags & EW_PROFILE_SELF_SERVICE)
			return true;
	return false;
}

/* Is every program still attached that has to be? Anybody with the right to remove a pin can have detached one. */
static const char *missing_link(const struct ew_status *s)
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

static void judge_loaded(struct ew_status *s)
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

static int count_entry(void *context, const void *key, const void *value)
{
	(void)key;
	(void)value;
	++*(__u64 *)context;
	return 0;
}

/* Of another kernel's or version's layout nothing is read; what cannot be read is left out. */
static void read_map(int fd, const char *name, struct ew_status *s)
{
	struct ew_status_map *map = &s->maps[s->n_maps];
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0 || info.type != BPF_MAP_TYPE_HASH)
		return;
	*map = (struct ew_status_map){.name = name, .max = info.max_entries};
	s->n_maps += ew_map_each(fd, info.key_size, info.value_size, count_entry, &map->entries) == 0;
}

/* Those that grow with policy and tags, and that can be full. */
static void read_maps(const struct ew_pins *pins, struct ew_status *s)
{
	read_map(pins->cgroups_fd, "cgroups", s);
	read_map(pins->cgroup_paths_fd, "cgroup_paths", s);
	read_map(pins->exceptions_fd, "exceptions", s);
	read_map(pins->orphans_fd, "orphans", s);
	read_map(pins->programs_fd, "programs", s);
	read_map(pins->verities_fd, "verities", s);
}

static void ask(struct ew_status *s, bool maps)
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
	if (maps)
		read_maps(&pins, s);
	judge_loaded(s);
}

void ew_status_gather(struct ew_status *s, bool maps)
{
	*s = (struct ew_status){};
	ask(s, maps);
	ew_reload_result_read(EW_RELOAD_RESULT_FILE, &s->reloaded);
}
