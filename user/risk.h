/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RISK_H
#define EW_RISK_H

#include <execward/policy.h>

#include "image.h"

/* What a gained power could do, for whoever has to decide whether to allow it. An order, not a measure. */

enum ew_risk_level { EW_RISK_LOW, EW_RISK_MEDIUM, EW_RISK_HIGH, EW_RISK_CRITICAL, EW_RISK_LEVEL_MAX };

struct ew_risk {
	unsigned int score; /* of the worst that is among it, 0 to 100: that orders */
	const char *gain;   /* which that is, as policy and records write it: "uid:root", "cap_sys_admin" */
	const char *why;    /* what it could do */
};

/* Of all that EXCEPTION lets pass, whose globs of labels are IMAGE's (NULL: it has none). Strings are static. */
struct ew_risk ew_risk_of(const struct ew_exception *exception, const struct ew_image *image);

/* "low", "medium", "high", "critical" */
enum ew_risk_level ew_risk_level(const struct ew_risk *risk);
const char *ew_risk_level_name(enum ew_risk_level level);

#endif
