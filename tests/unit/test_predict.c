/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `explain` predicts of an exec: tables of callers and files. tests/vm/t-explain.sh holds it against kernels. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "predict.h"
#include "util.h"

#define ALL ((1ULL << 41) - 1)
#define CAP(n) (1ULL << (n))
#define NET_RAW CAP(13)
#define SETUID CAP(7)
#define DAC CAP(1)

#define UID EW_BIT(EW_GAIN_UID)
#define GID EW_BIT(EW_GAIN_GID)
#define CAPS EW_BIT(EW_GAIN_CAPS)

static __u32 shadow_group[] = {1000, 42};

#define CREDS(id, ...) \
	.creds = {(id), (id), (id), (id), (id), (id), .bset = ALL, __VA_ARGS__}, .uids.all = true, .gids.all = true
#define PLAIN CREDS(1000)
#define ROOT CREDS(0, .permitted = ALL, .effective = ALL)
#define MODE(m) .mode = 0100000 | (m)
#define FCAPS(e, p, i) .caps = {.present = true, .effective = (e), .permitted = (p), .inheritable = (i)}

#define GETS(k, c, e, g, p) .kinds = (k), .caps = (c), .euid = (e), .egid = (g), .permitted = (p)

static const struct {
	const char *what;
	struct ew_predict_caller caller;
	struct ew_predict_file file;
	int error;
	__u32 kinds;
	__u64 caps; /* gained */
	__u32 euid, egid;
	__u64 permitted; /* after */
	__u32 withheld;
} table[] = {
	{"an ordinary program", {PLAIN}, {MODE(0755)}, .euid = 1000, .egid = 1000},
	{"set-uid root", {PLAIN}, {MODE(04755)}, GETS(UID | CAPS, ALL, 0, 1000, ALL)},
	{"on a nosuid mount", {PLAIN}, {MODE(06755), .nosuid = true}, .euid = 1000, .egid = 1000},
	{"set-gid", {PLAIN}, {MODE(02755), .gid = 42}, GETS(GID, 0, 1000, 42, 0)},
	{"set-gid to a group of its own",
	 {PLAIN, .groups = shadow_group, .n_groups = 2},
	 {MODE(02755), .gid = 42},
	 .euid = 1000,
	 .egid = 42},
	{"set-gid not executable by the group: mandatory locking",
	 {PLAIN},
	 {MODE(02745), .gid = 42},
	 .euid = 1000,
	 .egid = 1000},
	{"no_new_privs: withheld",
	 {PLAIN, .no_new_privs = true},
	 {MODE(04755)},
	 .euid = 1000,
	 .egid = 1000,
	 .withheld = UID | CAPS},
	{"no_new_privs: capabilities of the file",
	 {PLAIN, .no_new_privs = true},
	 {MODE(0755), FCAPS(true, NET_RAW, 0)},
	 .euid = 1000,
	 .egid = 1000,
	 .withheld = CAPS},
	{"traced", {PLAIN, .traced = true}, {MODE(04755)}, .euid = 1000, .egid = 1000},
	{"traced by a capable one",
	 {PLAIN, .traced = true, .tracer_capable = true},
	 {MODE(04755)},
	 GETS(UID | CAPS, ALL, 0, 1000, ALL)},
	{"traced, and allowed to set ids",
	 {CREDS(1000, .permitted = SETUID, .effective = SETUID), .traced = true},
	 {MODE(04755)},
	 .euid = 0,
	 .egid = 1000,
	 .permitted = SETUID},
	{"capabilities of the file",
	 {PLAIN},
	 {MODE(0755), FCAPS(true, NET_RAW, 0)},
	 GETS(CAPS, NET_RAW, 1000, 1000, NET_RAW)},
	{"more than the bounding set has, and all are needed",
	 {CREDS(1000, .bset = DAC)},
	 {MODE(0755), FCAPS(true, NET_RAW | DAC, 0)},
	 .error = -EPERM,
	 .euid = 1000,
	 .egid = 1000},
	{"more than the bounding set has",
	 {CREDS(1000, .bset = DAC)},
	 {MODE(0755), FCAPS(false, NET_RAW | DAC, 0)},
	 GETS(CAPS, DAC, 1000, 1000, DAC)},
	{"inheritable",
	 {CREDS(1000, .inheritable = NET_RAW)},
	 {MODE(0755), FCAPS(false, 0, NET_RAW)},
	 GETS(CAPS, NET_RAW, 1000, 1000, NET_RAW)},
	{"capabilities for another namespace",
	 {PLAIN},
	 {MODE(0755), .caps = {.present = true, .permitted = NET_RAW, .root = 100000}},
	 .euid = 1000,
	 .egid = 1000},
	{"set-uid root with capabilities: those of the file",
	 {PLAIN},
	 {MODE(04755), FCAPS(true, NET_RAW, 0)},
	 GETS(UID | CAPS, NET_RAW, 0, 1000, NET_RAW)},
	{"malformed capabilities", {PLAIN}, {MODE(0755), .caps.malformed = true}, -EINVAL, .euid = 1000, .egid = 1000},
	{"ambient ones stay",
	 {CREDS(1000, .permitted = DAC), .ambient = DAC},
	 {MODE(0755)},
	 .euid = 1000,
	 .egid = 1000,
	 .permitted = DAC},
	{"but not beside a file's",
	 {CREDS(1000, .permitted = DAC), .ambient = DAC},
	 {MODE(0755), FCAPS(true, NET_RAW, 0)},
	 GETS(CAPS, NET_RAW, 1000, 1000, NET_RAW)},
	{"nor over a set-gid bit, before 6.16",
	 {CREDS(1000, .permitted = DAC), .ambient = DAC, .groups = shadow_group, .n_groups = 2},
	 {MODE(02755), .gid = 42},
	 .euid = 1000,
	 .egid = 42},
	{"unless it is one of its groups, since then",
	 {CREDS(1000, .permitted = DAC), .ambient = DAC, .groups = shadow_group, .n_groups = 2, .by_change = true},
	 {MODE(02755), .gid = 42},
	 .euid = 1000,
	 .egid = 42,
	 .permitted = DAC},
	{"no_new_privs: set-id bits do not even do that",
	 {CREDS(1000, .permitted = DAC), .ambient = DAC, .no_new_privs = true},
	 {MODE(04755), .uid = 1001},
	 .euid = 1000,
	 .egid = 1000,
	 .permitted = DAC,
	 .withheld = UID},
	{"root has what it had", {ROOT}, {MODE(0700)}, .euid = 0, .egid = 0, .permitted = ALL},
	{"root gets back what it dropped", {CREDS(0)}, {MODE(0755)}, GETS(CAPS, ALL, 0, 0, ALL)},
	{"but not with SECBIT_NOROOT", {CREDS(0, .securebits = EW_SECBIT_NOROOT)}, {MODE(0755)}, .euid = 0, .egid = 0},
	{"an owner who may not, though all others may",
	 {PLAIN},
	 {MODE(0677), .uid = 1000},
	 -EACCES,
	 .euid = 1000,
	 .egid = 1000},
	{"a group that may not", {PLAIN}, {MODE(0705), .gid = 1000}, -EACCES, .euid = 1000, .egid = 1000},
	{"a supplementary group that may",
	 {PLAIN, .groups = shadow_group, .n_groups = 2},
	 {MODE(0710), .gid = 42},
	 .euid = 1000,
	 .egid = 1000},
	{"not for others", {PLAIN}, {MODE(0750)}, -EACCES, .euid = 1000, .egid = 1000},
	{"an ACL is not read", {PLAIN}, {MODE(0750), .acl = true}, .euid = 1000, .egid = 1000},
	{"CAP_DAC_OVERRIDE wants one x bit", {ROOT}, {MODE(0644)}, -EACCES, .euid = 0, .egid = 0, .permitted = ALL},
	{"and has it", {CREDS(1000, .permitted = DAC, .effective = DAC)}, {MODE(0100)}, .euid = 1000, .egid = 1000},
	{"noexec", {ROOT}, {MODE(0755), .noexec = true}, -EACCES, .euid = 0, .egid = 0, .permitted = ALL},
	{"no file", {PLAIN}, {.error = -ENOENT}, -ENOENT, .euid = 1000, .egid = 1000},
	{"of no known format", {PLAIN}, {MODE(04755), .error = -ENOEXEC}, -ENOEXEC, .euid = 1000, .egid = 1000},
	{"an owner that the mount does not map",
	 {PLAIN},
	 {MODE(06755), .uid = 65534, .unmapped = true},
	 .euid = 1000,
	 .egid = 1000},
};

