/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "applies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "../bpf/match.h"

#include "cgroup.h"
#include "escape.h"
#include "identity.h"
#include "log.h"
#include "pattern.h"
#include "process.h"
#include "tag_programs.h"
#include "tag_users.h"

static int add_text(struct ew_applies *applies, unsigned int slot, const char *text)
{
	struct ew_applies_reason *reasons = reallocarray(applies->reasons, applies->n + 1, sizeof(*applies->reasons));
	char *copy = strdup(text);

	if (reasons)
		applies->reasons = reasons;
	if (!reasons || !copy) {
		free(copy);
		return -ENOMEM;
	}
	reasons[applies->n++] = (struct ew_applies_reason){.slot = slot, .text = copy};
	return 0;
}

int ew_applies_add(struct ew_applies *applies, __u64 set, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL, *shown = NULL;
	va_list args;
	int err = 0, n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	shown = ew_escape_dup(text, (size_t)n, 0);
	if (!shown)
		return -ENOMEM;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX && err == 0; slot++)
		if (set >> slot & 1)
			err = add_text(applies, slot, shown);
	return err;
}

/* Does one PATTERN match PATH? By the same automaton that the programs walk. */
static bool matches(const char *pattern, const char *path)
{
	const struct ew_pattern one = {.text = pattern, .set = 1};
	_cleanup_free_ struct ew_pattern_state *states = NULL;
	__u32 at = EW_PATTERN_START;
	size_t n;
	__u64 set = 0;

	if (ew_pattern_compile(&one, 1, 0, &states, &n) < 0)
		return false;
	while (ew_match_step(&states[at], *path, &at, &set))
		path++;
	return set;
}

/* What the policy says of the cgroup at PATH itself, in *SET. With TELL the reasons are added for those of LEFT. */
static int policy_of_path(struct ew_applies *applies, const char *path, __u64 left, __u64 *set)
{
	const struct ew_image *image = applies->image;
	int err = 0;

	*set = 0;
	for (size_t i = 0; i < image->n_cgroups && err == 0; i++) {
		if (!EW_STREQ(image->cgroups[i].path, path))
			continue;
		*set |= image->cgroups[i].set;
		err = ew_applies_add(applies, image->cgroups[i].set & left, "cgroup %s, by the policy", path);
	}
	for (size_t i = 0; i < image->n_patterns && err == 0; i++) {
		if (EW_STREQ(path, "/") || !matches(image->patterns[i].path, path))
			continue;
		*set |= image->patterns[i].set;
		err = ew_applies_add(applies, image->patterns[i].set & left, "cgroup %s, by the policy's pattern %s",
				     path, image->patterns[i].path);
	}
	return err;
}

/* The tag of an existing cgroup. Returns 0, -ENOENT when there is no such cgroup, or a negative errno. */
static int tag_of_path(const struct ew_applies *applies, const char *path, struct ew_cgroup_tag *tag)
{
	_cleanup_close_ int fd = ew_cgroup_open(path);
	__u64 id;
	int err = fd < 0 ? fd : ew_cgroup_id(fd, &id);

	*tag = (struct ew_cgroup_tag){0};
	if (err == 0 && bpf_map_lookup_elem(applies->pins->cgroups_fd, &id, tag) < 0 && errno != ENOENT)
		err = -errno;
	return err;
}

/* One cgroup on the way from the root to the caller's. */
static int add_cgroup(struct ew_applies *applies, const char *path)
{
	__u32 half = EW_HALF(applies->generation);
	struct ew_cgroup_tag tag;
	__u64 left = ~0ULL, said;
	int err = applies->pins ? tag_of_path(applies, path, &tag) : -ENOENT;

	if (err == -ENOENT) {
		applies->no_cgroup |= applies->pins != NULL;
		err = policy_of_path(applies, path, left, &said);
		applies->set |= said;
		return err;
	}
	if (err < 0)
		return err;
	/* what is in force is what the map says; the policy's text only tells why */
	left = tag.policy.of[half];
	err = policy_of_path(applies, path, left, &said);
	if (err == 0)
		err = ew_applies_add(applies, left & ~said, "cgroup %s, by the policy", path);
	if (err == 0)
		err = ew_applies_add(applies, tag.command, "cgroup %s, by execward tag", path);
	applies->set |= left | tag.command;
	return err;
}

static int add_cgroups(struct ew_applies *applies, const char *path)
{
	char part[EW_PATH_MAX];
	int err = add_cgroup(applies, "/");

	for (size_t end = 1; err == 0 && path[end - 1] && path[end]; end++) {
		end += strcspn(path + end, "/");
		if (end >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, end);
		part[end] = '\0';
		err = add_cgroup(applies, part);
		if (!path[end])
			break;
	}
	return err;
}

