/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gain comparison over a table of creds: the lines that run in the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gain.h"

#define ALL ((1ULL << 41) - 1)
#define CAP(n) (1ULL << (n))
#define NET_RAW CAP(13)
#define SETGID CAP(EW_CAP_SETGID)
#define SETUID CAP(EW_CAP_SETUID)

#define UID EW_BIT(EW_GAIN_UID)
#define GID EW_BIT(EW_GAIN_GID)
#define CAPS EW_BIT(EW_GAIN_CAPS)
#define BY_SETUID EW_BIT(EW_CAUSE_SETUID)
#define BY_SETGID EW_BIT(EW_CAUSE_SETGID)
#define BY_FILE EW_BIT(EW_CAUSE_FILECAPS)
#define BY_ROOT EW_BIT(EW_CAUSE_ROOT)

#define IDS(r, e, s) .uid = (r), .euid = (e), .suid = (s), .gid = 100, .egid = 100, .sgid = 100, .bset = ALL
#define PLAIN IDS(1000, 1000, 1000)

static const struct {
	const char *what;
	struct ew_creds before, after;
	struct ew_gain_hints hints;
	struct ew_gain gain;
} table[] = {
	{"an ordinary program", {PLAIN}, {PLAIN}, {}, {0, 0, 0}},
	{"set-uid root", {PLAIN}, {IDS(1000, 0, 0), .permitted = ALL}, {}, {UID | CAPS, BY_SETUID, ALL}},
	{"set-uid root under a smaller bounding set",
	 {PLAIN, .bset = NET_RAW},
	 {IDS(1000, 0, 0), .bset = NET_RAW, .permitted = NET_RAW},
	 {},
	 {UID | CAPS, BY_SETUID, NET_RAW}},
	{"set-uid root under SECBIT_NOROOT: the id only",
	 {PLAIN, .securebits = EW_SECBIT_NOROOT},
	 {IDS(1000, 0, 0), .securebits = EW_SECBIT_NOROOT},
	 {},
	 {UID, BY_SETUID, 0}},
	{"set-uid to another user", {PLAIN}, {IDS(1000, 1001, 1001)}, {}, {UID, BY_SETUID, 0}},
	{"set-uid to the real uid: a task may go back there",
	 {IDS(1000, 1001, 1001)},
	 {IDS(1000, 1000, 1000)},
	 {},
	 {0, 0, 0}},
	{"set-uid to the saved uid", {IDS(1000, 1000, 1001)}, {IDS(1000, 1001, 1001)}, {}, {0, 0, 0}},
	{"an effective uid that is neither real nor saved stays",
	 {IDS(1000, 1001, 1000)},
	 {IDS(1000, 1001, 1001)},
	 {},
	 {0, 0, 0}},
	{"set-uid by a holder of CAP_SETUID",
	 {PLAIN, .permitted = SETUID},
	 {IDS(1000, 1001, 1001), .permitted = 0},
	 {},
	 {0, 0, 0}},
	{"set-uid root by a holder of CAP_SETUID: the other capabilities",
	 {PLAIN, .permitted = SETUID},
	 {IDS(1000, 0, 0), .permitted = ALL},
	 {},
	 {CAPS, BY_SETUID, ALL & ~SETUID}},
	{"CAP_SETGID does not help with uids",
	 {PLAIN, .permitted = SETGID},
	 {IDS(1000, 1001, 1001), .permitted = SETGID},
	 {},
	 {UID, BY_SETUID, 0}},
	{"set-gid", {PLAIN}, {PLAIN, .egid = 42, .sgid = 42}, {}, {GID, BY_SETGID, 0}},
	{"set-gid to a supplementary group",
	 {PLAIN},
	 {PLAIN, .egid = 42, .sgid = 42},
	 {.egid_in_groups = 1},
	 {0, 0, 0}},
	{"set-gid to the saved gid", {PLAIN, .sgid = 42}, {PLAIN, .egid = 42, .sgid = 42}, {}, {0, 0, 0}},
	{"set-gid to the real gid", {PLAIN, .egid = 42, .sgid = 42}, {PLAIN}, {}, {0, 0, 0}},
	{"an effective gid that is neither real nor saved stays",
	 {PLAIN, .egid = 42},
	 {PLAIN, .egid = 42, .sgid = 42},
	 {},
	 {0, 0, 0}},
	{"set-gid by a holder of CAP_SETGID",
	 {PLAIN, .permitted = SETGID},
	 {PLAIN, .egid = 42, .sgid = 42, .permitted = SETGID},
	 {},
	 {0, 0, 0}},
	{"CAP_SETUID does not help with gids",
	 {PLAIN, .permitted = SETUID},
	 {PLAIN, .egid = 42, .sgid = 42, .permitted = SETUID},
	 {},
	 {GID, BY_SETGID, 0}},
	{"set-uid and set-gid",
	 {PLAIN},
	 {IDS(1000, 0, 0), .egid = 42, .sgid = 42, .permitted = ALL},
	 {},
	 {UID | GID | CAPS, BY_SETUID | BY_SETGID, ALL}},
	{"set-uid and set-gid to others than root",
	 {PLAIN},
	 {IDS(1000, 1001, 1001), .egid = 42, .sgid = 42},
	 {},
	 {UID | GID, BY_SETUID | BY_SETGID, 0}},
	{"file capabilities", {PLAIN}, {PLAIN, .permitted = NET_RAW}, {.file_caps = 1}, {CAPS, BY_FILE, NET_RAW}},
	{"file capabilities, not told so", {PLAIN}, {PLAIN, .permitted = NET_RAW}, {}, {CAPS, BY_FILE, NET_RAW}},
	{"file capabilities that the task has",
	 {PLAIN, .permitted = NET_RAW},
	 {PLAIN, .permitted = NET_RAW},
	 {.file_caps = 1},
	 {0, 0, 0}},
	{"file capabilities, all of them, and no set-uid",
	 {PLAIN},
	 {PLAIN, .permitted = ALL},
	 {.file_caps = 1},
	 {CAPS, BY_FILE, ALL}},
	{"file capabilities, all of them, no set-uid, and not told so",
	 {PLAIN},
	 {PLAIN, .permitted = ALL},
	 {},
	 {CAPS, BY_FILE, ALL}},
	{"capabilities lost", {PLAIN, .permitted = ALL}, {PLAIN}, {}, {0, 0, 0}},
	{"set-uid root with file capabilities: the file's stand",
	 {PLAIN},
	 {IDS(1000, 0, 0), .permitted = NET_RAW},
	 {.file_caps = 1},
	 {UID | CAPS, BY_SETUID | BY_FILE, NET_RAW}},
	{"set-uid root with file capabilities, not told so",
	 {PLAIN},
	 {IDS(1000, 0, 0), .permitted = NET_RAW},
	 {},
	 {UID | CAPS, BY_SETUID | BY_FILE, NET_RAW}},
	{"set-uid root with all file capabilities",
	 {PLAIN},
	 {IDS(1000, 0, 0), .permitted = ALL},
	 {.file_caps = 1},
	 {UID | CAPS, BY_SETUID | BY_FILE, ALL}},
	{"set-uid to another user with file capabilities",
	 {PLAIN},
	 {IDS(1000, 1001, 1001), .permitted = NET_RAW},
	 {.file_caps = 1},
	 {UID | CAPS, BY_SETUID | BY_FILE, NET_RAW}},
	{"root with dropped capabilities",
	 {IDS(0, 0, 0), .permitted = NET_RAW},
	 {IDS(0, 0, 0), .permitted = ALL},
	 {},
	 {CAPS, BY_ROOT, ALL & ~NET_RAW}},
	{"root with dropped capabilities, a file with some",
	 {IDS(0, 0, 0)},
	 {IDS(0, 0, 0), .permitted = ALL},
	 {.file_caps = 1},
	 {CAPS, BY_ROOT, ALL}},
	{"root regains what is inheritable beyond the bounding set",
	 {IDS(0, 0, 0), .bset = 0, .inheritable = NET_RAW},
	 {IDS(0, 0, 0), .bset = 0, .inheritable = NET_RAW, .permitted = NET_RAW},
	 {},
	 {CAPS, BY_ROOT, NET_RAW}},
	{"a real uid of 0 is enough",
	 {IDS(0, 1000, 1000)},
	 {IDS(0, 1000, 1000), .permitted = ALL},
	 {},
	 {CAPS, BY_ROOT, ALL}},
	{"so is an effective one", {IDS(1000, 0, 0)}, {IDS(1000, 0, 0), .permitted = ALL}, {}, {CAPS, BY_ROOT, ALL}},
	{"an effective one that is not the saved one",
	 {IDS(1000, 0, 1000)},
	 {IDS(1000, 0, 0), .permitted = ALL},
	 {},
	 {CAPS, BY_ROOT, ALL}},
	{"a saved one is not: it is the set-uid bit that makes root",
	 {IDS(1000, 1000, 0)},
	 {IDS(1000, 0, 0), .permitted = ALL},
	 {},
	 {CAPS, BY_SETUID, ALL}},
	{"an effective one, and a file with capabilities",
	 {IDS(1000, 0, 0)},
	 {IDS(1000, 0, 0), .permitted = NET_RAW},
	 {.file_caps = 1},
	 {CAPS, BY_FILE, NET_RAW}},
	{"root under SECBIT_NOROOT has files' capabilities only",
	 {IDS(0, 0, 0), .securebits = EW_SECBIT_NOROOT},
	 {IDS(0, 0, 0), .securebits = EW_SECBIT_NOROOT, .permitted = ALL},
	 {.file_caps = 1},
	 {CAPS, BY_FILE, ALL}},
	{"root of a child user namespace",
	 {IDS(100000, 100000, 100000), .root_uid = 100000, .userns_level = 1},
	 {IDS(100000, 100000, 100000), .root_uid = 100000, .userns_level = 1, .permitted = ALL},
	 {},
	 {CAPS, BY_ROOT, ALL}},
	{"uid 0 seen from a child namespace that maps no root",
	 {IDS(0, 0, 0), .root_uid = (__u32)-1, .userns_level = 1},
	 {IDS(0, 0, 0), .root_uid = (__u32)-1, .userns_level = 1, .permitted = NET_RAW},
	 {},
	 {CAPS, BY_FILE, NET_RAW}},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ew_gain gain;

		memset(&gain, 0xff, sizeof(gain));
		ew_gain_compute(&table[i].before, &table[i].after, &table[i].hints, &gain);
		if (gain.kinds != table[i].gain.kinds || gain.causes != table[i].gain.causes ||
		    gain.caps != table[i].gain.caps || gain.labels)
			fail_msg("%s: kinds %#x causes %#x caps %#llx, expected %#x %#x %#llx", table[i].what,
				 gain.kinds, gain.causes, (unsigned long long)gain.caps, table[i].gain.kinds,
				 table[i].gain.causes, (unsigned long long)table[i].gain.caps);
	}
}

