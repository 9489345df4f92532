/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "output.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "record_ecs.h"
#include "util.h"

bool ew_format_find(const char *word, enum ew_format *out)
{
	static const char *const words[] = {
		[EW_FORMAT_TEXT] = "text", [EW_FORMAT_JSON] = "json", [EW_FORMAT_ECS] = "ecs"};

	for (size_t i = 0; i < EW_ARRAY_SIZE(words); i++) {
		if (EW_STREQ(word, words[i])) {
			*out = (enum ew_format)i;
			return true;
		}
	}
	return false;
}

static bool terminal_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = locale && EW_STREQ(nl_langinfo_l(CODESET, locale), "UTF-8");

	if (locale)
		freelocale(locale);
	return utf8;
}

void ew_output_open(struct ew_output *output, enum ew_format format, const char *color,
		    const struct ew_record_names *names)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct stat st;

	*output = (struct ew_output){.format = format, .names = names, .terminal = isatty(STDOUT_FILENO)};
	/* A file gets whole blocks, everything that somebody may be watching gets each line at once. */
	output->flush_lines = fstat(STDOUT_FILENO, &st) || !S_ISREG(st.st_mode);
	output->text.ascii = output->terminal && !terminal_is_utf8();
	if (EW_STREQ(color, "auto"))
		output->text.colour = output->terminal && !(no_color && *no_color) && !(term && EW_STREQ(term, "dumb"));
	else
		output->text.colour = EW_STREQ(color, "always");
	ew_output_update(output);
}

void ew_output_update(struct ew_output *output)
{
	struct winsize size;

	if (output->terminal)
		output->text.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int ew_output_line(const struct ew_output *output, char *line)
{
	_cleanup_free_ char *text = line;

	if (!text)
		return -ENOMEM;
	errno = 0;
	if (fputs(text, stdout) != EOF && putchar('\n') != EOF && (!output->flush_lines || fflush(stdout) == 0))
		return 0;
	return errno == EPIPE ? EW_OUTPUT_READER_GONE : errno ? -errno : -EIO;
}

int ew_output_json(const struct ew_output *output, char *line)
{
	_cleanup_free_ char *json = line;

	if (!json || output->format != EW_FORMAT_ECS)
		return ew_output_line(output, TAKE_PTR(json));
	return ew_output_line(output, ew_record_ecs(json, output->names));
}

int ew_output_end(int err)
{
	if (!err && fflush(stdout))
		err = errno == EPIPE ? EW_OUTPUT_READER_GONE : errno ? -errno : -EIO;
	if (err == EW_OUTPUT_READER_GONE)
		__fpurge(stdout);
	return err;
}
