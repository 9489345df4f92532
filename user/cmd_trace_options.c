/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd_trace.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "cgroup.h"
#include "cmd.h"
#include "log.h"
#include "policy_compile.h"
#include "policy_text.h"
#include "process.h"
#include "reader.h"
#include "record_fds.h"
#include "words.h"

enum { OPT_COLOR = 256, OPT_NO_PAGER, OPT_FOR, OPT_BUFFER, OPT_JSON, OPT_FDS, OPT_PERIOD, OPT_USER, OPT_PROGRAM };

static const struct option options[] = {
	{"all", no_argument, NULL, 'a'},
	{"denied", no_argument, NULL, 'd'},
	{"gain", optional_argument, NULL, 'g'},
	{"profile", required_argument, NULL, 'p'},
	{"cgroup", required_argument, NULL, 'c'},
	{"pid", required_argument, NULL, 'P'},
	{"user", required_argument, NULL, OPT_USER},
	{"program", required_argument, NULL, OPT_PROGRAM},
	{"fds", no_argument, NULL, OPT_FDS},
	{"period", required_argument, NULL, OPT_PERIOD},
	{"json", no_argument, NULL, OPT_JSON},
	{"for", required_argument, NULL, OPT_FOR},
	{"color", required_argument, NULL, OPT_COLOR},
	{"no-pager", no_argument, NULL, OPT_NO_PAGER},
	{"buffer", required_argument, NULL, OPT_BUFFER},
	{"help", no_argument, NULL, 'h'},
	{},
};

static const char help_text[] = "\n"
				"      --all           untagged tasks too\n"
				"      --denied        only what was refused, or would be but for audit mode\n"
				"      --gain[=KIND]   only gains; KIND: uid, gid, caps, label; may be given again\n"
				"      --profile NAME  only what the profile applies to\n"
				"      --cgroup PATH   only this cgroup and those below it (and cgroups gone before\n"
				"                      their path was known)\n"
				"      --pid PID       only this process and its descendants\n"
				"      --user USER     only tasks of this real user id: a name, an id or a range\n"
				"      --program PATH  only execs of this program\n"
				"      --fds           descriptors that crossed, each leak once in a period\n"
				"      --period SECONDS  of --fds; default 60\n"
				"  -n COUNT            end after COUNT transitions\n"
				"      --for SECONDS   end after SECONDS\n"
				"      --json          JSON Lines\n"
				"  -o FORMAT           text, json, or ecs: JSON Lines with the field names of the\n"
				"                      Elastic Common Schema\n"
				"      --color=WHEN    auto, always or never\n"
				"      --no-pager      accepted; a stream has none\n"
				"      --buffer SIZE   of the buffer in the kernel, K or M may follow; default 2M\n";

static bool parse_size(const char *text, size_t *out)
{
	unsigned int shift = 0;
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*end == 'K' || *end == 'M')
		shift = *end++ == 'K' ? 10 : 20;
	if (errno || end == text || *end || text[0] == '-' || !value || value > EW_READER_BUFFER_SIZE_MAX >> shift)
		return false;
	*out = value << shift;
	return true;
}

static bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return !errno && end != text && !*end && text[0] >= '0' && text[0] <= '9' && *out && *out <= max;
}

static bool parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out > 0 && *out < 1e9;
}

static bool parse_gain(struct ew_trace_options *o, const char *kind)
{
	int gain;

	o->gain = true;
	if (!kind)
		return true;
	gain = ew_words_find(&ew_gain_words, kind);
	if (gain >= 0)
		o->gains |= EW_BIT(gain);
	return gain >= 0;
}