static void one_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(table); i++) {
		struct ew_prediction p;

		ew_predict(&table[i].caller, &table[i].file, 1, &p);
		if (p.error != table[i].error || p.gain.kinds != table[i].kinds || p.gain.caps != table[i].caps ||
		    p.after.euid != table[i].euid || p.after.egid != table[i].egid ||
		    p.after.permitted != table[i].permitted || p.withheld.kinds != table[i].withheld)
			fail_msg("%s: error %d, kinds %x, caps %llx, euid %u, egid %u, permitted %llx, withheld %x",
				 table[i].what, p.error, p.gain.kinds, (unsigned long long)p.gain.caps, p.after.euid,
				 p.after.egid, (unsigned long long)p.after.permitted, p.withheld.kinds);
		assert_int_equal(p.after.suid, p.after.euid);
	}
}

/* A child user namespace that has ids from 100000 on. */
static void user_namespace(void **state)
{
	static struct ew_predict_caller caller = {
		.creds = {101000, 101000, 101000, 101000, 101000, 101000, .root_uid = 100000, .userns_level = 1,
			  .bset = ALL},
		.uids = {.n = 1, .extents = {{0, 100000, 65536}}},
		.gids = {.n = 1, .extents = {{0, 100000, 65536}}},
	};
	struct ew_predict_file file = {MODE(06755)};
	struct ew_prediction p;

	(void)state;
	ew_predict(&caller, &file, 1, &p);
	assert_int_equal(p.gain.kinds, 0); /* of an owner who is nobody there */
	file.uid = file.gid = 100000;
	ew_predict(&caller, &file, 1, &p);
	assert_int_equal(p.gain.kinds, UID | GID | CAPS);
	assert_int_equal(p.after.permitted, ALL); /* its root */
	file.gid = 0;				  /* one id that is not mapped, and neither bit counts */
	ew_predict(&caller, &file, 1, &p);
	assert_int_equal(p.gain.kinds, 0);
	file = (struct ew_predict_file){MODE(0755), .caps = {.present = true, .permitted = NET_RAW, .root = 100000}};
	ew_predict(&caller, &file, 1, &p);
	assert_int_equal(p.gain.caps, NET_RAW);
	file.caps.root = 0; /* of a parent namespace: they count */
	ew_predict(&caller, &file, 1, &p);
	assert_int_equal(p.gain.caps, NET_RAW);
}

