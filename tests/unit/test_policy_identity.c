/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <cmocka.h>

#include "identity.h"
#include "util.h"

/* Identities of real files, in a temporary directory. */

static char root[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/execward-test-XXXXXX");
	return !mkdtemp(root) || chdir(root);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"file", "other", "link", "loop", "dir", "fifo"};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(names); i++)
		remove(names[i]);
	return chdir("/") || rmdir(root);
}

static void touch(const char *path)
{
	_cleanup_close_ int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0);

	assert_true(fd >= 0);
}

/* What a file is, whatever its name; without permission to read or run it. */
static void one_file_has_one_identity(void **state)
{
	struct ew_identity a, b, c;
	struct stat st;

	(void)state;
	memset(&a, 0xff, sizeof(a));
	memset(&b, 0, sizeof(b));
	touch("file");
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(link("file", "other"), 0);
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(ew_identity_of_path("file", &a), 0);
	assert_int_equal(ew_identity_of_path("link", &b), 0);
	assert_int_equal(ew_identity_of_path("other", &c), 0);
	/* Byte for byte: it is part of the key of a map. */
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_equal(&a, &c, sizeof(a));
	assert_true(a.ino == st.st_ino);
	assert_int_equal(a.pad, 0);
	assert_int_equal(unlink("other"), 0);
	touch("other");
	assert_int_equal(ew_identity_of_path("other", &c), 0);
	assert_true(a.ino != c.ino);
}

/* Where st_dev is the superblock's, which is not so on btrfs and overlayfs, it is the oracle. */
static void device_is_in_the_kernels_encoding(void **state)
{
	static const char *const paths[] = {"/proc/self/maps", "/sys/kernel/notes", "/etc/passwd"};
	unsigned int compared = 0;

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(paths); i++) {
		struct ew_identity identity;
		struct statfs fs;
		struct stat st;

		if (stat(paths[i], &st) || statfs(paths[i], &fs) || fs.f_type == BTRFS_SUPER_MAGIC ||
		    fs.f_type == OVERLAYFS_SUPER_MAGIC)
			continue;
		assert_int_equal(ew_identity_of_path(paths[i], &identity), 0);
		assert_int_equal(identity.dev, major(st.st_dev) << 20 | minor(st.st_dev));
		compared++;
	}
	assert_true(compared > 0);
}

/* Files on several mounts, looked for with the same list of those that are known. */
static void each_mount_has_its_device(void **state)
{
	static const char *const paths[] = {"/proc/self/maps", "/sys/kernel/notes", "/proc/self/stat", "file"};
	EW_CLEANUP(ew_mounts_clear) struct ew_mounts mounts = {};
	struct ew_identity with, alone;

	(void)state;
	touch("file");
	for (size_t i = 0; i < EW_ARRAY_SIZE(paths); i++) {
		if (ew_identity_of_path(paths[i], &alone))
			continue; /* this machine has none */
		assert_int_equal(ew_identity_find(&mounts, paths[i], &with), 0);
		assert_int_equal(with.dev, alone.dev); /* the inode of a file of /proc may be another each time */
	}
	assert_true(mounts.n > 1);
}

/* By the line of the file's mount in a list of mounts. */
static void a_mount_is_idmapped_by_its_options(void **state)
{
	static const struct {
		const char *options;
		bool idmapped;
	} examples[] = {
		{"rw,idmapped", true},	 {"idmapped,rw", true}, {"idmapped", true},
		{"rw,idmappedx", false}, {"rw", false},		{"rw shared:1 - ext4 idmapped idmapped", false},
	};
	_cleanup_close_ int fd = -1;
	struct ew_identity identity;
	struct statx st;
	bool idmapped;

	(void)state;
	touch("file");
	fd = open("file", O_PATH | O_CLOEXEC);
	assert_int_equal(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st), 0);
	for (size_t i = 0; i < EW_ARRAY_SIZE(examples); i++) {
		FILE *f = fopen("other", "we");

		fprintf(f, "%llu 1 8:1 / /a rw,idmapped - ext4 x rw\n", (unsigned long long)st.stx_mnt_id + 1);
		fprintf(f, "%llu 1 7:3 / /b %s shared:2 - ext4 x rw\n", (unsigned long long)st.stx_mnt_id,
			examples[i].options);
		assert_int_equal(fclose(f), 0);
		idmapped = !examples[i].idmapped;
		assert_int_equal(ew_identity_of_fd(fd, "other", &identity, &idmapped), 0);
		assert_int_equal(identity.dev, 7 << 20 | 3);
		assert_int_equal(idmapped, examples[i].idmapped);
	}
	assert_int_equal(unlink("other"), 0);
	assert_int_equal(ew_identity_of_fd(fd, "other", &identity, &idmapped), -ENOENT);
}

static void what_is_no_regular_file(void **state)
{
	struct ew_identity identity = {.ino = 7}, before = identity;

	(void)state;
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	touch("file");
	assert_int_equal(ew_identity_of_path("dir", &identity), -EISDIR);
	assert_int_equal(ew_identity_of_path("fifo", &identity), -EINVAL);
	assert_int_equal(ew_identity_of_path("/dev/null", &identity), -EINVAL);
	assert_int_equal(ew_identity_of_path("missing", &identity), -ENOENT);
	assert_int_equal(ew_identity_of_path("file/x", &identity), -ENOTDIR);
	assert_int_equal(ew_identity_of_path("loop", &identity), -ELOOP);
	assert_int_equal(ew_identity_of_path("", &identity), -ENOENT);
	assert_memory_equal(&identity, &before, sizeof(identity));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_file_has_one_identity, set_up, tear_down),
		cmocka_unit_test(device_is_in_the_kernels_encoding),
		cmocka_unit_test_setup_teardown(each_mount_has_its_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mount_is_idmapped_by_its_options, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_regular_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
