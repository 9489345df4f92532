/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "cgroup.h"
#include "cmd.h"
#include "cmd_source.h"
#include "explain.h"
#include "log.h"

enum { OPT_AS = 256, OPT_IN, OPT_PID, OPT_PROFILE, OPT_JSON };

static const struct option options[] = {
	{"as", required_argument, NULL, OPT_AS},   {"in", required_argument, NULL, OPT_IN},
	{"pid", required_argument, NULL, OPT_PID}, {"profile", required_argument, NULL, OPT_PROFILE},
	{"json", no_argument, NULL, OPT_JSON},	   {"no-pager", no_argument, NULL, 'P'},
	{"help", no_argument, NULL, 'h'},	   {},
};

static const char help_text[] =
	"\n"
	"      --as USER       the caller is as a login of USER leaves it\n"
	"      --in CGROUP     it is in this cgroup, which need not exist\n"
	"      --pid PID       it is this process, in its cgroup, namespaces and under its tags\n"
	"      --profile NAME  this profile applies, too, as in `execward run NAME`\n"
	"      --json          JSON, one line for each program\n"
	"      --no-pager      accepted; there is none\n"
	"\n"
	"Without --as and --pid the caller is this process. Judged by the policy in force, else by the policy files.\n"
	"Exit: 0 every exec would go on, 1 one would be refused.\n";

struct request {
	char **programs; /* NULL at the end */
	const char *user, *cgroup, *profile;
	pid_t pid; /* 0: none */
	bool json;
};

static bool parse_pid(const char *text, pid_t *out)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	*out = (pid_t)pid;
	return !errno && end != text && !*end && pid > 0 && pid <= INT_MAX;
}

/* Returns -1 to go on, or an exit code. */
static int parse(int argc, char **argv, struct request *r)
{
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			ew_cmd_help("explain");
			fputs(help_text, stdout);
			return EW_EXIT_OK;
		}
		if (c == '?')
			return ew_cmd_usage("explain");
		if (c == OPT_PID && !parse_pid(optarg, &r->pid)) {
			ew_error("explain: --pid takes a process id, not \"%s\"", optarg);
			return ew_cmd_usage("explain");
		}
		if (c == OPT_AS)
			r->user = optarg;
		else if (c == OPT_IN)
			r->cgroup = optarg;
		else if (c == OPT_PROFILE)
			r->profile = optarg;
		r->json |= c == OPT_JSON;
	}
	if (optind == argc) {
		ew_error("explain takes a program, or several");
		return ew_cmd_usage("explain");
	}
	if (r->pid && r->cgroup) {
		ew_error("explain takes one of --in and --pid, but got both");
		return ew_cmd_usage("explain");
	}
	r->programs = argv + optind;
	return -1;
}

/*
 * The path in the hierarchy of the cgroup that the user named. That need not exist, but is to begin with "/". Logs its
 * errors; the caller frees.
 */
static char *cgroup_named(const char *name)
{
	_cleanup_close_ int fd = ew_cgroup_open(name);
	char path[EW_PATH_MAX];
	__u64 id;

	if (name[0] != '/' || fd == -EINVAL) {
		ew_error("\"%s\" is not the path of a cgroup: it has to begin with / and to go without . and ..", name);
		return NULL;
	}
	if (fd == -EMEDIUMTYPE) {
		ew_error("%s is a cgroup of version 1; execward knows those of version 2", name);
		return NULL;
	}
	if (fd >= 0 && ew_cgroup_id(fd, &id) == 0 && ew_cgroup_path_of_id(id, path, sizeof(path)) == 0)
		return strdup(path);
	return strdup(name);
}

#define READ_TRIES 5

/* What applies. A reload in between would mix two policies: then once more. */
static int find_applying(struct ew_explain *e, struct ew_source *source)
{
	int err;

	for (int i = 0; i < READ_TRIES; i++) {
		e->applies = (struct ew_applies){
			.pins = source->in_force ? &source->pins : NULL,
			.image = source->image,
			.generation = source->generation,
		};
		err = ew_applies_find(&e->applies, &e->caller, e->cgroup, &e->files);
		if (err < 0 || !source->in_force || ew_pins_generation(&source->pins) == source->generation)
			return err;
		ew_applies_clear(&e->applies);
		err = ew_source_read_again(source);
		if (err < 0)
			return err;
	}
	return ew_error_ret(-EAGAIN, "the policy keeps being reloaded; try again when that is over");
}

/* --profile */
static int add_profile(struct ew_applies *applies, const char *name)
{
	int slot = ew_source_profile(applies->image, name);

	if (slot < 0)
		return slot;
	applies->set |= 1ULL << slot;
	return ew_applies_add(applies, 1ULL << slot, "--profile");
}

/* One program. Returns 0, -EPERM when the exec would be refused, or, logged, another negative errno. */
static int explain_one(struct ew_explain *e, const struct request *r, struct ew_source *source, const char *program)
{
	int err = ew_exec_files_get(&e->files, &e->caller, program);

	if (err == 0)
		err = find_applying(e, source);
	if (err == 0 && r->profile)
		err = add_profile(&e->applies, r->profile);
	if (err < 0)
		return err;
	err = ew_explain_judge(e);
	err = err ?: (r->json ? ew_explain_print_json(e, stdout) : ew_explain_print(e, stdout));
	if (err < 0)
		return ew_error_ret(err, "out of memory");
	return ew_explain_passes(e) ? 0 : -EPERM;
}

static int explain(struct ew_explain *e, const struct request *r)
{
	EW_CLEANUP(ew_source_close) struct ew_source source;
	_cleanup_free_ char *cgroup = NULL;
	int code = EW_EXIT_OK;

	ew_source_init(&source);
	if (ew_caller_get(&e->caller, r->pid, r->user) < 0)
		return EW_EXIT_FAILED;
	if (r->cgroup) {
		cgroup = cgroup_named(r->cgroup);
		if (!cgroup)
			return EW_EXIT_FAILED;
	}
	if (ew_source_open(&source) < 0)
		return EW_EXIT_FAILED;
	e->cgroup = cgroup ?: e->caller.cgroup;
	e->user = r->user;
	e->unloaded = source.in_force ? NULL : source.why;
	for (char **program = r->programs; *program; program++) {
		if (program > r->programs && !r->json)
			putchar('\n');
		if (explain_one(e, r, &source, *program) < 0)
			code = EW_EXIT_FAILED;
		ew_explain_reset(e);
	}
	return code;
}

int ew_cmd_explain(int argc, char **argv)
{
	struct ew_explain *e = calloc(1, sizeof(*e));
	struct request request = {0};
	int code;

	if (!e)
		return EW_EXIT_FAILED;
	code = parse(argc, argv, &request);
	if (code < 0)
		code = explain(e, &request);
	ew_explain_clear(e);
	free(e);
	return code;
}
