/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_YAML_H
#define EW_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnostics.h"

/*
 * The YAML text of a policy file as a tree of nodes that know their place, which libcyaml does not tell. Strict: one
 * document, no aliases, anchors or tags, no characters that an editor would not show.
 */

/* A policy has six levels. Deeper nesting is a mistake, and the tree is walked recursively. */
#define EW_YAML_DEPTH_MAX 16

/* Nodes of one file: room for EW_EXCEPTIONS_MAX exceptions of thirty words each, and a bound on memory. */
#define EW_YAML_NODES_MAX 2000000

enum ew_node_type {
	EW_NODE_SCALAR,
	EW_NODE_SEQUENCE,
	EW_NODE_MAPPING,
	EW_NODE_ALIAS, /* an error that is reported already */
};

struct ew_node {
	enum ew_node_type type;
	unsigned int line, column; /* where it begins, from 1, in characters; a byte order mark is not counted */
	bool plain;		   /* scalar without quotes and not a block */
	char *text;		   /* of a scalar; NUL-terminated */
	size_t length;		   /* of text, in bytes; it may hold a NUL ("\0") */
	size_t n;		   /* items; of a mapping, twice its keys */
	struct ew_node **items;	   /* of a mapping: key, value, key, value */
};

/*
 * ew_yaml_parse - the tree of the LENGTH bytes at TEXT
 *
 * Mistakes are added to DIAG as about FILE. Returns 0 and a tree in *OUT, which ew_node_free() releases, also where
 * mistakes were found but the tree is whole; -EINVAL, with the reason in DIAG, where there is none; -ENOMEM.
 */
int ew_yaml_parse(const char *file, const char *text, size_t length, struct ew_node **out, struct ew_diagnostics *diag);

/* The value of KEY in MAPPING, or NULL when MAPPING is NULL, is no mapping or lacks the key. */
const struct ew_node *ew_node_get(const struct ew_node *mapping, const char *key);

/* Item INDEX of SEQUENCE, or NULL when SEQUENCE is NULL, is no sequence or is shorter. */
const struct ew_node *ew_node_item(const struct ew_node *sequence, size_t index);

/* Releases the tree of this ROOT and clears the pointer. */
void ew_node_free(struct ew_node **root);

#endif
