/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "distinct.h"
#include "identity.h"
#include "lookups.h"
#include "util.h"

/* Whoever is told that numbers differ relies on it; to be told that they may not costs time only. */
static void equal_numbers_are_found(void **state)
{
	enum { N = 1000 };
	__u64 numbers[N];

	(void)state;
	assert_true(ew_hashes_differ(NULL, 0));
	for (__u64 i = 0; i < N; i++)
		numbers[i] = ew_hash(0, &i, sizeof(i));
	assert_true(ew_hashes_differ(numbers, N));
	for (size_t i = 1; i < N; i += 37) {
		__u64 kept = numbers[i];

		numbers[i] = numbers[(i * 7919) % i];
		assert_false(ew_hashes_differ(numbers, N));
		numbers[i] = kept;
	}
	/* 0 marks an empty place of the table */
	numbers[3] = numbers[N - 1] = 0;
	assert_false(ew_hashes_differ(numbers, N));
	/* all for one place: given up, not searched for ever */
	for (__u64 i = 0; i < N; i++)
		numbers[i] = (i + 1) << 32;
	assert_false(ew_hashes_differ(numbers, N));
}

static void hash_takes_all_bytes(void **state)
{
	char text[40] = "";
	__u64 numbers[2 * sizeof(text) + 1];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i <= sizeof(text); i++)
		numbers[n++] = ew_hash(0, text, i);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = 1;
		numbers[n++] = ew_hash(0, text, sizeof(text));
		text[i] = 0;
	}
	assert_true(ew_hashes_differ(numbers, n));
	assert_true(ew_hash(1, "x", 1) != ew_hash(0, "x", 1));
}

static void each_path_is_one_item(void **state)
{
	enum { N = 1000 };
	static char paths[N][16];
	struct ew_lookups lookups = {};

	(void)state;
	for (int i = 0; i < N; i++) {
		struct ew_lookup *lookup;

		snprintf(paths[i], sizeof(paths[i]), "/bin/%d", i);
		lookup = ew_lookups_get(&lookups, paths[i]);
		assert_int_equal(lookup->err, -EINPROGRESS);
		lookup->err = 0;
		lookup->identity.ino = (__u64)i;
	}
	assert_int_equal(lookups.n, N);
	for (int i = 0; i < N; i++) {
		struct ew_lookup *lookup = ew_lookups_get(&lookups, paths[i]);

		assert_ptr_equal(lookup->path, paths[i]);
		assert_int_equal(lookup->err, 0);
		assert_int_equal(lookup->identity.ino, i);
	}
	assert_int_equal(lookups.n, N);
	ew_lookups_clear(&lookups);
}

/* A mount that is known must give what mountinfo gives. */
static void known_mounts_give_the_same(void **state)
{
	static const char *const paths[] = {"/proc/self/maps", "/etc/passwd", "/proc/self/status", "/etc/group",
					    "/sys/kernel/notes"};
	EW_CLEANUP(ew_mounts_clear) struct ew_mounts mounts = {};
	size_t n;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(paths); i++) {
		struct ew_identity once = {}, again = {};
		int err = ew_identity_of_path(paths[i], &once);

		assert_int_equal(ew_identity_find(&mounts, paths[i], &again), err);
		assert_int_equal(ew_identity_find(&mounts, paths[i], &again), err);
		assert_memory_equal(&once, &again, sizeof(once));
	}
	n = mounts.n;
	assert_true(n > 0 && n <= EW_ARRAY_SIZE(paths));
	assert_int_equal(ew_identity_find(&mounts, "/etc", &(struct ew_identity){}), -EISDIR);
	assert_int_equal(mounts.n, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_numbers_are_found),
		cmocka_unit_test(hash_takes_all_bytes),
		cmocka_unit_test(each_path_is_one_item),
		cmocka_unit_test(known_mounts_give_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