static const struct {
	const char *what;
	struct ew_creds before;
	struct ew_grants grants;
	__u32 euid, egid;
	__u64 permitted;
} foreseen[] = {
	{"an ordinary program", {PLAIN}, {}, 1000, 100, 0},
	{"an ordinary program drops what it is not given", {PLAIN, .permitted = NET_RAW}, {}, 1000, 100, 0},
	{"set-uid root", {PLAIN}, {.setuid = 1}, 0, 100, ALL},
	{"set-uid root under a smaller bounding set", {PLAIN, .bset = NET_RAW}, {.setuid = 1}, 0, 100, NET_RAW},
	{"set-uid root under SECBIT_NOROOT", {PLAIN, .securebits = EW_SECBIT_NOROOT}, {.setuid = 1}, 0, 100, 0},
	{"set-uid to another user", {PLAIN}, {.setuid = 1, .uid = 1001}, 1001, 100, 0},
	{"set-gid", {PLAIN}, {.setgid = 1, .gid = 42}, 1000, 42, 0},
	{"the owner alone gives nothing", {PLAIN}, {.uid = 0, .gid = 42}, 1000, 100, 0},
	{"file capabilities", {PLAIN}, {.caps = 1, .permitted = NET_RAW}, 1000, 100, NET_RAW},
	{"file capabilities out of bounds", {PLAIN, .bset = 0}, {.caps = 1, .permitted = NET_RAW}, 1000, 100, 0},
	{"inheritable ones that the task has not", {PLAIN}, {.caps = 1, .inheritable = NET_RAW}, 1000, 100, 0},
	{"inheritable ones that it has",
	 {PLAIN, .bset = 0, .inheritable = NET_RAW},
	 {.caps = 1, .inheritable = NET_RAW},
	 1000,
	 100,
	 NET_RAW},
	{"set-uid root and file capabilities: the file's stand",
	 {PLAIN},
	 {.setuid = 1, .caps = 1, .permitted = NET_RAW},
	 0,
	 100,
	 NET_RAW},
	{"root", {IDS(0, 0, 0)}, {}, 0, 100, ALL},
	{"root, and a file with capabilities", {IDS(0, 0, 0)}, {.caps = 1, .permitted = NET_RAW}, 0, 100, ALL},
	{"root by real id, a file that is set-uid to another",
	 {IDS(0, 0, 0)},
	 {.setuid = 1, .uid = 1001},
	 1001,
	 100,
	 ALL},
	{"a namespace that maps no root", {IDS(0, 0, 0), .root_uid = (__u32)-1}, {}, 0, 100, 0},
	{"root by real id only", {IDS(0, 1000, 1000)}, {}, 1000, 100, ALL},
	{"root by saved id only", {IDS(1000, 1000, 0)}, {}, 1000, 100, 0},
	{"root by effective id only, and a file with capabilities",
	 {IDS(1000, 0, 0)},
	 {.caps = 1, .permitted = NET_RAW},
	 0,
	 100,
	 NET_RAW},
	{"root, of what is inheritable beyond the bounding set",
	 {IDS(0, 0, 0), .bset = 0, .inheritable = NET_RAW},
	 {},
	 0,
	 100,
	 NET_RAW},
};

static void test_foreseen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(foreseen) / sizeof(foreseen[0]); i++) {
		struct ew_creds after;

		memset(&after, 0xff, sizeof(after));
		ew_gain_foresee(&foreseen[i].before, &foreseen[i].grants, &after);
		if (after.euid != foreseen[i].euid || after.suid != foreseen[i].euid ||
		    after.egid != foreseen[i].egid || after.sgid != foreseen[i].egid ||
		    after.permitted != foreseen[i].permitted || after.uid != foreseen[i].before.uid)
			fail_msg("%s: euid %u egid %u permitted %#llx", foreseen[i].what, after.euid, after.egid,
				 (unsigned long long)after.permitted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_foreseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
