/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_LINT_H
#define EW_POLICY_LINT_H

#include <stdbool.h>

#include <cyaml/cyaml.h>

#include "diagnostics.h"
#include "policy_yaml.h"

/*
 * ew_policy_lint - check the tree ROOT of FILE against SCHEMA, the table that libcyaml loads by
 *
 * Adds every mistake to DIAG with its place: unknown, duplicate, missing and unsupported keys, wrong types, words that
 * are not in a list, texts that are too long or that ew_text_check() refuses.
 *
 * Returns whether libcyaml can load the file, which it also can where only the meaning of a text is wrong: then the
 * values can still be compared with each other, and more mistakes be told at once.
 */
bool ew_policy_lint(const char *file, const struct ew_node *root, const cyaml_schema_value_t *schema,
		    struct ew_diagnostics *diag);

#endif
