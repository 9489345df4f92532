/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_PARSE_FDS_H
#define EW_RECORD_PARSE_FDS_H

#include <json.h>
#include <stddef.h>

/*
 * The descriptors FDS of a record, or NULL, as the programs send them, to OUT, which has room for EW_FDS_ROOM bytes.
 * Returns how many there are then. Sets *WHY, unless it is set, where they are no descriptors of a record.
 */
size_t ew_record_parse_fds(json_object *fds, char *out, const char **why);

#endif
