/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cgroup.h"
#include "util.h"

static int parse(const char *text, struct ew_cgroup_mount *mount)
{
	_cleanup_fclose_ FILE *f = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(f);
	return ew_cgroup_parse_mounts(f, mount);
}

#define UNIFIED "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define TMPFS "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
#define V1 "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
#define HYBRID "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define BOUND "50 23 0:26 /a.slice/b\\040c /mnt/with\\040blank\\134x rw - cgroup2 cgroup2 rw\n"

static void test_mounts(void **state)
{
	static const struct {
		const char *mountinfo, *point, *root;
	} examples[] = {
		{UNIFIED, "/sys/fs/cgroup", ""},
		{TMPFS V1 HYBRID, "/sys/fs/cgroup/unified", ""},
		{BOUND, "/mnt/with blank\\x", "/a.slice/b c"},
		/* the whole hierarchy is better than a part of it, wherever it stands */
		{BOUND UNIFIED, "/sys/fs/cgroup", ""},
		{UNIFIED BOUND, "/sys/fs/cgroup", ""},
		/* of parts, the first */
		{"50 23 0:26 /b /mnt/b rw - cgroup2 cgroup2 rw\n" BOUND, "/mnt/b", "/b"},
		/* lines that are none */
		{"\nx\n1 2 3 - cgroup2 c rw\n" UNIFIED, "/sys/fs/cgroup", ""},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(examples); i++) {
		struct ew_cgroup_mount mount;

		assert_int_equal(parse(examples[i].mountinfo, &mount), 0);
		assert_string_equal(mount.point, examples[i].point);
		assert_string_equal(mount.root, examples[i].root);
	}
}

static void test_no_mount(void **state)
{
	struct ew_cgroup_mount mount;

	(void)state;
	assert_int_equal(parse(TMPFS V1, &mount), -ENODEV);
	/* a file system type that only begins so, and one that is merely named so */
	assert_int_equal(parse("1 2 0:1 / /x rw - cgroup2x none rw\n", &mount), -ENODEV);
	assert_int_equal(parse("1 2 0:1 / /cgroup2 rw - tmpfs cgroup2 rw\n", &mount), -ENODEV);
}

static void test_mount_too_long(void **state)
{
	struct ew_cgroup_mount mount;
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_true(asprintf(&text, "1 2 0:1 / /%05000d rw - cgroup2 none rw\n" UNIFIED, 7) > 0);
	assert_int_equal(parse(text, &mount), 0);
	assert_string_equal(mount.point, "/sys/fs/cgroup");
}

struct conversion {
	const char *path;
	int err;
	const char *expected;
};

static void check_conversion(const struct ew_cgroup_mount *mount, const struct conversion *c,
			     int (*convert)(const struct ew_cgroup_mount *, const char *, char *, size_t))
{
	char out[EW_PATH_MAX];

	assert_int_equal(convert(mount, c->path, out, sizeof(out)), c->err);
	if (c->err)
		return;
	assert_string_equal(out, c->expected);
	/* as much room as it takes, and one byte less */
	assert_int_equal(convert(mount, c->path, out, strlen(c->expected) + 1), 0);
	assert_int_equal(convert(mount, c->path, out, strlen(c->expected)), -ENAMETOOLONG);
}