static int add_span(struct ew_applies *applies, __u32 first, __u32 last, __u64 set, const char *whose)
{
	applies->set |= set;
	if (first == last)
		return ew_applies_add(applies, set, "user %u, by %s", first, whose);
	return ew_applies_add(applies, set, "users %u-%u, by %s", first, last, whose);
}

static int add_user(struct ew_applies *applies, __u32 uid)
{
	_cleanup_free_ struct ew_user_span *spans = NULL;
	const struct ew_image *image = applies->image;
	ssize_t n = applies->pins ? ew_tag_users_read(applies->pins, &spans) : 0;
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && err == 0; i++) {
		if (uid < spans[i].first || uid > spans[i].last)
			continue;
		err = add_span(applies, spans[i].first, spans[i].last, spans[i].policy, "the policy");
		if (err == 0)
			err = add_span(applies, spans[i].first, spans[i].last, spans[i].command, "execward tag");
	}
	for (size_t i = 0; !applies->pins && i < image->n_users && err == 0; i++)
		if (uid >= image->users[i].first && uid <= image->users[i].last)
			err = add_span(applies, image->users[i].first, image->users[i].last, image->users[i].set,
				       "the policy");
	return err;
}

/* The profiles that the policy of the image puts who executes IDENTITY under. */
static __u64 image_program(const struct ew_image *image, const struct ew_identity *identity)
{
	for (size_t i = 0; i < image->n_programs; i++)
		if (!memcmp(&image->programs[i].key.program, identity, sizeof(*identity)))
			return image->programs[i].set;
	return 0;
}

/* With nothing loaded no process has a tag; those that it would have got by now are told from its ancestors' images. */
static int add_ancestry(struct ew_applies *applies, pid_t pid)
{
	struct ew_process process;
	int err = 0;

	for (; err == 0 && pid > 0 && ew_process_get(pid, &process) == 0; pid = process.ppid) {
		struct ew_identity identity;
		char path[64];
		__u64 set;

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		if (process.kernel || ew_identity_of_path(path, &identity) < 0)
			continue;
		set = image_program(applies->image, &identity);
		applies->set |= set;
		err = ew_applies_add(applies, set, "process %d (%s), by its program", pid, process.comm);
	}
	return err;
}

static int add_process(struct ew_applies *applies, pid_t pid)
{
	struct ew_task_tag tag;
	int err;

	if (!applies->pins)
		return applies->image->n_programs ? add_ancestry(applies, pid) : 0;
	err = ew_process_tag_get(applies->pins, pid, &tag);
	if (err < 0)
		return err;
	applies->set |= tag.set;
	return ew_applies_add(applies, tag.set, "process %d has its tag", pid);
}

static int add_entered(struct ew_applies *applies, __u64 set, const char *path, const char *whose)
{
	size_t before = applies->n;
	int err = ew_applies_add(applies, set, "program %s, by %s", path, whose);

	applies->enters |= set;
	for (size_t i = before; i < applies->n; i++)
		applies->reasons[i].entered = true;
	return err;
}

static int add_programs(struct ew_applies *applies, const struct ew_exec_files *files)
{
	_cleanup_free_ struct ew_tagged_program *list = NULL;
	ssize_t n = applies->pins ? ew_tag_programs_read(applies->pins, &list) : 0;
	int err = n < 0 ? (int)n : 0;

	for (size_t f = 0; f < files->n; f++) {
		const struct ew_identity *identity = &files->file[f].identity;

		if (!applies->pins && err == 0)
			err = add_entered(applies, image_program(applies->image, identity), files->path[f],
					  "the policy");
		for (ssize_t i = 0; i < n && err == 0; i++) {
			bool command = list[i].key.generation == EW_GENERATION_COMMAND;

			if (!memcmp(&list[i].key.program, identity, sizeof(*identity)))
				err = add_entered(applies, list[i].tag.set, files->path[f],
						  command ? "execward tag" : "the policy");
		}
	}
	return err;
}

int ew_applies_find(struct ew_applies *applies, const struct ew_caller *caller, const char *cgroup,
		    const struct ew_exec_files *files)
{
	int err = 0;

	if (cgroup)
		err = add_cgroups(applies, cgroup);
	if (err < 0)
		return ew_error_ret(err, "the tags of cgroup %s cannot be read: %s", cgroup, strerror(-err));
	err = add_user(applies, caller->who.creds.uid);
	if (err == 0 && caller->pid)
		err = add_process(applies, (pid_t)caller->status.tgid);
	if (err == 0)
		err = add_programs(applies, files);
	return err < 0 ? ew_error_ret(err, "the tags cannot be read: %s", strerror(-err)) : 0;
}

void ew_applies_clear(struct ew_applies *applies)
{
	for (size_t i = 0; i < applies->n; i++)
		free(applies->reasons[i].text);
	free(applies->reasons);
	applies->reasons = NULL;
	applies->n = 0;
}
