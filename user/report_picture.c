/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "html.h"
#include "report.h"
#include "util.h"

/*
 * Cgroups to the left, programs in the middle, powers to the right, and between them bands as wide as there were
 * execs. A number of each is named, those with refusals first; the rest is one more.
 */

#define COLUMNS 3
#define NAMED 12
#define NODES (NAMED + 1)

/* In units of the picture, which is WIDTH wide. */
#define WIDTH 1000
#define NODE_WIDTH 8
#define HEIGHT 360.0 /* of all bands of a column together, but that none is thinner than can be seen and hit */
#define BAND_MIN 2.0
#define SLOT_MIN 17.0 /* of a node with its name */
#define GAP 7.0
#define TOP 22.0
#define NAME_COLUMNS 56 /* of characters, that fit between two columns */

struct node {
	__u32 name;
	__u64 count, refused;
	double y, height, in, out; /* where its next band ends, or begins */
};

struct band {
	__u64 count;
	size_t flow; /* its most frequent, in the list, from 1 */
};

struct picture {
	const struct ew_report *report;
	const struct ew_flow *const *list;
	size_t n_flows;
	struct node nodes[COLUMNS][NODES];
	unsigned int n[COLUMNS];
	unsigned char *of[COLUMNS]; /* the node of each name */
	struct band bands[COLUMNS - 1][NODES][NODES][EW_VERDICT_MAX];
	double scale, height;
};

static __u32 name_in(const struct ew_flow *flow, unsigned int column)
{
	return column == 0 ? flow->key.cgroup : column == 1 ? flow->key.program : flow->key.power;
}

static int more(const void *one, const void *other)
{
	const struct node *a = one, *b = other;

	if (a->refused != b->refused)
		return a->refused > b->refused ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/* The nodes of a column. Returns 0 or -ENOMEM. */
static int choose(struct picture *p, unsigned int column)
{
	size_t n = p->report->flows.names.n, used = 0;
	_cleanup_free_ struct node *all = calloc(n, sizeof(*all));
	struct node *rest = &p->nodes[column][NAMED];

	p->of[column] = calloc(n, 1);
	if (!all || !p->of[column])
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		all[i].name = (__u32)i;
	for (size_t i = 0; i < p->n_flows; i++) {
		struct node *node = &all[name_in(p->list[i], column)];

		node->count += p->list[i]->count;
		node->refused += ew_flow_refused(p->list[i]) ? p->list[i]->count : 0;
	}
	/* what was not kept apart is never one of the named */
	*rest = all[EW_FLOWS_OTHERS];
	all[EW_FLOWS_OTHERS].count = all[EW_FLOWS_OTHERS].refused = 0;
	qsort(all, n, sizeof(*all), more);
	while (used < n && all[used].count)
		used++;
	memset(p->of[column], NAMED, n);
	for (size_t i = 0; i < used; i++) {
		if (i < NAMED) {
			p->nodes[column][i] = all[i];
			p->of[column][all[i].name] = (unsigned char)i;
			continue;
		}
		rest->count += all[i].count;
		rest->refused += all[i].refused;
	}
	p->n[column] = used < NAMED ? (unsigned int)used : NAMED;
	return 0;
}

static void gather(struct picture *p)
{
	for (size_t i = 0; i < p->n_flows; i++) {
		const struct ew_flow *flow = p->list[i];

		for (unsigned int column = 0; column < COLUMNS - 1; column++) {
			unsigned int a = p->of[column][name_in(flow, column)];
			unsigned int b = p->of[column + 1][name_in(flow, column + 1)];
			struct band *band = &p->bands[column][a][b][flow->key.verdict];

			band->count += flow->count;
			band->flow = band->flow ?: i + 1;
		}
	}
}

static double thickness(const struct picture *p, const struct band *band)
{
	double thick = (double)band->count * p->scale;

	return !band->count ? 0 : thick < BAND_MIN ? BAND_MIN : thick;
}

/* How much of the node's height its bands to one side take. */
static double side(const struct picture *p, unsigned int column, unsigned int node, bool right)
{
	double sum = 0;

	for (unsigned int other = 0; other < NODES; other++)
		for (unsigned int v = 0; v < EW_VERDICT_MAX; v++)
			sum += thickness(p, right ? &p->bands[column][node][other][v]
						  : &p->bands[column - 1][other][node][v]);
	return sum;
}

static void place(struct picture *p)
{
	__u64 total = 0;

	for (size_t i = 0; i < p->n_flows; i++)
		total += p->list[i]->count;
	p->scale = HEIGHT / (double)(total ?: 1);
	for (unsigned int column = 0; column < COLUMNS; column++) {
		double y = TOP;

		for (unsigned int i = 0; i < NODES; i++) {
			struct node *node = &p->nodes[column][i];
			double left = column ? side(p, column, i, false) : 0;
			double right = column < COLUMNS - 1 ? side(p, column, i, true) : 0;

			if (!node->count)
				continue;
			node->height = left > right ? left : right;
			node->y = node->in = node->out = y;
			y += (node->height > SLOT_MIN ? node->height : SLOT_MIN) + GAP;
		}
		if (y > p->height)
			p->height = y;
	}
}

static double x_of(unsigned int column)
{
	return column * (WIDTH - NODE_WIDTH) / (double)(COLUMNS - 1);
}

static const char *name_of(const struct picture *p, unsigned int column, unsigned int node)
{
	return node == NAMED ? "others" : ew_flow_name(&p->report->flows, p->nodes[column][node].name);
}

static void put_band(struct picture *p, unsigned int column, unsigned int a, unsigned int b, unsigned int verdict,
		     FILE *out)
{
	const struct band *band = &p->bands[column][a][b][verdict];
	struct node *from = &p->nodes[column][a], *to = &p->nodes[column + 1][b];
	double thick = thickness(p, band), x0 = x_of(column) + NODE_WIDTH, x1 = x_of(column + 1), xm = (x0 + x1) / 2;
	bool shown = band->flow <= EW_REPORT_DETAILS_MAX;

	if (!band->count)
		return;
	if (shown)
		fprintf(out, "<a href=\"#f%zu\">", band->flow);
	fprintf(out,
		"<path class=\"%s\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fv%.1fC%.1f %.1f %.1f %.1f %.1f "
		"%.1fZ\"><title>",
		ew_report_class(verdict), x0, from->out, xm, from->out, xm, to->in, x1, to->in, thick, xm,
		to->in + thick, xm, from->out + thick, x0, from->out + thick);
	fprintf(out, "%" PRIu64 " %s: ", (uint64_t)band->count, ew_report_class(verdict));
	ew_html_text(name_of(p, column, a), out);
	fputs(" → ", out);
	ew_html_text(name_of(p, column + 1, b), out);
	fprintf(out, "</title></path>%s\n", shown ? "</a>" : "");
	from->out += thick;
	to->in += thick;
}

static void put_node(const struct picture *p, unsigned int column, unsigned int i, FILE *out)
{
	const struct node *node = &p->nodes[column][i];
	bool last = column == COLUMNS - 1;

	if (!node->count)
		return;
	fprintf(out, "<rect class=\"node\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>", x_of(column), node->y,
		NODE_WIDTH, node->height);
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x_of(column) + (last ? -6 : NODE_WIDTH + 6), node->y + 12,
		last ? " text-anchor=\"end\"" : "");
	ew_html_elided(name_of(p, column, i), NAME_COLUMNS, out);
	fprintf(out, " <tspan class=\"soft\">%" PRIu64 "</tspan><title>", (uint64_t)node->count);
	ew_html_text(name_of(p, column, i), out);
	fprintf(out, ": %" PRIu64 ", of which %" PRIu64 " refused</title></text>\n", (uint64_t)node->count,
		(uint64_t)node->refused);
}

