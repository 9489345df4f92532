/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_alike.h"

#include <errno.h>
#include <string.h>

#include "record_lines.h"
#include "record_skim.h"
#include "util.h"

int ew_alike_init(struct ew_alike *alike)
{
	*alike = (struct ew_alike){
		.shapes = {.n_max = EW_ALIKE_MAX, .bytes_max = EW_ALIKE_BYTES},
		.skimmed = malloc(EW_RECORD_LINE_MAX),
	};
	return alike->skimmed ? 0 : -ENOMEM;
}

void ew_alike_clear(struct ew_alike *alike)
{
	ew_intern_clear(&alike->shapes);
	free(alike->values);
	free(alike->skimmed);
	*alike = (struct ew_alike){};
}

bool ew_alike_find(struct ew_alike *alike, const char *line, size_t len, __u64 *value, __u64 *time)
{
	size_t skimmed = ew_record_skim(line, len, alike->skimmed, time);
	int number = skimmed ? ew_intern_find(&alike->shapes, alike->skimmed, skimmed) : -ENOENT;

	if (number >= 0)
		*value = alike->values[number];
	return number >= 0;
}

int ew_alike_remember(struct ew_alike *alike, const char *line, __u64 value)
{
	size_t room = alike->room ? alike->room * 2 : 64, len;
	__u64 *values, time;
	int number;

	len = ew_record_skim(line, strlen(line), alike->skimmed, &time);
	if (!len)
		return 0;
	if (alike->shapes.n == alike->room) {
		values = reallocarray(alike->values, room, sizeof(*values));
		if (!values)
			return -ENOMEM;
		alike->values = values;
		alike->room = room;
	}
	number = ew_intern(&alike->shapes, alike->skimmed, len);
	if (number < 0)
		return number == -E2BIG ? 0 : number;
	alike->values[number] = value;
	return 0;
}
