/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "time_strip.h"

#include <string.h>

/* Makes parts twice as long. They begin at multiples of their length, so two of them make one. */
static void widen(struct ew_time_strip *strip)
{
	__u64 first = strip->first / 2;
	unsigned int n = 0;

	for (unsigned int i = 0; i < strip->n; i++) {
		unsigned int to = (unsigned int)((strip->first + i) / 2 - first);

		for (unsigned int v = 0; v < EW_VERDICT_MAX; v++) {
			__u64 count = strip->counts[i][v];

			strip->counts[i][v] = 0;
			strip->counts[to][v] += count;
		}
		n = to + 1;
	}
	strip->first = first;
	strip->n = n;
	strip->shift++;
}

void ew_time_strip_count(struct ew_time_strip *strip, __u64 time, unsigned int verdict)
{
	__u64 part = time >> (EW_STRIP_SHIFT + strip->shift), first, end;

	if (!strip->n)
		strip->first = part;
	for (;;) {
		first = part < strip->first ? part : strip->first;
		end = strip->first + strip->n > part ? strip->first + strip->n : part + 1;
		if (end - first <= EW_STRIP_PARTS)
			break;
		widen(strip);
		part /= 2;
	}
	if (first < strip->first) {
		memmove(strip->counts[strip->first - first], strip->counts, strip->n * sizeof(strip->counts[0]));
		memset(strip->counts, 0, (strip->first - first) * sizeof(strip->counts[0]));
	}
	strip->first = first;
	strip->n = (unsigned int)(end - first);
	strip->counts[part - first][verdict]++;
}

__u64 ew_time_strip_start(const struct ew_time_strip *strip, unsigned int i)
{
	return (strip->first + i) << (EW_STRIP_SHIFT + strip->shift);
}