static void draw(struct picture *p, FILE *out)
{
	static const char *const heads[] = {"cgroup", "program", "power"};

	fprintf(out,
		"<div class=\"scroll\"><svg viewBox=\"0 0 %d %.0f\" role=\"img\" "
		"xmlns=\"http://www.w3.org/2000/svg\">\n"
		"<title>From cgroups to programs to powers; the list below has the same in words</title>\n",
		WIDTH, p->height);
	for (unsigned int column = 0; column < COLUMNS; column++)
		fprintf(out, "<text class=\"soft\" x=\"%.1f\" y=\"12\"%s>%s</text>\n",
			column == COLUMNS - 1 ? (double)WIDTH : x_of(column),
			column == COLUMNS - 1 ? " text-anchor=\"end\"" : "", heads[column]);
	for (unsigned int column = 0; column < COLUMNS - 1; column++)
		for (unsigned int a = 0; a < NODES; a++)
			for (unsigned int b = 0; b < NODES; b++)
				for (unsigned int v = EW_VERDICT_MAX; v-- > 0;)
					put_band(p, column, a, b, v, out);
	for (unsigned int column = 0; column < COLUMNS; column++)
		for (unsigned int i = 0; i < NODES; i++)
			put_node(p, column, i, out);
	fputs("</svg></div>\n", out);
}

int ew_report_picture(const struct ew_report *report, const struct ew_flow *const *list, FILE *out)
{
	_cleanup_free_ struct picture *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return -ENOMEM;
	p->report = report;
	p->list = list;
	p->n_flows = report->flows.keys.n;
	fputs("<h2>Who, by what, to which power</h2>\n", out);
	if (!p->n_flows) {
		fputs("<p class=\"soft\">Nobody gained anything, and nothing was refused.</p>\n", out);
		return 0;
	}
	fputs("<p class=\"soft\">As wide as there were execs. What gained nothing and was let pass is not drawn. A "
	      "band "
	      "leads to its most frequent kind below.</p>\n",
	      out);
	for (unsigned int column = 0; column < COLUMNS && err == 0; column++)
		err = choose(p, column);
	if (err == 0) {
		gather(p);
		place(p);
		draw(p, out);
	}
	for (unsigned int column = 0; column < COLUMNS; column++)
		free(p->of[column]);
	return err;
}
