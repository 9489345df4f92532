/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <execward/limits.h>
#include <execward/words.h>

#include "policy_file.h"
#include "policy_lint.h"
#include "policy_rules.h"

/* What a profile controls that does not say: every gain but `label`, which is opt-in. */
#define GAINS_DEFAULT (EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS))

const char *const ew_policy_dirs[EW_POLICY_DIRS_N] = {
	"/etc/execward/policy.d",
	"/run/execward/policy.d",
	"/usr/lib/execward/policy.d",
};

/* Descriptors that are looked at where `fds` does not say. */
#define FD_MIN_DEFAULT 3
#define FD_IGNORE_DEFAULT (EW_POLICY_IGNORE_STDIO | EW_POLICY_IGNORE_LISTEN)

struct complaint {
	char text[160];
};

/* libcyaml tells the mistake first and then a backtrace; the first line is what a person can use. */
static void keep_complaint(cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	struct complaint *complaint = context;

	if (level < CYAML_LOG_ERROR || complaint->text[0])
		return;
	vsnprintf(complaint->text, sizeof(complaint->text), fmt, args);
	complaint->text[strcspn(complaint->text, "\n")] = '\0';
}

/*
 * libcyaml grows a list by one entry at a time. Blocks have room for twice their size, so that a list of 65,536 is not
 * moved as often where realloc(3) moves always, as under a sanitizer.
 */
struct block {
	size_t room;
	_Alignas(max_align_t) char bytes[];
};

static void *allocate(void *context, void *old, size_t size)
{
	struct block *block = old ? (struct block *)((char *)old - offsetof(struct block, bytes)) : NULL;
	size_t room = size > 64 ? 2 * size : size;

	(void)context;
	if (!size) {
		free(block);
		return NULL;
	}
	if (block && block->room >= size)
		return old;
	block = realloc(block, sizeof(*block) + room);
	if (!block)
		return NULL;
	block->room = room;
	return block->bytes;
}

