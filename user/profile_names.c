/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "profile_names.h"

#include <string.h>

#include "util.h"

static void keep(struct ew_profile_names *names, const struct ew_profile all[EW_PROFILES_MAX])
{
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		memcpy(names->name[slot], all[slot].name, sizeof(names->name[slot]));
		if (all[slot].flags & EW_PROFILE_GONE)
			names->gone |= 1ULL << slot;
	}
}

void ew_profile_names_read(const struct ew_pins *pins, struct ew_profile_names *names)
{
	struct ew_profile all[EW_PROFILES_MAX];
	__u32 generation = ew_pins_generation(pins);

	memset(names, 0, sizeof(*names));
	if (ew_pins_profiles(pins, all) < 0)
		return;
	names->generation = generation;
	keep(names, all);
}

void ew_profile_names_follow(const struct ew_pins *pins, struct ew_profile_names *names)
{
	if (!names->generation || ew_pins_generation(pins) != names->generation)
		ew_profile_names_read(pins, names);
}

void ew_profile_names_ahead(const struct ew_pins *pins, struct ew_profile_names *names, __u32 generation)
{
	struct ew_profile all[EW_PROFILES_MAX];

	ew_profile_names_follow(pins, names);
	if (generation != names->generation + 1 || ew_pins_profiles_of(pins, generation, all) < 0)
		return;
	memset(names, 0, sizeof(*names));
	keep(names, all);
}

/* A slot whose profile is gone still applies to whatever has it. */
const char *ew_profile_name(const struct ew_profile_names *names, unsigned int slot, char buf[16])
{
	if (*names->name[slot])
		return names->name[slot];
	snprintf(buf, 16, "#%u", slot);
	return buf;
}

char *ew_profile_names_join(const struct ew_profile_names *names, __u64 set)
{
	char *text = NULL, buf[16];
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (set >> slot & 1)
			fprintf(f, "%s%s%s", ftell(f) > 0 ? ", " : "", ew_profile_name(names, slot, buf),
				names->gone >> slot & 1 ? " (gone)" : "");
	return fclose(f) == 0 ? text : NULL;
}

json_object *ew_profile_names_json(const struct ew_profile_names *names, __u64 set)
{
	json_object *list = json_object_new_array();
	char buf[16];

	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (set >> slot & 1)
			json_object_array_add(list, json_object_new_string(ew_profile_name(names, slot, buf)));
	return list;
}
