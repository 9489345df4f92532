/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_print.h"

#include <string.h>

#include "distinct.h"
#include "escape.h"
#include "utf8.h"

/* What a reader of YAML takes only as an escape, or as it is but for something else (YAML 1.1, 5.1 and 5.4). */
static bool is_special(uint32_t c)
{
	return ew_escape_controls(c) || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

void ew_policy_print_quoted(const char *text, size_t length, FILE *out)
{
	putc('"', out);
	for (size_t i = 0, n; i < length; i += n ?: 1) {
		uint32_t c = 0;

		n = ew_utf8_decode((const unsigned char *)text + i, length - i, &c);
		if (!n) /* no text: its reader will say so */
			putc(text[i], out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (!is_special(c))
			fwrite(text + i, 1, n, out);
		else
			fprintf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
	}
	putc('"', out);
}

static void put_scalar(const struct ew_node *node, FILE *out)
{
	/* a plain scalar is as it was written, unless it was folded from several lines; no other kind can be told apart
	 */
	if (node->plain && *node->text && !strchr(node->text, '\n')) {
		fputs(node->text, out);
		return;
	}
	ew_policy_print_quoted(node->text, node->length, out);
}

/* What follows "key:" or "-": on the same line, or indented on the next. */
static void put_value(const struct ew_node *node, unsigned int indent, FILE *out)
{
	if (node->type == EW_NODE_SCALAR) {
		putc(' ', out);
		put_scalar(node, out);
		putc('\n', out);
	} else if (!node->n) {
		fputs(node->type == EW_NODE_SEQUENCE ? " []\n" : " {}\n", out);
	} else {
		putc('\n', out);
		ew_policy_print_node(node, indent, out);
	}
}

void ew_policy_print_node(const struct ew_node *node, unsigned int indent, FILE *out)
{
	bool list = node->type == EW_NODE_SEQUENCE;

	for (size_t i = 0; i < node->n; i += list ? 1 : 2) {
		fprintf(out, "%*s", (int)indent, "");
		if (list)
			putc('-', out);
		else
			fprintf(out, "%s:", node->items[i]->text);
		put_value(node->items[list ? i : i + 1], indent + 2, out);
	}
}

void ew_policy_print(const struct ew_policy *policy, FILE *out)
{
	fprintf(out, "version: %d\nprofiles:%s\n", EW_POLICY_VERSION, policy->n_profiles ? "" : " []");
	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_file *file = &policy->files[f];
		_cleanup_free_ char *path = ew_escape_dup(file->path, strlen(file->path), 0);

		for (unsigned int i = 0; i < file->document->profiles_count; i++) {
			const struct ew_node *node = file->document->profiles[i].node;

			fprintf(out, "  # %s:%u\n  -", path ?: "?", node->line);
			put_value(node, 4, out);
		}
	}
}

static __u64 hash_node(__u64 hash, const struct ew_node *node)
{
	const __u64 head[] = {node->type, node->n};

	if (node->type == EW_NODE_SCALAR)
		return ew_hash(hash, node->text, node->length);
	hash = ew_hash(hash, head, sizeof(head));
	for (size_t i = 0; i < node->n; i++)
		hash = hash_node(hash, node->items[i]);
	return hash;
}

__u64 ew_policy_hash(const struct ew_policy *policy)
{
	__u64 hash = 0;

	for (size_t f = 0; f < policy->n_files; f++) {
		const struct ew_policy_file *file = &policy->files[f];

		hash = ew_hash(hash, file->path, strlen(file->path));
		for (unsigned int i = 0; i < file->document->profiles_count; i++) {
			const struct ew_node *node = file->document->profiles[i].node;

			hash = hash_node(ew_hash(hash, &node->line, sizeof(node->line)), node);
		}
	}
	return hash ?: 1;
}
