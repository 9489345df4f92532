/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explain.h"

#include <errno.h>
#include <linux/securebits.h>
#include <stdarg.h>
#include <string.h>

#include "cgroup.h"
#include "exception_text.h"
#include "identity.h"

/* The record that a trace would have of it. */
static void fill_record(struct ew_explain *e)
{
	const struct ew_prediction *p = &e->prediction;
	const struct ew_predict_file *file = &e->files.file[e->level];
	const struct ew_profile *profile =
		e->decision.slot < EW_PROFILES_MAX ? &e->applies.image->profiles[e->decision.slot] : NULL;
	struct ew_record *r = &e->view->record;

	r->verdict = e->decision.verdict;
	r->reason = e->decision.reason;
	r->rule_line = e->decision.rule_line;
	if (profile) {
		memcpy(r->profile, profile->name, sizeof(r->profile));
		memcpy(r->rule_file, profile->file, sizeof(r->rule_file));
	}
	r->profiles = e->applies.set;
	r->pid = r->tid = (__u32)e->caller.pid;
	r->ppid = e->caller.status.ppid;
	snprintf(r->comm, sizeof(r->comm), "%.*s", (int)sizeof(r->comm) - 1, e->caller.status.comm);
	r->file = file->identity;
	r->exe = e->caller.exe_id;
	r->file_mode = file->mode;
	r->file_uid = file->uid;
	r->file_gid = file->gid;
	r->before = r->after = e->caller.who.creds;
	if (p->n_levels)
		r->shapes = p->shapes[e->level];
	if (e->early && e->decision.reason == EW_REASON_EXEC_NONE)
		r->shapes = 0;
	if (!e->early) {
		r->after = p->after;
		r->gains = p->gain.kinds;
		r->causes = p->gain.causes;
		r->caps_gained = p->gain.caps;
		r->withheld = p->withheld;
	}
	e->view->file_path = e->files.path[e->level];
	e->view->file_path_len = strlen(e->view->file_path);
	e->view->exe_path = e->caller.exe;
	e->view->exe_path_len = e->caller.exe ? strlen(e->caller.exe) : 0;
}

/* Would the answer be another, had the caller set SECBIT_NOROOT? */
static bool noroot_matters(const struct ew_explain *e)
{
	struct ew_predict_caller *other = malloc(sizeof(*other));
	struct ew_prediction p;

	if (!other)
		return true;
	*other = e->caller.who;
	other->creds.securebits |= SECBIT_NOROOT;
	ew_predict(other, e->files.file, e->files.n, &p);
	free(other);
	return p.after.permitted != e->prediction.after.permitted;
}

static __u64 id_of_cgroup(const char *path)
{
	_cleanup_close_ int fd = path ? ew_cgroup_open(path) : -1;
	__u64 id = 0;

	return fd >= 0 && ew_cgroup_id(fd, &id) == 0 ? id : 0;
}

int ew_explain_judge(struct ew_explain *e)
{
	e->view = calloc(1, sizeof(*e->view));
	if (!e->view)
		return -ENOMEM;
	ew_predict(&e->caller.who, e->files.file, e->files.n, &e->prediction);
	e->judged = (struct ew_predict_case){
		.image = e->applies.image,
		.prediction = &e->prediction,
		.files = e->files.file,
		.from = e->caller.exe_id,
	};
	ew_predict_decide(&e->judged, e->applies.set, &e->decision, &e->level, &e->early);
	e->securebits_matter = !e->caller.securebits_known && noroot_matters(e);
	fill_record(e);
	e->view->record.cgroup_id = id_of_cgroup(e->cgroup);
	return 0;
}

void ew_explain_reset(struct ew_explain *e)
{
	ew_applies_clear(&e->applies);
	ew_exec_files_clear(&e->files);
	free(e->view);
	e->view = NULL;
}

void ew_explain_clear(struct ew_explain *e)
{
	ew_explain_reset(e);
	ew_caller_clear(&e->caller);
}

bool ew_explain_passes(const struct ew_explain *e)
{
	return !e->prediction.error && e->decision.verdict < EW_VERDICT_DENY;
}

