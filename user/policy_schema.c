/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_schema.h"

#include <limits.h>

#include <execward/limits.h>
#include <execward/words.h>

#include "util.h"

#define REQUIRED CYAML_FLAG_DEFAULT
#define OPTIONAL CYAML_FLAG_OPTIONAL
#define TEXT(kind) EW_SCHEMA_TEXT(kind)

#define X(id, word) {word, EW_VERDICT_##id},
static const cyaml_strval_t verdicts[] = {EW_VERDICTS(X)};
#undef X
#define X(id, word) {word, EW_BIT(EW_GAIN_##id)},
static const cyaml_strval_t gains[] = {EW_GAINS(X)};
#undef X
#define X(id, word) {word, EW_BIT(EW_SHAPE_##id)},
static const cyaml_strval_t shapes[] = {EW_SHAPES(X)};
#undef X

#define X(id, word) {word, EW_FD_##id},
static const cyaml_strval_t fd_kinds[] = {EW_FD_KINDS(X)};
#undef X

static const cyaml_strval_t execs[] = {{"any", EW_POLICY_EXEC_ANY}, {"none", EW_POLICY_EXEC_NONE}};
static const cyaml_strval_t usernss[] = {{"all", EW_POLICY_USERNS_ALL}, {"initial", EW_POLICY_USERNS_INITIAL}};

static const cyaml_strval_t fd_modes[] = {
	{"off", EW_VERDICT_ALLOW},
	{"audit", EW_VERDICT_AUDIT},
	{"deny", EW_VERDICT_DENY},
	{"kill", EW_VERDICT_KILL},
};
static const cyaml_strval_t fd_whens[] = {{"always", EW_POLICY_FDS_ALWAYS}, {"gain", EW_POLICY_FDS_GAIN}};
static const cyaml_strval_t fd_ignores[] = {{"stdio", EW_POLICY_IGNORE_STDIO}, {"listen_fds", EW_POLICY_IGNORE_LISTEN}};

/* A mode is a verdict other than the first, `allow`. */
_Static_assert(EW_VERDICT_ALLOW == 0, "modes are the verdicts from the second on");
#define MODES (&verdicts[1])
#define MODES_N (EW_VERDICT_MAX - 1)

/* The length of a path without its NUL. */
#define PATH_LENGTH_MAX (PATH_MAX - 1)

static const cyaml_schema_value_t cgroup_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | TEXT(EW_TEXT_CGROUP), char, 1, EW_CGROUP_PATH_MAX - 1),
};

static const cyaml_schema_value_t capability_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | TEXT(EW_TEXT_CAPABILITY), char, 1, CYAML_UNLIMITED),
};

static const cyaml_schema_value_t gain_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | TEXT(EW_TEXT_GAIN), char, 1, CYAML_UNLIMITED),
};

static const cyaml_schema_value_t user_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | TEXT(EW_TEXT_USER), char, 1, EW_POLICY_USER_MAX),
};

static const cyaml_schema_value_t program_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | TEXT(EW_TEXT_PROGRAM), char, 1, PATH_LENGTH_MAX),
};

