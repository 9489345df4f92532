/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_help.h"

#include <time.h>

#include "escape.h"
#include "record_text.h"
#include "words.h"

static char *sample_text(const struct sample *s, const struct ew_record_text_options *options)
{
	struct ew_record_view view;
	char *line;

	assert_int_equal(sample_view(s, &view), 0);
	line = ew_record_text(&view, &names, OFFSET, options);
	assert_non_null(line);
	return line;
}

static void assert_text(const struct sample *s, const struct ew_record_text_options *options, const char *expected)
{
	_cleanup_free_ char *line = sample_text(s, options);

	assert_string_equal(line, expected);
}

static void test_text(void **state)
{
	static const struct ew_record_text_options plain = {0}, ascii = {.ascii = true}, narrow = {.width = 120},
						   colour = {.colour = true, .width = 165};
	struct sample s = sample_make();

	(void)state;
	assert_text(&s, &plain,
		    "16:00:00.123 DENY  php-fpm[812]       /usr/sbin/php-fpm8.2 \xe2\x86\x92 /usr/bin/sudo             "
		    "+uid:root +cap_sys_admin  uid 33\xe2\x86\x92"
		    "0    /system.slice/php8.2-fpm.service  gain, web (web.yaml:4)");
	assert_text(&s, &ascii,
		    "16:00:00.123 DENY  php-fpm[812]       /usr/sbin/php-fpm8.2 -> /usr/bin/sudo             "
		    "+uid:root +cap_sys_admin  uid 33->0   /system.slice/php8.2-fpm.service  gain, web (web.yaml:4)");
	assert_text(&s, &narrow,
		    "16:00:00.123 DENY  php-fpm[812] \xe2\x86\x92 /usr/bin/sudo  +uid:root +cap_sys_admin  "
		    "/syste\xe2\x80\xa6.2-fpm.service  gain, web (web.yaml:4)");
	s.record.verdict = EW_VERDICT_KILL;
	assert_text(&s, &colour,
		    "16:00:00.123 \033[1;31mKILL\033[0m  php-fpm[812] /usr/sbin/php-fpm8.2 \xe2\x86\x92 /usr/bin/sudo  "
		    "\033[1;31m+uid:root +cap_sys_admin\033[0m  uid 33\xe2\x86\x92"
		    "0  /system.slice/php8.2-fpm.service  "
		    "gain, web (web.yaml:4)");
}

static void assert_contains(const struct sample *s, const char *expected)
{
	static const struct ew_record_text_options ascii = {.ascii = true};
	_cleanup_free_ char *line = sample_text(s, &ascii);

	if (!strstr(line, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, line);
}

static void assert_ends(const struct sample *s, const char *expected)
{
	static const struct ew_record_text_options ascii = {.ascii = true};
	_cleanup_free_ char *line = sample_text(s, &ascii);
	size_t len = strlen(line), end = strlen(expected);

	assert_true(len >= end);
	assert_string_equal(line + len - end, expected);
}

static void test_text_parts(void **state)
{
	struct sample s = sample_make();

	(void)state;
	s.record.caps_gained = ALL_CAPS;
	assert_contains(&s, "  +uid:root +caps:all(41)  ");
	s.record.caps_gained = ALL_CAPS | 1ULL << 41; /* a newer kernel's */
	assert_contains(&s, "  +uid:root +caps:all(42)  ");
	s.record.caps_gained = ALL_CAPS & ~2ULL;
	assert_contains(&s, "  +uid:root +cap_chown +cap_dac_read_search +cap_fowner +cap_fsetid +36  ");
	s.record.caps_gained = 0xf;
	assert_contains(&s, "  +uid:root +cap_chown +cap_dac_override +cap_dac_read_search +cap_fowner  ");
	s.record.caps_gained = ~1ULL; /* more than all, yet not all */
	assert_contains(&s, " +cap_fsetid +59  ");
	s.record.caps_gained = 0x1f;
	assert_contains(&s, " +cap_fowner +1  ");
	s.record.gains = EW_BIT(EW_GAIN_LABEL);
	s.record.caps_gained = 0;
	assert_contains(&s, "  +label  ");
	s.record.gains = 0;
	assert_contains(&s, "  -             uid 33->0  ");
	s.record.withheld = (struct ew_withheld){
		.kinds = EW_BIT(EW_GAIN_UID) | EW_BIT(EW_GAIN_CAPS),
		.caps = ALL_CAPS,
	};
	assert_contains(&s, "  withheld +uid:root +caps:all(41)  ");
	s.record.withheld.kinds = 0;
	s.record.after.egid = 42;
	assert_contains(&s, "  uid 33->0 gid 33->42  ");
	s.record.after.euid = 33;
	assert_contains(&s, "  gid 33->42  ");
	s.record.after.egid = 33;
	{
		_cleanup_free_ char *same = sample_text(&s, &(struct ew_record_text_options){.ascii = true});

		assert_null(strstr(same, "id 33"));
	}
	s.record.cgroup_id = 1;
	assert_contains(&s, "  (cgroup 1)  ");
	s.record.reason = EW_REASON_SHAPE;
	s.record.shapes = EW_BIT(EW_SHAPE_MEMFD) | EW_BIT(EW_SHAPE_UNLINKED);
	assert_contains(&s, "  shape memfd+unlinked, web (web.yaml:4)");
	memset(s.record.rule_file, 0, sizeof(s.record.rule_file));
	assert_ends(&s, "  shape memfd+unlinked, web");
	memset(s.record.profile, 0, sizeof(s.record.profile));
	s.record.reason = EW_REASON_UNTAGGED;
	assert_ends(&s, "  untagged");
	s.file_len = s.exe_len = 0;
	s.record.file_path_len = -ENAMETOOLONG;
	s.record.exe_path_len = -ENOENT;
	assert_contains(&s, " (no path)            -> (path too long)  ");
}

static void test_text_words(void **state)
{
	static const char *const verdicts[] = {" ALLOW ", " AUDIT ", " DENY  ", " KILL  "};
	struct sample s = sample_make();

	(void)state;
	assert_int_equal(EW_ARRAY_SIZE(verdicts), EW_VERDICT_MAX);
	for (__u32 i = 0; i < EW_VERDICT_MAX; i++) {
		s.record.verdict = i;
		assert_contains(&s, verdicts[i]);
	}
	for (__u32 i = 0; i < EW_REASON_MAX; i++) {
		s.record.reason = i;
		assert_contains(&s, ew_words_name(&ew_reason_words, i));
	}
}

/* One line of at most WIDTH columns (0: any) that leaves a terminal as it is, but for COLOUR. */
static void assert_line(const char *line, const struct ew_record_text_options *options)
{
	_cleanup_free_ char *text = strdup(line);
	size_t n = 0;
	bool open = false;

	for (const char *p = line; *p;) {
		if (options->colour && *p == '\033') {
			open = strncmp(p, "\033[0m", 4) != 0;
			assert_int_equal(*++p, '[');
			for (p++; *p != 'm'; p++)
				assert_true(*p && strchr("0123456789;", *p));
			p++;
			continue;
		}
		text[n++] = *p++;
	}
	text[n] = '\0';
	assert_false(open);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		assert_true(*p >= 0x20 && *p != 0x7f);
		assert_false(p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f);
		assert_true(!options->ascii || *p < 0x80);
	}
	/* valid UTF-8 without controls is what escaping as text leaves as it is */
	assert_int_equal(ew_escape(NULL, 0, text, n, EW_ESCAPE_TEXT), n);
	if (options->width)
		assert_true(ew_text_width(text) <= options->width);
}

