/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "journal_entry.h"

#include <string.h>

#include "change.h"
#include "escape.h"
#include "record_json.h"
#include "record_text.h"
#include "util.h"
#include "words.h"

static const struct {
	const char *id, *word;
	int priority;
} messages[] = {
#define X(id, message_id, priority, word) {message_id, word, priority},
	EW_MESSAGES(X)
#undef X
};

_Static_assert((int)EW_MESSAGE_LOST == (int)EW_VERDICT_MAX && (int)EW_MESSAGE_DENY == (int)EW_VERDICT_DENY &&
		       (int)EW_MESSAGE_KILL == (int)EW_VERDICT_KILL && (int)EW_MESSAGE_AUDIT == (int)EW_VERDICT_AUDIT,
	       "a message for every verdict");

/* docs/records.md has the same, in more words. */
static const struct {
	const char *cause, *remedy;
} reasons[] = {
	[EW_REASON_UNTAGGED] = {"No profile applies to the task.", "Nothing."},
	[EW_REASON_NO_GAIN] = {"Nothing was gained.", "Nothing."},
	[EW_REASON_NOT_CONTROLLED] =
		{"What was gained is of a kind that the profile does not control.",
		 "Nothing; or add the kind to the profile's gains, or take the capability out of its allow_caps."},
	[EW_REASON_USERNS] = {"What was gained is good inside a child user namespace only, which the profile ignores.",
			      "Nothing; or set userns: all."},
	[EW_REASON_EXCEPTION] = {"An exception of the profile lists every controlled gain.",
				 "Nothing; or narrow the exception with from."},
	[EW_REASON_GAIN] =
		{"The program would give the task power that no exception of the profile lists.",
		 "If the task needs the program, add an exception with its path and these gains (execward explain "
		 "writes it); if not, find out why it was run."},
	[EW_REASON_EXEC_NONE] = {"The profile has exec: none, so its tasks run no program at all.",
				 "If the task has to, set exec: any."},
	[EW_REASON_SHAPE] = {"The file has a shape that the profile refuses.",
			     "Run the program from an ordinary file, or take the shape out of the profile's shapes."},
	[EW_REASON_FDS] = {"Descriptors cross the exec that the profile does not allow.",
			   "Close them in the program that execs, or open them with O_CLOEXEC; if one is meant to be "
			   "passed, allow "
			   "its kind for that program."},
	[EW_REASON_UNEVALUABLE] = {"The kernel did not give what the decision needs.",
				   "Look for a shortage of memory; execward status, then unload and load."},
};

_Static_assert(EW_ARRAY_SIZE(reasons) == EW_REASON_MAX, "cause and remedy for every reason");

const char *ew_message_word(enum ew_message message)
{
	return messages[message].word;
}

const char *ew_message_id(enum ew_message message)
{
	return messages[message].id;
}

static void put_head(FILE *out, enum ew_message message, const char *text, const char *json)
{
	fprintf(out, "MESSAGE=%s\nMESSAGE_ID=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=execward\nEXECWARD_RECORD=%s\n", text,
		messages[message].id, messages[message].priority, json);
}

static void put_name(FILE *out, const char *field, const char *name, size_t len)
{
	_cleanup_free_ char *escaped = name && len ? ew_escape_dup(name, len, 0) : NULL;

	if (escaped)
		fprintf(out, "%s=%s\n", field, escaped);
}

static void put_gain(void *ctx, const char *gain)
{
	fprintf(ctx, "EXECWARD_GAIN=%s\n", gain);
}

static void put_words(FILE *out, const char *field, const struct ew_words *words, __u32 bits)
{
	for (unsigned int i = 0; i < words->n; i++)
		if (bits & EW_BIT(i))
			fprintf(out, "%s=%s\n", field, ew_words_name(words, i));
}

static void put_rule(FILE *out, const struct ew_record *r)
{
	_cleanup_free_ char *file = *r->rule_file ? ew_escape_dup(r->rule_file, strlen(r->rule_file), 0) : NULL;

	put_name(out, "EXECWARD_PROFILE", r->profile, strlen(r->profile));
	if (file)
		fprintf(out, "EXECWARD_RULE=%s:%u\n", file, r->rule_line);
}

