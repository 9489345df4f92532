/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_help.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/*
 * Policy files as files: which are read, in which order, and which are refused. Three directories a, b and c in a
 * temporary one stand for those of the system.
 */

static char root[64];
static const char *const dirs[] = {"a", "b", "c"};

static int set_up(void **state)
{
	(void)state;
	umask(022);
	strcpy(root, "/tmp/execward-test-XXXXXX");
	if (!mkdtemp(root) || chdir(root))
		return -1;
	for (size_t i = 0; i < EW_ARRAY_SIZE(dirs); i++) {
		if (mkdir(dirs[i], 0755))
			return -1;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return chdir("/") || nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* A policy file with one profile. */
static void write_policy(const char *path, const char *name)
{
	char text[256];

	snprintf(text, sizeof(text), "version: 1\nprofiles:\n  - {name: %s, mode: deny}\n", name);
	write_text(path, text);
}

/* The names of the profiles read, in order; or the errors. Whoever runs the tests owns the files. */
static const char *outcome(int err, struct ew_policy *policy, struct ew_diagnostics *diag)
{
	static char text[16384];
	_cleanup_free_ char *told = diagnostics_text(diag);

	text[0] = '\0';
	for (size_t i = 0; policy && i < policy->n_files; i++) {
		for (unsigned int j = 0; j < policy->files[i].document->profiles_count; j++)
			sprintf(strchr(text, '\0'), "%s ", policy->files[i].document->profiles[j].name);
	}
	for (char *save, *line = strtok_r(told, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strstr(line, ": warning: owned by"))
			sprintf(strchr(text, '\0'), "%s\n", line);
	}
	assert_int_equal(err, diag->n_errors ? -EINVAL : 0);
	ew_policy_free(&policy);
	ew_diagnostics_clear(diag);
	return text;
}

static const char *read_dirs(unsigned int flags)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	int err = ew_policy_read_dirs(dirs, EW_ARRAY_SIZE(dirs), flags, &policy, &diag);

	return outcome(err, policy, &diag);
}

static const char *read_file(const char *path, unsigned int flags)
{
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	int err = ew_policy_read_files(&path, 1, flags, &policy, &diag);

	return outcome(err, policy, &diag);
}

static void no_file_is_an_empty_policy(void **state)
{
	(void)state;
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "");
	assert_int_equal(rmdir("a") | rmdir("b") | rmdir("c"), 0);
	assert_string_equal(read_dirs(0), "");
}

static void files_merge_in_the_order_of_names(void **state)
{
	(void)state;
	write_policy("c/10-z.yaml", "first");
	write_policy("a/20-a.yaml", "second");
	write_policy("b/B.yaml", "third");
	write_policy("a/a.yaml", "fourth");
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "first second third fourth ");
}

static void same_name_masks(void **state)
{
	(void)state;
	write_policy("a/x.yaml", "from-a");
	write_policy("b/x.yaml", "from-b");
	write_policy("b/y.yaml", "also-b");
	/* What is masked is not looked at. */
	write_text("c/x.yaml", "nonsense");
	write_text("c/y.yaml", "\xff");
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "from-a also-b ");
	assert_int_equal(unlink("a/x.yaml"), 0);
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "from-b also-b ");
}

static void link_to_null_disables(void **state)
{
	(void)state;
	write_policy("b/x.yaml", "from-b");
	write_policy("c/y.yaml", "from-c");
	assert_int_equal(symlink("/dev/null", "a/x.yaml"), 0);
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "from-c ");
	/* By another way to the same device, and of a name that is nowhere else. */
	assert_int_equal(unlink("a/x.yaml"), 0);
	assert_int_equal(symlink("../../../dev/null", "a/x.yaml"), 0);
	assert_int_equal(symlink("/dev/null", "a/z.yaml"), 0);
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "from-c ");
}

