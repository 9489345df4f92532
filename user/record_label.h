/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_LABEL_H
#define EW_RECORD_LABEL_H

#include <json-c/json.h>

#include "json_doc.h"
#include "record_view.h"

/* The labels of a record whose exec changed the label that a security module keeps the task under. */

/*
 * ew_labels_find - finds the two labels in the LEN bytes at TEXT, where they begin
 *
 * Returns the bytes that they take, or -EBADMSG.
 */
ssize_t ew_labels_find(struct ew_record_view *view, const char *text, size_t len);

/*
 * The gain "label:AFTER", escaped with FLAGS, into the SIZE bytes at OUT; "label" where the label is not known whole,
 * or does not fit.
 */
void ew_label_gain(const struct ew_record_view *view, unsigned int flags, char *out, size_t size);

/* Adds "label" to ROOT, if the record has labels. */
void ew_label_add_json(struct ew_doc *doc, json_object *root, const struct ew_record_view *view);

/*
 * ew_label_parse - the reverse: from ROOT into R, with the texts at TEXT, which has EW_LABELS_ROOM
 *
 * Returns the bytes that these take, 0 where there are none. WHY is set where the object is not what it has to be.
 */
size_t ew_label_parse(json_object *root, struct ew_record *r, char *text, const char **why);

#endif
