/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "inventory.h"
#include "util.h"

static char tree[64];

static char *at(const char *name)
{
	static char paths[8][256];
	static unsigned int i;
	char *path = paths[i++ % EW_ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s%s", tree, name);
	return path;
}

static void make_file(const char *name, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int make_tree(void **state)
{
	(void)state;
	strcpy(tree, "/tmp/ew-test-XXXXXX");
	if (!mkdtemp(tree))
		return -1;
	mkdir(at("/sub"), 0755);
	mkdir(at("/sub/deep"), 0755);
	mkdir(at("/info"), 0755);
	make_file("/plain", 0755);
	make_file("/setuid", 04755);
	make_file("/setgid", 02755);
	make_file("/locking", 02745);  /* set-group-ID without the group's x: no program of that group */
	make_file("/unusable", 06644); /* nobody may execute it */
	make_file("/sub/\033[2J", 04711);
	make_file("/sub/deep/both", 06750);
	return symlink("sub", at("/link")) || symlink("setuid", at("/link2"));
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", tree);
	return system(command);
}

static struct ew_mount_points parse(const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	struct ew_mount_points points;

	assert_non_null(f);
	assert_int_equal(ew_mount_points_parse(f, &points), 0);
	fclose(f);
	return points;
}

static void mountinfo_is_understood(void **state)
{
	struct ew_mount_points points =
		parse("22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw\n"
		      "27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
		      "no mount at all\n"
		      "x 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
		      "30 27 0:26 /a\\040b /mnt/new\\012line\\134 rw,nosuid - tmpfs tmp - fs rw\n"
		      "31 27 0:27 / /mnt/nosuidly rw,xnosuid - fuse.sshfs x rw\n");

	(void)state;
	assert_int_equal(points.n, 4);
	assert_true(points.list[0].virtual && points.list[0].nosuid);
	assert_string_equal(points.list[1].root, "");
	assert_string_equal(points.list[1].point, "/");
	assert_true(points.list[1].id == 27 && points.list[1].dev == (254ULL << 32 | 1));
	assert_false(points.list[1].nosuid || points.list[1].virtual);
	assert_string_equal(points.list[2].root, "/a b");
	assert_string_equal(points.list[2].point, "/mnt/new\nline\\");
	assert_string_equal(points.list[2].type, "tmpfs");
	assert_true(points.list[2].nosuid && !points.list[2].virtual);
	assert_false(points.list[3].nosuid);
	ew_mount_points_clear(&points);
}

/* Those at or below /dev. */
static struct ew_mount_points mounts_of_dev(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct ew_mount_points points;
	size_t n = 0;

	assert_non_null(f);
	assert_int_equal(ew_mount_points_parse(f, &points), 0);
	fclose(f);
	for (size_t i = 0; i < points.n; i++) {
		struct ew_mount_point *mount = &points.list[i];

		if (EW_STREQ(mount->point, "/dev") || strncmp(mount->point, "/dev/", 5) == 0) {
			points.list[n++] = *mount;
			continue;
		}
		free(mount->root);
		free(mount->point);
		free(mount->type);
	}
	points.n = n;
	return points;
}

static bool found(const struct ew_inventory *inventory, const char *path)
{
	for (size_t i = 0; i < inventory->n; i++)
		if (EW_STREQ(inventory->items[i].path, path))
			return true;
	return false;
}

static void programs_are_found(void **state)
{
	struct ew_mount_point mount = {.root = (char *)"", .point = tree, .type = (char *)"ext4"};
	struct ew_mount_points mounts = {1, &mount};

	(void)state;
	for (unsigned int threads = 1; threads <= 8; threads *= 2) {
		struct ew_inventory inventory;

		assert_int_equal(ew_inventory_walk(&mounts, &(struct ew_inventory_effort){threads, 30}, &inventory), 0);
		assert_int_equal(inventory.n, 4);
		assert_true(found(&inventory, at("/setuid")) && found(&inventory, at("/setgid")));
		assert_true(found(&inventory, at("/sub/\033[2J")) && found(&inventory, at("/sub/deep/both")));
		assert_int_equal(inventory.items[3].mode & 07777, 06750);
		assert_int_equal(inventory.n_failures, 0);
		assert_int_equal(inventory.states[0], EW_INVENTORY_WALKED);
		/* links are not followed, so nothing is met twice */
		assert_int_equal(inventory.directories, 4);
		assert_int_equal(inventory.files, 7);
		ew_inventory_clear(&inventory);
	}
}

/* The same file system at several places, as bind mounts show it. */
static void nothing_is_walked_twice(void **state)
{
	char sub[80];
	struct ew_mount_point list[] = {
		{.dev = 1, .root = (char *)"/sub", .point = sub, .type = (char *)"ext4"},
		{.dev = 1, .root = (char *)"", .point = tree, .type = (char *)"ext4"},
		{.dev = 2, .root = (char *)"", .point = tree, .type = (char *)"proc", .virtual = true},
		{.dev = 3, .root = (char *)"", .point = (char *)"/nonexistent", .type = (char *)"ext4"},
		{.id = 1ULL << 60, .dev = 4, .root = (char *)"", .point = tree, .type = (char *)"ext4"},
	};
	struct ew_mount_points mounts = {EW_ARRAY_SIZE(list), list};
	struct ew_inventory inventory;

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", tree);
	assert_int_equal(ew_inventory_walk(&mounts, &(struct ew_inventory_effort){2, 30}, &inventory), 0);
	assert_int_equal(inventory.n, 4);
	assert_int_equal(inventory.directories, 4);
	assert_int_equal(inventory.states[0], EW_INVENTORY_AGAIN);
	assert_int_equal(inventory.states[1], EW_INVENTORY_WALKED);
	assert_int_equal(inventory.states[2], EW_INVENTORY_VIRTUAL);
	assert_int_equal(inventory.states[3], EW_INVENTORY_HIDDEN);
	assert_int_equal(inventory.states[4], EW_INVENTORY_HIDDEN);
	ew_inventory_clear(&inventory);

	/* where set-id bits count it is met first, then the rest where they do not */
	list[1].nosuid = true;
	assert_int_equal(ew_inventory_walk(&mounts, &(struct ew_inventory_effort){2, 30}, &inventory), 0);
	assert_int_equal(inventory.n, 4);
	assert_int_equal(inventory.directories, 4);
	assert_int_equal(inventory.states[0], EW_INVENTORY_WALKED);
	assert_int_equal(inventory.states[1], EW_INVENTORY_WALKED);
	ew_inventory_clear(&inventory);
}

/* Longer than a path may be, as nobody can go there by one: said, and the rest goes on. */
static void what_cannot_be_reached_is_told(void **state)
{
	struct ew_mount_point mount = {.root = (char *)"", .point = tree, .type = (char *)"ext4"};
	struct ew_mount_points mounts = {1, &mount};
	struct ew_inventory inventory;
	char name[201] = "";
	int fd = open(at("/sub"), O_PATH | O_DIRECTORY);

	(void)state;
	memset(name, 'x', 200);
	for (int depth = 0; depth < 25; depth++) {
		int below;

		assert_int_equal(mkdirat(fd, name, 0755), 0);
		below = openat(fd, name, O_PATH | O_DIRECTORY);
		close(fd);
		fd = below;
	}
	close(fd);
	assert_int_equal(ew_inventory_walk(&mounts, &(struct ew_inventory_effort){2, 30}, &inventory), 0);
	assert_int_equal(inventory.n, 4);
	assert_int_equal(inventory.n_failures, 1);
	assert_int_equal(inventory.failures[0].err, ENAMETOOLONG);
	ew_inventory_clear(&inventory);
}

/* Opening what an autofs is for would mount it, or wait for that. */
static void automounts_are_not_opened(void **state)
{
	char sub[80], other[80];
	struct ew_mount_point list[] = {
		{.dev = 1, .root = (char *)"", .point = tree, .type = (char *)"ext4"},
		{.dev = 2, .root = (char *)"", .point = sub, .type = (char *)"autofs", .virtual = true},
		{.dev = 3, .root = (char *)"", .point = other, .type = (char *)"autofs", .virtual = true},
	};
	struct ew_mount_points mounts = {EW_ARRAY_SIZE(list), list};
	struct ew_inventory inventory;

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub/deep", tree);
	snprintf(other, sizeof(other), "%s-not/sub", tree);
	assert_int_equal(ew_inventory_walk(&mounts, &(struct ew_inventory_effort){2, 30}, &inventory), 0);
	assert_int_equal(inventory.n, 3);
	assert_false(found(&inventory, at("/sub/deep/both")));
	assert_int_equal(inventory.directories, 3);
	assert_int_equal(inventory.n_failures, 0);
	assert_int_equal(inventory.states[1], EW_INVENTORY_VIRTUAL);
	ew_inventory_clear(&inventory);
}

static size_t count_failures(const struct ew_mount_points *mounts, int err)
{
	struct ew_inventory inventory;
	size_t n = 0;

	assert_int_equal(ew_inventory_walk(mounts, &(struct ew_inventory_effort){2, 30}, &inventory), 0);
	for (size_t i = 0; i < inventory.n_failures; i++)
		n += inventory.failures[i].err == err;
	ew_inventory_clear(&inventory);
	return n;
}

/* One that the list has not, as nobody looks at it. */
static void a_mount_that_came_is_told(void **state)
{
	struct ew_mount_point dev = {.root = (char *)"", .point = (char *)"/dev", .type = (char *)"devtmpfs"};
	struct ew_mount_points only = {1, &dev}, all = mounts_of_dev();

	(void)state;
	if (all.n < 2) {
		print_message("missing: a mount below /dev\n");
		ew_mount_points_clear(&all);
		skip();
	}
	assert_true(count_failures(&only, EXDEV) > 0);
	assert_int_equal(count_failures(&all, EXDEV), 0);
	ew_mount_points_clear(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mountinfo_is_understood),
		cmocka_unit_test_setup_teardown(programs_are_found, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(nothing_is_walked_twice, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(what_cannot_be_reached_is_told, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(automounts_are_not_opened, make_tree, remove_tree),
		cmocka_unit_test(a_mount_that_came_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
