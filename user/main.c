/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *synopsis;
	const char *help;
} verbs[] = {
#define X(name, fn, synopsis, help) {name, ew_cmd_##fn, synopsis, help},
	EW_VERBS(X)
#undef X
};

struct ew_globals ew_globals;

int ew_cmd_help(const char *verb)
{
	for (size_t i = 0; i < EW_ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			printf("usage: execward %s %s\n\n%s\n", verb, verbs[i].synopsis, verbs[i].help);
	return EW_EXIT_OK;
}

int ew_cmd_usage(const char *verb)
{
	ew_error("see: execward %s --help", verb);
	return EW_EXIT_USAGE;
}

static void help(FILE *out)
{
	fprintf(out, "usage: execward [--policy-dir DIR]... VERB [OPTION...]\n\n"
		     "Decides, and shows, who gains power by executing a program.\n\n");
	for (size_t i = 0; i < EW_ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	fprintf(out, "\nexecward VERB --help tells more. Exit codes: 0 done, 1 failed or invalid, 2 usage.\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"policy-dir", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{},
	};
	int c;

	ew_globals.policy_dirs = calloc((size_t)argc, sizeof(*ew_globals.policy_dirs));
	if (!ew_globals.policy_dirs)
		return EW_EXIT_FAILED;
	while ((c = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			ew_globals.policy_dirs[ew_globals.n_policy_dirs++] = optarg;
			break;
		case 'h':
			help(stdout);
			return EW_EXIT_OK;
		case 'V':
			puts("execward " EW_VERSION);
			return EW_EXIT_OK;
		default:
			help(stderr);
			return EW_EXIT_USAGE;
		}
	}
	if (optind == argc) {
		help(stderr);
		return EW_EXIT_USAGE;
	}
	argc -= optind;
	argv += optind;
	optind = 0; /* getopt_long(3): start anew, with the verb's own options */
	for (size_t i = 0; i < EW_ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, argv[0]) != 0)
			continue;
		c = verbs[i].run(argc, argv);
		if (fflush(stdout) != 0 && c == EW_EXIT_OK) {
			ew_error("standard output cannot be written");
			c = EW_EXIT_FAILED;
		}
		return c;
	}
	ew_error("there is no verb \"%s\"; see: execward --help", argv[0]);
	return EW_EXIT_USAGE;
}