static void scripts(void **state)
{
	static const struct ew_predict_caller caller = {PLAIN};
	struct ew_predict_file files[EW_PREDICT_LEVELS] = {
		{MODE(04755), .script = true}, {MODE(0755), .script = true}, {MODE(02755), .gid = 42}};
	struct ew_prediction p;

	(void)state;
	ew_predict(&caller, files, 3, &p);
	assert_int_equal(p.gain.kinds, GID); /* the interpreter's, and not the script's */
	assert_int_equal(p.n_levels, 3);
	assert_int_equal(p.shapes[0], EW_BIT(EW_SHAPE_SETID) | EW_BIT(EW_SHAPE_SCRIPT));
	files[2].error = -ENOENT;
	ew_predict(&caller, files, 3, &p);
	assert_int_equal(p.error, -ENOENT);
	assert_int_equal(p.stage, EW_STAGE_LOAD);
	assert_int_equal(p.n_levels, 2);
	for (size_t i = 0; i < EW_PREDICT_LEVELS; i++)
		files[i] = (struct ew_predict_file){MODE(0755), .script = true};
	ew_predict(&caller, files, EW_PREDICT_LEVELS, &p);
	assert_int_equal(p.error, -ELOOP);
	files[0].mode = 0100644;
	ew_predict(&caller, files, EW_PREDICT_LEVELS, &p);
	assert_int_equal(p.error, -EACCES);
	assert_int_equal(p.stage, EW_STAGE_NONE);
}

