/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_LOAD_H
#define EW_POLICY_LOAD_H

#include "diagnostics.h"
#include "policy_schema.h"
#include "policy_yaml.h"

/*
 * ew_policy_load - the document of the tree ROOT, which ew_policy_lint() has found to be loadable
 *
 * libcyaml reads the values, by the schema. It would take most of a load with thousands of exceptions to scan their
 * text again, only to copy it: all values of an exception are texts. So libcyaml is given the tree without the lists of
 * exceptions, and those refer to the texts of the tree.
 *
 * Defaults are filled in, and profiles and exceptions know their place. Returns 0 and a document in *OUT, which
 * ew_policy_document_free() releases before ROOT is; -EINVAL with an error about PATH in DIAG; -ENOMEM.
 */
int ew_policy_load(const char *path, const struct ew_node *root, struct ew_policy_document **out,
		   struct ew_diagnostics *diag);

/* Releases the document and clears the pointer. */
void ew_policy_document_free(struct ew_policy_document **document);

#endif