/* Returns whether the option's argument is as it should be. */
static bool take_option(struct ew_trace_options *o, int option, const char *arg)
{
	unsigned long number = 0;
	bool ok = true;

	switch (option) {
	case 'a':
		o->all = true;
		break;
	case 'd':
		o->denied = true;
		break;
	case 'g':
		ok = parse_gain(o, arg);
		break;
	case 'p':
		o->profile = arg;
		break;
	case 'c':
		o->cgroup = arg;
		break;
	case 'P':
		ok = parse_number(arg, INT_MAX, &number);
		o->pid = (__u32)number;
		break;
	case 'n':
		ok = parse_number(arg, ULONG_MAX, &o->count);
		break;
	case 'o':
		ok = ew_format_find(arg, &o->format);
		break;
	case OPT_USER:
		o->user = arg;
		break;
	case OPT_PROGRAM:
		o->program = arg;
		break;
	case OPT_JSON:
		o->format = EW_FORMAT_JSON;
		break;
	case OPT_FDS:
		o->fds = true;
		break;
	case OPT_PERIOD:
		ok = parse_number(arg, 1000000, &number);
		o->period = number;
		break;
	case OPT_FOR:
		ok = parse_seconds(arg, &o->seconds);
		break;
	case OPT_COLOR:
		ok = EW_STREQ(arg, "auto") || EW_STREQ(arg, "always") || EW_STREQ(arg, "never");
		o->color = arg;
		break;
	case OPT_BUFFER:
		ok = parse_size(arg, &o->buffer);
		break;
	}
	return ok;
}

/* What the argument of an option is to be. */
static const char *argument_of(int option)
{
	switch (option) {
	case 'g':
		return "uid, gid, caps or label";
	case 'P':
		return "a process id";
	case 'o':
		return "text, json or ecs";
	case OPT_FOR:
		return "a number of seconds above 0";
	case OPT_PERIOD:
		return "a number of seconds, 1000000 at most";
	case OPT_COLOR:
		return "auto, always or never";
	case OPT_BUFFER:
		return "a size such as 512K or 4M, 1024M at most";
	default:
		return "a number above 0";
	}
}

int ew_trace_options_parse(struct ew_trace_options *o, int argc, char **argv)
{
	int c, index = -1;

	*o = (struct ew_trace_options){.color = "auto", .buffer = EW_READER_BUFFER_SIZE, .period = 60};
	while ((c = getopt_long(argc, argv, "hn:o:", options, &index)) != -1) {
		if (c == 'h') {
			ew_cmd_help("trace");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("trace");
		if (!take_option(o, c, optarg)) {
			bool brief = c == 'n' || c == 'o';

			ew_error("trace: %s%s takes %s, not \"%s\"", brief ? "-" : "--",
				 brief ? (char[]){(char)c, '\0'} : options[index].name, argument_of(c), optarg);
			return ew_cmd_usage("trace");
		}
	}
	if (optind < argc) {
		ew_error("trace takes options only, but got \"%s\"", argv[optind]);
		return ew_cmd_usage("trace");
	}
	return -1;
}

static int find_users(struct ew_trace_filter *f, const char *text)
{
	struct ew_user_word word;
	struct ew_why why;
	int err;

	if (!ew_user_word_parse(text, &word, &why))
		return ew_error_ret(-EINVAL, "trace: --user: %s", why.text);
	f->first_user = word.first;
	f->last_user = word.last;
	if (!word.name)
		return 0;
	err = ew_resolver_system.user(NULL, word.name, &f->first_user);
	f->last_user = f->first_user;
	return err < 0 ? ew_error_ret(err, "there is no user \"%s\"", text) : 0;
}

/* The program by identity, and by path, under which there may be another file later. */
static int find_program(struct ew_trace_filter *f, const char *text)
{
	_cleanup_free_ char *path = realpath(text, NULL);

	if (!path && text[0] != '/')
		return ew_error_ret(-ENOENT, "%s: there is no such program; name it by its absolute path", text);
	if ((size_t)snprintf(f->program_path, sizeof(f->program_path), "%s", path ?: text) >= sizeof(f->program_path))
		return ew_error_ret(-ENAMETOOLONG, "the path of the program is too long");
	if (path)
		ew_identity_of_path(path, &f->program);
	return 0;
}

static __u32 parent_of(__u32 pid)
{
	struct ew_process process;

	return ew_process_get((pid_t)pid, &process) == 0 ? (__u32)process.ppid : 0;
}

/* Those that live already are found now, as their parents may be gone when they exec. */
static int find_tree(struct ew_trace_filter *f, __u32 root)
{
	_cleanup_free_ struct ew_process *list = NULL;
	ssize_t n = ew_process_list(&list);
	int err = n < 0 ? (int)n : ew_pid_tree_init(&f->tree, root, parent_of);

	for (ssize_t i = 0; i < n && err == 0; i++)
		ew_pid_tree_has(&f->tree, (__u32)list[i].pid, (__u32)list[i].ppid);
	return err < 0 ? ew_error_ret(err, "the processes cannot be listed: %s", strerror(-err)) : 0;
}

void ew_trace_filter_clear(struct ew_trace_filter *f)
{
	ew_pid_tree_clear(&f->tree);
}

int ew_trace_filter_open(struct ew_trace_filter *f, const struct ew_trace_options *o, const struct ew_pins *pins,
			 const struct ew_profile_names *profiles)
{
	_cleanup_close_ int fd = -1;
	int err = 0;

	f->options = o;
	f->profiles = profiles;
	if (o->profile && ew_pins_profile_slot(pins, o->profile) < 0)
		return -ENOENT;
	err = o->user ? find_users(f, o->user) : 0;
	if (err == 0 && o->program)
		err = find_program(f, o->program);
	if (err == 0 && o->pid)
		err = find_tree(f, o->pid);
	if (err < 0 || !o->cgroup)
		return err;
	fd = ew_cgroup_open(o->cgroup);
	if (fd == -EMEDIUMTYPE)
		return ew_error_ret(fd, "%s: a cgroup of version 1; execward knows those of version 2", o->cgroup);
	if (fd == -ENOENT)
		return ew_error_ret(fd, "%s: there is no such cgroup; see: systemd-cgls", o->cgroup);
	err = fd < 0 ? fd : ew_cgroup_id(fd, &f->cgroup_id);
	err = err ?: ew_cgroup_path_of_id(f->cgroup_id, f->cgroup_path, sizeof(f->cgroup_path));
	return err ? ew_error_ret(err, "cgroup %s cannot be opened: %s", o->cgroup, strerror(-err)) : 0;
}

static bool profile_applies(const struct ew_trace_filter *f, const struct ew_record *r)
{
	if (EW_STREQ(r->profile, f->options->profile))
		return true;
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++)
		if ((r->profiles >> slot & 1) && EW_STREQ(f->profiles->name[slot], f->options->profile))
			return true;
	return false;
}

