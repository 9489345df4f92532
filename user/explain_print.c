/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <json.h>
#include <string.h>

#include "escape.h"
#include "explain.h"
#include "record_json.h"
#include "words.h"

#define INDENT 12 /* of what follows a label */

static int profile_name(void *ctx, unsigned int slot, char out[EW_PROFILE_NAME_MAX])
{
	const struct ew_image *image = ctx;

	if (!*image->profiles[slot].name)
		return -ENOENT;
	memcpy(out, image->profiles[slot].name, EW_PROFILE_NAME_MAX);
	return 0;
}

static struct ew_record_names names_of(const struct ew_explain *e)
{
	return (struct ew_record_names){
		.ctx = (void *)e->applies.image,
		.profile = profile_name,
		.user = ew_record_user_name,
		.group = ew_record_group_name,
	};
}

static const char *profile_of(const struct ew_explain *e, unsigned int slot, char buf[16])
{
	if (*e->applies.image->profiles[slot].name)
		return e->applies.image->profiles[slot].name;
	snprintf(buf, 16, "#%u", slot);
	return buf;
}

/* The rule's FILE:LINE; the caller frees. NULL: there is none. */
static char *rule_of(const struct ew_explain *e, const struct ew_decision *d)
{
	char *text;

	if (d->slot >= EW_PROFILES_MAX || !*e->applies.image->profiles[d->slot].file)
		return NULL;
	return asprintf(&text, "%s:%u", e->applies.image->profiles[d->slot].file, d->rule_line) < 0 ? NULL : text;
}

/* --- for people --- */

static void label(FILE *out, const char *text)
{
	fprintf(out, "%-*s", INDENT, text);
}

static void put_escaped(const char *text, FILE *out)
{
	_cleanup_free_ char *escaped = ew_escape_dup(text, strlen(text), 0);

	fputs(escaped ?: "?", out);
}

static void put_id(FILE *out, const char *what, __u32 id, int (*name_of)(void *, __u32, char *, size_t))
{
	char name[64];

	fprintf(out, "%s %u", what, id);
	if (name_of(NULL, id, name, sizeof(name)) == 0) {
		fputs(" (", out);
		put_escaped(name, out);
		putc(')', out);
	}
}

static void put_program(const struct ew_explain *e, FILE *out)
{
	for (size_t i = 0; i < e->files.n; i++) {
		const struct ew_predict_file *file = &e->files.file[i];

		label(out, i ? "interpreter" : "program");
		put_escaped(e->files.path[i], out);
		fprintf(out, ", mode %04o, ", file->mode & 07777);
		put_id(out, "owner", file->uid, ew_record_user_name);
		put_id(out, ", group", file->gid, ew_record_group_name);
		fprintf(out, ", inode %llu of %u:%u%s%s\n", (unsigned long long)file->identity.ino,
			file->identity.dev >> 20, file->identity.dev & 0xfffff,
			file->caps.present ? ", has capabilities" : "", file->nosuid ? ", on a nosuid mount" : "");
	}
}

static void put_caller(const struct ew_explain *e, FILE *out)
{
	const struct ew_predict_caller *who = &e->caller.who;

	label(out, "caller");
	if (e->caller.pid) {
		fprintf(out, "process %d (", e->caller.pid);
		put_escaped(e->caller.status.comm, out);
		fputs(e->user ? "), as " : "), ", out);
	}
	put_id(out, "user", who->creds.uid, ew_record_user_name);
	if (who->creds.euid != who->creds.uid)
		put_id(out, ", effective", who->creds.euid, ew_record_user_name);
	put_id(out, ", group", who->creds.gid, ew_record_group_name);
	if (who->creds.permitted)
		fprintf(out, ", %d capabilities", __builtin_popcountll(who->creds.permitted));
	fprintf(out, "%s%s%s\n", who->no_new_privs ? ", no_new_privs" : "", who->traced ? ", traced" : "",
		who->creds.userns_level ? ", in a user namespace" : "");
	label(out, "cgroup");
	put_escaped(e->cgroup ?: "(none of the v2 hierarchy)", out);
	putc('\n', out);
	label(out, "policy");
	fputs(e->unloaded ? "the policy files\n" : "the one in force\n", out);
}

struct gains {
	FILE *out;
	bool all;
};

static void put_gain(void *ctx, const char *gain)
{
	struct gains *gains = ctx;

	if (!gains->all || strncmp(gain, "cap_", 4) != 0)
		fprintf(gains->out, "+%s ", gain);
}

