/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "journal_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "journal_entry.h"
#include "log.h"
#include "util.h"

#define RECORD "EXECWARD_RECORD="
#define FOLLOW_USEC 500000 /* how often it is looked whether anybody still reads what is printed */

static void closep(sd_journal **journal)
{
	sd_journal_close(*journal);
}

/* Matches of one field are alternatives, those of several have all to be there. */
static int add_matches(sd_journal *journal)
{
	int err = sd_journal_add_match(journal, "_UID=0", 0);

	for (unsigned int i = 0; i < EW_MESSAGE_MAX && err >= 0; i++) {
		char match[64];

		snprintf(match, sizeof(match), "MESSAGE_ID=%s", ew_message_id((enum ew_message)i));
		err = sd_journal_add_match(journal, match, 0);
	}
	return err;
}

static int take_entry(sd_journal *journal, struct ew_record_lines *lines, ew_record_line_fn fn, void *ctx)
{
	_cleanup_free_ char *line = NULL;
	size_t head = sizeof(RECORD) - 1, len = 0;
	const void *data = NULL;
	uint64_t usec = 0;
	char name[64];

	/* one without the field is named as an empty one */
	if (sd_journal_get_data(journal, "EXECWARD_RECORD", &data, &len) < 0 || len < head) {
		data = RECORD;
		len = head;
	}
	sd_journal_get_realtime_usec(journal, &usec);
	snprintf(name, sizeof(name), "journal, @%llu.%06llu", (unsigned long long)usec / 1000000,
		 (unsigned long long)usec % 1000000);
	line = strndup((const char *)data + head, len - head);
	if (!line)
		return -ENOMEM;
	return ew_record_line(lines, line, strlen(line), name, 0, fn, ctx);
}

/* As ew_record_lines_wait(). */
static int wait_for_more(sd_journal *journal)
{
	int err = ew_record_lines_wait(0);

	if (err)
		return err;
	err = sd_journal_wait(journal, FOLLOW_USEC);
	return err < 0 ? err : 0;
}

int ew_journal_read(struct ew_record_lines *lines, __u64 since, bool follow, ew_record_line_fn fn, void *ctx)
{
	EW_CLEANUP(closep) sd_journal *journal = NULL;
	int err = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);

	if (err < 0)
		return ew_error_ret(err, "the journal cannot be opened: %s", strerror(-err));
	err = add_matches(journal);
	/* records with many descriptors are longer than what is given otherwise */
	if (err >= 0)
		err = sd_journal_set_data_threshold(journal, 0);
	if (err >= 0)
		err = since ? sd_journal_seek_realtime_usec(journal, since / 1000) : sd_journal_seek_head(journal);
	do {
		while (err >= 0 && (err = sd_journal_next(journal)) > 0) {
			err = take_entry(journal, lines, fn, ctx);
			if (err > 0)
				return err;
		}
		if (err >= 0 && follow)
			err = wait_for_more(journal);
		if (err > 0)
			return err;
	} while (err >= 0 && follow);
	return err < 0 ? ew_error_ret(err, "the journal cannot be read: %s", strerror(-err)) : 0;
}
