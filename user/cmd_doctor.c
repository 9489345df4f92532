/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <getopt.h>
#include <json.h>

#include "cmd.h"
#include "log.h"
#include "pins.h"
#include "support.h"

static const char *const results[] = {[EW_CHECK_OK] = "ok", [EW_CHECK_BAD] = "bad", [EW_CHECK_UNKNOWN] = "unknown"};

static void print_json(const struct ew_check *checks, size_t n, bool can)
{
	json_object *doc = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		json_object *o = json_object_new_object();

		json_object_object_add(o, "check", json_object_new_string(checks[i].what));
		json_object_object_add(o, "result", json_object_new_string(results[checks[i].result]));
		json_object_object_add(o, "found", json_object_new_string(checks[i].found));
		if (*checks[i].fix)
			json_object_object_add(o, "fix", json_object_new_string(checks[i].fix));
		json_object_array_add(list, o);
	}
	json_object_object_add(doc, "v", json_object_new_int(1));
	json_object_object_add(doc, "can_enforce", json_object_new_boolean(can));
	json_object_object_add(doc, "checks", list);
	puts(json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

static void print_text(const struct ew_check *checks, size_t n, bool can)
{
	for (size_t i = 0; i < n; i++) {
		printf("%-7s %s: %s\n", results[checks[i].result], checks[i].what, checks[i].found);
		if (*checks[i].fix)
			printf("        fix: %s\n", checks[i].fix);
	}
	puts(can ? "This machine can enforce." : "This machine cannot enforce.");
}

int ew_cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct ew_check checks[EW_CHECKS_MAX];
	bool json = false, can = true;
	size_t n;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ew_cmd_help("doctor");
		if (c == '?')
			return ew_cmd_usage("doctor");
		json |= c == 'j';
	}
	if (optind < argc)
		return ew_cmd_usage("doctor");
	n = ew_support_check(checks, EW_TRIAL_ALWAYS);
	for (size_t i = 0; i < n; i++)
		can &= checks[i].result != EW_CHECK_BAD;
	if (json)
		print_json(checks, n, can);
	else
		print_text(checks, n, can);
	return can ? EW_EXIT_OK : EW_EXIT_FAILED;
}
