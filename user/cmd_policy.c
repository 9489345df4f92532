/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd_policy.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "escape.h"
#include "log.h"
#include "policy_compile.h"
#include "policy_diff.h"
#include "policy_print.h"
#include "words.h"

/* `cat-config` and `show`: the policy as the files have it now, which need not be what is in force. */

int ew_cmd_policy_read(unsigned int flags, struct ew_policy **out, struct ew_diagnostics *diag)
{
	const char *const *dirs = ew_globals.n_policy_dirs ? ew_globals.policy_dirs : ew_policy_dirs;
	size_t n = ew_globals.n_policy_dirs ?: EW_POLICY_DIRS_N;

	return ew_policy_read_dirs(dirs, n, flags, out, diag);
}

/* Reads, and says what is wrong. */
static int read_told(struct ew_policy **policy, struct ew_diagnostics *diag)
{
	int err = ew_cmd_policy_read(0, policy, diag);

	ew_diagnostics_print(diag, stderr);
	if (err == -EINVAL)
		ew_error("the policy has %zu error%s", diag->n_errors, diag->n_errors == 1 ? "" : "s");
	else if (err < 0)
		ew_error("the policy cannot be read: %s", strerror(-err));
	return err;
}

int ew_cmd_cat_config(int argc, char **argv)
{
	static const struct option options[] = {
		{"no-pager", no_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {}};
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("cat-config");
		if (c == '?')
			return ew_cmd_usage("cat-config");
	}
	if (optind < argc) {
		ew_error("cat-config takes no arguments, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("cat-config");
	}
	if (read_told(&policy, &diag) < 0)
		return EW_EXIT_FAILED;
	ew_policy_print(policy, stdout);
	return EW_EXIT_OK;
}

/* What `show` shows: a profile as it is written, and compiled. */
struct shown {
	const struct ew_policy_file *file;
	const struct ew_policy_profile *profile;
	const struct ew_image *image;
	__u32 slot;
};

static bool find_profile(const struct ew_policy *policy, const char *name, struct shown *shown)
{
	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_document *document = policy->files[f].document;

		for (unsigned int i = 0; i < document->profiles_count; i++) {
			if (!EW_STREQ(document->profiles[i].name, name))
				continue;
			shown->file = &policy->files[f];
			shown->profile = &document->profiles[i];
			return true;
		}
	}
	return false;
}

static int no_profile(const struct ew_policy *policy, const char *name)
{
	const char *known[EW_PROFILES_MAX], *nearest;
	size_t n = 0;

	for (size_t f = 0; f < policy->n_files; f++)
		for (unsigned int i = 0; i < policy->files[f].document->profiles_count; i++)
			known[n++] = policy->files[f].document->profiles[i].name;
	nearest = ew_words_nearest(name, known, n);
	return ew_error_ret(-ENOENT, "no profile \"%s\" in the policy%s%s%s; see: execward cat-config", name,
			    nearest ? "; did you mean \"" : "", nearest ?: "", nearest ? "\"?" : "");
}

static char *identity_number(const struct ew_identity *identity)
{
	char *text;

	return asprintf(&text, "%u:%u:%llu", identity->dev >> 20, identity->dev & 0xfffff,
			(unsigned long long)identity->ino) < 0
		       ? NULL
		       : text;
}

/* One exception: each program by path and by DEVICE:INODE. */
static json_object *exception_json(const struct shown *shown, const struct ew_image_exception *exception)
{
	json_object *o = json_object_new_object();
	const struct {
		const char *key, *id_key;
		const struct ew_identity *identity;
	} files[] = {{"program", "program_id", &exception->key.program}, {"from", "from_id", &exception->key.from}};
	_cleanup_free_ char *text = ew_exception_text(&exception->value, shown->image);

	for (size_t i = 0; i < EW_ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = NULL, *number = NULL;

		if (!files[i].identity->ino)
			continue;
		path = ew_identity_text(files[i].identity, shown->image, NULL);
		number = identity_number(files[i].identity);
		json_object_object_add(o, files[i].key, json_object_new_string(path ?: ""));
		json_object_object_add(o, files[i].id_key, json_object_new_string(number ?: ""));
	}
	json_object_object_add(o, "allows", json_object_new_string(text ?: ""));
	json_object_object_add(o, "line", json_object_new_int64(exception->value.line));
	return o;
}