static bool in_cgroup(const struct ew_trace_filter *f, const struct ew_record *r)
{
	size_t len = strlen(f->cgroup_path);
	char path[EW_PATH_MAX];

	if (r->cgroup_id == f->cgroup_id || EW_STREQ(f->cgroup_path, "/"))
		return true;
	/* Rather one too many than a denial that nobody sees. */
	if (ew_cgroup_path_had(r->cgroup_id, path, sizeof(path)))
		return true;
	return strncmp(path, f->cgroup_path, len) == 0 && path[len] == '/';
}

static bool is_program(const struct ew_trace_filter *f, const struct ew_record_view *view)
{
	size_t len = strlen(f->program_path);

	return (f->program.ino && !memcmp(&view->record.file, &f->program, sizeof(f->program))) ||
	       (view->file_path_len == len && memcmp(view->file_path, f->program_path, len) == 0);
}

bool ew_trace_filter_match(struct ew_trace_filter *f, const struct ew_record_view *view)
{
	const struct ew_trace_options *o = f->options;
	const struct ew_record *r = &view->record;
	struct ew_fds fds;

	/* first, as it has to see every record */
	if (o->pid && !ew_pid_tree_has(&f->tree, r->pid, r->ppid))
		return false;
	/* what crosses as it is allowed to is no leak */
	if (o->fds && (r->verdict == EW_VERDICT_ALLOW || !ew_record_fds(view, &fds) || !fds.count))
		return false;
	if (o->denied && r->verdict == EW_VERDICT_ALLOW)
		return false;
	if (o->gain && !(r->gains & (o->gains ? o->gains : ~0U)))
		return false;
	if (o->user && (r->before.uid < f->first_user || r->before.uid > f->last_user))
		return false;
	if (o->program && !is_program(f, view))
		return false;
	return (!o->profile || profile_applies(f, r)) && (!o->cgroup || in_cgroup(f, r));
}
