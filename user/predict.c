/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "predict.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

#define CAP_BIT(cap) (1ULL << (cap))

bool ew_id_map_has(const struct ew_id_map *map, __u32 id)
{
	for (size_t i = 0; i < map->n; i++)
		if (id - map->extents[i].outside < map->extents[i].count)
			return true;
	return map->all && id != (__u32)-1;
}

__u32 ew_id_map_root(const struct ew_id_map *map)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->extents[i].count && !map->extents[i].inside)
			return map->extents[i].outside;
	return map->all ? 0 : (__u32)-1;
}

static bool in_groups(const struct ew_predict_caller *caller, __u32 gid)
{
	for (size_t i = 0; i < caller->n_groups; i++)
		if (caller->groups[i] == gid)
			return true;
	return false;
}

/* generic_permission() in fs/namei.c, for MAY_EXEC on a regular file without an ACL. */
static bool may_execute(const struct ew_predict_caller *caller, const struct ew_predict_file *file)
{
	const struct ew_creds *creds = &caller->creds;
	__u32 bit = S_IXOTH;

	if (!S_ISREG(file->mode) || file->noexec || !(file->mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		return false;
	if (creds->effective & CAP_BIT(CAP_DAC_OVERRIDE) && !file->unmapped &&
	    ew_id_map_has(&caller->uids, file->uid) && ew_id_map_has(&caller->gids, file->gid))
		return true;
	if (file->acl)
		return true; /* it was not read */
	if (!file->unmapped && creds->euid == file->uid)
		bit = S_IXUSR;
	else if (!file->unmapped && (creds->egid == file->gid || in_groups(caller, file->gid)))
		bit = S_IXGRP;
	return file->mode & bit;
}

/* rootid_owns_currentns() in security/commoncap.c, where the namespace's parent is the initial one. */
static bool caps_count(const struct ew_predict_caller *caller, const struct ew_predict_file *file)
{
	return file->caps.present && !file->nosuid && (!file->caps.root || file->caps.root == caller->creds.root_uid);
}

/* What the file gives, but for no_new_privs: bprm_fill_uid() in fs/exec.c. */
static struct ew_grants grants_of(const struct ew_predict_caller *caller, const struct ew_predict_file *file)
{
	bool setid = !file->nosuid && !file->unmapped && ew_id_map_has(&caller->uids, file->uid) &&
		     ew_id_map_has(&caller->gids, file->gid);

	return (struct ew_grants){
		.setuid = setid && file->mode & S_ISUID,
		.setgid = setid && (file->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP),
		.caps = caps_count(caller, file),
		.uid = file->uid,
		.gid = file->gid,
		.permitted = file->caps.permitted,
		.inheritable = file->caps.inheritable,
	};
}

/* Do the new ids count as a change, which cancels ambient capabilities? See `by_change`. */
static bool ids_change(const struct ew_predict_caller *caller, const struct ew_creds *after)
{
	const struct ew_creds *before = &caller->creds;

	if (!caller->by_change)
		return after->euid != before->uid || after->egid != before->gid;
	return after->euid != before->euid || (after->egid != before->egid && !in_groups(caller, after->egid));
}

/* cap_bprm_creds_from_file() once the file's part is done. */
static void cut_down(const struct ew_predict_caller *caller, bool file_caps, struct ew_creds *after)
{
	const struct ew_creds *before = &caller->creds;
	bool change = ids_change(caller, after);

	if ((change || after->permitted & ~before->permitted) &&
	    (caller->no_new_privs || (caller->traced && !caller->tracer_capable))) {
		if (caller->no_new_privs || !(before->effective & CAP_BIT(CAP_SETUID))) {
			after->euid = after->suid = after->uid;
			after->egid = after->sgid = after->gid;
		}
		after->permitted &= before->permitted;
	}
	if (!file_caps && !change)
		after->permitted |= caller->ambient;
}

static void compute_gain(const struct ew_predict_caller *caller, const struct ew_creds *after, bool file_caps,
			 struct ew_gain *gain)
{
	const struct ew_gain_hints hints = {
		.egid_in_groups = after->egid != caller->creds.egid && in_groups(caller, after->egid),
		.file_caps = file_caps,
	};

	ew_gain_compute(&caller->creds, after, &hints, gain);
}

static void predict_creds(const struct ew_predict_caller *caller, const struct ew_predict_file *file,
			  struct ew_prediction *p)
{
	struct ew_grants grants = grants_of(caller, file);
	struct ew_creds after;
	struct ew_gain gain;
	__u64 given;

	ew_gain_foresee(&caller->creds, &grants, &after);
	given = (caller->creds.bset & grants.permitted) | (caller->creds.inheritable & grants.inheritable);
	if (grants.caps && file->caps.effective && grants.permitted & ~given) {
		p->error = -EPERM; /* bprm_caps_from_vfs_caps() */
		return;
	}
	p->stage = EW_STAGE_CREDS;
	if (caller->no_new_privs) {
		compute_gain(caller, &after, grants.caps, &gain);
		p->withheld = (struct ew_withheld){
			.kinds = gain.kinds,
			.uid = after.euid,
			.gid = after.egid,
			.caps = gain.caps,
		};
		grants.setuid = grants.setgid = false;
		ew_gain_foresee(&caller->creds, &grants, &after);
	}
	cut_down(caller, grants.caps, &after);
	p->after = after;
	compute_gain(caller, &after, grants.caps, &p->gain);
	if (grants.caps || p->gain.causes & EW_BIT(EW_CAUSE_FILECAPS))
		p->shapes[p->n_levels - 1] |= EW_BIT(EW_SHAPE_SETID);
}

/* As ew_shapes_of() in bpf/shapes.h. */
static __u32 shapes_of(const struct ew_predict_caller *caller, const struct ew_predict_file *file)
{
	__u32 shapes = 0;

	if (file->mode & (S_ISUID | S_ISGID))
		shapes |= EW_BIT(EW_SHAPE_SETID);
	if (file->unlinked)
		shapes |= EW_BIT(EW_SHAPE_UNLINKED);
	if (file->script)
		shapes |= EW_BIT(EW_SHAPE_SCRIPT);
	if (file->nosuid)
		shapes |= EW_BIT(EW_SHAPE_NOSUID_MOUNT);
	if (caller->traced)
		shapes |= EW_BIT(EW_SHAPE_PTRACED);
	return shapes;
}

void ew_predict(const struct ew_predict_caller *caller, const struct ew_predict_file *files, size_t n,
		struct ew_prediction *p)
{
	*p = (struct ew_prediction){.after = caller->creds};
	for (size_t i = 0; i < n && i < EW_PREDICT_LEVELS; i++) {
		/* what cannot be opened is not shown to anybody; what is of no known format is */
		if (files[i].error && files[i].error != -ENOEXEC) {
			p->error = files[i].error;
			return;
		}
		if (!may_execute(caller, &files[i])) {
			p->error = -EACCES;
			return;
		}
		p->stage = EW_STAGE_LOAD;
		p->shapes[i] = shapes_of(caller, &files[i]) | (i ? p->shapes[i - 1] : 0);
		p->n_levels = i + 1;
		if (files[i].error) {
			p->error = files[i].error;
			return;
		}
	}
	if (files[p->n_levels - 1].script) {
		p->error = -ELOOP;
		return;
	}
	if (files[p->n_levels - 1].caps.malformed && !files[p->n_levels - 1].nosuid) {
		p->error = -EINVAL;
		return;
	}
	predict_creds(caller, &files[p->n_levels - 1], p);
}

static const struct ew_exception *find_exception(const struct ew_predict_case *c, unsigned int slot,
						 const struct ew_identity *program, const struct ew_identity *from)
{
	for (size_t i = 0; i < c->image->n_exceptions; i++) {
		const struct ew_image_exception *e = &c->image->exceptions[i];

		if (e->key.profile == slot && !memcmp(&e->key.program, program, sizeof(*program)) &&
		    !memcmp(&e->key.from, from, sizeof(*from)))
			return &e->value;
	}
	return NULL;
}

/* As ew_judge_excepted_as() in bpf/judge.h: the exceptions for PROGRAM, by its identity or by its digest. */
static void find_excepted_as(const struct ew_predict_case *c, unsigned int slot, const struct ew_profile *profile,
			     const struct ew_identity *program, struct ew_predict_word *word)
{
	static const struct ew_identity any;
	const struct ew_prediction *p = c->prediction;
	const struct ew_exception *e = find_exception(c, slot, program, &c->from);

	if (!e || !ew_exception_covers(e, profile, &p->gain, &p->after))
		e = find_exception(c, slot, program, &any);
	if (e && ew_exception_covers(e, profile, &p->gain, &p->after)) {
		word->exception = e;
		return;
	}
	for (size_t i = 0; i < c->image->n_exceptions && !word->narrower; i++) {
		const struct ew_image_exception *other = &c->image->exceptions[i];

		if (other->key.profile == slot && other->key.from.ino &&
		    !memcmp(&other->key.program, program, sizeof(*program)) &&
		    ew_exception_covers(&other->value, profile, &p->gain, &p->after))
			word->narrower = &other->value;
	}
}

/* As ew_judge_excepted(). */
static void find_excepted(const struct ew_predict_case *c, unsigned int slot, const struct ew_profile *profile,
			  struct ew_predict_word *word)
{
	const struct ew_predict_file *file = &c->files[c->prediction->n_levels - 1];

	find_excepted_as(c, slot, profile, &file->identity, word);
	if (!word->exception && file->verity.dev)
		find_excepted_as(c, slot, profile, &file->verity, word);
}

/* What is asked at a hook. */
enum about { EXEC = 1 << 0, SHAPES = 1 << 1, GAIN = 1 << 2 };

/* As ew_judge_slot() in bpf/judge.h. */
static void judge_slot(const struct ew_predict_case *c, unsigned int slot, unsigned int about, __u32 shapes,
		       struct ew_predict_word *word)
{
	const struct ew_profile *profile = &c->image->profiles[slot];
	struct ew_decision *d = &word->decision;

	*word = (struct ew_predict_word){.decision = {.reason = EW_REASON_NO_GAIN, .slot = slot}};
	if (!(profile->flags & EW_PROFILE_USED)) {
		d->reason = EW_REASON_UNEVALUABLE;
		d->verdict = EW_VERDICT_DENY;
		return;
	}
	d->rule_line = profile->line;
	if (about & EXEC && profile->flags & EW_PROFILE_EXEC_NONE) {
		d->reason = EW_REASON_EXEC_NONE;
	} else if (about & SHAPES && shapes & profile->shapes) {
		d->reason = EW_REASON_SHAPE;
	} else if (about & GAIN) {
		d->reason = ew_decide_gain(profile, &c->prediction->gain, c->prediction->after.userns_level);
		if (d->reason == EW_REASON_GAIN) {
			find_excepted(c, slot, profile, word);
			if (word->exception) {
				d->reason = EW_REASON_EXCEPTION;
				d->rule_line = word->exception->line;
			}
		}
	}
	d->verdict = ew_decide_verdict(profile, d->reason);
}

static unsigned int asked(const struct ew_prediction *p)
{
	return p->stage == EW_STAGE_CREDS ? EXEC | SHAPES | GAIN : p->stage == EW_STAGE_LOAD ? EXEC | SHAPES : 0;
}

void ew_predict_word(const struct ew_predict_case *c, unsigned int slot, struct ew_predict_word *out)
{
	const struct ew_prediction *p = c->prediction;

	judge_slot(c, slot, asked(p), p->n_levels ? p->shapes[p->n_levels - 1] : 0, out);
}

/* Asks every profile of SET; returns whether the exec is refused. */
static bool judge(const struct ew_predict_case *c, __u64 set, unsigned int about, __u32 shapes, struct ew_decision *d)
{
	struct ew_predict_word word;

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!(set >> slot & 1))
			continue;
		judge_slot(c, slot, about, shapes, &word);
		if (d->slot >= EW_PROFILES_MAX || word.decision.reason == EW_REASON_UNEVALUABLE ||
		    ew_decision_outranks(&word.decision, d))
			*d = word.decision;
	}
	return d->verdict >= EW_VERDICT_DENY;
}

