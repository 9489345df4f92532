/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_METRICS_H
#define EW_METRICS_H

#include <stdio.h>

#include "status.h"

/*
 * What `status` tells as metrics, in Prometheus' text format 0.0.4 (prometheus.io, "Exposition formats"). Names end as
 * its conventions want it: _total for what only grows, until the policy is loaded anew.
 */

/*
 * ew_metrics_print - all of STATUS to OUT
 *
 * BOOT: when the machine's CLOCK_BOOTTIME was 0, seconds since 1970. Errors of OUT are the caller's to look for.
 */
void ew_metrics_print(const struct ew_status *status, double boot, FILE *out);

/* Writes VALUE as that of a label: in quotes, without control characters, always valid UTF-8. */
void ew_metrics_put_label(const char *value, FILE *out);

#endif