/* clang-format off: one row a key */
static const cyaml_schema_field_t exception_fields[] = {
	CYAML_FIELD_STRING_PTR("program", REQUIRED | EW_SCHEMA_VERITY | TEXT(EW_TEXT_PROGRAM),
			       struct ew_policy_exception, program, 1, PATH_LENGTH_MAX),
	CYAML_FIELD_SEQUENCE("gain", REQUIRED | CYAML_FLAG_POINTER, struct ew_policy_exception, gain, &gain_entry, 1,
			     CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("from", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_exception, from, &program_entry, 1,
			     CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("reason", OPTIONAL | TEXT(EW_TEXT_REMARK), struct ew_policy_exception, reason, 1,
			       EW_POLICY_REASON_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t verity_fields[] = {
	CYAML_FIELD_STRING_PTR("path", REQUIRED | TEXT(EW_TEXT_PROGRAM), struct ew_policy_exception, program, 1,
			       PATH_LENGTH_MAX),
	CYAML_FIELD_STRING_PTR("verity", REQUIRED | TEXT(EW_TEXT_VERITY), struct ew_policy_exception, verity, 1,
			       CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t exception_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct ew_policy_exception, exception_fields),
};

static const cyaml_schema_field_t fd_allow_fields[] = {
	CYAML_FIELD_ENUM("kind", REQUIRED | CYAML_FLAG_STRICT, struct ew_policy_fd_allow, kind, fd_kinds,
			 EW_ARRAY_SIZE(fd_kinds)),
	CYAML_FIELD_STRING_PTR("program", OPTIONAL | TEXT(EW_TEXT_PROGRAM), struct ew_policy_fd_allow, program, 1,
			       PATH_LENGTH_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t fd_allow_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct ew_policy_fd_allow, fd_allow_fields),
};

static const cyaml_schema_field_t fds_fields[] = {
	CYAML_FIELD_ENUM("mode", REQUIRED | CYAML_FLAG_STRICT, struct ew_policy_fds, mode, fd_modes,
			 EW_ARRAY_SIZE(fd_modes)),
	CYAML_FIELD_ENUM("when", OPTIONAL | CYAML_FLAG_STRICT, struct ew_policy_fds, when, fd_whens,
			 EW_ARRAY_SIZE(fd_whens)),
	CYAML_FIELD_UINT("min", OPTIONAL | TEXT(EW_TEXT_FD_MIN), struct ew_policy_fds, min),
	CYAML_FIELD_FLAGS("ignore", OPTIONAL | CYAML_FLAG_STRICT, struct ew_policy_fds, ignore, fd_ignores,
			  EW_ARRAY_SIZE(fd_ignores)),
	CYAML_FIELD_SEQUENCE("allow", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_fds, allow, &fd_allow_entry, 0,
			     CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t profile_fields[] = {
	CYAML_FIELD_STRING_PTR("name", REQUIRED | TEXT(EW_TEXT_PROFILE_NAME), struct ew_policy_profile, name, 1,
			       EW_PROFILE_NAME_MAX - 1),
	CYAML_FIELD_ENUM("mode", REQUIRED | CYAML_FLAG_STRICT, struct ew_policy_profile, mode, MODES, MODES_N),
	CYAML_FIELD_ENUM("exec", OPTIONAL | CYAML_FLAG_STRICT, struct ew_policy_profile, exec, execs,
			 EW_ARRAY_SIZE(execs)),
	CYAML_FIELD_FLAGS("gains", OPTIONAL | CYAML_FLAG_STRICT, struct ew_policy_profile, gains, gains,
			  EW_ARRAY_SIZE(gains)),
	CYAML_FIELD_FLAGS("shapes", OPTIONAL | CYAML_FLAG_STRICT, struct ew_policy_profile, shapes, shapes,
			  EW_ARRAY_SIZE(shapes)),
	CYAML_FIELD_ENUM("userns", OPTIONAL | CYAML_FLAG_STRICT, struct ew_policy_profile, userns, usernss,
			 EW_ARRAY_SIZE(usernss)),
	CYAML_FIELD_BOOL("sticky", OPTIONAL, struct ew_policy_profile, sticky),
	CYAML_FIELD_BOOL("self_service", OPTIONAL, struct ew_policy_profile, self_service),
	CYAML_FIELD_SEQUENCE("cgroups", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_profile, cgroups, &cgroup_entry,
			     0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("users", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_profile, users, &user_entry, 0,
			     CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("programs", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_profile, programs,
			     &program_entry, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("allow_caps", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_profile, allow_caps,
			     &capability_entry, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("except", OPTIONAL | CYAML_FLAG_POINTER, struct ew_policy_profile, except,
			     &exception_entry, 0, CYAML_UNLIMITED),
	CYAML_FIELD_MAPPING_PTR("fds", OPTIONAL, struct ew_policy_profile, fds, fds_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t profile_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct ew_policy_profile, profile_fields),
};

static const cyaml_schema_field_t document_fields[] = {
	CYAML_FIELD_UINT("version", REQUIRED | TEXT(EW_TEXT_VERSION), struct ew_policy_document, version),
	CYAML_FIELD_SEQUENCE("profiles", REQUIRED | CYAML_FLAG_POINTER, struct ew_policy_document, profiles,
			     &profile_entry, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};
/* clang-format on */

const cyaml_schema_value_t ew_policy_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct ew_policy_document, document_fields),
};

const cyaml_schema_value_t ew_policy_verity_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct ew_policy_exception, verity_fields),
};