static void interpreters(void **state)
{
	static const struct {
		const char *head;
		int length;
		const char *name;
	} lines[] = {
		{"#!/bin/sh\n", 9 - 2, "/bin/sh"},
		{"#!/bin/sh", 7, "/bin/sh"},
		{"#! \t/bin/sh -e x\nmore", 7, "/bin/sh"},
		{"#!/bin/sh\t\n", 7, "/bin/sh"},
		{"#!rel\n", 3, "rel"},
		{"#!\n/bin/sh\n", -ENOEXEC, NULL},
		{"#! \t \n", -ENOEXEC, NULL},
		{"#!", -ENOEXEC, NULL},
		{"#", 0, NULL},
		{"", 0, NULL},
		{" #!/bin/sh\n", 0, NULL},
		{"\177ELF", 0, NULL},
	};
	char out[EW_SCRIPT_HEAD], line[EW_SCRIPT_HEAD + 8];

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(lines); i++) {
		assert_int_equal(ew_script_interpreter(lines[i].head, strlen(lines[i].head), out), lines[i].length);
		if (lines[i].name)
			assert_string_equal(out, lines[i].name);
	}
	/* the kernel looks at 256 bytes: a name that may go on behind them is none, an argument may */
	memset(line, 'x', sizeof(line));
	memcpy(line, "#!/", 3);
	assert_int_equal(ew_script_interpreter(line, sizeof(line), out), -ENOEXEC);
	line[200] = ' ';
	assert_int_equal(ew_script_interpreter(line, sizeof(line), out), 198);
	memset(line + 2, ' ', sizeof(line) - 2);
	assert_int_equal(ew_script_interpreter(line, sizeof(line), out), -ENOEXEC);
}

static void file_caps(void **state)
{
	/* cap_net_raw=ep, as setcap(8) writes it; revision 3 with a root id; and lengths that are wrong */
	static const unsigned char v2[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0};
	unsigned char v3[24] = {0, 0, 0, 3, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0x86, 1, 0};
	static const unsigned char v1[] = {1, 0, 0, 1, 0, 0x20, 0, 0, 2, 0, 0, 0};
	struct ew_file_caps caps;

	(void)state;
	ew_file_caps_parse(v2, sizeof(v2), &caps);
	assert_true(caps.present && caps.effective && !caps.malformed);
	assert_int_equal(caps.permitted, NET_RAW | 1ULL << 39);
	assert_int_equal(caps.inheritable, 1ULL << 40);
	ew_file_caps_parse(v3, sizeof(v3), &caps);
	assert_true(caps.present && !caps.effective && caps.root == 100000);
	assert_int_equal(caps.permitted, NET_RAW | 1ULL << 32);
	ew_file_caps_parse(v1, sizeof(v1), &caps);
	assert_true(caps.present && caps.effective && caps.permitted == NET_RAW && caps.inheritable == 2);
	for (size_t len = 0; len < sizeof(v2); len++) {
		ew_file_caps_parse(v2, len, &caps);
		assert_true(caps.malformed && !caps.present);
	}
	v3[3] = 4;
	ew_file_caps_parse(v3, sizeof(v3), &caps);
	assert_true(caps.malformed);
}

static int parse_status(const char *text, struct ew_predict_caller *caller, struct ew_caller_status *status)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	int err;

	assert_non_null(f);
	err = ew_caller_parse_status(f, caller, status);
	fclose(f);
	return err;
}

static void process_status(void **state)
{
	static const char text[] =
		"Name:\ta b\\nUid:\t9\nUmask:\t0022\nTgid:\t12\nPid:\t13\nPPid:\t1\nTracerPid:\t7\n"
		"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t5 42 1000 \nCapInh:\t0000000000000001\n"
		"CapPrm:\t0000000000000002\nCapEff:\t0000000000000003\nCapBnd:\t000001ffffffffff\n"
		"CapAmb:\t0000000000000005\nNoNewPrivs:\t1\n";
	struct ew_predict_caller caller = {0};
	struct ew_caller_status status = {0};

	(void)state;
	assert_int_equal(parse_status(text, &caller, &status), 0);
	assert_string_equal(status.comm, "a b\\nUid:\t9");
	assert_true(status.tgid == 12 && status.ppid == 1 && status.tracer == 7);
	assert_true(caller.creds.uid == 1 && caller.creds.euid == 2 && caller.creds.suid == 3);
	assert_true(caller.creds.gid == 5 && caller.creds.egid == 6 && caller.creds.sgid == 7);
	assert_true(caller.n_groups == 3 && caller.groups[1] == 42);
	assert_true(caller.creds.inheritable == 1 && caller.creds.permitted == 2 && caller.creds.effective == 3);
	assert_true(caller.creds.bset == ALL && caller.ambient == 5 && caller.no_new_privs);
	free(caller.groups);
	caller = (struct ew_predict_caller){0};
	assert_int_equal(parse_status("Name:\tx\nUid:\t1\t2\t3\t4\n", &caller, &status), -EBADMSG);
}