static void put_words(FILE *out, const struct ew_words *words, __u32 bits)
{
	for (unsigned int i = 0; i < words->n; i++)
		if (bits & EW_BIT(i))
			fprintf(out, "%s ", ew_words_name(words, i));
}

/* What the exec gives, also where a profile refuses it before that is known. */
static void put_prediction(const struct ew_explain *e, FILE *out)
{
	const struct ew_prediction *p = &e->prediction;
	struct ew_record_names names = names_of(e);
	struct ew_record_view *view = calloc(1, sizeof(*view));
	__u64 caps = p->gain.caps | p->withheld.caps;
	struct gains gains = {.out = out, .all = e->caller.caps_known == caps};

	if (!view)
		return;
	view->record.gains = p->gain.kinds;
	view->record.caps_gained = p->gain.caps;
	view->record.after = p->after;
	view->record.withheld = p->withheld;
	label(out, "gains");
	ew_record_each_gain(view, &names, 0, put_gain, &gains);
	if (!p->gain.kinds)
		fputs("nothing ", out);
	if (p->gain.caps && gains.all)
		fprintf(out, "+caps:all(%d) ", __builtin_popcountll(caps));
	if (p->withheld.kinds) {
		fputs("; no_new_privs withholds ", out);
		ew_record_each_withheld(view, &names, 0, put_gain, &gains);
		if (p->withheld.caps && gains.all)
			fprintf(out, "+caps:all(%d)", __builtin_popcountll(caps));
	}
	if (p->gain.causes) {
		fputs("by ", out);
		put_words(out, &ew_cause_words, p->gain.causes);
	}
	putc('\n', out);
	free(view);
	if (p->n_levels && p->shapes[p->n_levels - 1]) {
		label(out, "shape");
		put_words(out, &ew_shape_words, p->shapes[p->n_levels - 1]);
		putc('\n', out);
	}
}

static void put_decision(const struct ew_explain *e, const struct ew_decision *d, FILE *out)
{
	_cleanup_free_ char *rule = rule_of(e, d);
	char buf[16];

	fprintf(out, "%s, %s", ew_words_name(&ew_verdict_words, d->verdict),
		ew_words_name(&ew_reason_words, d->reason));
	if (d->slot < EW_PROFILES_MAX)
		fprintf(out, ", %s (%s)", profile_of(e, d->slot, buf), rule ?: "no rule");
	putc('\n', out);
}

static void put_reasons(const struct ew_explain *e, unsigned int slot, bool entered, FILE *out)
{
	for (size_t i = 0; i < e->applies.n; i++) {
		if (e->applies.reasons[i].slot != slot || e->applies.reasons[i].entered != entered)
			continue;
		fprintf(out, "%*s%s\n", INDENT, "", e->applies.reasons[i].text);
	}
}

static void put_exception(const struct ew_explain *e, unsigned int slot, FILE *out)
{
	const struct ew_profile *profile = &e->applies.image->profiles[slot];
	const struct ew_exception *had;
	_cleanup_free_ char *text = ew_explain_exception(e, slot, INDENT, &had);

	if (!text)
		return;
	label(out, "exception");
	if (had)
		fprintf(out, "that would allow it, in place of %s:%u:\n%s", profile->file, had->line, text);
	else
		fprintf(out, "that would allow it, under \"except:\" of profile %s in %s:\n%s", profile->name,
			profile->file, text);
}

static const char *remedy(__u32 reason)
{
	return reason == EW_REASON_SHAPE       ? "no exception covers a shape; take it out of the profile's `shapes`"
	       : reason == EW_REASON_EXEC_NONE ? "the profile lets nothing execute: only `exec: any` would allow it"
					       : NULL;
}

static void put_profiles(const struct ew_explain *e, FILE *out)
{
	struct ew_predict_word word;
	char buf[16];

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!(e->applies.set >> slot & 1))
			continue;
		ew_predict_word(&e->judged, slot, &word);
		label(out, "profile");
		put_decision(e, &word.decision, out);
		put_reasons(e, slot, false, out);
		if (word.decision.reason == EW_REASON_GAIN)
			put_exception(e, slot, out);
		else if (remedy(word.decision.reason))
			fprintf(out, "%*s%s\n", INDENT, "", remedy(word.decision.reason));
	}
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!(e->applies.enters >> slot & 1))
			continue;
		label(out, "from then");
		fprintf(out, "profile %s\n", profile_of(e, slot, buf));
		put_reasons(e, slot, true, out);
	}
}

