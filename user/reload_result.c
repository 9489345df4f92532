/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "reload_result.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "replace.h"

#define OK_WORD "ok"
#define REFUSED_WORD "refused"

void ew_reload_result_store(const char *path, const char *command, bool ok)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "%s %lld %s\n", ok ? OK_WORD : REFUSED_WORD, (long long)time(NULL),
			 command);
	int err = ew_replace_file(path, text, (size_t)n, 0600);

	if (err < 0)
		ew_warning("%s cannot be written: %s; metrics will not have the result of this reload", path,
			   strerror(-err));
}

void ew_reload_result_forget(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		ew_warning("%s cannot be removed: %s", path, strerror(errno));
}

void ew_reload_result_read(const char *path, struct ew_reload_result *out)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	long long seconds;
	char word[16];

	*out = (struct ew_reload_result){0};
	if (!f || fscanf(f, "%15s %lld", word, &seconds) != 2 || seconds <= 0)
		return;
	if (EW_STREQ(word, OK_WORD) || EW_STREQ(word, REFUSED_WORD))
		*out = (struct ew_reload_result){.time = seconds, .ok = EW_STREQ(word, OK_WORD)};
}
