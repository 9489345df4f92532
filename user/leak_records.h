/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_LEAK_RECORDS_H
#define EW_LEAK_RECORDS_H

#include "leaks.h"
#include "record_fds.h"

/* Which leaks a record tells of, for those who tell each only once in a period. */

#define EW_LEAKS_PERIOD 60 /* seconds, unless told otherwise */
#define EW_LEAKS_PERIOD_MAX 1000000

/*
 * ew_leak_of - the leak that is FD of the record VIEW, of LEAKS
 *
 * Counts nothing. NULL: there is no memory or room to remember it.
 */
struct ew_leak *ew_leak_of(struct ew_leaks *leaks, const struct ew_record_view *view, const struct ew_fd_view *fd);

/*
 * ew_leaks_repeated - whether all that the record tells is leaks that were told of in their period
 *
 * PERIOD is in nanoseconds. Counts each: where the answer is no, the record is to be told whole, and what it repeats
 * counts as told with it. Only a record of the reason `fds` can be repeated.
 */
bool ew_leaks_repeated(struct ew_leaks *leaks, const struct ew_record_view *view, __u64 period);

#endif
