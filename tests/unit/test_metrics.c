/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "metrics.h"
#include "reload_result.h"
#include "replace.h"
#include "util.h"

#define HOSTILE "a\\b\"c\nd\033[2J\xff\xe2\x80\xae"

static char *print(const struct ew_status *s)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	ew_metrics_print(s, 1000, f);
	fclose(f);
	assert_non_null(text);
	return text;
}

static void has(const char *text, const char *line)
{
	_cleanup_free_ char *wanted = NULL;

	assert_true(asprintf(&wanted, "\n%s\n", line) > 0);
	if (!strstr(text, wanted))
		fail_msg("no line %s in:\n%s", line, text);
}

/* One of everything. */
static void fill(struct ew_status *s)
{
	*s = (struct ew_status){.loaded = true, .exit = 6, .n_own_cgroups = 2, .n_cgroups = 9, .n_processes = 3};
	s->n_users = 1;
	s->n_programs = 4;
	s->reloaded = (struct ew_reload_result){.time = 1234567890, .ok = false};
	s->meta = (struct ew_meta){.load_time = 2500000000, .version = "0.0.9"};
	s->state.generation = 7;
	s->profiles[3] = (struct ew_profile){.flags = EW_PROFILE_USED, .mode = EW_VERDICT_DENY, .name = "web"};
	strcpy(s->profiles[3].file, HOSTILE);
	s->profiles[5] = (struct ew_profile){
		.flags = EW_PROFILE_USED | EW_PROFILE_GONE, .mode = EW_VERDICT_AUDIT, .name = "old", .file = "o.yaml"};
	s->counters[3].verdicts[EW_VERDICT_DENY] = 11;
	s->counters[3].reasons[EW_REASON_GAIN] = 10;
	s->counters[4].verdicts[EW_VERDICT_DENY] = 99; /* of a slot that nobody has */
	s->counters[EW_PROFILES_MAX].verdicts[EW_VERDICT_ALLOW] = 1ULL << 60;
	s->counters[EW_PROFILES_MAX].reasons[EW_REASON_EXCEPTION] = 13;
	s->counters[EW_PROFILES_MAX].gains[EW_VERDICT_KILL][EW_GAIN_CAPS] = 20;
	s->counters[EW_PROFILES_MAX].forks_failed = 14;
	s->counters[EW_PROFILES_MAX].records_lost = 15;
	s->state.readers = EW_BIT(2);
	s->n_readers = 1;
	s->state.reader[2] = (struct ew_reader){.pid = 812, .received = 16, .lost = {17, 18}};
	s->state.reader[1].received = 98; /* gone */
	s->n_maps = 1;
	s->maps[0] = (struct ew_status_map){.name = "cgroups", .entries = 19, .max = 1000000};
}

static void everything_is_told(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct ew_status s;

	(void)state;
	fill(&s);
	text = print(&s);
	has(text, "execward_up 1");
	has(text, "execward_status 6");
	has(text, "execward_last_reload_success 0");
	has(text, "execward_last_reload_timestamp_seconds 1234567890");
	has(text, "execward_loaded_info{version=\"0.0.9\"} 1");
	has(text, "execward_load_timestamp_seconds 1002.500");
	has(text, "execward_policy_generation 7");
	has(text, "# TYPE execward_transitions_total counter");
	has(text, "execward_transitions_total{verdict=\"allow\"} 1152921504606846976");
	has(text, "execward_transition_reasons_total{reason=\"exception\"} 13");
	has(text, "execward_gains_total{kind=\"uid\",verdict=\"kill\"} 0");
	has(text, "execward_gains_total{kind=\"caps\",verdict=\"kill\"} 20");
	has(text, "execward_gains_total{kind=\"label\",verdict=\"allow\"} 0");
	has(text, "execward_profile_info{profile=\"old\",mode=\"audit\",file=\"o.yaml\",gone=\"1\"} 1");
	has(text, "execward_profile_transitions_total{profile=\"web\",verdict=\"deny\"} 11");
	has(text, "execward_profile_transition_reasons_total{profile=\"web\",reason=\"gain\"} 10");
	has(text, "execward_tags{kind=\"cgroup\"} 2");
	has(text, "execward_tags{kind=\"process\"} 3");
	has(text, "execward_tags{kind=\"users\"} 1");
	has(text, "execward_tags{kind=\"program\"} 4");
	has(text, "execward_governed_cgroups 9");
	has(text, "execward_forks_refused_total 14");
	has(text, "execward_readers 1");
	has(text, "execward_reader_records_total{reader=\"2\",pid=\"812\"} 16");
	has(text, "execward_reader_lost_records_total{reader=\"2\",pid=\"812\",full=\"buffer\"} 17");
	has(text, "execward_reader_lost_records_total{reader=\"2\",pid=\"812\",full=\"scratch\"} 18");
	has(text, "execward_lost_records_total 15");
	has(text, "# TYPE execward_map_entries gauge");
	has(text, "execward_map_entries{map=\"cgroups\"} 19");
	has(text, "execward_map_entries_max{map=\"cgroups\"} 1000000");
	assert_null(strstr(text, " 98\n"));
	assert_null(strstr(text, " 99\n"));
}

