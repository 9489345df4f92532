/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_REPORT_STYLE_H
#define EW_REPORT_STYLE_H

/* clang-format off */

/* The style of a report, and what its content security policy knows it by: tests/report-check holds both together. */
#define EW_REPORT_STYLE \
	"*{box-sizing:border-box}\n" \
	":root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#5b6470;--line:#d5dae0;--card:#f6f7f9;--allow:#3f7cc4;--audit:#c98a12;--deny:#c93a3a;--kill:#7b3fb0}\n" \
	"@media (prefers-color-scheme:dark){:root{--fg:#e4e7eb;--bg:#14171b;--soft:#9aa4b0;--line:#343b44;--card:#1d2127;--allow:#6ea8ea;--audit:#e2ad45;--deny:#f07070;--kill:#bd8cf0}}\n" \
	"body{margin:0 auto;padding:1rem 1.25rem 4rem;max-width:76rem;font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}\n" \
	"h1{font-size:1.5rem;margin:.5rem 0}\n" \
	"h2{font-size:1.15rem;margin:2rem 0 .5rem}\n" \
	"p{margin:.4rem 0}\n" \
	".soft{color:var(--soft)}\n" \
	".n,pre,code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere;unicode-bidi:isolate}\n" \
	".banner{border:1px solid var(--audit);border-left-width:6px;padding:.5rem .75rem;margin:.75rem 0;border-radius:4px}\n" \
	".sums{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;margin:.75rem 0;list-style:none}\n" \
	".sums li{border:1px solid var(--line);border-radius:4px;padding:.35rem .7rem;background:var(--card)}\n" \
	".sums b{font-size:1.15rem}\n" \
	".scroll{overflow-x:auto}\n" \
	"svg{display:block;width:100%;min-width:46rem;height:auto}\n" \
	"svg text{font:12px ui-monospace,monospace;fill:var(--fg);unicode-bidi:isolate;paint-order:stroke;stroke:var(--bg);stroke-width:3px}\n" \
	"svg .soft{fill:var(--soft)}\n" \
	"svg rect.node{fill:var(--soft)}\n" \
	"svg path{opacity:.45}\n" \
	"svg a:hover path,svg a:focus path{opacity:.85}\n" \
	"svg .axis{stroke:var(--line)}\n" \
	"svg .allow{fill:var(--allow)}\n" \
	"svg .audit{fill:var(--audit)}\n" \
	"svg .deny{fill:var(--deny)}\n" \
	"svg .kill{fill:var(--kill)}\n" \
	".v{display:inline-block;min-width:3.4em;padding:0 .45em;border:1px solid;border-radius:3px;font-weight:600;text-align:center}\n" \
	".v.allow{color:var(--allow)}\n" \
	".v.audit{color:var(--audit)}\n" \
	".v.deny{color:var(--deny)}\n" \
	".v.kill{color:var(--kill)}\n" \
	"table{border-collapse:collapse;width:100%}\n" \
	"th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}\n" \
	"td.num,th.num{text-align:right}\n" \
	"details{border:1px solid var(--line);border-radius:4px;margin:.35rem 0;background:var(--card)}\n" \
	"summary{cursor:pointer;padding:.4rem .6rem;overflow-wrap:anywhere}\n" \
	".body{padding:.2rem .8rem .8rem;scroll-margin-top:4rem}\n" \
	".body:target{outline:2px solid var(--allow)}\n" \
	".body h3{font-size:.95rem;margin:.8rem 0 .2rem}\n" \
	"pre{margin:.3rem 0;padding:.5rem .7rem;border:1px solid var(--line);border-radius:4px;background:var(--bg);white-space:pre-wrap}\n" \
	"@media print{details{break-inside:avoid}}\n"
#define EW_REPORT_STYLE_SHA256 "0s4rZWSBC6NAqHisN2O80G4BlIyaCD6Ot5s+xmdjY4o="

/* clang-format on */

#endif
