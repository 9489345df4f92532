/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "util.h"

/* Longer texts get no suggestion: the work is quadratic, and no word of ours is near them. */
#define NEAREST_LENGTH_MAX 40
#define PREFIX_LENGTH_MIN 3

#define X(id, word) word,
static const char *const verdict_names[] = {EW_VERDICTS(X)};
static const char *const gain_names[] = {EW_GAINS(X)};
static const char *const cause_names[] = {EW_CAUSES(X)};
static const char *const shape_names[] = {EW_SHAPES(X)};
static const char *const reason_names[] = {EW_REASONS(X)};
static const char *const fd_kind_names[] = {EW_FD_KINDS(X)};
static const char *const danger_names[] = {EW_FD_DANGERS(X)};
static const char *const action_names[] = {EW_ACTIONS(X)};
static const char *const subject_names[] = {EW_SUBJECTS(X)};
static const char *const label_module_names[] = {EW_LABEL_MODULES(X)};
static const char *const record_names[] = {EW_RECORDS(X)};
#undef X

_Static_assert(EW_ARRAY_SIZE(verdict_names) == EW_VERDICT_MAX, "a name for every verdict");
_Static_assert(EW_ARRAY_SIZE(gain_names) == EW_GAIN_MAX, "a name for every kind of gain");
_Static_assert(EW_ARRAY_SIZE(cause_names) == EW_CAUSE_MAX, "a name for every cause");
_Static_assert(EW_ARRAY_SIZE(shape_names) == EW_SHAPE_MAX, "a name for every shape");
_Static_assert(EW_ARRAY_SIZE(reason_names) == EW_REASON_MAX, "a name for every reason");
_Static_assert(EW_ARRAY_SIZE(fd_kind_names) == EW_FD_KIND_MAX, "a name for every kind of descriptor");
_Static_assert(EW_ARRAY_SIZE(danger_names) == EW_FD_DANGER_MAX, "a name for every danger");
_Static_assert(EW_ARRAY_SIZE(action_names) == EW_ACTION_MAX, "a name for every action");
_Static_assert(EW_ARRAY_SIZE(subject_names) == EW_SUBJECT_MAX, "a name for every subject");
_Static_assert(EW_ARRAY_SIZE(label_module_names) == EW_LABEL_MODULE_MAX, "a name for every module");
_Static_assert(EW_ARRAY_SIZE(record_names) == EW_RECORD_TYPE_MAX, "a name for every type of record");

const struct ew_words ew_verdict_words = {verdict_names, EW_VERDICT_MAX};
const struct ew_words ew_gain_words = {gain_names, EW_GAIN_MAX};
const struct ew_words ew_cause_words = {cause_names, EW_CAUSE_MAX};
const struct ew_words ew_shape_words = {shape_names, EW_SHAPE_MAX};
const struct ew_words ew_reason_words = {reason_names, EW_REASON_MAX};
const struct ew_words ew_fd_kind_words = {fd_kind_names, EW_FD_KIND_MAX};
const struct ew_words ew_danger_words = {danger_names, EW_FD_DANGER_MAX};
const struct ew_words ew_action_words = {action_names, EW_ACTION_MAX};
const struct ew_words ew_subject_words = {subject_names, EW_SUBJECT_MAX};
const struct ew_words ew_label_module_words = {label_module_names, EW_LABEL_MODULE_MAX};
const struct ew_words ew_record_words = {record_names, EW_RECORD_TYPE_MAX};

const char *ew_words_name(const struct ew_words *words, unsigned int value)
{
	return value < words->n ? words->names[value] : "unknown";
}

int ew_words_find(const struct ew_words *words, const char *name)
{
	for (size_t i = 0; i < words->n; i++) {
		if (EW_STREQ(words->names[i], name))
			return (int)i;
	}
	return -ENOENT;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edit distance where swapping two neighbours counts as one edit (optimal string alignment), in three rows. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_LENGTH_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = a[i - 1] == b[j - 1];

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_len];
}

const char *ew_words_nearest(const char *text, const char *const *candidates, size_t n)
{
	size_t length = strlen(text), best = SIZE_MAX;
	const char *nearest = NULL;

	if (length > NEAREST_LENGTH_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t candidate_length = strlen(candidates[i]), longer, distance;

		if (candidate_length > NEAREST_LENGTH_MAX)
			continue;
		longer = length > candidate_length ? length : candidate_length;
		distance = edit_distance(text, length, candidates[i], candidate_length);
		/* A word cut short is a likely mistake, however long the word. */
		if (length >= PREFIX_LENGTH_MIN && length < candidate_length && !strncmp(text, candidates[i], length))
			distance = 1;
		/* About one wrong letter in three. */
		if (distance <= (longer + 2) / 3 && distance < longer && distance < best) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

static struct {
	unsigned int known;
	char names[EW_CAPS_MAX][32];
	const char *pointers[EW_CAPS_MAX];
} caps;

static void fill_caps(void)
{
	if (caps.known)
		return;
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++) {
		char *name = cap_to_name((cap_value_t)cap);

		/* For a capability that it has no name for, libcap writes the bare number. */
		if (name && !isdigit((unsigned char)*name)) {
			snprintf(caps.names[cap], sizeof(caps.names[cap]), "%s", name);
			if (caps.known == cap)
				caps.known++;
		} else {
			snprintf(caps.names[cap], sizeof(caps.names[cap]), "cap_%u", cap);
		}
		caps.pointers[cap] = caps.names[cap];
		cap_free(name);
	}
}

unsigned int ew_cap_count(void)
{
	fill_caps();
	return caps.known;
}

const char *ew_cap_name(unsigned int cap)
{
	fill_caps();
	return cap < EW_CAPS_MAX ? caps.names[cap] : NULL;
}

int ew_cap_find(const char *name)
{
	cap_value_t cap;

	fill_caps();
	/* libcap also takes numbers and any case. */
	if (cap_from_name(name, &cap) || cap < 0 || cap >= (int)caps.known || !EW_STREQ(caps.names[cap], name))
		return -ENOENT;
	return cap;
}

const char *ew_cap_nearest(const char *text)
{
	fill_caps();
	return ew_words_nearest(text, caps.pointers, caps.known);
}
