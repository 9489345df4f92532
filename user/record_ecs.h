/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_ECS_H
#define EW_RECORD_ECS_H

#include "record_view.h"

/*
 * ew_record_ecs - LINE, a record of any type as JSON Lines have it, in the field names of the Elastic Common Schema
 *
 * Each key that has a field there is moved to it (docs/records.md has the table); the rest of the record, keys of later
 * versions included, is below `execward`. NAMES gives users and groups their names where it can; NULL: not asked for.
 * Returns one line without its newline, which the caller frees; NULL: no memory, or LINE is no JSON object.
 */
char *ew_record_ecs(const char *line, const struct ew_record_names *names);

#endif