static void test_to_fs(void **state)
{
	static const struct ew_cgroup_mount whole = {.point = "/sys/fs/cgroup"};
	static const struct ew_cgroup_mount part = {.point = "/mnt", .root = "/a.slice"};
	static const struct conversion in_whole[] = {
		{"/", 0, "/sys/fs/cgroup"},
		{"/system.slice/x.service", 0, "/sys/fs/cgroup/system.slice/x.service"},
		{"//system.slice///x.service//", 0, "/sys/fs/cgroup/system.slice/x.service"},
		{"/..x/...", 0, "/sys/fs/cgroup/..x/..."},
		{"/with\nnewline", 0, "/sys/fs/cgroup/with\nnewline"},
		{"", -EINVAL, NULL},
		{"system.slice", -EINVAL, NULL},
		{"/a/../../etc", -EINVAL, NULL},
		{"/..", -EINVAL, NULL},
		{"/a/./b", -EINVAL, NULL},
		{"/.", -EINVAL, NULL},
	};
	static const struct conversion in_part[] = {
		{"/a.slice", 0, "/mnt"},     {"/a.slice/b", 0, "/mnt/b"}, {"/", -EXDEV, NULL},
		{"/a.slicer", -EXDEV, NULL}, {"/b", -EXDEV, NULL},
	};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(in_whole); i++)
		check_conversion(&whole, &in_whole[i], ew_cgroup_to_fs);
	for (size_t i = 0; i < EW_ARRAY_SIZE(in_part); i++)
		check_conversion(&part, &in_part[i], ew_cgroup_to_fs);
}

static void test_from_fs(void **state)
{
	static const struct ew_cgroup_mount whole = {.point = "/sys/fs/cgroup"};
	static const struct ew_cgroup_mount part = {.point = "/mnt", .root = "/a.slice"};
	static const struct ew_cgroup_mount at_root = {.point = "", .root = ""};
	static const struct conversion in_whole[] = {
		{"/sys/fs/cgroup", 0, "/"},
		{"/sys/fs/cgroup/", 0, "/"},
		{"/sys/fs/cgroup/user.slice", 0, "/user.slice"},
		{"/sys/fs/cgroups/x", -EXDEV, NULL},
		{"/sys/fs", -EXDEV, NULL},
		{"(unreachable)/x", -EINVAL, NULL},
	};
	static const struct conversion in_part[] = {{"/mnt", 0, "/a.slice"}, {"/mnt/b", 0, "/a.slice/b"}};
	static const struct conversion in_root[] = {{"/", 0, "/"}, {"/b", 0, "/b"}};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(in_whole); i++)
		check_conversion(&whole, &in_whole[i], ew_cgroup_from_fs);
	for (size_t i = 0; i < EW_ARRAY_SIZE(in_part); i++)
		check_conversion(&part, &in_part[i], ew_cgroup_from_fs);
	for (size_t i = 0; i < EW_ARRAY_SIZE(in_root); i++)
		check_conversion(&at_root, &in_root[i], ew_cgroup_from_fs);
}

static void test_path_too_long(void **state)
{
	static const struct ew_cgroup_mount mount = {.point = "/sys/fs/cgroup"};
	char path[2 * EW_PATH_MAX], out[4 * EW_PATH_MAX];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ew_cgroup_to_fs(&mount, path, out, sizeof(out)), -ENAMETOOLONG);
	assert_int_equal(ew_cgroup_open(path), -ENAMETOOLONG);
	assert_int_equal(ew_cgroup_open("relative"), -EINVAL);
	assert_int_equal(ew_cgroup_open("/a/../b"), -EINVAL);
}

/* A directory that is no cgroup has no id of one. */
static void test_id_of_others(void **state)
{
	_cleanup_close_ int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u64 id = 42;

	(void)state;
	assert_true(fd >= 0);
	assert_true(ew_cgroup_id(fd, &id) < 0);
	assert_int_equal(id, 42);
	assert_true(ew_cgroup_id(-1, &id) < 0);
}

