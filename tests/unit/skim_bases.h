/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TEST_SKIM_BASES_H
#define EW_TEST_SKIM_BASES_H

#include "record_help.h"

#include "record_json.h"
#include "skim_help.h"

/* Lines to be changed, and then skimmed. */

static inline char *line_of(const struct sample *s)
{
	struct ew_record_view view;

	assert_int_equal(sample_view(s, &view), 0);
	return ew_record_json(&view, &names, OFFSET);
}

static inline bool skims(const char *line)
{
	return skims_as_parsed(line, strlen(line));
}

/* LINE with WITH in place of LEN bytes at AT. The caller frees it. */
static inline char *with(const char *line, size_t at, size_t len, const char *with)
{
	char *out;

	assert_true(asprintf(&out, "%.*s%s%s", (int)at, line, with, line + at + len) > 0);
	return out;
}

/* LINE with WITH in place of the first WHAT. */
static inline char *instead(const char *line, const char *what, const char *as)
{
	const char *at = strstr(line, what);

	assert_non_null(at);
	return with(line, (size_t)(at - line), strlen(what), as);
}

#define FDS                                                                                                            \
	",\"fds\":{\"count\":5,\"truncated\":true,\"list\":[{\"fd\":3,\"kind\":\"regular\",\"access\":\"r\",\"path\":" \
	"\"/etc/h\\\\x0a\",\"dev\":\"0:2\",\"ino\":77,\"deleted\":true,\"dangerous\":true,\"danger\":[\"proc\"]},"     \
	"{\"fd\":4,\"kind\":\"socket\",\"access\":\"rw\",\"path\":\"socket:[5]\",\"dev\":\"0:8\",\"ino\":5,"           \
	"\"family\":\"unix\",\"type\":77,\"peer\":{\"pid\":9,\"address\":\"/run/x\"}}]},\"cgroup\":"

/* Records with all there can be in one; the caller frees them. N of them. */
static inline size_t bases(char *lines[3])
{
	struct sample s = sample_make();
	_cleanup_free_ char *plain = NULL;

	s.args = "sudo\0-c\0\"x\"";
	s.args_len = 12;
	s.record.args = EW_ARGS_IMAGE;
	s.parents[0].pid = 9;
	s.parents[0].text = "sh/bin/";
	s.parents[0].marks = EW_FD_PATH;
	lines[0] = line_of(&s);
	lines[1] = instead(lines[0], ",\"cgroup\":", FDS);
	sample_reason(&s, EW_REASON_UNTAGGED);
	s.record.profiles = 0;
	s.record.profile[0] = s.record.rule_file[0] = '\0';
	s.record.gains = EW_BIT(EW_GAIN_GID) | EW_BIT(EW_GAIN_LABEL);
	s.record.caps_gained = 0;
	s.record.withheld = (struct ew_withheld){.kinds = EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_CAPS), .caps = 6};
	s.record.label_module = EW_LABEL_SELINUX;
	s.label_before = "a:b";
	s.label_after = "a:c\n\xc3\xa9";
	s.script_path = "/usr/bin/a \xff\"script\\";
	s.script_len = strlen(s.script_path);
	s.record.exe_path_len = -ENAMETOOLONG;
	s.exe_len = 0;
	lines[2] = line_of(&s);
	return 3;
}

static inline void free_bases(char *lines[3])
{
	for (size_t i = 0; i < 3; i++)
		free(lines[i]);
}

#endif
