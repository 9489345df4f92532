/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_SKIM_H
#define EW_RECORD_SKIM_H

#include "record_parse.h"

/*
 * ew_record_skim - as ew_record_parse(), of the LEN bytes at LINE, many times as fast
 *
 * Takes a record of type "exec" that is written as ew_record_json() writes it, and then *OUT is what ew_record_parse()
 * makes of it. False: it is not, which need not mean that it is bad, and has to be parsed. *OUT is then undefined.
 */
bool ew_record_skim(const char *line, size_t len, struct ew_parsed *out);

#endif
