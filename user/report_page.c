/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "html.h"
#include "report.h"
#include "report_style.h"
#include "util.h"
#include "words.h"

/* The page around the parts. Well-formed XML, too, so that nothing in it is left to a browser's guess. */

#define NSEC_PER_SEC 1000000000ULL
#define LEAKS_SHOWN 200

void ew_report_time(__u64 time, FILE *out)
{
	time_t seconds = (time_t)(time / NSEC_PER_SEC);
	struct tm tm = {0};
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fputs(text, out);
}

const char *ew_report_class(unsigned int verdict)
{
	return ew_words_name(&ew_verdict_words, verdict);
}

static __u64 execs(const struct ew_report *report)
{
	__u64 n = 0;

	for (unsigned int i = 0; i < EW_VERDICT_MAX; i++)
		n += report->verdicts[i];
	return n;
}

static void put_number(__u64 n, FILE *out)
{
	if (n >= 1000) {
		put_number(n / 1000, out);
		fprintf(out, ",%03u", (unsigned int)(n % 1000));
	} else {
		fprintf(out, "%u", (unsigned int)n);
	}
}

/* default-src: nothing is fetched, nothing runs; what is hostile in a name would find no means. */
static void put_head(FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	      "'sha256-" EW_REPORT_STYLE_SHA256 "'; base-uri 'none'; form-action 'none'\"/>\n"
	      "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<title>execward report</title>\n<style>" EW_REPORT_STYLE "</style>\n</head>\n<body>\n",
	      out);
}

static void put_sums(const struct ew_report *report, FILE *out)
{
	static const char *const meanings[] = {"allowed", "let pass by mode audit", "refused", "killed"};

	_Static_assert(EW_ARRAY_SIZE(meanings) == EW_VERDICT_MAX, "a meaning for every verdict");
	fputs("<h1>Who gained power by executing what</h1>\n<p class=\"soft\">", out);
	if (execs(report)) {
		ew_report_time(report->first, out);
		fputs(" to ", out);
		ew_report_time(report->last, out);
		fputs(" UTC, by execward " EW_VERSION, out);
	} else {
		fputs("There is no exec in these records.", out);
	}
	fputs("</p>\n<ul class=\"sums\">\n<li><b>", out);
	put_number(execs(report), out);
	fputs("</b> execs</li>\n", out);
	for (unsigned int i = 0; i < EW_VERDICT_MAX; i++) {
		fprintf(out, "<li><span class=\"v %s\">%s</span> <b>", ew_report_class(i), ew_report_class(i));
		put_number(report->verdicts[i], out);
		fprintf(out, "</b> %s", meanings[i]);
		if (i == EW_VERDICT_ALLOW) {
			fputs(", of which <b>", out);
			put_number(report->gained, out);
			fputs("</b> gained power", out);
		}
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void put_banner(__u64 n, const char *one, const char *many, FILE *out)
{
	if (!n)
		return;
	fputs("<p class=\"banner\"><b>", out);
	put_number(n, out);
	fprintf(out, "</b> %s</p>\n", n == 1 ? one : many);
}

static void put_banners(const struct ew_report *report, FILE *out)
{
	put_banner(report->lost, "record was lost before it was read: this is not all there was.",
		   "records were lost before they were read: this is not all there was.", out);
	put_banner(report->lines.bad, "line was no record, and was left out.",
		   "lines were no records, and were left out.", out);
	put_banner(report->flows.apart_not, "exec is only counted, among “others”: too many are different.",
		   "execs are only counted, among “others”: too many are different.", out);
}

static void put_leak(const struct ew_leak *leak, FILE *out)
{
	_cleanup_free_ char *remedy = ew_leak_remedy(leak);
	const struct ew_leak_words *w = &leak->words;
	const char *cells[] = {*w->giver ? w->giver : "(not known)", *w->receiver ? w->receiver : "(not known)"};

	fputs("<tr><td class=\"num\">", out);
	put_number(leak->count, out);
	for (size_t i = 0; i < EW_ARRAY_SIZE(cells); i++) {
		fputs("</td><td class=\"n\">", out);
		ew_html_text(cells[i], out);
	}
	fputs("</td><td class=\"n\">", out);
	ew_html_text(w->kind, out);
	putc(' ', out);
	ew_html_text(w->target, out);
	fputs(" (", out);
	ew_html_text(w->access, out);
	fprintf(out, ")%s%s</td><td class=\"n\">", leak->dangerous ? " <b>dangerous</b>" : "",
		leak->refused ? " refused" : "");
	ew_html_text(remedy ?: "", out);
	fputs("</td></tr>\n", out);
}

static int put_leaks(const struct ew_report *report, FILE *out)
{
	_cleanup_free_ struct ew_leak **list = ew_leaks_sorted(&report->leaks.leaks);
	size_t n = report->leaks.leaks.n, shown = n < LEAKS_SHOWN ? n : LEAKS_SHOWN;

	fputs("<h2>Descriptors that leak</h2>\n", out);
	if (n && !list)
		return -ENOMEM;
	if (!n) {
		fputs("<p class=\"soft\">None is recorded.</p>\n", out);
		return 0;
	}
	fputs("<div class=\"scroll\"><table>\n<tr><th class=\"num\">times</th><th>from</th><th>into</th><th>what</th>"
	      "<th>the call that would have to change</th></tr>\n",
	      out);
	for (size_t i = 0; i < shown; i++)
		put_leak(list[i], out);
	fputs("</table></div>\n", out);
	if (n > shown)
		fprintf(out, "<p class=\"soft\">And %zu more kinds of leak: execward fds lists them.</p>\n", n - shown);
	put_banner(report->leaks.described_not, "descriptor more crossed that its record does not describe.",
		   "descriptors more crossed that their records do not describe.", out);
	put_banner(report->leaks.apart_not, "leak more was not kept apart.", "leaks more were not kept apart.", out);
	return 0;
}

int ew_report_print(const struct ew_report *report, FILE *out)
{
	_cleanup_free_ const struct ew_flow **list = ew_flows_sorted(&report->flows);
	int err;

	if (!list)
		return -ENOMEM;
	put_head(out);
	put_sums(report, out);
	put_banners(report, out);
	err = ew_report_picture(report, list, out);
	ew_report_strip(report, out);
	err = err ?: put_leaks(report, out);
	err = err ?: ew_report_details(report, list, out);
	fputs("</body>\n</html>\n", out);
	return err;
}