static void other_links_are_refused(void **state)
{
	(void)state;
	write_policy("real", "real");
	assert_int_equal(symlink("../real", "a/x.yaml"), 0);
	assert_int_equal(symlink("nowhere", "a/y.yaml"), 0);
	assert_int_equal(symlink("/dev/zero", "a/z.yaml"), 0);
	assert_string_equal(
		read_dirs(EW_READ_ANY_OWNER),
		"a/x.yaml: error: symbolic link; expected a regular file, or a link to /dev/null to disable it\n"
		"a/y.yaml: error: symbolic link; expected a regular file, or a link to /dev/null to disable it\n"
		"a/z.yaml: error: symbolic link; expected a regular file, or a link to /dev/null to disable it\n");
	/* A file that the user names is hers to find. */
	assert_string_equal(read_file("a/x.yaml", EW_READ_ANY_OWNER), "real ");
}

static void only_yaml_is_read(void **state)
{
	(void)state;
	write_policy("a/x.yaml", "x");
	write_text("a/README", "nonsense");
	write_text("a/x.yaml~", "nonsense");
	write_text("a/x.yaml.dpkg-old", "nonsense");
	write_text("a/.x.yaml", "nonsense");
	write_text("a/.yaml", "nonsense");
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "x ");
	/* A policy that is not in force though it looks so. */
	write_text("a/y.yml", "nonsense");
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER),
			    "x a: warning: \"y.yml\" is not read; expected a name that ends in .yaml\n");
}

static void what_is_no_file(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "a/socket.yaml"};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(mkdir("a/dir.yaml", 0755), 0);
	assert_int_equal(mkfifo("a/fifo.yaml", 0644), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "a/dir.yaml: error: not a regular file; expected one\n"
							  "a/fifo.yaml: error: not a regular file; expected one\n"
							  "a/socket.yaml: error: not a regular file; expected one\n");
	assert_string_equal(read_file("a/fifo.yaml", 0), "a/fifo.yaml: error: not a regular file; expected one\n");
	assert_string_equal(read_file("/dev/null", 0), "/dev/null: error: not a regular file; expected one\n");
	assert_string_equal(read_file("missing", 0), "missing: error: cannot be opened: No such file or directory\n");
}

static void a_directory_that_is_none(void **state)
{
	(void)state;
	assert_int_equal(rmdir("b"), 0);
	write_text("b", "");
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "b: error: cannot be opened: Not a directory\n");
}

/* As root the files are given away; of others they are theirs from the start. */
static unsigned int give_away(const char *path)
{
	if (geteuid())
		return geteuid();
	assert_int_equal(chown(path, 1234, 0), 0);
	return 1234;
}

static void owner_must_be_root(void **state)
{
	char expected[256];
	unsigned int uid;

	(void)state;
	write_policy("a/x.yaml", "x");
	uid = give_away("a/x.yaml");
	snprintf(expected, sizeof(expected), "a/x.yaml: error: owned by user id %u; expected root (chown root)\n", uid);
	assert_non_null(strstr(read_dirs(0), expected));
	assert_string_equal(read_file("a/x.yaml", 0), expected);
	assert_string_equal(read_file("a/x.yaml", EW_READ_ANY_OWNER), "x ");
}

static void owner_of_the_directory_must_be_root(void **state)
{
	char expected[256];
	unsigned int uid = give_away("b");

	(void)state;
	snprintf(expected, sizeof(expected), "b: error: owned by user id %u; expected root (chown root)\n", uid);
	assert_non_null(strstr(read_dirs(0), expected));
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER), "");
}

static void nobody_else_may_write(void **state)
{
	static const char error[] =
		": error: writable by others, mode 0664; expected only root to write it (chmod go-w)\n";
	static const char warning[] =
		"x a/x.yaml: warning: writable by others, mode 0664; expected only root to write it "
		"(chmod go-w)\n";

	(void)state;
	write_policy("a/x.yaml", "x");
	assert_int_equal(chmod("a/x.yaml", 0664), 0);
	assert_non_null(strstr(read_dirs(0), error));
	assert_string_equal(read_file("a/x.yaml", EW_READ_ANY_OWNER), warning);
	assert_int_equal(chmod("a/x.yaml", 0646), 0);
	assert_non_null(strstr(read_dirs(0), "mode 0646;"));
	assert_int_equal(chmod("a/x.yaml", 0644), 0);
	assert_int_equal(chmod("a", 01777), 0);
	assert_non_null(strstr(read_dirs(0), "a: error: writable by others, mode 1777; expected only root"));
	assert_null(strstr(read_dirs(0), "a/x.yaml: error: writable"));
}

