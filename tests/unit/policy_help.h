/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_TEST_POLICY_HELP_H
#define EW_TEST_POLICY_HELP_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy_compile.h"
#include "policy_read.h"
#include "words.h"

/* What the tests of policies share: a machine of their own to look names up on, and diagnostics as text. */

/* FNV-1a: paths that differ are files that differ, but for those under /same, which are one file. */
static inline int fake_program(void *context, const char *path, struct ew_identity *out)
{
	uint64_t hash = 14695981039346656037ULL;

	(void)context;
	if (!strncmp(path, "/missing/", 9))
		return -ENOENT;
	if (!strncmp(path, "/hidden/", 8))
		return -EACCES;
	if (!strncmp(path, "/broken/", 8))
		return -EIO;
	if (!strcmp(path, "/directory"))
		return -EISDIR;
	if (!strncmp(path, "/same/", 6))
		path = "/same";
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 1099511628211ULL;
	*out = (struct ew_identity){.ino = hash, .dev = 8 << 20 | 1};
	return 0;
}

static inline int fake_id(const char *name, const char *const *names, const __u32 *ids, __u32 *out)
{
	for (; *names; names++, ids++) {
		if (!strcmp(*names, name)) {
			*out = *ids;
			return 0;
		}
	}
	return -ENOENT;
}

static inline int fake_user(void *context, const char *name, __u32 *out)
{
	(void)context;
	if (!strcmp(name, "unreachable"))
		return -EIO;
	return fake_id(name, (const char *const[]){"root", "toor", "www-data", NULL}, (const __u32[]){0, 0, 33}, out);
}

static inline int fake_group(void *context, const char *name, __u32 *out)
{
	(void)context;
	return fake_id(name, (const char *const[]){"root", "shadow", NULL}, (const __u32[]){0, 42}, out);
}

static inline char *fake_nearest(void *context, bool user, const char *name)
{
	static const char *const users[] = {"root", "toor", "www-data"}, *const groups[] = {"root", "shadow"};
	const char *nearest = user ? ew_words_nearest(name, users, EW_ARRAY_SIZE(users))
				   : ew_words_nearest(name, groups, EW_ARRAY_SIZE(groups));

	(void)context;
	return nearest ? strdup(nearest) : NULL;
}

static const struct ew_resolver fake_machine = {fake_program, fake_user, fake_group, NULL, fake_nearest};

/* The diagnostics as ew_diagnostics_print() writes them; the caller frees. */
static inline char *diagnostics_text(const struct ew_diagnostics *diag)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	ew_diagnostics_print(diag, f);
	fclose(f);
	return text;
}

/* The file NAME below the directory of the tests; the caller frees. */
static inline char *test_file(const char *name, size_t *length)
{
	char path[512], *text = malloc(1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", EW_TEST_DIR, name);
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	assert_non_null(text);
	*length = fread(text, 1, 1 << 20, f);
	fclose(f);
	return text;
}

/* What check says of LENGTH bytes called NAME, read and, if that succeeds, compiled on the fake machine. */
static inline char *verdict_of(const char *name, const char *text, size_t length)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	struct ew_image *image = NULL;
	int err = ew_policy_read_buffer(name, text, length, &policy, &diag);
	char *verdict;

	if (!err)
		err = ew_policy_compile(policy, 0, &fake_machine, &image, &diag);
	assert_int_equal(err, diag.n_errors ? -EINVAL : 0);
	assert_int_equal(!image, diag.n_errors != 0);
	verdict = diagnostics_text(&diag);
	ew_image_free(&image);
	ew_policy_free(&policy);
	ew_diagnostics_clear(&diag);
	return verdict;
}

/* The same for a string, compared with what is expected. */
static inline void assert_verdict(const char *text, const char *expected)
{
	char *verdict = verdict_of("p.yaml", text, strlen(text));

	assert_string_equal(verdict, expected);
	free(verdict);
}

#endif
