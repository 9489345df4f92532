/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <json.h>

#include "html.h"
#include "record_json.h"
#include "report.h"

/* What a report makes of records, and that nothing hostile in them gets out of its text. */

static struct ew_report report;

static char *html_of(const char *text, size_t width)
{
	char *html = NULL;
	size_t size;
	FILE *f = open_memstream(&html, &size);

	assert_non_null(f);
	if (width)
		ew_html_elided(text, width, f);
	else
		ew_html_text(text, f);
	fclose(f);
	return html;
}

static void text(void **state)
{
	static const struct {
		const char *text, *html;
	} cases[] = {
		{"/usr/bin/ls", "/usr/bin/ls"},
		{"<b title=\"x\" class='y'>&amp;", "&lt;b title=&quot;x&quot; class=&#39;y&#39;&gt;&amp;amp;"},
		{"\\x0a \\\\", "\\x0a \\\\"},
		{"a\nb\tc\r\033", "a\\x0ab\\x09c\\x0d\\x1b"},
		{"\xff\xc0\xaf\xed\xa0\x80", "\\xff\\xc0\\xaf\\xed\\xa0\\x80"},
		{"\xe2\x80\xae"
		 "exe\xe2\x81\xa6",
		 "\\xe2\\x80\\xaeexe\\xe2\\x81\\xa6"},
		/* not to be seen: zero width, tags, variation; and what XML does not have */
		{"\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81", "\\xe2\\x80\\x8b\\xef\\xbb\\xbf\\xf3\\xa0\\x81\\x81"},
		{"\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbf", "\\xef\\xbf\\xbe\\xef\\xbf\\xbf\\xf0\\x9f\\xbf\\xbf"},
		{"\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80"},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *html = html_of(cases[i].text, 0), *wide = html_of(cases[i].text, 200);

		assert_string_equal(html, cases[i].html);
		assert_string_equal(wide, cases[i].html);
	}
	_cleanup_free_ char *cut = html_of("/a<b>/0123456789012345678901234567890123456789", 20);

	assert_non_null(strstr(cut, "/a&lt;b"));
	assert_non_null(strstr(cut, "…"));
}

static __u64 total(const struct ew_time_strip *strip)
{
	__u64 n = 0;

	for (unsigned int i = 0; i < strip->n; i++)
		for (unsigned int v = 0; v < EW_VERDICT_MAX; v++)
			n += strip->counts[i][v];
	return n;
}

#define SECOND 1000000000ULL

/* In any order, over any time, nothing is lost and everything is in the part that it belongs to. */
static void strip(void **state)
{
	static const __u64 times[] = {1000, 1001, 2000, 999, 5, 1000, 86400 * 365ULL, 0, 1795363200, 3};
	static struct ew_time_strip s;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(times); i++) {
		ew_time_strip_count(&s, times[i] * SECOND, i % EW_VERDICT_MAX);
		assert_int_equal(total(&s), i + 1);
		assert_true(s.n <= EW_STRIP_PARTS);
		assert_true(ew_time_strip_start(&s, 0) <= times[i] * SECOND);
		assert_true(ew_time_strip_start(&s, s.n) > times[i] * SECOND);
	}
	s = (struct ew_time_strip){};
	for (unsigned int i = 0; i < 1000; i++)
		ew_time_strip_count(&s, (5000 - i) * SECOND, EW_VERDICT_DENY);
	for (unsigned int i = 0; i < s.n; i++) {
		__u64 from = ew_time_strip_start(&s, i), to = ew_time_strip_start(&s, i + 1), n = 0;

		for (unsigned int j = 0; j < 1000; j++)
			n += (5000 - j) * SECOND >= from && (5000 - j) * SECOND < to;
		assert_int_equal(s.counts[i][EW_VERDICT_DENY], n);
	}
}

static char *line_of(const struct sample *s)
{
	struct ew_record_view view;

	assert_int_equal(sample_view(s, &view), 0);
	return ew_record_json(&view, &names, OFFSET);
}

/* --- the page --- */

