/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <inttypes.h>
#include <stdbool.h>

#include "report.h"

/* When: refusals above, what was let pass below, each with a scale of its own, as there is far more of the second. */

#define WIDTH 1000.0
#define ROW 60.0

struct row {
	bool refused;
	double bottom;
	const char *name;
};

static __u64 of_row(const __u64 counts[EW_VERDICT_MAX], bool refused)
{
	__u64 n = 0;

	for (unsigned int v = 0; v < EW_VERDICT_MAX; v++)
		n += (v != EW_VERDICT_ALLOW) == refused ? counts[v] : 0;
	return n;
}

static void put_part(const struct ew_time_strip *strip, const struct row *row, unsigned int i, __u64 most, FILE *out)
{
	double x = WIDTH * i / strip->n, width = WIDTH / strip->n, y = row->bottom;

	for (unsigned int v = 0; v < EW_VERDICT_MAX; v++) {
		__u64 count = strip->counts[i][v];
		double height = ROW * (double)count / (double)most;

		if (!count || (v != EW_VERDICT_ALLOW) != row->refused)
			continue;
		if (height < 1)
			height = 1;
		y -= height;
		fprintf(out,
			"<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"><title>%" PRIu64
			" %s, ",
			ew_report_class(v), x, y, width > 2 ? width - 0.5 : width, height, (uint64_t)count,
			ew_report_class(v));
		ew_report_time(ew_time_strip_start(strip, i), out);
		fputs("</title></rect>\n", out);
	}
}

static void put_row(const struct ew_time_strip *strip, const struct row *row, FILE *out)
{
	__u64 most = 0;

	for (unsigned int i = 0; i < strip->n; i++) {
		__u64 n = of_row(strip->counts[i], row->refused);

		most = n > most ? n : most;
	}
	for (unsigned int i = 0; i < strip->n && most; i++)
		put_part(strip, row, i, most, out);
	fprintf(out, "<line class=\"axis\" x1=\"0\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>", WIDTH, row->bottom,
		row->bottom);
	fprintf(out, "<text class=\"soft\" x=\"0\" y=\"%.1f\">%s, at most %" PRIu64 " in %.1f s</text>\n",
		row->bottom - ROW - 4, row->name, (uint64_t)most,
		(double)(ew_time_strip_start(strip, 1) - ew_time_strip_start(strip, 0)) / 1e9);
}

void ew_report_strip(const struct ew_report *report, FILE *out)
{
	static const struct row rows[] = {{true, 82, "refused, or would have been"}, {false, 162, "let pass"}};
	const struct ew_time_strip *strip = &report->strip;

	fputs("<h2>When</h2>\n", out);
	if (!strip->n) {
		fputs("<p class=\"soft\">Never.</p>\n", out);
		return;
	}
	fprintf(out,
		"<div class=\"scroll\"><svg viewBox=\"0 0 %.0f 184\" role=\"img\" "
		"xmlns=\"http://www.w3.org/2000/svg\">\n"
		"<title>Execs by time</title>\n",
		WIDTH);
	for (unsigned int i = 0; i < 2; i++)
		put_row(strip, &rows[i], out);
	fputs("<text class=\"soft\" x=\"0\" y=\"178\">", out);
	ew_report_time(ew_time_strip_start(strip, 0), out);
	fprintf(out, "</text><text class=\"soft\" x=\"%.0f\" y=\"178\" text-anchor=\"end\">", WIDTH);
	ew_report_time(ew_time_strip_start(strip, strip->n), out);
	fputs(" UTC</text>\n</svg></div>\n", out);
}
