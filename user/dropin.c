/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "dropin.h"

#include <errno.h>
#include <string.h>

#include "util.h"

/*
 * Not ExecStartPre=: a drop-in's lines come after those of the unit, so the unit's own would run before the tag is set.
 * ExecCondition= runs before all of them. The exit code 255 of it fails the unit; any other, that of a program that is
 * not there included, would only skip it, and those who wait for the unit would go on (systemd.service(5)). With "+" it
 * runs as root, whatever the unit's user and sandbox.
 */
#define HEAD "# Written by execward tag --persist, and taken away by execward untag --persist.\n"
#define BODY                       \
	"[Unit]\n"                 \
	"Wants=execward.service\n" \
	"After=execward.service\n" \
	"\n"                       \
	"[Service]\n"              \
	"# before any ExecStartPre= of the unit; 255 makes the unit fail to start\n"
#define CONDITION "ExecCondition=+/bin/sh -c '\"$$0\" tag --unit \"$$1\" -- \"$$2\" || exit 255' "

/* Of these no character means anything to systemd, which would want others quoted. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-";

int ew_dropin_parse(const char *text, struct ew_dropin *out)
{
	size_t head = strlen(HEAD), condition = strlen(CONDITION);

	out->n = 0;
	if (strncmp(text, HEAD, head) != 0)
		return -EINVAL;
	for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
		size_t name;

		end = line + strcspn(line, "\n");
		if (strncmp(line, CONDITION, condition) != 0)
			continue;
		for (name = 0; end - name > line && end[-1 - (long)name] != ' '; name++)
			;
		if (name == 0 || name >= EW_PROFILE_NAME_MAX || out->n == EW_PROFILES_MAX)
			return -EINVAL;
		snprintf(out->profiles[out->n++], EW_PROFILE_NAME_MAX, "%.*s", (int)name, end - name);
	}
	return 0;
}

static size_t find(const struct ew_dropin *dropin, const char *profile)
{
	size_t i = 0;

	while (i < dropin->n && !EW_STREQ(dropin->profiles[i], profile))
		i++;
	return i;
}

int ew_dropin_add(struct ew_dropin *dropin, const char *profile)
{
	if (find(dropin, profile) < dropin->n)
		return 0;
	if (dropin->n == EW_PROFILES_MAX)
		return -ENOSPC;
	snprintf(dropin->profiles[dropin->n++], EW_PROFILE_NAME_MAX, "%s", profile);
	return 1;
}

size_t ew_dropin_remove(struct ew_dropin *dropin, const char *profile)
{
	size_t i = profile ? find(dropin, profile) : 0, n = profile ? i < dropin->n : dropin->n;

	dropin->n -= n;
	if (n && profile)
		memmove(dropin->profiles[i], dropin->profiles[i + 1], (dropin->n - i) * EW_PROFILE_NAME_MAX);
	return n;
}

char *ew_dropin_text(const struct ew_dropin *dropin, const char *program)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	if (program[0] != '/' || program[strspn(program, plain)]) {
		errno = EINVAL;
		return NULL;
	}
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	fputs(HEAD BODY, f);
	for (size_t i = 0; i < dropin->n; i++)
		fprintf(f, CONDITION "%s %%n %s\n", program, dropin->profiles[i]);
	/* which can move the text */
	if (fclose(f) != 0) {
		free(text);
		errno = ENOMEM;
		return NULL;
	}
	return text;
}