static void begin(void)
{
	assert_int_equal(ew_report_init(&report), 0);
}

static void take_line(const char *line)
{
	assert_int_equal(ew_record_line(&report.lines, line, strlen(line), "test", 0, ew_report_take, &report), 0);
}

static void take(const struct sample *s)
{
	_cleanup_free_ char *line = line_of(s);

	take_line(line);
}

static char *page(void)
{
	char *html = NULL;
	size_t size;
	FILE *f = open_memstream(&html, &size);

	assert_non_null(f);
	assert_int_equal(ew_report_print(&report, f), 0);
	fclose(f);
	ew_report_clear(&report);
	return html;
}

static void assert_has(const char *html, const char *part)
{
	if (!strstr(html, part))
		fail_msg("not there: %s\nin: %s", part, html);
}

static void sums(void **state)
{
	struct sample s = sample_make();
	_cleanup_free_ char *html = NULL;

	(void)state;
	begin();
	for (int i = 0; i < 1234; i++)
		take(&s);
	s.record.verdict = EW_VERDICT_ALLOW;
	s.record.reason = EW_REASON_NO_GAIN;
	s.record.gains = 0;
	s.record.caps_gained = 0;
	take(&s);
	take_line("{\"v\":1,\"type\":\"lost\",\"time\":\"2026-11-22T16:00:00.000000000Z\",\"count\":12,\"total\":12}");
	assert_int_equal(report.verdicts[EW_VERDICT_DENY], 1234);
	assert_int_equal(report.verdicts[EW_VERDICT_ALLOW], 1);
	assert_int_equal(report.flows.keys.n, 1);
	html = page();
	assert_has(html, "<span class=\"v deny\">deny</span> <b>1,234</b> refused");
	assert_has(html, "<b>12</b> records were lost before they were read");
	assert_has(html, "<summary><span class=\"v deny\">deny</span> 1234 × ");
	assert_has(html, "<a href=\"#f1\"><path class=\"deny\"");
	assert_has(html, "id=\"f1\"");
	/* before and after, ancestry, the exception */
	assert_has(html, "<tr><th>effective user</th><td class=\"n\">33</td><td class=\"n\"> → 0 (root)</td></tr>");
	assert_has(html, "php-fpm[812] → /usr/bin/sudo");
	assert_has(html, "- program: /usr/bin/sudo\n        gain: [&quot;uid:root&quot;, cap_sys_admin]\n"
			 "        from: [/usr/sbin/php-fpm8.2]\n");
}

/* Reads LINES as a file, skimming them or not. Returns the page; of what was left out the last words go to SAID. */
static char *page_of(const char *const *lines, size_t n, bool skim, char said[4096])
{
	char path[] = "/tmp/execward-test-XXXXXX", *name = path;
	FILE *f = fdopen(mkstemp(path), "w+"), *err = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(f);
	assert_non_null(err);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s\n", lines[i]);
	fclose(f);
	begin();
	fflush(stderr);
	dup2(fileno(err), STDERR_FILENO);
	report.lines.skim = skim ? ew_report_skim : NULL;
	assert_int_equal(ew_record_lines_read(&report.lines, 1, &name, ew_report_take, &report), 0);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(err);
	said[fread(said, 1, 4095, err)] = '\0';
	fclose(err);
	unlink(path);
	/* another name for each file */
	for (char *at = said; (at = strstr(at, "/tmp/execward-test-"));)
		memset(at, 'x', strlen(path));
	return page();
}

/* Lines that are skimmed, that are parsed and that are bad make the page and the warnings that parsing makes of them.
 */
