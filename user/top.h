/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TOP_H
#define EW_TOP_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * What `top` knows: how much happens in each cgroup, and what happened last. It knows neither records nor terminals:
 * an event is some bytes that it keeps for whoever shows them.
 */

enum ew_top_count {
	EW_TOP_EXECS,
	EW_TOP_GAINS,
	EW_TOP_DENIALS, /* deny and kill */
	EW_TOP_AUDITS,	/* would be denied but for audit mode */
	EW_TOP_LEAKS,	/* execs that descriptors crossed which a profile minds */
	EW_TOP_COUNTS
};

/* Rates are those of the last so many seconds, or of the time that was watched, where that is shorter. */
#define EW_TOP_WINDOW 10
#define EW_TOP_ROWS_MAX 4096 /* those beyond are counted together */
#define EW_TOP_EVENTS_MAX 64 /* kept to be shown; a screen has fewer lines for them */

struct ew_top_event {
	void *data; /* NULL: none */
	size_t len, room;
};

struct ew_top_row {
	__u64 key;
	char *name; /* of the cgroup, as it came; owned */
	__u64 total[EW_TOP_COUNTS];
	struct ew_top_event last;      /* the last that was more than an exec without gain; else the last */
	bool notable;		       /* it was more */
	__u32 slots[EW_TOP_WINDOW][2]; /* execs and gains of a second, at second % EW_TOP_WINDOW */
	__s64 second;		       /* the last that SLOTS has */
	__u32 rate_in[2];	       /* of the window, when they were summed up */
};

struct ew_top {
	struct ew_top_row *rows; /* in the order of their keys */
	size_t n, room;
	struct ew_top_row others; /* without a name until something is in it */
	struct ew_top_row all;	  /* everything */
	struct ew_top_event events[EW_TOP_EVENTS_MAX];
	__u64 n_events;	     /* ever; the last is at (n_events - 1) % EW_TOP_EVENTS_MAX */
	__s64 first, second; /* of what was counted; 0: nothing was */
};

/* One exec. */
struct ew_top_exec {
	__u64 key;	  /* of its cgroup: the same number is the same cgroup */
	__u64 time;	  /* nanoseconds, of any clock that does not go back by much */
	__u64 counts;	  /* 1 << EW_TOP_* but EW_TOP_EXECS */
	const void *data; /* the event; copied */
	size_t len;
};

/* The name of a cgroup that was not met before; to be freed. NULL: no memory. */
typedef char *(*ew_top_name_fn)(void *ctx);

/* Counts EXEC. Without memory for a new cgroup, or room, it is counted among the others. */
void ew_top_add(struct ew_top *top, const struct ew_top_exec *exec, ew_top_name_fn name, void *ctx);

/* It is TIME by now, if that is later than the last exec. */
void ew_top_tick(struct ew_top *top, __u64 time);

/* How many seconds the rates are of, from 1 on. */
unsigned int ew_top_window(const struct ew_top *top);

/* Fills in `rate_in` of every row, of the others and of all. */
void ew_top_sum_up(struct ew_top *top);

/* The event number BACK, from 0 on, counted back from the last; NULL: there is none. */
const struct ew_top_event *ew_top_event(const struct ew_top *top, unsigned int back);

void ew_top_clear(struct ew_top *top);

#endif