static void test_text_width(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3 * EW_ARRAY_SIZE(hostile); i++) {
		char path[4095];
		struct sample s = i % 3 == 2 ? sample_make() : sample_hostile(hostile[i / 3], path);

		if (i % 3 == 1) {
			s.record.caps_gained = ALL_CAPS;
			s.record.pid = s.record.before.euid = s.record.after.egid = UINT32_MAX;
		}
		for (unsigned int width = 0; width <= 260; width += width < 24 ? 1 : 7) {
			for (unsigned int style = 0; style < 4; style++) {
				const struct ew_record_text_options options = {
					.width = width, .colour = style & 1, .ascii = style & 2};
				_cleanup_free_ char *line = sample_text(&s, &options);

				assert_line(line, &options);
			}
		}
		hostile_name = NULL;
	}
}

/* What matters most stays longest. */
static void test_text_narrow(void **state)
{
	static const struct ew_record_text_options wide = {.width = 100}, narrow = {.width = 80};
	struct sample s = sample_make();

	(void)state;
	s.record.caps_gained = ALL_CAPS;
	s.file_path = "/opt/a/very/long/way/down/to/the/program/helper";
	s.file_len = strlen(s.file_path);
	assert_text(&s, &wide,
		    "16:00:00.123 DENY  php-fpm[812] \xe2\x86\x92 /opt/\xe2\x80\xa6gram/helper  "
		    "+uid:root +caps:all(41)  gain, web (web.yaml:4)");
	assert_text(&s, &narrow,
		    "16:00:00.123 DENY  php-fpm[812] \xe2\x86\x92 /op\xe2\x80\xa6m/helper  "
		    "+uid:\xe2\x80\xa6"
		    "caps:all(41)  gai\xe2\x80\xa6.yaml:4)");
}

static void test_text_lost_and_header(void **state)
{
	(void)state;
	for (unsigned int width = 0; width <= 200; width++) {
		for (unsigned int style = 0; style < 4; style++) {
			const struct ew_record_text_options options = {
				.width = width, .colour = style & 1, .ascii = style & 2};
			_cleanup_free_ char *lost = ew_record_text_lost(5000000000, OFFSET, 3, 17, &options);
			_cleanup_free_ char *header = ew_record_text_header(&options, false);

			assert_line(lost, &options);
			assert_line(header, &options);
			if (!width && !style) {
				assert_string_equal(lost, "16:00:00.000 LOST  3 records not kept up with (17 in all)");
				assert_memory_equal(header, "TIME         WHAT  WHO ", 23);
			}
			if (!width && !style) {
				_cleanup_free_ char *leaks = ew_record_text_header(&options, true);

				assert_non_null(strstr(header, "GAINS"));
				assert_non_null(strstr(header, "IDS"));
				assert_non_null(strstr(leaks, "LEAKS"));
				assert_null(strstr(leaks, "IDS"));
			}
			if (!width && style == 1)
				assert_string_equal(lost,
						    "\033[1;35m16:00:00.000 LOST  3 records not kept up with (17 in "
						    "all)\033[0m");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	    cmocka_unit_test(test_text_parts),
		cmocka_unit_test(test_text_words),  cmocka_unit_test(test_text_width),
		cmocka_unit_test(test_text_narrow), cmocka_unit_test(test_text_lost_and_header),
	};

	/* the text is in local time */
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