int ew_explain_print(const struct ew_explain *e, FILE *out)
{
	char **notes;
	size_t n;

	put_program(e, out);
	put_caller(e, out);
	if (e->prediction.stage == EW_STAGE_CREDS)
		put_prediction(e, out);
	if (e->prediction.stage != EW_STAGE_NONE)
		put_profiles(e, out);
	label(out, "verdict");
	if (e->prediction.error && e->decision.verdict < EW_VERDICT_DENY)
		fprintf(out, "it fails without us: %s\n", strerror(-e->prediction.error));
	else
		put_decision(e, &e->decision, out);
	n = ew_explain_notes(e, &notes);
	for (size_t i = 0; i < n; i++) {
		label(out, "note");
		put_escaped(notes[i], out);
		putc('\n', out);
		free(notes[i]);
	}
	free(notes);
	return 0;
}

/* --- as JSON --- */

static json_object *string_or_null(const char *text)
{
	_cleanup_free_ char *escaped = text ? ew_escape_dup(text, strlen(text), 0) : NULL;

	return escaped ? json_object_new_string(escaped) : NULL;
}

static json_object *reasons_json(const struct ew_explain *e, unsigned int slot, bool entered)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < e->applies.n; i++)
		if (e->applies.reasons[i].slot == slot && e->applies.reasons[i].entered == entered)
			json_object_array_add(list, json_object_new_string(e->applies.reasons[i].text));
	return list;
}

static json_object *profile_json(const struct ew_explain *e, unsigned int slot)
{
	json_object *o = json_object_new_object();
	_cleanup_free_ char *rule = NULL;
	struct ew_predict_word word;
	char buf[16];

	ew_predict_word(&e->judged, slot, &word);
	rule = rule_of(e, &word.decision);
	json_object_object_add(o, "name", json_object_new_string(profile_of(e, slot, buf)));
	json_object_object_add(o, "verdict",
			       json_object_new_string(ew_words_name(&ew_verdict_words, word.decision.verdict)));
	json_object_object_add(o, "reason",
			       json_object_new_string(ew_words_name(&ew_reason_words, word.decision.reason)));
	json_object_object_add(o, "rule", string_or_null(rule));
	json_object_object_add(o, "because", reasons_json(e, slot, false));
	if (word.decision.reason == EW_REASON_GAIN) {
		const struct ew_exception *had;
		_cleanup_free_ char *text = ew_explain_exception(e, slot, 0, &had);

		json_object_object_add(o, "exception", text ? json_object_new_string(text) : NULL);
		if (had)
			json_object_object_add(o, "replaces_line", json_object_new_int64(had->line));
	}
	return o;
}

static void add_profiles(const struct ew_explain *e, json_object *root)
{
	json_object *applies = json_object_new_array(), *enters = json_object_new_array();
	char buf[16];

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (e->applies.set >> slot & 1)
			json_object_array_add(applies, profile_json(e, slot));
		if (e->applies.enters >> slot & 1) {
			json_object *o = json_object_new_object();

			json_object_object_add(o, "name", json_object_new_string(profile_of(e, slot, buf)));
			json_object_object_add(o, "because", reasons_json(e, slot, true));
			json_object_array_add(enters, o);
		}
	}
	json_object_object_add(root, "applies", applies);
	json_object_object_add(root, "enters", enters);
}

static void add_notes(const struct ew_explain *e, json_object *root)
{
	json_object *list = json_object_new_array();
	char **notes;
	size_t n = ew_explain_notes(e, &notes);

	for (size_t i = 0; i < n; i++) {
		json_object_array_add(list, string_or_null(notes[i]));
		free(notes[i]);
	}
	free(notes);
	json_object_object_add(root, "notes", list);
}

int ew_explain_print_json(const struct ew_explain *e, FILE *out)
{
	struct ew_record_names names = names_of(e);
	_cleanup_free_ char *line = ew_record_json(e->view, &names, 0);
	json_object *root = line ? json_tokener_parse(line) : NULL, *cgroup;

	if (!root)
		return -ENOMEM;
	json_object_object_add(root, "type", json_object_new_string("explain"));
	json_object_object_del(root, "time");
	if (!e->caller.pid)
		json_object_object_del(root, "task");
	if (json_object_object_get_ex(root, "cgroup", &cgroup))
		json_object_object_add(cgroup, "path", string_or_null(e->cgroup));
	json_object_object_add(root, "policy", json_object_new_string(e->unloaded ? "files" : "in force"));
	json_object_object_add(root, "passes", json_object_new_boolean(ew_explain_passes(e)));
	json_object_object_add(root, "error",
			       e->prediction.error ? json_object_new_string(strerrorname_np(-e->prediction.error))
						   : NULL);
	add_profiles(e, root);
	add_notes(e, root);
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return 0;
}