static cyaml_config_t make_config(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = keep_complaint,
		.log_ctx = complaint,
		.mem_fn = allocate,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static void free_document(struct ew_policy_document **document)
{
	struct complaint complaint = {0};
	cyaml_config_t config = make_config(&complaint);

	if (*document)
		cyaml_free(&config, &ew_policy_schema, *document, 0);
	*document = NULL;
}

static void clear_file(struct ew_policy_file *file)
{
	free_document(&file->document);
	ew_node_free(&file->root);
	free(file->path);
}

/* Ties each profile and exception to its place, and fills in the defaults that are not zero. */
static void finish_document(struct ew_policy_document *document, const struct ew_node *root)
{
	const struct ew_node *profiles = ew_node_get(root, "profiles");

	for (unsigned int i = 0; i < document->profiles_count; i++) {
		struct ew_policy_profile *profile = &document->profiles[i];
		const struct ew_node *except, *fds;

		profile->node = ew_node_item(profiles, i);
		except = ew_node_get(profile->node, "except");
		for (unsigned int j = 0; j < profile->except_count; j++)
			profile->except[j].node = ew_node_item(except, j);
		if (!ew_node_get(profile->node, "gains"))
			profile->gains = GAINS_DEFAULT;
		fds = ew_node_get(profile->node, "fds");
		if (profile->fds && !ew_node_get(fds, "min"))
			profile->fds->min = FD_MIN_DEFAULT;
		if (profile->fds && !ew_node_get(fds, "ignore"))
			profile->fds->ignore = FD_IGNORE_DEFAULT;
	}
}

static int load_document(const char *path, const char *text, size_t length, const struct ew_node *root,
			 struct ew_policy_document **out, struct ew_diagnostics *diag)
{
	struct complaint complaint = {0};
	cyaml_config_t config = make_config(&complaint);
	struct ew_policy_document *document = NULL;
	cyaml_err_t err;

	err = cyaml_load_data((const uint8_t *)text, length, &config, &ew_policy_schema, (cyaml_data_t **)&document,
			      NULL);
	if (err == CYAML_ERR_OOM)
		return -ENOMEM;
	if (err != CYAML_OK || !document) {
		/* The lint lets nothing pass that libcyaml refuses; if it ever does, the file is still refused. */
		ew_diagnose_error(diag, path, 0, 0, "libcyaml: %s: %s; expected a policy", cyaml_strerror(err),
				  complaint.text);
		return -EINVAL;
	}
	finish_document(document, root);
	*out = document;
	return 0;
}

static int check_profiles(const char *path, const struct ew_policy_document *document, struct ew_diagnostics *diag)
{
	for (unsigned int i = 0; i < document->profiles_count; i++) {
		int err = ew_policy_check_profile(path, &document->profiles[i], diag);

		if (err)
			return err;
	}
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Parses one file into FILE, which the caller clears. -EINVAL: mistakes, told in DIAG; go on with other files. */
static int parse_file(const char *path, const char *text, size_t length, struct ew_policy_file *file,
		      struct ew_diagnostics *diag)
{
	static const char mark[] = "\xef\xbb\xbf";
	int err;

	if (strlen(base_name(path)) >= EW_POLICY_FILE_MAX) {
		ew_diagnose_error(diag, path, 0, 0, "file name of %zu bytes; expected at most %d",
				  strlen(base_name(path)), EW_POLICY_FILE_MAX - 1);
		return -EINVAL;
	}
	/* A byte order mark would shift the columns of the first line. */
	if (length >= 3 && !memcmp(text, mark, 3)) {
		text += 3;
		length -= 3;
	}
	file->path = strdup(path);
	if (!file->path)
		return -ENOMEM;
	file->name = base_name(file->path);
	err = ew_yaml_parse(path, text, length, &file->root, diag);
	if (err)
		return err;
	if (!ew_policy_lint(path, file->root, &ew_policy_schema, diag))
		return diag->out_of_memory ? -ENOMEM : -EINVAL;
	/* There may be mistakes in the meaning of texts; the values can be compared all the same. */
	err = load_document(path, text, length, file->root, &file->document, diag);
	if (!err)
		err = check_profiles(path, file->document, diag);
	return err;
}

static int add_file(struct ew_policy *policy, const char *path, const char *text, size_t length,
		    struct ew_diagnostics *diag)
{
	EW_CLEANUP(clear_file) struct ew_policy_file file = {0};
	struct ew_policy_file *grown;
	int err = parse_file(path, text, length, &file, diag);

	if (err)
		return err == -EINVAL ? 0 : err;
	grown = reallocarray(policy->files, policy->n_files + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	policy->files = grown;
	policy->files[policy->n_files++] = file;
	file = (struct ew_policy_file){0};
	return 0;
}

/* All that was read, merged; BEFORE is how many errors DIAG had when reading began. */
static int merge(const struct ew_policy_texts *texts, struct ew_policy **out, size_t before,
		 struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_policy_free) struct ew_policy *policy = calloc(1, sizeof(*policy));
	int err = policy ? 0 : -ENOMEM;

	for (size_t i = 0; i < texts->n && !err; i++)
		err = add_file(policy, texts->items[i].path, texts->items[i].bytes, texts->items[i].length, diag);
	if (!err)
		err = ew_policy_check_merged(policy, diag);
	ew_diagnostics_sort(diag);
	if (!err && diag->out_of_memory)
		err = -ENOMEM;
	if (!err && diag->n_errors != before)
		err = -EINVAL;
	if (!err)
		*out = TAKE_PTR(policy);
	return err;
}

int ew_policy_read_dirs(const char *const *dirs, size_t n, unsigned int flags, struct ew_policy **out,
			struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_policy_texts_clear) struct ew_policy_texts texts = {0};
	size_t before = diag->n_errors;
	int err = ew_policy_slurp_dirs(dirs, n, flags, &texts, diag);

	return err ?: merge(&texts, out, before, diag);
}

int ew_policy_read_files(const char *const *files, size_t n, unsigned int flags, struct ew_policy **out,
			 struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_policy_texts_clear) struct ew_policy_texts texts = {0};
	size_t before = diag->n_errors;

	for (size_t i = 0; i < n; i++) {
		int err = ew_policy_slurp(AT_FDCWD, files[i], files[i], false, flags, &texts, diag);

		if (err)
			return err;
	}
	return merge(&texts, out, before, diag);
}

int ew_policy_read_buffer(const char *path, const char *text, size_t length, struct ew_policy **out,
			  struct ew_diagnostics *diag)
{
	/* Lent, not owned: nothing here is freed or changed. */
	struct ew_policy_text item = {.path = (char *)path, .bytes = (char *)text, .length = length};
	struct ew_policy_texts texts = {.n = 1, .items = &item};

	return merge(&texts, out, diag->n_errors, diag);
}

void ew_policy_free(struct ew_policy **policy)
{
	if (!*policy)
		return;
	for (size_t i = 0; i < (*policy)->n_files; i++)
		clear_file(&(*policy)->files[i]);
	free((*policy)->files);
	free(*policy);
	*policy = NULL;
}