static json_object *profile_json(const struct shown *shown)
{
	json_object *doc = json_object_new_object(), *exceptions = json_object_new_array();
	json_object *cgroups = json_object_new_array();
	const struct ew_profile *profile = &shown->image->profiles[shown->slot];
	_cleanup_free_ char *text = ew_profile_text(profile), *origin = NULL;

	if (asprintf(&origin, "%s:%u", shown->file->path, profile->line) < 0)
		origin = NULL;
	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "name", json_object_new_string(profile->name));
	json_object_object_add(doc, "origin", json_object_new_string(origin ?: ""));
	json_object_object_add(doc, "compiled", json_object_new_string(text ?: ""));
	for (size_t i = 0; i < shown->image->n_cgroups; i++)
		if (shown->image->cgroups[i].set >> shown->slot & 1)
			json_object_array_add(cgroups, json_object_new_string(shown->image->cgroups[i].path));
	json_object_object_add(doc, "cgroups", cgroups);
	for (size_t i = 0; i < shown->image->n_exceptions; i++)
		if (shown->image->exceptions[i].key.profile == shown->slot)
			json_object_array_add(exceptions, exception_json(shown, &shown->image->exceptions[i]));
	json_object_object_add(doc, "exceptions", exceptions);
	return doc;
}

static const char *text_of(json_object *o, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : NULL;
}

/* The same facts, a line each. */
static void print_text(const struct shown *shown, json_object *doc)
{
	json_object *cgroups = json_object_object_get(doc, "cgroups");
	json_object *exceptions = json_object_object_get(doc, "exceptions");

	printf("profile    %s (%s)\n", text_of(doc, "name"), text_of(doc, "origin"));
	printf("compiled   %s\n", text_of(doc, "compiled"));
	for (size_t i = 0; i < json_object_array_length(cgroups); i++)
		printf("cgroup     %s\n", json_object_get_string(json_object_array_get_idx(cgroups, i)));
	for (size_t i = 0; i < json_object_array_length(exceptions); i++) {
		json_object *o = json_object_array_get_idx(exceptions, i);
		const char *from = text_of(o, "from");

		printf("exception  %s (%s)", text_of(o, "program"), text_of(o, "program_id"));
		if (from)
			printf(" from %s (%s)", from, text_of(o, "from_id"));
		printf(": %s (line %s)\n", text_of(o, "allows"), text_of(o, "line"));
	}
	puts("as written");
	ew_policy_print_node(shown->profile->node, 2, stdout);
}

static int show(const char *name, bool json)
{
	EW_CLEANUP(ew_diagnostics_clear) struct ew_diagnostics diag = {};
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = NULL;
	EW_CLEANUP(ew_image_free) struct ew_image *image = NULL;
	struct shown shown = {};
	json_object *doc;
	int err = ew_cmd_policy_read(0, &policy, &diag);

	/* a program that is not there matches nothing, and is told */
	if (err == 0)
		err = ew_policy_compile(policy, EW_COMPILE_MISSING_OK, NULL, &image, &diag);
	ew_diagnostics_print(&diag, stderr);
	if (err < 0)
		return ew_error_ret(err, "the policy cannot be compiled: %s", strerror(-err));
	if (!find_profile(policy, name, &shown))
		return no_profile(policy, name);
	shown.image = image;
	while (!EW_STREQ(image->profiles[shown.slot].name, name))
		shown.slot++;
	doc = profile_json(&shown);
	if (json)
		puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print_text(&shown, doc);
	json_object_put(doc);
	return 0;
}

int ew_cmd_show(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("show");
		if (c == '?')
			return ew_cmd_usage("show");
		json |= c == 'j';
	}
	if (argc - optind != 1) {
		ew_error("show takes the name of one profile");
		return ew_cmd_usage("show");
	}
	return show(argv[optind], json) < 0 ? EW_EXIT_FAILED : EW_EXIT_OK;
}
