/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_ALIKE_H
#define EW_RECORD_ALIKE_H

#include <stdbool.h>

#include "intern.h"

/* What records that are alike (record_skim.h) come to, so that only the first of them is parsed. */
struct ew_alike {
	struct ew_interned shapes;
	__u64 *values; /* by their numbers */
	size_t room;
	char *skimmed; /* EW_RECORD_LINE_MAX bytes */
};

#define EW_ALIKE_MAX 65536
#define EW_ALIKE_BYTES (40U << 20)

/* Returns 0 or -ENOMEM; ew_alike_clear() gives the memory back in any case. */
int ew_alike_init(struct ew_alike *alike);
void ew_alike_clear(struct ew_alike *alike);

/* Is the LEN bytes at LINE like one that is remembered? Then *VALUE is that of the other, and *TIME its own. */
bool ew_alike_find(struct ew_alike *alike, const char *line, size_t len, __u64 *value, __u64 *time);

/* Remembers VALUE for what is like LINE, if there is room. Returns 0 or -ENOMEM. */
int ew_alike_remember(struct ew_alike *alike, const char *line, __u64 value);

#endif
