/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_doc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "record_view.h"

void ew_doc_putp(json_object **object)
{
	json_object_put(*object);
	*object = NULL;
}
/* Takes VALUE, which is NULL when it could not be made, over. */
void ew_doc_add(struct ew_doc *doc, json_object *parent, const char *key, json_object *value)
{
	if (!parent || !value || json_object_object_add_ex(parent, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY)) {
		json_object_put(value);
		doc->failed = true;
	}
}

void ew_doc_append(struct ew_doc *doc, json_object *array, json_object *value)
{
	if (!array || !value || json_object_array_add(array, value)) {
		json_object_put(value);
		doc->failed = true;
	}
}

void ew_doc_add_null(struct ew_doc *doc, json_object *parent, const char *key)
{
	if (!parent || json_object_object_add_ex(parent, key, NULL, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		doc->failed = true;
}

void ew_doc_add_string(struct ew_doc *doc, json_object *parent, const char *key, const char *text)
{
	ew_doc_add(doc, parent, key, json_object_new_string(text));
}

void ew_doc_add_number(struct ew_doc *doc, json_object *parent, const char *key, __u64 number)
{
	ew_doc_add(doc, parent, key, json_object_new_uint64(number));
}

/* The LEN bytes at NAME, escaped; null when NAME is NULL. */
void ew_doc_add_name(struct ew_doc *doc, json_object *parent, const char *key, const char *name, size_t len)
{
	_cleanup_free_ char *escaped = NULL;

	if (!name) {
		ew_doc_add_null(doc, parent, key);
		return;
	}
	escaped = ew_escape_dup(name, len, 0);
	if (escaped)
		ew_doc_add_string(doc, parent, key, escaped);
	else
		doc->failed = true;
}

json_object *ew_doc_add_object(struct ew_doc *doc, json_object *parent, const char *key)
{
	json_object *child = json_object_new_object();

	ew_doc_add(doc, parent, key, child);
	return doc->failed ? NULL : child;
}

json_object *ew_doc_add_array(struct ew_doc *doc, json_object *parent, const char *key)
{
	json_object *child = json_object_new_array();

	ew_doc_add(doc, parent, key, child);
	return doc->failed ? NULL : child;
}

void ew_doc_add_head(struct ew_doc *doc, json_object *root, const char *type, __u64 boot, __s64 offset)
{
	struct ew_record_time t = ew_record_time_of_day(boot, offset);
	time_t seconds = t.seconds;
	struct tm tm = {0};
	char text[96];

	gmtime_r(&seconds, &tm); /* any 64-bit count of nanoseconds is within its range */
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (long long)t.nanoseconds);
	ew_doc_add_number(doc, root, "v", 1);
	ew_doc_add_string(doc, root, "type", type);
	ew_doc_add_string(doc, root, "time", text);
}

void ew_doc_add_true(struct ew_doc *doc, json_object *parent, const char *key)
{
	ew_doc_add(doc, parent, key, json_object_new_boolean(1));
}

char *ew_doc_line(const struct ew_doc *doc, json_object *root)
{
	const char *line;

	if (doc->failed)
		return NULL;
	line = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	return line ? strdup(line) : NULL;
}