char *ew_explain_exception(const struct ew_explain *e, unsigned int slot, unsigned int indent,
			   const struct ew_exception **had)
{
	static const struct ew_identity any;
	const struct ew_profile *profile = &e->applies.image->profiles[slot];
	const struct ew_prediction *p = &e->prediction;
	struct ew_exception exception;
	char *text = NULL;
	size_t size, last;
	FILE *f;

	*had = NULL;
	if (p->stage != EW_STAGE_CREDS || !(profile->flags & EW_PROFILE_USED))
		return NULL;
	last = p->n_levels - 1;
	for (size_t i = 0; i < e->applies.image->n_exceptions; i++) {
		const struct ew_image_exception *other = &e->applies.image->exceptions[i];

		/* there can be one only for a program and any image */
		if (other->key.profile == slot && !memcmp(&other->key.from, &any, sizeof(any)) &&
		    !memcmp(&other->key.program, &e->files.file[last].identity, sizeof(any)))
			*had = &other->value;
	}
	ew_predict_exception(profile, p, *had, &exception);
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	ew_exception_print(&(struct ew_exception_text){.program = e->files.path[last],
						       .exception = &exception,
						       .image = e->applies.image,
						       .caps_all = e->caller.caps_known},
			   indent, f);
	return fclose(f) == 0 ? text : NULL;
}

struct notes {
	size_t n;
	char **list;
};

static void EW_PRINTF(2, 3) note(struct notes *notes, const char *fmt, ...)
{
	char **list = reallocarray(notes->list, notes->n + 1, sizeof(*list));
	va_list args;

	if (!list)
		return;
	notes->list = list;
	va_start(args, fmt);
	if (vasprintf(&list[notes->n], fmt, args) >= 0)
		notes->n++;
	va_end(args);
}

static void note_caller(const struct ew_explain *e, struct notes *notes)
{
	if (e->caller.who.traced)
		note(notes,
		     "the caller is being traced by %u, which is taken to %s CAP_SYS_PTRACE over it, as it does now",
		     e->caller.status.tracer, e->caller.who.tracer_capable ? "have" : "lack");
	if (e->securebits_matter)
		note(notes,
		     "the securebits of process %d cannot be read, and are taken to be 0; with SECBIT_NOROOT it would "
		     "get other capabilities",
		     e->caller.pid);
}

static void note_files(const struct ew_explain *e, struct notes *notes)
{
	const struct ew_predict_file *last = &e->files.file[e->files.n - 1];
	struct ew_identity here;

	if (last->error == -ENOEXEC && !last->script)
		note(notes, "neither an ELF program nor a script: interpreters of binfmt_misc are not followed");
	if (last->acl)
		note(notes, "the file has an ACL, which was not read: the caller is taken to be allowed to execute it");
	if (!e->prediction.error && (ew_identity_of_path(e->files.path[e->files.n - 1], &here) < 0 ||
				     memcmp(&here, &last->identity, sizeof(here)) != 0))
		note(notes,
		     "the path is the caller's; in a policy the program is to be named as it is found from here");
}

size_t ew_explain_notes(const struct ew_explain *e, char ***out)
{
	struct notes notes = {0};

	if (e->unloaded)
		note(&notes, "judged by the policy files: %s", e->unloaded);
	if (e->applies.no_cgroup)
		note(&notes, "there is no cgroup %s; this is of one that would be made under the policy", e->cgroup);
	note_files(e, &notes);
	note_caller(e, &notes);
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *profile = &e->applies.image->profiles[slot];
		struct ew_predict_word word;

		if (!(e->applies.set >> slot & 1))
			continue;
		ew_predict_word(&e->judged, slot, &word);
		if (word.narrower)
			note(&notes, "profile %s has an exception for another image of the caller: %s:%u",
			     profile->name, profile->file, word.narrower->line);
		if (profile->gains & EW_BIT(EW_GAIN_LABEL))
			note(&notes, "profile %s minds labels of security modules, which are not predicted: %s:%u",
			     profile->name, profile->file, profile->line);
		if (profile->fd_mode)
			note(&notes, "profile %s minds descriptors, which are not predicted: %s:%u", profile->name,
			     profile->file, profile->fd_line);
	}
	*out = notes.list;
	return notes.n;
}
