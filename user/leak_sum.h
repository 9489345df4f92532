/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LEAK_SUM_H
#define EW_LEAK_SUM_H

#include <json.h>

#include "leaks.h"
#include "record_parse.h"

/* The leaks that records of JSON Lines tell of. All zero is empty; ew_leaks_clear() of its leaks empties it. */
struct ew_leak_sum {
	struct ew_leaks leaks;
	__u64 described_not; /* crossed, but their records do not say what they were */
	__u64 apart_not;     /* not kept apart: too many kinds of leak */
};

/*
 * ew_leak_sum_take - counts what RECORD, of any type, tells of
 *
 * Returns 0; -EBADMSG with *WHY set: its descriptors are not as records have them, and none is counted; or -ENOMEM.
 */
int ew_leak_sum_take(struct ew_leak_sum *sum, json_object *record, const char **why);

/* The same of a record of type "exec" that ew_record_skim() made, which is not bad. Returns 0 or -ENOMEM. */
int ew_leak_sum_take_skimmed(struct ew_leak_sum *sum, const struct ew_parsed *record);

#endif