void ew_predict_decide(const struct ew_predict_case *c, __u64 set, struct ew_decision *d, size_t *level, bool *early)
{
	const struct ew_prediction *p = c->prediction;

	*d = (struct ew_decision){
		.slot = EW_PROFILES_MAX,
		.reason = set ? EW_REASON_NO_GAIN : EW_REASON_UNTAGGED,
	};
	*level = 0;
	*early = false;
	if (p->stage == EW_STAGE_NONE || !set)
		goto at_last;
	*early = judge(c, set, EXEC, 0, d);
	for (size_t i = 0; i < p->n_levels && !*early; i++) {
		*level = i;
		*early = judge(c, set, SHAPES, p->shapes[i], d);
	}
	if (*early)
		return;
	judge(c, set, asked(p), p->shapes[p->n_levels - 1], d);
at_last:
	*level = p->n_levels ? p->n_levels - 1 : 0;
}

/* Adds ID to a list of an exception, or, if the list is full, the whole KIND to the exception. */
static void list_id(struct ew_exception *e, __u32 *ids, __u32 *n, __u32 id, __u32 kind)
{
	if (ew_exception_lists(ids, *n, id))
		return;
	if (*n == EW_EXCEPTION_IDS_MAX)
		e->kinds |= EW_BIT(kind);
	else
		ids[(*n)++] = id;
}

void ew_predict_exception(const struct ew_profile *profile, const struct ew_prediction *p,
			  const struct ew_exception *had, struct ew_exception *out)
{
	__u32 kinds = p->gain.kinds & profile->gains;

	*out = had ? *had : (struct ew_exception){0};
	if (kinds & EW_BIT(EW_GAIN_UID))
		list_id(out, out->uids, &out->n_uids, p->after.euid, EW_GAIN_UID);
	if (kinds & EW_BIT(EW_GAIN_GID))
		list_id(out, out->gids, &out->n_gids, p->after.egid, EW_GAIN_GID);
	if (kinds & ~out->kinds & EW_BIT(EW_GAIN_LABEL) && !(p->gain.labels & out->labels))
		out->labels |= p->label;
	out->caps |= ew_decide_caps(profile, &p->gain);
}
