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

		assert_int_equal(ew_inventory_walk(&mounts, threads, &inventory), 0);
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
	assert_int_equal(ew_inventory_walk(&mounts, 2, &inventory), 0);
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
	assert_int_equal(ew_inventory_walk(&mounts, 2, &inventory), 0);
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
	assert_int_equal(ew_inventory_walk(&mounts, 2, &inventory), 0);
	assert_int_equal(inventory.n, 4);
	assert_int_equal(inventory.n_failures, 1);
	assert_int_equal(inventory.failures[0].err, ENAMETOOLONG);
	ew_inventory_clear(&inventory);
}

static void write_list(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_asked(const char *expected)
{
	char text[4096] = "";
	FILE *f = fopen(at("/tool.asked"), "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(text, expected);
}

static void packages_are_found(void **state)
{
	struct ew_inventory inventory = {0};

	(void)state;
	/* as dpkg-query answers, which has more to say than was asked for */
	write_list("/tool", "#!/bin/sh\n"
			    "printf '%s\\n' \"$@\" >>\"$0.asked\"\n"
			    "echo 'diversion by other from: /opt/own'\n"
			    "echo 'passwd: /usr/bin/passwd'\n"
			    "echo 'passwd: /usr/bin/passwd2'\n"
			    "echo 'libx:amd64, liby:amd64: /bin/su'\n"
			    "echo 'odd: /opt/a*b'\n"
			    "printf 'cut: /opt/ow'\n"
			    "exit 1\n");
	assert_int_equal(chmod(at("/tool"), 0755), 0);
	assert_int_equal(ew_inventory_add(&inventory, strdup("/usr/bin/passwd"), 0, false), 0);
	assert_int_equal(ew_inventory_add(&inventory, strdup("/usr/bin/su"), 0, false), 0);
	assert_int_equal(ew_inventory_add(&inventory, strdup("/opt/own"), 0, false), 0);
	assert_int_equal(ew_inventory_add(&inventory, strdup("/opt/a*b"), 0, false), 0);
	assert_int_equal(ew_inventory_add(&inventory, strdup("/opt/two\nlines"), 0, false), 0);
	assert_int_equal(ew_inventory_owners(&inventory, at("/none"), true), 0);
	assert_null(inventory.items[0].package);
	assert_int_equal(ew_inventory_owners(&inventory, at("/tool"), false), 0);
	assert_string_equal(inventory.items[0].package, "passwd");
	assert_null(inventory.items[1].package);
	assert_int_equal(ew_inventory_owners(&inventory, at("/tool"), true), 0);
	assert_string_equal(inventory.items[1].package, "libx:amd64");
	assert_null(inventory.items[2].package);
	assert_string_equal(inventory.items[3].package, "odd");
	assert_null(inventory.items[4].package);
	assert_asked("--search\n--\n/opt/a\\*b\n/opt/own\n/usr/bin/passwd\n/usr/bin/su\n"
		     "--search\n--\n/bin/passwd\n/bin/su\n/opt/a\\*b\n/opt/own\n/usr/bin/passwd\n/usr/bin/su\n");
	ew_inventory_clear(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mountinfo_is_understood),
		cmocka_unit_test_setup_teardown(programs_are_found, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(nothing_is_walked_twice, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(what_cannot_be_reached_is_told, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(packages_are_found, make_tree, remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