static void id_maps(void **state)
{
	char text[] = "         0     100000      65536\n     65536       1000          1\n";
	static struct ew_id_map map;
	FILE *f = fmemopen(text, strlen(text), "r");

	(void)state;
	assert_int_equal(ew_id_map_parse(f, &map), 0);
	fclose(f);
	assert_int_equal(ew_id_map_root(&map), 100000);
	assert_true(ew_id_map_has(&map, 100000) && ew_id_map_has(&map, 165535) && ew_id_map_has(&map, 1000));
	assert_false(ew_id_map_has(&map, 99999) || ew_id_map_has(&map, 165536) || ew_id_map_has(&map, 0));
	map.n = 0;
	assert_int_equal(ew_id_map_root(&map), (__u32)-1);
}

#define IDENTITY(n)                  \
	{                            \
		.ino = (n), .dev = 1 \
	}

/* Slots 0 audit, 1 deny, 2 deny with exec none, 3 kill of shapes, 4 kill with exec none; 9 has no profile. */
static struct ew_image *image(struct ew_image_exception *exceptions, size_t n)
{
	static struct ew_image i;

	i = (struct ew_image){.exceptions = exceptions, .n_exceptions = n};
	i.profiles[0] =
		(struct ew_profile){.flags = EW_PROFILE_USED, .mode = EW_VERDICT_AUDIT, .gains = UID | CAPS, .line = 1};
	i.profiles[1] =
		(struct ew_profile){.flags = EW_PROFILE_USED, .mode = EW_VERDICT_DENY, .gains = UID | GID, .line = 2};
	i.profiles[2] = (struct ew_profile){
		.flags = EW_PROFILE_USED | EW_PROFILE_EXEC_NONE, .mode = EW_VERDICT_DENY, .line = 3};
	i.profiles[3] = (struct ew_profile){
		.flags = EW_PROFILE_USED, .mode = EW_VERDICT_KILL, .shapes = EW_BIT(EW_SHAPE_SCRIPT), .line = 4};
	i.profiles[4] = (struct ew_profile){
		.flags = EW_PROFILE_USED | EW_PROFILE_EXEC_NONE, .mode = EW_VERDICT_KILL, .line = 5};
	return &i;
}

