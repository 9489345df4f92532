/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_JSON_DOC_H
#define EW_JSON_DOC_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "util.h"

/*
 * A document in the making. Want of memory anywhere is remembered here, so that the code that lists the keys can go on
 * without looking; the result is then dropped as a whole.
 */
struct ew_doc {
	bool failed;
};

void ew_doc_putp(json_object **object);
#define _cleanup_json_ EW_CLEANUP(ew_doc_putp)

/* VALUE, which is NULL when it could not be made, is taken over. KEY has to outlive PARENT, in all of these. */
void ew_doc_add(struct ew_doc *doc, json_object *parent, const char *key, json_object *value);
void ew_doc_append(struct ew_doc *doc, json_object *array, json_object *value);

void ew_doc_add_null(struct ew_doc *doc, json_object *parent, const char *key);
void ew_doc_add_true(struct ew_doc *doc, json_object *parent, const char *key);
void ew_doc_add_string(struct ew_doc *doc, json_object *parent, const char *key, const char *text);
void ew_doc_add_number(struct ew_doc *doc, json_object *parent, const char *key, __u64 number);

/* The LEN bytes at NAME, escaped; null when NAME is NULL. */
void ew_doc_add_name(struct ew_doc *doc, json_object *parent, const char *key, const char *name, size_t len);

/* Return the new child, which is PARENT's, or NULL, which the functions above take. */
json_object *ew_doc_add_object(struct ew_doc *doc, json_object *parent, const char *key);
json_object *ew_doc_add_array(struct ew_doc *doc, json_object *parent, const char *key);

/* The keys that every record begins with. BOOT: CLOCK_BOOTTIME, nanoseconds; OFFSET: ew_record_clock_offset(). */
void ew_doc_add_head(struct ew_doc *doc, json_object *root, const char *type, __u64 boot, __s64 offset);

/* ROOT as one line, which the caller frees, or NULL. */
char *ew_doc_line(const struct ew_doc *doc, json_object *root);

#endif
