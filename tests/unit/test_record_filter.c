/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include "record_filter.h"

/* Cgroup 1 was /web when the trace began; it was removed, and made again as 5. */
static int path_of(void *ctx, __u64 id, char *out, size_t size)
{
	static const char *const paths[] = {
		[1] = NULL, [2] = "/web/below", [3] = "/webx", [4] = "/other/web/in", [5] = "/web", [6] = "/we"};

	(void)ctx;
	if (id >= EW_ARRAY_SIZE(paths) || !paths[id])
		return -ENOENT;
	snprintf(out, size, "%s", paths[id]);
	return 0;
}

static const struct ew_record_names by_id = {.cgroup = path_of};

static bool passes(struct ew_filter *filter, __u64 id)
{
	struct ew_record_view view = {.record = {.cgroup_id = id}};

	return ew_filter_match(filter, &view, &by_id);
}

static void test_cgroup(void **state)
{
	static const struct ew_filter_options options = {.cgroup = "/web"};
	struct ew_filter filter = {.options = &options, .cgroup_path = "/web", .cgroup_id = 1};

	(void)state;
	/* of records that come, then of those of another time, whose ids say nothing */
	for (int past = 0; past < 2; past++) {
		filter.cgroup_id = !past;
		assert_true(passes(&filter, 1));
		assert_true(passes(&filter, 2));
		assert_false(passes(&filter, 3));
		assert_false(passes(&filter, 4));
		assert_true(passes(&filter, 5));
		assert_false(passes(&filter, 6));
		/* gone before its path was known */
		assert_true(passes(&filter, 7));
	}
}

static void test_root_cgroup(void **state)
{
	static const struct ew_filter_options options = {.cgroup = "/"};
	struct ew_filter filter = {.options = &options, .cgroup_path = "/", .cgroup_id = 1};

	(void)state;
	for (__u64 id = 1; id < 8; id++)
		assert_true(passes(&filter, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_root_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
