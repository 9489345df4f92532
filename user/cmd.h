/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_CMD_H
#define EW_CMD_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of every verb; `run` has its own from 125 on. */
enum ew_exit {
	EW_EXIT_OK = 0,
	EW_EXIT_FAILED = 1, /* failed, invalid, or would be denied */
	EW_EXIT_USAGE = 2,
	/* of `status` */
	EW_EXIT_NOT_LOADED = 3,
	EW_EXIT_NO_PRIVILEGE = 4,
	EW_EXIT_KERNEL_CANNOT = 5,
	EW_EXIT_WEAK = 6, /* audit only, or losing records */
	/* of `run`, as env(1) and chroot(1) have them */
	EW_EXIT_RUN_FAILED = 125,
	EW_EXIT_RUN_NOT_EXECUTABLE = 126,
	EW_EXIT_RUN_NOT_FOUND = 127,
};

/* The verbs: name, function suffix, synopsis after the name, one line of help. */
#define EW_VERBS(X)                                                                                                    \
	X("load", load, "[--upgrade [--force]]", "attach the programs, pin them, and put the policy in force")         \
	X("unload", unload, "", "take all of it away")                                                                 \
	X("daemon", daemon, "[--records WHERE] [--buffer SIZE] [--period SECONDS]",                                    \
	  "load, then stay: write records, follow replaced programs, reload on SIGHUP")                                \
	X("reload", reload, "[--dry-run] [--force] [--json] [--no-pager]",                                             \
	  "read the policy anew, show what changes, and swap it in")                                                   \
	X("cat-config", cat_config, "[--no-pager]", "the merged policy, with where each profile is from")              \
	X("show", show, "PROFILE [--json] [--no-pager]", "one profile of the policy, compiled")                        \
	X("status", status, "[--json] [--no-pager]", "kernel support, profiles, tags, counters, losses")               \
	X("metrics", metrics, "[--textfile PATH] [--no-pager]", "what status tells, as metrics for Prometheus")        \
	X("doctor", doctor, "[--json] [--no-pager]", "why this machine can or cannot enforce")                         \
	X("check", check, "[--json] [--no-pager] [--strict] [FILE...]", "validate policy files")                       \
	X("tag", tag,                                                                                                  \
	  "(--cgroup PATH | --unit UNIT [--persist] | --pid PID | --user USER | --program PATH) PROFILE | "            \
	  "--oci-state",                                                                                               \
	  "put tasks under a profile; USER is a name, an id or a range of ids; --persist: at each start of the unit, " \
	  "too")                                                                                                       \
	X("untag", untag,                                                                                              \
	  "(--cgroup PATH | --unit UNIT [--persist] | --pid PID | --user USER | --program PATH) [PROFILE]",            \
	  "undo tag")                                                                                                  \
	X("list", list, "[--json] [--no-pager]", "what is tagged, and with what")                                      \
	X("run", run, "PROFILE [--no-transition] [--close-fds [--keep-fd N]...] -- COMMAND [ARG...]",                  \
	  "run a command under a profile")                                                                             \
	X("trace", trace, "[OPTION...]", "print transitions as they happen")                                           \
	X("top", top, "[--all] [--from FILE] [--sort KEY] [--buffer SIZE]",                                            \
	  "a live table of cgroups: execs, gains, denials, leaks")                                                     \
	X("log", log, "[OPTION...] [FILE...]", "print recorded transitions, of the journal or of files")               \
	X("fds", fds, "[--json] [--no-pager] [FILE...]",                                                               \
	  "who leaks which descriptors into whom, of records (trace --fds --json), worst first")                       \
	X("explain", explain,                                                                                          \
	  "PROGRAM... [--as USER] [--in CGROUP | --pid PID] [--profile NAME] [--json] [--no-pager]",                   \
	  "what executing PROGRAM would gain, the verdict, and the rule")                                              \
	X("learn", learn, "[--json] [--no-pager] FILE...",                                                             \
	  "the smallest exceptions that would have allowed what records say was refused")                              \
	X("report", report, "FILE...",                                                                                 \
	  "one self-contained page of records: who gained which power by what, for a browser")                         \
	X("scan", scan, "[--as USER] [--profile NAME]... [--timeout SECONDS] [--json] [--no-pager]",                   \
	  "the set-id and file-capability programs of all mounts, and what each profile says to them")

#define X(name, fn, synopsis, help) int ew_cmd_##fn(int argc, char **argv);
EW_VERBS(X)
#undef X

/* What stands before the verb. */
struct ew_globals {
	const char **policy_dirs; /* --policy-dir, in place of the system's three */
	size_t n_policy_dirs;
};
extern struct ew_globals ew_globals;

/* Prints "usage: execward VERB SYNOPSIS" and the help to standard output; returns EW_EXIT_OK. */
int ew_cmd_help(const char *verb);

/* Says on standard error where help is; returns EW_EXIT_USAGE. */
int ew_cmd_usage(const char *verb);

#endif
