/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
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
	static char paths[4][256];
	static unsigned int i;
	char *path = paths[i++ % EW_ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s%s", tree, name);
	return path;
}

static int make_tree(void **state)
{
	(void)state;
	strcpy(tree, "/tmp/ew-test-XXXXXX");
	return mkdtemp(tree) ? 0 : -1;
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", tree);
	return system(command);
}

#define PACKAGE(name, arch, more)                                                                                   \
	"Package: " name "\nStatus: install ok installed\nVersion: 1\nMaintainer: a\nArchitecture: " arch "\n" more \
	"Description: b\n\n"

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

/* The file at a path that is diverted is of another package than the list says (dpkg-divert(1)). */
static void diverted_files_are_of_whom_they_are(void **state)
{
	static const struct {
		const char *path, *package;
	} wanted[] = {
		{"/usr/bin/al", "theirs"},     {"/usr/bin/al.distrib", "ours"}, /* as /bin/al */
		{"/usr/bin/foo", "theirs"},    {"/usr/bin/foo.distrib", "ours"}, {"/usr/bin/loc", NULL},
		{"/usr/bin/loc.real", "ours"}, {"/usr/bin/multi", "libx:amd64"}, {"/usr/bin/multi.old", "liby:i386"},
		{"/usr/bin/none", NULL},       {"/usr/bin/plain", "ours"},	 {"/usr/bin/unlisted", NULL},
	};
	struct ew_inventory inventory = {0};
	char command[256];

	(void)state;
	if (system("dpkg-query --version >/dev/null 2>&1") != 0) {
		print_message("missing: dpkg-query(1)\n");
		skip();
	}
	assert_int_equal(mkdir(at("/db"), 0755) || mkdir(at("/db/info"), 0755) || mkdir(at("/db/updates"), 0755), 0);
	write_list("/db/status", PACKAGE("ours", "all", "") PACKAGE("theirs", "all", "")
					 PACKAGE("libx", "amd64", "Multi-Arch: same\n")
						 PACKAGE("liby", "i386", "Multi-Arch: same\n"));
	write_list("/db/arch", "amd64\ni386\n");
	write_list("/db/info/format", "1\n");
	write_list("/db/info/ours.list",
		   "/.\n/bin/al\n/usr/bin/foo\n/usr/bin/loc\n/usr/bin/plain\n/usr/bin/unlisted\n");
	write_list("/db/info/theirs.list", "/.\n/bin/al\n/usr/bin/foo\n");
	write_list("/db/info/libx:amd64.list", "/.\n/usr/bin/multi\n");
	write_list("/db/info/liby:i386.list", "/.\n/usr/bin/multi\n");
	write_list("/db/diversions", "/usr/bin/foo\n/usr/bin/foo.distrib\ntheirs\n"
				     "/usr/bin/loc\n/usr/bin/loc.real\n:\n"
				     "/bin/al\n/bin/al.distrib\ntheirs\n"
				     "/usr/bin/multi\n/usr/bin/multi.old\nlibx\n"
				     "/usr/bin/unlisted\n/usr/bin/unlisted.real\ntheirs\n");
	snprintf(command, sizeof(command), "#!/bin/sh\nexec dpkg-query --admindir='%s' \"$@\"\n", at("/db"));
	write_list("/tool", command);
	assert_int_equal(chmod(at("/tool"), 0755), 0);
	for (size_t i = 0; i < EW_ARRAY_SIZE(wanted); i++)
		assert_int_equal(ew_inventory_add(&inventory, strdup(wanted[i].path), 0, false), 0);
	assert_int_equal(ew_inventory_owners(&inventory, at("/tool"), true), 0);
	for (size_t i = 0; i < EW_ARRAY_SIZE(wanted); i++) {
		if (!wanted[i].package)
			assert_null(inventory.items[i].package);
		else
			assert_string_equal(inventory.items[i].package ?: wanted[i].path, wanted[i].package);
	}
	ew_inventory_clear(&inventory);
}

/* One that is there, but of which no answer can be had. */
static void a_tool_that_fails_is_told(void **state)
{
	struct ew_inventory inventory = {0};

	(void)state;
	assert_int_equal(ew_inventory_add(&inventory, strdup("/usr/bin/su"), 0, false), 0);
	write_list("/tool", "#!/bin/sh\nexit 2\n");
	assert_int_equal(chmod(at("/tool"), 0755), 0);
	assert_int_equal(ew_inventory_owners(&inventory, at("/tool"), true), 1);
	write_list("/tool", "#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(ew_inventory_owners(&inventory, at("/tool"), true), 1);
	assert_null(inventory.items[0].package);
	ew_inventory_clear(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packages_are_found, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(diverted_files_are_of_whom_they_are, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(a_tool_that_fails_is_told, make_tree, remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
