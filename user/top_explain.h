/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_EXPLAIN_H
#define EW_TOP_EXPLAIN_H

#include <stdio.h>

#include "record_view.h"

/* All that a record tells, a line each, with names escaped with FLAGS. OFFSET is ew_record_clock_offset(). */
void ew_top_explain_record(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
			   unsigned int flags, FILE *out);

/*
 * ew_top_explain_now - what `execward explain` says of the record's program, for its user and cgroup, to OUT
 *
 * By running it, so that it is the same. Says to OUT why it cannot be.
 */
void ew_top_explain_now(const struct ew_record_view *view, const struct ew_record_names *names, unsigned int flags,
			FILE *out);

#endif
