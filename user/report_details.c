/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "html.h"
#include "json_get.h"
#include "learn.h"
#include "report.h"
#include "util.h"
#include "words.h"

/* One record of each kind, whole: opened by a click, without a script. */

static void put_cell(const char *head, const char *text, FILE *out)
{
	fprintf(out, "<tr><th>%s</th><td class=\"n\">", head);
	ew_html_text(text, out);
	fputs("</td></tr>\n", out);
}

/* "33 (www-data)"; NAMES is the record's own. */
static void put_id(__u32 id, json_object *names, FILE *out)
{
	char number[16];
	const char *name;

	snprintf(number, sizeof(number), "%u", id);
	name = ew_json_string(names, number);
	fputs(number, out);
	if (*name) {
		fputs(" (", out);
		ew_html_text(name, out);
		putc(')', out);
	}
}

static void put_caps(__u64 caps, FILE *out)
{
	const char *between = "";

	if (!caps)
		fputs("none", out);
	if ((unsigned int)__builtin_popcountll(caps) >= ew_cap_count()) {
		fputs("all", out);
		return;
	}
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++) {
		if (!(caps >> cap & 1))
			continue;
		fprintf(out, "%s%s", between, ew_cap_name(cap));
		between = ", ";
	}
}

static void put_creds(json_object *root, const struct ew_creds *before, const struct ew_creds *after, FILE *out)
{
	json_object *users = ew_json_object(root, "users"), *groups = ew_json_object(root, "groups");
	const struct {
		const char *head;
		__u32 before, after;
		json_object *names;
	} rows[] = {
		{"real user", before->uid, after->uid, users},
		{"effective user", before->euid, after->euid, users},
		{"saved user", before->suid, after->suid, users},
		{"real group", before->gid, after->gid, groups},
		{"effective group", before->egid, after->egid, groups},
		{"saved group", before->sgid, after->sgid, groups},
	};

	fputs("<h3>Before and after</h3>\n<div "
	      "class=\"scroll\"><table>\n<tr><th></th><th>before</th><th>after</th></tr>\n",
	      out);
	for (size_t i = 0; i < EW_ARRAY_SIZE(rows); i++) {
		const char *mark = rows[i].before == rows[i].after ? "" : " → ";

		fprintf(out, "<tr><th>%s</th><td class=\"n\">", rows[i].head);
		put_id(rows[i].before, rows[i].names, out);
		fprintf(out, "</td><td class=\"n\">%s", mark);
		put_id(rows[i].after, rows[i].names, out);
		fputs("</td></tr>\n", out);
	}
	fputs("<tr><th>capabilities</th><td class=\"n\">", out);
	put_caps(before->permitted, out);
	fputs("</td><td class=\"n\">", out);
	put_caps(after->permitted, out);
	fputs("</td></tr>\n</table></div>\n", out);
}

static const char *item_text(json_object *list, size_t i)
{
	json_object *item = json_object_array_get_idx(list, i);

	return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "?";
}

static void put_argv(json_object *root, FILE *out)
{
	json_object *argv = ew_json_object(root, "argv"), *list = ew_json_array(argv, "list");
	size_t n = list ? json_object_array_length(list) : 0;

	if (!n)
		return;
	fputs("<h3>Arguments</h3>\n<pre>", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? "\n" : "", out);
		ew_html_text(item_text(list, i), out);
	}
	fprintf(out, "%s</pre>\n", ew_json_true(argv, "truncated") ? "\n…" : "");
}

/* The last one is who execs. */
static void put_ancestry(json_object *root, FILE *out)
{
	json_object *list = ew_json_array(root, "parents"), *task = ew_json_object(root, "task");
	size_t n = list ? json_object_array_length(list) : 0;

	fputs("<h3>Ancestry</h3>\n<p class=\"n\">", out);
	for (size_t i = n; i-- > 0;) {
		json_object *parent = json_object_array_get_idx(list, i);

		ew_html_text(*ew_json_string(parent, "exe") ? ew_json_string(parent, "exe") : "(no image)", out);
		fprintf(out, "[%" PRIu64 "] → ", (uint64_t)ew_json_number(parent, "pid"));
	}
	ew_html_text(ew_json_string(task, "comm"), out);
	fprintf(out, "[%" PRIu64 "] → ", (uint64_t)ew_json_number(task, "pid"));
	ew_html_text(ew_json_string(ew_json_object(root, "file"), "path"), out);
	fputs("</p>\n", out);
}

