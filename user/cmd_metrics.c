/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "log.h"
#include "metrics.h"
#include "replace.h"

static const char help_text[] =
	"\n"
	"      --textfile PATH  into this file, in one step, for node_exporter's textfile collector\n"
	"      --no-pager       accepted; there is none\n"
	"\n"
	"Exit: 0 printed, also when nothing is loaded (execward_up is 0 then); 1 what is loaded\n"
	"cannot be looked at, which is printed, too, or PATH cannot be written.\n";

/* When CLOCK_BOOTTIME was 0, seconds since 1970. */
static double boot_time(void)
{
	struct timespec real = {0}, boot = {0};

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (double)(real.tv_sec - boot.tv_sec) + (double)(real.tv_nsec - boot.tv_nsec) / 1e9;
}

static int write_file(const char *path, const struct ew_status *s)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int err;

	if (!f)
		return -errno;
	ew_metrics_print(s, boot_time(), f);
	err = ferror(f) ? -ENOMEM : 0;
	if (fclose(f) == EOF)
		err = -ENOMEM;
	/* node_exporter is another user */
	return err ?: ew_replace_file(path, text, len, 0644);
}

int ew_cmd_metrics(int argc, char **argv)
{
	static const struct option options[] = {{"textfile", required_argument, NULL, 't'},
						{"no-pager", no_argument, NULL, 'p'},
						{"help", no_argument, NULL, 'h'},
						{}};
	const char *path = NULL;
	struct ew_status s;
	int c, err = 0;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			ew_cmd_help("metrics");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("metrics");
		if (c == 't')
			path = optarg;
	}
	if (optind < argc) {
		ew_error("metrics takes options only, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("metrics");
	}
	ew_status_gather(&s, true);
	if (path)
		err = write_file(path, &s);
	else
		ew_metrics_print(&s, boot_time(), stdout);
	if (err < 0)
		ew_error("%s cannot be written: %s; its directory has to be there, and to be writable", path,
			 strerror(-err));
	if (!s.loaded && s.exit != EW_EXIT_NOT_LOADED)
		ew_error("%s", s.why);
	return err < 0 || (!s.loaded && s.exit != EW_EXIT_NOT_LOADED) ? EW_EXIT_FAILED : EW_EXIT_OK;
}
