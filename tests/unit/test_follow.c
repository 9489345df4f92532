/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "follow.h"
#include "util.h"

/* Files that are replaced, in a temporary directory; the kernel's own inotify(7). */

static char root[64];

static const char *at(const char *name)
{
	static char paths[4][128];
	static unsigned int n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void touch(const char *name)
{
	_cleanup_close_ int fd = open(at(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
}

static void follow_these(struct ew_follow *follow, const char *one, const char *other)
{
	const char *paths[] = {at(one), other ? at(other) : NULL};

	assert_int_equal(ew_follow_set(follow, paths, other ? 2 : 1), 0);
}

static int set_up(void **state)
{
	static struct ew_follow follow;

	strcpy(root, "/tmp/execward-test-XXXXXX");
	follow = EW_FOLLOW_NONE;
	if (!mkdtemp(root))
		return -1;
	*state = &follow;
	return mkdir(at("bin"), 0755) || mkdir(at("opt"), 0755);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"bin/a", "bin/b",	 "bin/new", "bin/link", "opt/a",
					    "opt/b", "opt/link", "bin",	    "renamed",	"opt"};

	ew_follow_clear(*state);
	for (size_t i = 0; i < EW_ARRAY_SIZE(names); i++)
		remove(at(names[i]));
	return rmdir(root);
}

static void replaced(void **state)
{
	struct ew_follow *follow = *state;

	touch("bin/a");
	touch("bin/b");
	follow_these(follow, "bin/a", "bin/a");
	assert_int_equal(follow->n, 1);
	assert_int_equal(ew_follow_changed(follow), 0);

	/* a neighbour is none of ours */
	touch("bin/new");
	assert_int_equal(ew_follow_changed(follow), 0);
	/* as dpkg does it */
	assert_int_equal(rename(at("bin/new"), at("bin/a")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	assert_int_equal(ew_follow_changed(follow), 0);
	/* written to, and given another mode: still the same file */
	touch("bin/a");
	assert_int_equal(chmod(at("bin/a"), 04755), 0);
	assert_int_equal(ew_follow_changed(follow), 0);
}

static void gone_and_back(void **state)
{
	struct ew_follow *follow = *state;

	follow_these(follow, "bin/a", NULL);
	assert_int_equal(follow->files[0].error, -ENOENT);
	touch("bin/a");
	assert_int_equal(ew_follow_changed(follow), 1);
	assert_int_equal(follow->files[0].error, 0);
	assert_int_equal(unlink(at("bin/a")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	assert_int_equal(follow->files[0].error, -ENOENT);
	assert_int_equal(ew_follow_changed(follow), 0);
}

static void links(void **state)
{
	struct ew_follow *follow = *state;

	touch("opt/a");
	touch("opt/b");
	assert_int_equal(symlink("a", at("opt/link")), 0);
	assert_int_equal(symlink("../opt/link", at("bin/link")), 0);
	follow_these(follow, "bin/link", NULL);
	/* the file */
	assert_int_equal(rename(at("opt/b"), at("opt/a")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	/* the second link */
	touch("opt/b");
	assert_int_equal(unlink(at("opt/link")), 0);
	assert_int_equal(symlink("b", at("opt/link")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	/* the first, and then what it leads to by now */
	touch("bin/a");
	assert_int_equal(unlink(at("bin/link")), 0);
	assert_int_equal(symlink("a", at("bin/link")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	touch("bin/b");
	assert_int_equal(rename(at("bin/b"), at("bin/a")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	/* a link to itself */
	assert_int_equal(unlink(at("bin/link")), 0);
	assert_int_equal(symlink("link", at("bin/link")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	assert_int_equal(follow->files[0].error, -ELOOP);
}

static void directories(void **state)
{
	struct ew_follow *follow = *state;

	touch("bin/a");
	follow_these(follow, "bin/a", NULL);
	assert_int_equal(rename(at("bin"), at("renamed")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	assert_int_equal(follow->files[0].error, -ENOENT);
	/* nobody watches the directory above: found by looking */
	assert_int_equal(mkdir(at("bin"), 0755), 0);
	touch("bin/a");
	assert_int_equal(ew_follow_changed(follow), 0);
	assert_int_equal(ew_follow_look(follow), 1);
	assert_int_equal(ew_follow_look(follow), 0);
	/* and watched again from then on */
	touch("bin/b");
	assert_int_equal(rename(at("bin/b"), at("bin/a")), 0);
	assert_int_equal(ew_follow_changed(follow), 1);
	unlink(at("renamed/a"));
}

/* More events than inotify keeps: everything is looked at. */
static void overflow(void **state)
{
	struct ew_follow *follow = *state;
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	int max = 16384;

	touch("bin/a");
	touch("bin/b");
	if (f && fscanf(f, "%d", &max) != 1)
		max = 16384;
	follow_these(follow, "opt/a", "bin/a");
	assert_int_equal(follow->n, 2);
	/* events that are like the last one in the queue are not counted again, so two take turns */
	for (int i = 0; i <= max / 2; i++) {
		assert_int_equal(rename(at("bin/b"), at("bin/new")), 0);
		assert_int_equal(rename(at("bin/new"), at("bin/b")), 0);
	}
	assert_int_equal(rename(at("bin/b"), at("bin/a")), 0);
	touch("opt/a");
	assert_int_equal(ew_follow_changed(follow), 1);
	assert_int_equal(follow->files[1].error, 0);
	assert_int_equal(ew_follow_look(follow), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gone_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(overflow, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
