/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_JOURNAL_ENTRY_H
#define EW_JOURNAL_ENTRY_H

#include "leaks.h"
#include "messages.h"
#include "record_view.h"

/*
 * Records as entries of the journal, in the form in which journald takes them
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): "FIELD=value" lines. docs/records.md has the fields; EXECWARD_RECORD is
 * the whole record as JSON, so that nothing is lost. Names are escaped as in JSON, so no value has a newline.
 *
 * Each function returns memory of *LEN bytes that the caller frees; NULL: no memory. OFFSET is
 * ew_record_clock_offset().
 */
char *ew_journal_entry(const struct ew_record_view *view, const struct ew_record_names *names, __s64 offset,
		       size_t *len);

/* The same of a change. */
struct ew_change_record;
char *ew_journal_entry_change(const struct ew_change_record *change, const struct ew_record_names *names, __s64 offset,
			      size_t *len);

/* COUNT records were lost since the entry before, TOTAL since the daemon began. BOOT: CLOCK_BOOTTIME, nanoseconds. */
char *ew_journal_entry_lost(__u64 boot, __s64 offset, __u64 count, __u64 total, size_t *len);

/* LEAK came so many times again, within SECONDS of its first time: ew_leak.untold. */
char *ew_journal_entry_again(__u64 boot, __s64 offset, const struct ew_leak *leak, __u64 seconds, size_t *len);

/* "deny" and so on. */
const char *ew_message_word(enum ew_message message);
const char *ew_message_id(enum ew_message message);

#endif