/* A file of policy can be called as its owner likes. */
static void labels_are_escaped(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct ew_status s;

	(void)state;
	fill(&s);
	text = print(&s);
	/* as ew_escape() spells it, with backslashes doubled once more for the label */
	has(text, "execward_profile_info{profile=\"web\",mode=\"deny\",file=\"a\\\\\\\\b\\\"c\\\\x0ad\\\\x1b[2J\\\\xff"
		  "\\\\xe2\\\\x80\\\\xae\",gone=\"0\"} 1");
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
}

static void not_loaded(void **state)
{
	struct ew_status s = {.exit = 3};
	_cleanup_free_ char *text = NULL;

	(void)state;
	text = print(&s);
	has(text, "execward_up 0");
	has(text, "execward_status 3");
	assert_null(strstr(text, "transitions"));
	assert_null(strstr(text, "last_reload"));
}

/* For tests/metrics-check, which gives it to a parser of others. */
static void is_kept_for_the_check(void **state)
{
	const char *path = getenv("EW_METRICS_OUT");
	_cleanup_free_ char *text = NULL;
	struct ew_status s;

	(void)state;
	if (!path)
		return;
	fill(&s);
	text = print(&s);
	assert_int_equal(ew_replace_file(path, text, strlen(text), 0644), 0);
}

static void file_is_replaced_whole(void **state)
{
	char dir[] = "/tmp/ew-test-XXXXXX", path[64], missing[64];
	_cleanup_fclose_ FILE *before = NULL;
	char text[16] = "";
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/execward.prom", dir);
	snprintf(missing, sizeof(missing), "%s/none/execward.prom", dir);
	assert_int_equal(ew_replace_file(path, "before", 6, 0600), 0);
	before = fopen(path, "r");
	assert_non_null(before);
	umask(0077);
	assert_int_equal(ew_replace_file(path, "after", 5, 0644), 0);
	/* who had it open reads on in the old one */
	assert_non_null(fgets(text, sizeof(text), before));
	assert_string_equal(text, "before");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(ew_replace_file(missing, "x", 1, 0644), -ENOENT);
	assert_int_equal(ew_replace_file(dir, "x", 1, 0644), -EISDIR);
	assert_int_equal(ew_replace_file("/tmp/", "x", 1, 0644), -EISDIR);
	/* and nothing is left beside it */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void result_of_a_reload_is_kept(void **state)
{
	char path[] = "/tmp/ew-test-XXXXXX";
	int fd = mkstemp(path);
	struct ew_reload_result result;

	(void)state;
	assert_true(fd >= 0);
	ew_reload_result_store(path, "reload", false);
	ew_reload_result_read(path, &result);
	assert_true(result.time > 1600000000);
	assert_false(result.ok);
	ew_reload_result_store(path, "reload", true);
	ew_reload_result_read(path, &result);
	assert_true(result.ok);
	for (const char *const *bad = (const char *const[]){"", "ok", "ok x", "fine 1234 reload", "ok -4", NULL}; *bad;
	     bad++) {
		assert_int_equal(ew_replace_file(path, *bad, strlen(*bad), 0600), 0);
		ew_reload_result_read(path, &result);
		assert_int_equal(result.time, 0);
		assert_false(result.ok);
	}
	close(fd);
	assert_int_equal(unlink(path), 0);
	ew_reload_result_read(path, &result);
	assert_int_equal(result.time, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_told),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(not_loaded),
		cmocka_unit_test(is_kept_for_the_check),
		cmocka_unit_test(file_is_replaced_whole),
		cmocka_unit_test(result_of_a_reload_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