static void test_unit_names(void **state)
{
	static const struct conversion examples[] = {
		{"ssh", 0, "ssh.service"},
		{"ssh.service", 0, "ssh.service"},
		{"getty@tty1", 0, "getty@tty1.service"},
		{"system-getty.slice", 0, "system-getty.slice"},
		{"session-1.scope", 0, "session-1.scope"},
		{"-.slice", 0, "-.slice"},
		{"dev-disk-by\\x2duuid.swap", 0, "dev-disk-by\\x2duuid.swap"},
		{"php8.2-fpm", 0, "php8.2-fpm.service"},
		{"org.example.App", 0, "org.example.App.service"},
		{"", -EINVAL, NULL},
		{"php*", -EINVAL, NULL},
		{"a?", -EINVAL, NULL},
		{"[ab]", -EINVAL, NULL},
		{"two units", -EINVAL, NULL},
		{"/system.slice/x.service", -EINVAL, NULL},
		{"a\nb", -EINVAL, NULL},
		{"\xc3\xa4", -EINVAL, NULL},
		{"@x.service", -EINVAL, NULL},
		{".service", -EINVAL, NULL},
	};
	char out[512], name[300];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(examples); i++) {
		assert_int_equal(ew_cgroup_unit_name(examples[i].path, out, sizeof(out)), examples[i].err);
		if (!examples[i].err)
			assert_string_equal(out, examples[i].expected);
	}
	memset(name, 'a', sizeof(name));
	name[247] = '\0';
	assert_int_equal(ew_cgroup_unit_name(name, out, sizeof(out)), 0);
	name[247] = 'a';
	name[248] = '\0';
	assert_int_equal(ew_cgroup_unit_name(name, out, sizeof(out)), -ENAMETOOLONG);
	assert_int_equal(ew_cgroup_unit_name("ssh", out, 11), -ENAMETOOLONG);
}

/* A systemctl that answers as systemd 252 does, from a directory of its own in PATH. */
static const char fake_systemctl[] =
	"#!/bin/sh\n"
	"for unit; do :; done\n"
	"case $unit in\n"
	"run.service) printf "
	"'LoadState=loaded\\nActiveState=active\\nControlGroup=/system.slice/run\\\\x2da.service\\n' ;;\n"
	"off.service) printf 'LoadState=loaded\\nActiveState=inactive\\nControlGroup=\\n' ;;\n"
	"gone.service) printf 'LoadState=not-found\\nActiveState=inactive\\nControlGroup=\\n' ;;\n"
	"long.service) printf 'LoadState=loaded\\nControlGroup=/%0100d\\n' 7 ;;\n"
	"*) exit 1 ;;\n"
	"esac\n";

static void test_units(void **state)
{
	char dir[] = "/tmp/execward-test-XXXXXX", file[64], out[64];
	const char *path = getenv("PATH");
	_cleanup_free_ char *old = path ? strdup(path) : NULL;
	_cleanup_close_ int fd = -1;
	int failed;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/systemctl", dir);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, fake_systemctl, sizeof(fake_systemctl) - 1), sizeof(fake_systemctl) - 1);
	ew_closep(&fd); /* or it could not be executed */
	setenv("PATH", dir, 1);
	assert_int_equal(ew_cgroup_of_unit("run", out, sizeof(out)), 0);
	assert_string_equal(out, "/system.slice/run\\x2da.service");
	assert_int_equal(ew_cgroup_of_unit("off", out, sizeof(out)), -ENODATA);
	assert_int_equal(ew_cgroup_of_unit("gone", out, sizeof(out)), -ENOENT);
	assert_int_equal(ew_cgroup_of_unit("long", out, sizeof(out)), -ENAMETOOLONG);
	assert_int_equal(ew_cgroup_of_unit("a*", out, sizeof(out)), -EINVAL);
	failed = ew_cgroup_of_unit("other", out, sizeof(out));
	assert_true(failed == -EIO || failed == -EHOSTDOWN); /* as the machine has systemd running or not */
	unlink(file);
	failed = ew_cgroup_of_unit("run", out, sizeof(out));
	assert_true(failed == -EIO || failed == -EHOSTDOWN);
	rmdir(dir);
	if (old)
		setenv("PATH", old, 1);
	else
		unsetenv("PATH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts),	       cmocka_unit_test(test_no_mount),
		cmocka_unit_test(test_mount_too_long), cmocka_unit_test(test_to_fs),
		cmocka_unit_test(test_from_fs),	       cmocka_unit_test(test_path_too_long),
		cmocka_unit_test(test_id_of_others),   cmocka_unit_test(test_unit_names),
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
