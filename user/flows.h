/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_FLOWS_H
#define EW_FLOWS_H

#include "intern.h"
#include "record_parse.h"

/*
 * Who gets which power by what, and how often: execs that gained something or were refused, with those put together
 * that differ in nothing that a report shows. In bounded memory, whatever is in the records: past a limit they are
 * still counted, but not kept apart.
 */

#define EW_FLOWS_NAMES_MAX 65536
#define EW_FLOWS_NAMES_BYTES (16U << 20)
#define EW_FLOWS_MAX 16384		   /* of those that were refused, and again of the others */
#define EW_FLOWS_SAMPLES_BYTES (32U << 20) /* of records kept to show one of each */
#define EW_FLOWS_SAMPLE_MAX 65536	   /* bytes of such a one */

/* Numbers of names; compared by its bytes: without holes. */
struct ew_flow_key {
	__u32 cgroup, exe, program, power, profile, rule;
	__u32 verdict, reason; /* EW_VERDICT_*, EW_REASON_* */
};

#define EW_FLOWS_OTHERS 0 /* the name of what is not kept apart */

struct ew_flow {
	struct ew_flow_key key;
	__u64 count;
	__u64 first, last; /* nanoseconds since the epoch */
	char *sample;	   /* its first record, as it was written; NULL: not kept */
};

struct ew_flows {
	struct ew_interned names; /* for people */
	struct ew_interned keys;
	struct ew_flow *flows; /* by the numbers of keys */
	size_t room;
	size_t n_of[2]; /* of those that were not refused, that were */
	size_t sample_bytes;
	__u64 apart_not; /* execs that are among others */
};

/* Returns 0 or -ENOMEM; ew_flows_clear() gives the memory back in any case. */
int ew_flows_init(struct ew_flows *flows);
void ew_flows_clear(struct ew_flows *flows);

/* Does a report draw it: was it refused, or gained something? */
bool ew_flows_wants(const struct ew_record *record);

/* The number of the flow that the record P, which LINE is the text of, belongs to; or -ENOMEM. Counts nothing. */
int ew_flows_find(struct ew_flows *flows, const struct ew_parsed *p, const char *line);

/* Counts one more at TIME. */
void ew_flows_count(struct ew_flows *flows, size_t number, __u64 time);

static inline bool ew_flow_refused(const struct ew_flow *flow)
{
	return flow->key.verdict != EW_VERDICT_ALLOW;
}

static inline const char *ew_flow_name(const struct ew_flows *flows, __u32 name)
{
	return ew_interned(&flows->names, name);
}

/* All of them: refused ones first, by verdict, then the most frequent first. The caller frees; NULL: no memory. */
const struct ew_flow **ew_flows_sorted(const struct ew_flows *flows);

#endif