static void put_record(FILE *out, const struct ew_record_view *view, const struct ew_record_names *names)
{
	_cleanup_free_ char *cgroup = ew_record_cgroup_path(view, names, 0);
	const struct ew_record *r = &view->record;

	fprintf(out, "EXECWARD_VERDICT=%s\nEXECWARD_REASON=%s\n", ew_words_name(&ew_verdict_words, r->verdict),
		ew_words_name(&ew_reason_words, r->reason));
	put_rule(out, r);
	ew_record_each_gain(view, names, 0, put_gain, out);
	put_words(out, "EXECWARD_CAUSE", &ew_cause_words, r->causes);
	put_words(out, "EXECWARD_SHAPE", &ew_shape_words, r->shapes);
	put_name(out, "EXECWARD_PROGRAM", view->file_path, view->file_path_len);
	put_name(out, "EXECWARD_EXE", view->exe_path, view->exe_path_len);
	put_name(out, "EXECWARD_COMM", r->comm, strlen(r->comm));
	if (cgroup)
		fprintf(out, "EXECWARD_CGROUP=%s\n", cgroup);
	fprintf(out, "EXECWARD_UID=%u\nOBJECT_PID=%u\n", r->before.uid, r->pid);
	fprintf(out, "EXECWARD_WHY=%s\nEXECWARD_REMEDY=%s\n", reasons[r->reason].cause, reasons[r->reason].remedy);
}

char *ew_journal_entry(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
		       size_t *len)
{
	_cleanup_free_ char *json = ew_record_json(view, names, offset), *text = ew_record_text_message(view, names);
	_cleanup_free_ char *entry = NULL;
	FILE *out = json && text ? open_memstream(&entry, len) : NULL;

	if (!out)
		return NULL;
	put_head(out, (enum ew_message)view->record.verdict, text, json);
	put_record(out, view, names);
	return fclose(out) == 0 ? TAKE_PTR(entry) : NULL;
}

char *ew_journal_entry_lost(__u64 boot, __s64 offset, __u64 count, __u64 total, size_t *len)
{
	_cleanup_free_ char *json = ew_record_json_lost(boot, offset, count, total), *entry = NULL, *text = NULL;
	FILE *out;

	if (asprintf(&text, "lost: %llu record%s not kept up with (%llu in all)", (unsigned long long)count,
		     count == 1 ? "" : "s", (unsigned long long)total) < 0)
		text = NULL;
	out = json && text ? open_memstream(&entry, len) : NULL;
	if (!out)
		return NULL;
	put_head(out, EW_MESSAGE_LOST, text, json);
	fprintf(out, "EXECWARD_LOST=%llu\n", (unsigned long long)count);
	return fclose(out) == 0 ? TAKE_PTR(entry) : NULL;
}

char *ew_journal_entry_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds, size_t *len)
{
	_cleanup_free_ char *json = ew_record_json_again(boot, offset, leak, seconds), *entry = NULL, *text = NULL;
	const struct ew_leak_words *w = &leak->words;
	FILE *out;

	if (asprintf(&text, "fds: %llu more time%s %s -> %s %s in %llu s%s%s", (unsigned long long)leak->untold,
		     leak->untold == 1 ? "" : "s", w->giver, w->receiver, w->target, (unsigned long long)seconds,
		     *w->profile ? ", " : "", w->profile) < 0)
		text = NULL;
	out = json && text ? open_memstream(&entry, len) : NULL;
	if (!out)
		return NULL;
	put_head(out, EW_MESSAGE_FDS, text, json);
	fprintf(out, "EXECWARD_COUNT=%llu\n", (unsigned long long)leak->untold);
	if (*w->profile)
		fprintf(out, "EXECWARD_PROFILE=%s\n", w->profile);
	/* these are escaped already */
	if (*w->receiver)
		fprintf(out, "EXECWARD_PROGRAM=%s\n", w->receiver);
	if (*w->giver)
		fprintf(out, "EXECWARD_EXE=%s\n", w->giver);
	return fclose(out) == 0 ? TAKE_PTR(entry) : NULL;
}

static void put_profile(void *ctx, const char *profile)
{
	fprintf(ctx, "EXECWARD_PROFILE=%s\n", profile);
}

static enum ew_message message_of(const struct ew_change_record *change)
{
	if (change->marks & EW_CHANGE_CUT)
		return EW_MESSAGE_CUT;
	return change->type == EW_RECORD_TAG ? EW_MESSAGE_TAG : EW_MESSAGE_POLICY;
}

char *ew_journal_entry_change(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset,
			      size_t *len)
{
	_cleanup_free_ char *json = ew_change_json(change, names, offset), *text = ew_change_message(change, names);
	_cleanup_free_ char *object = ew_change_object(change, 0), *entry = NULL;
	FILE *out = json && text && object ? open_memstream(&entry, len) : NULL;

	if (!out)
		return NULL;
	put_head(out, message_of(change), text, json);
	fprintf(out, "EXECWARD_ACTION=%s\nEXECWARD_OBJECT=%s\n", ew_words_name(&ew_action_words, change->action),
		object);
	ew_change_each_profile(change, names, 0, put_profile, out);
	put_name(out, "EXECWARD_COMM", change->comm, strlen(change->comm));
	put_name(out, "EXECWARD_COMMAND", change->command, strlen(change->command));
	fprintf(out, "EXECWARD_GENERATION=%u\nEXECWARD_UID=%u\nOBJECT_PID=%u\n", change->generation, change->uid,
		change->pid);
	return fclose(out) == 0 ? TAKE_PTR(entry) : NULL;
}