static const char *no_exception(__u32 reason)
{
	return reason == EW_REASON_SHAPE       ? "No exception covers a shape: take it out of the profile's shapes."
	       : reason == EW_REASON_EXEC_NONE ? "No exception can: the profile has exec: none."
	       : reason == EW_REASON_FDS ? "No exception can: allow the kind of descriptor for that program in fds."
	       : reason == EW_REASON_UNEVALUABLE ? "No exception can: the kernel could not tell what was gained."
						 : "No exception can be written for it.";
}

static void put_exception(const struct ew_parsed *parsed, const struct ew_flow *flow, FILE *out)
{
	_cleanup_free_ char *text = NULL;

	if (!ew_flow_refused(flow))
		return;
	fputs("<h3>The exception that would allow it</h3>\n", out);
	text = flow->key.reason == EW_REASON_GAIN ? ew_learn_exception(parsed) : NULL;
	if (!text) {
		fprintf(out, "<p>%s</p>\n", no_exception(flow->key.reason));
		return;
	}
	fputs("<pre>", out);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		ew_html_text(line, out);
		putc('\n', out);
	}
	fputs("</pre>\n", out);
}

static void put_record(const struct ew_report *report, const struct ew_flow *flow, FILE *out)
{
	json_object *root = flow->sample ? json_tokener_parse(flow->sample) : NULL;
	const char *why;

	if (root && ew_record_parse(root, report->parsed, &why) == 0) {
		const struct ew_record *r = &report->parsed->view.record;

		put_creds(root, &r->before, &r->after, out);
		put_ancestry(root, out);
		put_argv(root, out);
		put_exception(report->parsed, flow, out);
	} else {
		fputs("<p class=\"soft\">No record of these was kept.</p>\n", out);
	}
	json_object_put(root);
}

static void put_summary(const struct ew_flows *flows, const struct ew_flow *flow, FILE *out)
{
	const __u32 names[] = {flow->key.cgroup, flow->key.program, flow->key.power};

	fprintf(out, "<summary><span class=\"v %s\">%s</span> %" PRIu64 " × ", ew_report_class(flow->key.verdict),
		ew_report_class(flow->key.verdict), (uint64_t)flow->count);
	for (size_t i = 0; i < EW_ARRAY_SIZE(names); i++) {
		fprintf(out, "%s<span class=\"n\">", i ? " → " : "");
		ew_html_text(ew_flow_name(flows, names[i]), out);
		fputs("</span>", out);
	}
	fputs("</summary>\n", out);
}

static void put_flow(const struct ew_report *report, const struct ew_flow *flow, size_t number, FILE *out)
{
	const struct ew_flows *flows = &report->flows;

	fputs("<details>", out);
	put_summary(flows, flow, out);
	fprintf(out, "<div class=\"body\" id=\"f%zu\"><div class=\"scroll\"><table>\n", number);
	put_cell("executed by", ew_flow_name(flows, flow->key.exe), out);
	put_cell("reason", ew_words_name(&ew_reason_words, flow->key.reason), out);
	put_cell("profile", ew_flow_name(flows, flow->key.profile), out);
	put_cell("rule", ew_flow_name(flows, flow->key.rule), out);
	fputs("<tr><th>first, last</th><td class=\"n\">", out);
	ew_report_time(flow->first, out);
	fputs(", ", out);
	ew_report_time(flow->last, out);
	fputs("</td></tr>\n</table></div>\n", out);
	put_record(report, flow, out);
	fputs("</div></details>\n", out);
}

int ew_report_details(const struct ew_report *report, const struct ew_flow *const *list, FILE *out)
{
	size_t n = report->flows.keys.n, shown = n < EW_REPORT_DETAILS_MAX ? n : EW_REPORT_DETAILS_MAX;

	if (!n)
		return 0;
	fputs("<h2>Each kind</h2>\n<p class=\"soft\">Those that were refused first, then the most frequent. Of each "
	      "the first "
	      "record is shown.</p>\n",
	      out);
	for (size_t i = 0; i < shown; i++)
		put_flow(report, list[i], i + 1, out);
	if (n > shown)
		fprintf(out, "<p class=\"soft\">And %zu more kinds, which are in the picture.</p>\n", n - shown);
	return 0;
}