static void roots_own_files_are_read(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("needs to be root, whose files these must be\n");
		skip();
	}
	write_policy("a/x.yaml", "x");
	assert_string_equal(read_dirs(0), "x ");
	assert_string_equal(read_file("a/x.yaml", 0), "x ");
}

static void size_limit(void **state)
{
	static char comment[EW_POLICY_FILE_SIZE_MAX + 1];

	(void)state;
	memset(comment, '#', sizeof(comment) - 1);
	memcpy(comment, "version: 1\nprofiles: []\n", 24);
	write_text("x.yaml", comment);
	assert_string_equal(read_file("x.yaml", EW_READ_ANY_OWNER), "");
	assert_int_equal(truncate("x.yaml", EW_POLICY_FILE_SIZE_MAX + 1), 0);
	assert_string_equal(read_file("x.yaml", EW_READ_ANY_OWNER),
			    "x.yaml: error: 16777217 bytes; expected at most 16777216\n");
}

static void names_are_unique_across_files(void **state)
{
	(void)state;
	write_policy("a/x.yaml", "web");
	write_policy("b/y.yaml", "web");
	assert_string_equal(
		read_dirs(EW_READ_ANY_OWNER),
		"b/y.yaml:3:12: error: duplicate profile name \"web\"; expected another name (first at a/x.yaml:3)\n");
}

static void one_bad_file_refuses_all(void **state)
{
	(void)state;
	write_policy("a/good.yaml", "good");
	write_text("b/bad.yaml", "version: 1\nprofiles: {}\n");
	write_text("c/worse.yaml", "version: 1\nprofile: []\n");
	/* Each is told. */
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER),
			    "b/bad.yaml:2:11: error: \"profiles\" holds keys with values; expected a list\n"
			    "c/worse.yaml:1:1: error: missing key \"profiles\" in the policy; expected a list\n"
			    "c/worse.yaml:2:1: error: unknown key \"profile\" in the policy; expected one of version, "
			    "profiles (did you "
			    "mean \"profiles\"?)\n");
}

static void profiles_of_all_files_count(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < EW_PROFILES_MAX; i++) {
		char path[32], name[8];

		snprintf(path, sizeof(path), "%s/%03u.yaml", dirs[i % 3], i);
		snprintf(name, sizeof(name), "p%u", i);
		write_policy(path, name);
	}
	assert_non_null(strstr(read_dirs(EW_READ_ANY_OWNER), " p63 "));
	write_policy("a/zz.yaml", "one-more");
	assert_string_equal(read_dirs(EW_READ_ANY_OWNER),
			    "a/zz.yaml:3:5: error: too many profiles; expected at most 64 in all files\n");
}

static void files_merge_in_the_order_given(void **state)
{
	static const char *const files[] = {"b/y.yaml", "a/x.yaml"};
	struct ew_diagnostics diag = {0};
	struct ew_policy *policy = NULL;
	int err;

	(void)state;
	write_policy("a/x.yaml", "x");
	write_policy("b/y.yaml", "y");
	err = ew_policy_read_files(files, 2, EW_READ_ANY_OWNER, &policy, &diag);
	assert_string_equal(outcome(err, policy, &diag), "y x ");
}

static void descriptors_are_given_back(void **state)
{
	_cleanup_close_ int before = dup(0), after = -1;

	(void)state;
	write_policy("a/x.yaml", "x");
	write_text("b/bad.yaml", "nonsense");
	assert_int_equal(symlink("nowhere", "c/link.yaml"), 0);
	read_dirs(EW_READ_ANY_OWNER);
	after = dup(0);
	assert_int_equal(after, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_file_is_an_empty_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_merge_in_the_order_of_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(same_name_masks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(link_to_null_disables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_links_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_yaml_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(owner_must_be_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(owner_of_the_directory_must_be_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_else_may_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(roots_own_files_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(size_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_are_unique_across_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_bad_file_refuses_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(profiles_of_all_files_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_merge_in_the_order_given, set_up, tear_down),
		cmocka_unit_test_setup_teardown(descriptors_are_given_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