static void decisions(void **state)
{
	static const struct ew_predict_caller caller = {PLAIN};
	static const struct ew_predict_file files[] = {{MODE(0755), .script = true, .identity = IDENTITY(7)},
						       {MODE(04755), .identity = IDENTITY(8)}};
	struct ew_image_exception exceptions[] = {
		{{.program = IDENTITY(8), .from = IDENTITY(5), .profile = 1}, {.kinds = UID, .line = 20}},
		{{.program = IDENTITY(8), .profile = 1}, {.kinds = GID, .line = 21}},
	};
	static const struct {
		__u64 set;
		__u32 verdict, reason, line;
		__u64 from;
		size_t level;
		bool early;
	} cases[] = {
		{0, EW_VERDICT_ALLOW, EW_REASON_UNTAGGED, 0, 0, 1, false},
		{1, EW_VERDICT_AUDIT, EW_REASON_GAIN, 1, 0, 1, false},
		{2, EW_VERDICT_DENY, EW_REASON_GAIN, 2, 0, 1, false},
		{3, EW_VERDICT_DENY, EW_REASON_GAIN, 2, 0, 1, false},
		{2, EW_VERDICT_ALLOW, EW_REASON_EXCEPTION, 20, 5, 1, false},
		{3, EW_VERDICT_AUDIT, EW_REASON_GAIN, 1, 5, 1, false},
		{4, EW_VERDICT_DENY, EW_REASON_EXEC_NONE, 3, 0, 0, true},
		{8, EW_VERDICT_KILL, EW_REASON_SHAPE, 4, 0, 0, true},
		{1 << 9, EW_VERDICT_DENY, EW_REASON_UNEVALUABLE, 0, 0, 0, true},
		{1 << 9 | 1 << 4, EW_VERDICT_DENY, EW_REASON_UNEVALUABLE, 0, 0, 0, true},
	};
	struct ew_prediction p;

	(void)state;
	ew_predict(&caller, files, 2, &p);
	for (size_t i = 0; i < EW_ARRAY_SIZE(cases); i++) {
		struct ew_predict_case c = {
			.image = image(exceptions, 2),
			.prediction = &p,
			.files = files,
			.from = {.ino = cases[i].from, .dev = cases[i].from ? 1 : 0},
		};
		struct ew_decision d;
		size_t level;
		bool early;

		ew_predict_decide(&c, cases[i].set, &d, &level, &early);
		if (d.verdict != cases[i].verdict || d.reason != cases[i].reason || d.rule_line != cases[i].line ||
		    level != cases[i].level || early != cases[i].early)
			fail_msg("case %zu: verdict %u, reason %u, line %u, level %zu, early %d", i, d.verdict,
				 d.reason, d.rule_line, level, early);
	}
}

static void narrower(void **state)
{
	static const struct ew_predict_caller caller = {PLAIN};
	static const struct ew_predict_file file = {MODE(04755), .identity = IDENTITY(8)};
	/* the first is about descriptors, whatever else it says */
	struct ew_image_exception exceptions[] = {
		{{.program = IDENTITY(8), .from.pad = EW_FROM_FDS, .profile = 1}, {.kinds = UID | CAPS, .line = 10}},
		{{.program = IDENTITY(8), .from = IDENTITY(5), .profile = 1}, {.kinds = UID, .line = 20}}};
	struct ew_prediction p;
	struct ew_predict_case c = {.image = image(exceptions, 2), .prediction = &p, .files = &file};
	struct ew_predict_word word;

	(void)state;
	ew_predict(&caller, &file, 1, &p);
	ew_predict_word(&c, 1, &word);
	assert_int_equal(word.decision.reason, EW_REASON_GAIN);
	assert_null(word.exception);
	assert_non_null(word.narrower);
	assert_int_equal(word.narrower->line, 20);
}

/* Whatever is refused, the exception that is printed for it allows it. */
static void exceptions_cover(void **state)
{
	static const struct ew_profile profiles[] = {
		{.gains = UID | GID | CAPS},
		{.gains = CAPS, .allow_caps = NET_RAW},
		{.gains = UID},
	};
	static const struct ew_exception had = {
		.caps = DAC, .n_uids = 8, .uids = {1, 2, 3, 4, 5, 6, 7, 8}, .n_gids = 1, .gids = {42}};

	(void)state;
	for (size_t i = 0; i < EW_ARRAY_SIZE(table); i++) {
		struct ew_prediction p;
		struct ew_exception e;

		ew_predict(&table[i].caller, &table[i].file, 1, &p);
		for (size_t j = 0; j < EW_ARRAY_SIZE(profiles); j++) {
			ew_predict_exception(&profiles[j], &p, NULL, &e);
			assert_true(ew_exception_covers(&e, &profiles[j], &p.gain, &p.after));
			assert_true(!(e.caps & ~p.gain.caps) && !(e.caps & profiles[j].allow_caps));
			ew_predict_exception(&profiles[j], &p, &had, &e);
			assert_true(ew_exception_covers(&e, &profiles[j], &p.gain, &p.after));
			assert_true(e.caps & DAC && ew_exception_lists(e.gids, e.n_gids, 42));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file),	    cmocka_unit_test(user_namespace), cmocka_unit_test(scripts),
		cmocka_unit_test(interpreters),	    cmocka_unit_test(file_caps),      cmocka_unit_test(process_status),
		cmocka_unit_test(id_maps),	    cmocka_unit_test(decisions),      cmocka_unit_test(narrower),
		cmocka_unit_test(exceptions_cover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
