/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <execward/words.h>

#include "policy_print.h"

#define EXCEPTIONS "except"

/* What a profile controls that does not say: every gain but `label`, which is opt-in. */
#define GAINS_DEFAULT (EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_CAPS))

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
 * libcyaml grows a list by one entry at a time. Blocks have room for twice their size, so that a list of thousands is
 * not moved as often where realloc(3) moves always, as under a sanitizer.
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

void ew_policy_document_free(struct ew_policy_document **document)
{
	struct complaint complaint = {0};
	cyaml_config_t config = make_config(&complaint);

	if (!*document)
		return;
	for (unsigned int i = 0; i < (*document)->profiles_count; i++) {
		free((*document)->profiles[i].except);
		(*document)->profiles[i].except = NULL;
		(*document)->profiles[i].except_count = 0;
	}
	cyaml_free(&config, &ew_policy_schema, *document, 0);
	*document = NULL;
}

static void print_pair(const struct ew_node *mapping, size_t i, unsigned int indent, FILE *out)
{
	const struct ew_node pair = {.type = EW_NODE_MAPPING, .n = 2, .items = mapping->items + i};

	ew_policy_print_node(&pair, indent, out);
}

/* What libcyaml is to read: everything but exceptions. */
static void print_reduced(const struct ew_node *root, FILE *out)
{
	const struct ew_node *profiles = ew_node_get(root, "profiles");

	for (size_t i = 0; i + 1 < root->n; i += 2) {
		if (root->items[i + 1] != profiles || !profiles->n) {
			print_pair(root, i, 0, out);
			continue;
		}
		fprintf(out, "%s:\n", root->items[i]->text);
		for (size_t p = 0; p < profiles->n; p++) {
			const struct ew_node *profile = profiles->items[p];

			fputs("  -\n", out);
			for (size_t j = 0; j + 1 < profile->n; j += 2)
				if (!EW_STREQ(profile->items[j]->text, EXCEPTIONS))
					print_pair(profile, j, 4, out);
		}
	}
}

static int read_values(const char *path, const struct ew_node *root, struct ew_policy_document **out,
		       struct ew_diagnostics *diag)
{
	_cleanup_free_ char *text = NULL;
	struct complaint complaint = {0};
	cyaml_config_t config = make_config(&complaint);
	size_t length;
	FILE *f = open_memstream(&text, &length);
	cyaml_err_t err;

	if (!f)
		return -ENOMEM;
	print_reduced(root, f);
	if (fclose(f) != 0)
		return -ENOMEM;
	err = cyaml_load_data((const uint8_t *)text, length, &config, &ew_policy_schema, (cyaml_data_t **)out, NULL);
	if (err == CYAML_ERR_OOM)
		return -ENOMEM;
	if (err == CYAML_OK && *out)
		return 0;
	/* The lint lets nothing pass that libcyaml refuses; if it ever does, the file is still refused. */
	ew_diagnose_error(diag, path, 0, 0, "libcyaml: %s: %s; expected a policy", cyaml_strerror(err), complaint.text);
	return -EINVAL;
}

static unsigned int count_of(const struct ew_node *list)
{
	return list ? (unsigned int)list->n : 0;
}

/* The texts of a list, into *TEXTS, which is moved on behind them. */
static char **texts_of(const struct ew_node *list, char ***texts)
{
	char **begin = *texts;

	for (unsigned int i = 0; i < count_of(list); i++)
		*(*texts)++ = list->items[i]->text;
	return begin;
}

/* One block of memory for the exceptions of a profile, and behind them the lists of texts that they have. */
static int take_exceptions(struct ew_policy_profile *profile, const struct ew_node *list)
{
	unsigned int n = count_of(list);
	size_t n_texts = 0;
	char **texts;

	for (unsigned int i = 0; i < n; i++)
		n_texts +=
			count_of(ew_node_get(list->items[i], "gain")) + count_of(ew_node_get(list->items[i], "from"));
	if (!n)
		return 0;
	profile->except = calloc(1, n * sizeof(*profile->except) + n_texts * sizeof(*texts));
	if (!profile->except)
		return -ENOMEM;
	profile->except_count = n;
	texts = (char **)(profile->except + n);
	for (unsigned int i = 0; i < n; i++) {
		const struct ew_node *node = list->items[i], *reason = ew_node_get(node, "reason");
		const struct ew_node *gain = ew_node_get(node, "gain"), *from = ew_node_get(node, "from");
		const struct ew_node *program = ew_node_get(node, "program"), *path = ew_node_get(program, "path");

		profile->except[i] = (struct ew_policy_exception){
			.program = (path ?: program)->text,
			.verity = path ? ew_node_get(program, "verity")->text : NULL,
			.gain_count = count_of(gain),
			.gain = texts_of(gain, &texts),
			.from_count = count_of(from),
			.from = texts_of(from, &texts),
			.reason = reason ? reason->text : NULL,
			.node = node,
		};
	}
	return 0;
}

/* Defaults that are not zero. */
static void fill_defaults(struct ew_policy_profile *profile)
{
	const struct ew_node *fds = ew_node_get(profile->node, "fds");

	if (!ew_node_get(profile->node, "gains"))
		profile->gains = GAINS_DEFAULT;
	if (profile->fds && !ew_node_get(fds, "min"))
		profile->fds->min = FD_MIN_DEFAULT;
	if (profile->fds && !ew_node_get(fds, "ignore"))
		profile->fds->ignore = FD_IGNORE_DEFAULT;
}

int ew_policy_load(const char *path, const struct ew_node *root, struct ew_policy_document **out,
		   struct ew_diagnostics *diag)
{
	EW_CLEANUP(ew_policy_document_free) struct ew_policy_document *document = NULL;
	const struct ew_node *profiles = ew_node_get(root, "profiles");
	int err = read_values(path, root, &document, diag);

	for (unsigned int i = 0; !err && i < document->profiles_count; i++) {
		struct ew_policy_profile *profile = &document->profiles[i];

		profile->node = ew_node_item(profiles, i);
		fill_defaults(profile);
		err = take_exceptions(profile, ew_node_get(profile->node, EXCEPTIONS));
	}
	if (!err)
		*out = TAKE_PTR(document);
	return err;
}
