/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_POLICY_SCHEMA_H
#define EW_POLICY_SCHEMA_H

#include <stdbool.h>

#include <cyaml/cyaml.h>

struct ew_node;

/*
 * What a policy file may hold: structs that libcyaml fills, and the one table of keys behind them. libcyaml loads by
 * the table; policy_lint.c checks by the same table first, because libcyaml tells no places and stops at the first
 * mistake. A new key is one row in policy_schema.c and one member here; of an exception, also a line in policy_load.c,
 * which fills those in.
 */

struct ew_policy_exception {
	char *program;
	char *verity; /* digest of its content, by which it is accepted, too; NULL: none given */
	char **gain;
	unsigned int gain_count;
	char **from; /* none: any image */
	unsigned int from_count;
	char *reason; /* NULL: none given */

	/* Not in the file: set by policy_read.c */
	const struct ew_node *node; /* where it stands */
};

struct ew_policy_fd_allow {
	unsigned int kind; /* enum ew_fd_kind */
	char *program;	   /* NULL: any */
};

struct ew_policy_fds {
	unsigned int mode;   /* enum ew_verdict; allow: off */
	unsigned int when;   /* enum ew_policy_fds_when */
	unsigned int min;    /* the default is filled in */
	unsigned int ignore; /* EW_POLICY_IGNORE_*; the default is filled in */
	struct ew_policy_fd_allow *allow;
	unsigned int allow_count;
};

struct ew_policy_profile {
	char *name;
	unsigned int mode;   /* enum ew_verdict: audit, deny or kill */
	unsigned int exec;   /* enum ew_policy_exec */
	unsigned int gains;  /* EW_BIT(EW_GAIN_*); the default is filled in */
	unsigned int shapes; /* EW_BIT(EW_SHAPE_*) */
	unsigned int userns; /* enum ew_policy_userns */
	bool sticky;
	bool self_service;
	char **cgroups;
	unsigned int cgroups_count;
	char **users;
	unsigned int users_count;
	char **programs;
	unsigned int programs_count;
	char **allow_caps;
	unsigned int allow_caps_count;
	struct ew_policy_exception *except;
	unsigned int except_count;
	struct ew_policy_fds *fds; /* NULL: not given */

	/* Not in the file: set by policy_read.c */
	const struct ew_node *node; /* where it stands */
};

struct ew_policy_document {
	unsigned int version;
	struct ew_policy_profile *profiles;
	unsigned int profiles_count;
};

enum ew_policy_exec { EW_POLICY_EXEC_ANY, EW_POLICY_EXEC_NONE };
enum ew_policy_userns { EW_POLICY_USERNS_ALL, EW_POLICY_USERNS_INITIAL };
enum ew_policy_fds_when { EW_POLICY_FDS_ALWAYS, EW_POLICY_FDS_GAIN };
enum ew_policy_ignore {
	EW_POLICY_IGNORE_STDIO = 1 << 0,
	EW_POLICY_IGNORE_LISTEN = 1 << 1,
};

#define EW_POLICY_VERSION 1
#define EW_POLICY_USER_MAX 256	  /* bytes of a user name, LOGIN_NAME_MAX (limits.h) */
#define EW_POLICY_REASON_MAX 1024 /* bytes of an exception's reason; it stays in user space */

/*
 * What the table says beyond libcyaml's flags, in bits that libcyaml does not use: for text its kind, which picks the
 * check of policy_text.c.
 */
#define EW_SCHEMA_VERITY (1 << 22) /* a text, or a mapping by ew_policy_verity_schema */
#define EW_SCHEMA_TEXT_SHIFT 24
#define EW_SCHEMA_TEXT(kind) ((kind) << EW_SCHEMA_TEXT_SHIFT)

enum ew_text_kind {
	EW_TEXT_ANY,
	EW_TEXT_VERSION,
	EW_TEXT_PROFILE_NAME,
	EW_TEXT_GAIN, /* of an exception */
	EW_TEXT_CAPABILITY,
	EW_TEXT_PROGRAM,
	EW_TEXT_CGROUP,
	EW_TEXT_REMARK,
	EW_TEXT_USER,
	EW_TEXT_VERITY,
	EW_TEXT_FD_MIN,
	EW_TEXT_MAX
};

static inline enum ew_text_kind ew_schema_text_kind(const cyaml_schema_value_t *value)
{
	return (enum ew_text_kind)((unsigned int)value->flags >> EW_SCHEMA_TEXT_SHIFT);
}

/* Of a whole document, which libcyaml loads as a struct ew_policy_document. */
extern const cyaml_schema_value_t ew_policy_schema;

/* Of a program that is named with a digest. It is only checked by: libcyaml does not load exceptions (policy_load.h).
 */
extern const cyaml_schema_value_t ew_policy_verity_schema;

#endif