static void skimmed_counts(void **state)
{
	struct sample s = sample_make();
	_cleanup_free_ char *first = line_of(&s), *second = NULL, *reordered = NULL, *cut = NULL, *leak = NULL,
			    *html = NULL, *parsed = NULL;
	char said[4096], said_parsed[4096];

	(void)state;
	s.record.pid = 7;
	s.record.time += SECOND;
	sample_reason(&s, EW_REASON_EXCEPTION);
	second = line_of(&s);
	assert_true(asprintf(&reordered, "{\"type\":\"exec\",\"v\":1%s", first + strlen("{\"v\":1,\"type\":\"exec\"")) >
		    0);
	cut = strndup(first, 300);
	assert_true(asprintf(&leak,
			     "%.*s,\"fds\":{\"count\":3,\"truncated\":true,\"list\":[{\"fd\":3,\"kind\":\"regular\","
			     "\"access\":\"r\",\"path\":\"/etc/hosts\",\"dev\":\"0:2\",\"ino\":7}]}%s",
			     (int)(strstr(first, ",\"cgroup\"") - first), first, strstr(first, ",\"cgroup\"")) > 0);
	const char *const lines[] = {second, first, "no record", first, cut, reordered, leak, "", leak, second, "{}"};

	html = page_of(lines, EW_ARRAY_SIZE(lines), true, said);
	parsed = page_of(lines, EW_ARRAY_SIZE(lines), false, said_parsed);
	assert_string_equal(html, parsed);
	assert_string_equal(said, said_parsed);
	assert_non_null(strstr(said, ":5: cut off; left out"));
	assert_has(html, "<b>7</b> execs");
	assert_has(html, "<b>4</b> lines were no records");
	assert_has(html, "<b>4</b> descriptors more crossed");
	assert_has(html, "<td class=\"n\">regular /etc/hosts (r) refused</td>");
}

/* Every name of every record is one to fear; none of them becomes markup, a line, or a direction. */
static void hostile_names(void **state)
{
	static const char *const markup[] = {"<script>x", "\" onload=\"", "' x='", "</style>", "<!--", "]]>", "&lt;"};
	char path[4096];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(hostile) + EW_ARRAY_SIZE(markup); i++) {
		const char *name = i < EW_ARRAY_SIZE(hostile) ? hostile[i] : markup[i - EW_ARRAY_SIZE(hostile)];
		struct sample s = sample_hostile(name, path);
		_cleanup_free_ char *html = NULL;

		begin();
		take(&s);
		assert_int_equal(report.lines.bad, 0);
		assert_int_equal(report.flows.keys.n, 1);
		html = page();
		assert_null(strstr(html, "<script"));
		assert_null(strstr(html, "onload=\""));
		assert_null(strstr(html, "<!--"));
		assert_null(strstr(html, "]]>"));
		assert_null(strstr(html, "\033"));
		assert_null(strstr(html, "\xe2\x80\xae"));
		assert_null(strstr(strstr(html, "</style>") + 1, "</style>"));
	}
	hostile_name = NULL;
}

/* Ever different programs: those past the limit are among others, and refusals are not crowded out by what is let pass.
 */
static void too_many(void **state)
{
	struct sample s = sample_make();
	_cleanup_free_ char *html = NULL;
	char path[32];

	(void)state;
	begin();
	s.file_path = path;
	s.record.verdict = EW_VERDICT_ALLOW;
	s.record.reason = EW_REASON_EXCEPTION;
	for (int i = 0; i < EW_FLOWS_MAX + 5; i++) {
		s.file_len = (size_t)snprintf(path, sizeof(path), "/p/%d", i);
		take(&s);
	}
	assert_int_equal(report.flows.apart_not, 5);
	s.record.verdict = EW_VERDICT_DENY;
	s.record.reason = EW_REASON_GAIN;
	take(&s);
	assert_int_equal(report.flows.apart_not, 5);
	html = page();
	assert_has(html, "<b>5</b> execs are only counted, among “others”");
	assert_has(html, "more kinds, which are in the picture");
}

static void nothing(void **state)
{
	_cleanup_free_ char *html = NULL;

	(void)state;
	begin();
	html = page();
	assert_has(html, "There is no exec in these records.");
	assert_has(html, "Nobody gained anything, and nothing was refused.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),		  cmocka_unit_test(strip),	   cmocka_unit_test(sums),
		cmocka_unit_test(skimmed_counts), cmocka_unit_test(hostile_names), cmocka_unit_test(too_many),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
