// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Linked into every unit test in place of what makes a record's JSON (ld --wrap): what a test gets is appended to the
 * file that EW_KEEP_RECORDS names, as "PROGRAM RECORD", for tests/check to hold it against the schema. And what can be
 * skimmed of them has to be as it is when it is parsed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "change.h"
#include "record_json.h"
#include "skim_help.h"

char *__real_ew_record_json(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset);
char *__real_ew_record_json_lost(__u64 boot, __s64 offset, __u64 count, __u64 total);
char *__real_ew_record_json_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds);
char *__real_ew_change_json(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset);
char *__wrap_ew_record_json(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset);
char *__wrap_ew_record_json_lost(__u64 boot, __s64 offset, __u64 count, __u64 total);
char *__wrap_ew_record_json_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds);
char *__wrap_ew_change_json(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset);

/* Passes JSON through; NULL, for want of memory or of a record that is whole, is none. */
static char *keep(char *json)
{
	const char *path = getenv("EW_KEEP_RECORDS");
	FILE *file = json && path ? fopen(path, "ae") : NULL;

	if (file) {
		fprintf(file, "%s %s\n", program_invocation_short_name, json);
		fclose(file);
	}
	return json;
}

char *__wrap_ew_record_json(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset)
{
	char *json = __real_ew_record_json(view, names, offset);

	if (json && !skims_as_parsed(json, strlen(json)))
		fail_msg("not skimmed: %s", json);
	/* without names for users it is none that the tool writes */
	return names->user ? keep(json) : json;
}

char *__wrap_ew_record_json_lost(__u64 boot, __s64 offset, __u64 count, __u64 total)
{
	return keep(__real_ew_record_json_lost(boot, offset, count, total));
}

char *__wrap_ew_record_json_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds)
{
	return keep(__real_ew_record_json_again(boot, offset, leak, seconds));
}

char *__wrap_ew_change_json(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset)
{
	return keep(__real_ew_change_json(change, names, offset));
}
