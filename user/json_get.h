/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_JSON_GET_H
#define EW_JSON_GET_H

#include <json.h>
#include <stdbool.h>

#include <linux/types.h>

/* What is at KEY of OBJECT, which may be NULL or of another type: then, or where KEY is not of the type, nothing. */

static inline json_object *ew_json_at(json_object *object, const char *key, enum json_type type)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type) ? value : NULL;
}

static inline json_object *ew_json_object(json_object *object, const char *key)
{
	return ew_json_at(object, key, json_type_object);
}

static inline json_object *ew_json_array(json_object *object, const char *key)
{
	return ew_json_at(object, key, json_type_array);
}

/* "" for nothing. */
static inline const char *ew_json_string(json_object *object, const char *key)
{
	json_object *value = ew_json_at(object, key, json_type_string);

	return value ? json_object_get_string(value) : "";
}

/* 0 for nothing. */
static inline __u64 ew_json_number(json_object *object, const char *key)
{
	json_object *value = ew_json_at(object, key, json_type_int);

	return value ? json_object_get_uint64(value) : 0;
}

static inline bool ew_json_true(json_object *object, const char *key)
{
	json_object *value = ew_json_at(object, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

#endif
