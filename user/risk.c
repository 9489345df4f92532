/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "risk.h"

#include <linux/capability.h>
#include <string.h>

#include "util.h"
#include "words.h"

/*
 * By what capabilities(7) says that each allows. Those of 90 and more let their holder become root, by writing to a
 * file of root, to its memory, to the kernel or to a device, or say themselves who it is.
 */
static const struct {
	unsigned int score;
	const char *why;
} caps[] = {
	[CAP_SYS_ADMIN] = {100, "mounts, namespaces, and much else that only root may: as good as root"},
	[CAP_SYS_MODULE] = {99, "loads code into the kernel"},
	[CAP_SYS_RAWIO] = {98, "reads and writes devices and physical memory"},
	[CAP_SYS_PTRACE] = {97, "reads and changes the memory of any process, those of root too"},
	[CAP_SETUID] = {96, "becomes any user, root too"},
	[CAP_DAC_OVERRIDE] = {95, "reads and writes every file, whatever its mode"},
	[CAP_SETFCAP] = {94, "gives any capability to a file, and gets it by executing that"},
	[CAP_CHOWN] = {93, "takes any file for its own, such as /etc/shadow"},
	[CAP_FOWNER] = {92, "changes the mode of any file, and so who may write it"},
	[CAP_MAC_ADMIN] = {91, "changes the rules of the security module"},
	[CAP_SETGID] = {90, "becomes any group, such as those that may write disks or passwords"},
	[CAP_DAC_READ_SEARCH] = {85, "reads every file, secrets too"},
	[CAP_BPF] = {80, "loads programs into the kernel's virtual machine"},
	[CAP_PERFMON] = {78, "watches what the kernel and other processes do"},
	[CAP_MKNOD] = {76, "makes nodes of devices"},
	[CAP_SYS_BOOT] = {75, "restarts the machine, or loads another kernel"},
	[CAP_MAC_OVERRIDE] = {74, "is not held by the rules of some security modules"},
	[CAP_NET_ADMIN] = {72, "changes addresses, routes and the firewall"},
	[CAP_CHECKPOINT_RESTORE] = {70, "chooses process ids, and reaches files by other processes"},
	[CAP_KILL] = {68, "signals any process"},
	[CAP_SETPCAP] = {66, "hands capabilities of its bounding set on"},
	[CAP_SYS_CHROOT] = {64, "changes its root directory, and what set-id programs find there"},
	[CAP_AUDIT_CONTROL] = {62, "turns auditing off"},
	[CAP_SYSLOG] = {60, "reads the kernel's messages and addresses"},
	[CAP_LINUX_IMMUTABLE] = {50, "takes the immutable flag off files"},
	[CAP_SYS_TIME] = {48, "sets the clock"},
	[CAP_AUDIT_WRITE] = {46, "writes to the audit log"},
	[CAP_AUDIT_READ] = {44, "reads the audit log"},
	[CAP_SYS_RESOURCE] = {42, "goes past limits and quotas"},
	[CAP_FSETID] = {40, "keeps set-id bits on files that it writes"},
	[CAP_IPC_OWNER] = {38, "reads and writes any shared memory and queue of System V"},
	[CAP_SYS_PACCT] = {36, "turns accounting on and off"},
	[CAP_SYS_TTY_CONFIG] = {34, "hangs up terminals"},
	[CAP_NET_RAW] = {32, "reads and forges packets of its network namespace"},
	[CAP_SYS_NICE] = {28, "takes the processor's time from others"},
	[CAP_IPC_LOCK] = {26, "locks memory"},
	[CAP_BLOCK_SUSPEND] = {24, "keeps the machine awake"},
	[CAP_WAKE_ALARM] = {22, "wakes the machine"},
	[CAP_LEASE] = {20, "takes leases of any file"},
	[CAP_NET_BIND_SERVICE] = {12, "listens on ports below 1024"},
	[CAP_NET_BROADCAST] = {10, "is not used by the kernel"},
};

/* A capability that was made after this was written may be as bad as any. */
#define SCORE_UNKNOWN 90

static void worse(struct ew_risk *risk, unsigned int score, const char *gain, const char *why)
{
	if (score > risk->score)
		*risk = (struct ew_risk){.score = score, .gain = gain, .why = why};
}

static void take_uids(struct ew_risk *risk, const struct ew_exception *e)
{
	if (e->kinds & EW_BIT(EW_GAIN_UID))
		worse(risk, 100, "uid", "becomes any user that a set-user-id file has, root too");
	for (__u32 i = 0; i < e->n_uids && i < EW_EXCEPTION_IDS_MAX; i++) {
		if (e->uids[i] == 0)
			worse(risk, 100, "uid:root", "becomes root, who owns the system's files and processes");
		else
			worse(risk, 65, "uid", "becomes another user: all that is his");
	}
}

static void take_gids(struct ew_risk *risk, const struct ew_exception *e)
{
	if (e->kinds & EW_BIT(EW_GAIN_GID))
		worse(risk, 61, "gid", "becomes any group that a set-group-id file has");
	for (__u32 i = 0; i < e->n_gids && i < EW_EXCEPTION_IDS_MAX; i++) {
		if (e->gids[i] == 0)
			worse(risk, 61, "gid:root", "becomes group root, which can write some of the system's files");
		else
			worse(risk, 45, "gid", "becomes another group: the files that it may read or write");
	}
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(text + len - n, end, n);
}

/*
 * Does a module not hold who has the label of LEN bytes to anything? Of AppArmor it is called so in every name space,
 * ":NS://unconfined"; of SELinux the policy's types unconfined_t, unconfined_service_t and the like are.
 */
static bool is_unconfined(const char *label, size_t len)
{
	const char *type = memrchr(label, ':', len);

	if ((len == 10 && !memcmp(label, "unconfined", len)) || ends_with(label, len, "://unconfined"))
		return true;
	return type && !strncmp(type + 1, "unconfined_", 11) && ends_with(label, len, "_t");
}

/* Of stacked profiles every one has to be so, as each holds. */
static bool is_all_unconfined(const char *glob)
{
	const char *end;

	while ((end = strstr(glob, "//&"))) {
		if (!is_unconfined(glob, (size_t)(end - glob)))
			return false;
		glob = end + 3;
	}
	return is_unconfined(glob, strlen(glob));
}

static void take_labels(struct ew_risk *risk, const struct ew_exception *e, const struct ew_image *image)
{
	static const char *const unconfined[] = {"unconfined", "unconfined_u:unconfined_r:unconfined_t"};
	static const char why[] = "leaves the security module's rules: nothing of them holds it any more";
	__u64 matching = 0;

	if (e->kinds & EW_BIT(EW_GAIN_LABEL))
		worse(risk, 100, "label", "takes any label that the security module's policy leads to, unconfined too");
	for (size_t i = 0; image && i < EW_ARRAY_SIZE(unconfined); i++)
		matching |= ew_image_label_matches(image, unconfined[i]);
	for (unsigned int i = 0; image && i < EW_LABEL_GLOBS_MAX; i++) {
		if (!(e->labels >> i & 1))
			continue;
		if (matching >> i & 1 || is_all_unconfined(ew_image_label(image, i)))
			worse(risk, 100, "label:unconfined", why);
		else
			worse(risk, 50, "label",
			      "takes another label: what the security module's rules for that let be done");
	}
}

struct ew_risk ew_risk_of(const struct ew_exception *e, const struct ew_image *image)
{
	struct ew_risk risk = {.gain = "", .why = "nothing"};

	take_uids(&risk, e);
	if (e->kinds & EW_BIT(EW_GAIN_CAPS))
		worse(&risk, 100, "caps", "every capability: as good as root");
	for (unsigned int cap = 0; cap < EW_CAPS_MAX; cap++) {
		if (!(e->caps >> cap & 1))
			continue;
		if (cap < sizeof(caps) / sizeof(caps[0]) && caps[cap].why)
			worse(&risk, caps[cap].score, ew_cap_name(cap), caps[cap].why);
		else
			worse(&risk, SCORE_UNKNOWN, ew_cap_name(cap), "what it allows is not known here");
	}
	take_gids(&risk, e);
	take_labels(&risk, e, image);
	return risk;
}

enum ew_risk_level ew_risk_level(const struct ew_risk *risk)
{
	return risk->score >= 90   ? EW_RISK_CRITICAL
	       : risk->score >= 60 ? EW_RISK_HIGH
	       : risk->score >= 30 ? EW_RISK_MEDIUM
				   : EW_RISK_LOW;
}

const char *ew_risk_level_name(enum ew_risk_level level)
{
	static const char *const names[] = {"low", "medium", "high", "critical"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == EW_RISK_LEVEL_MAX, "a name for every level");
	return level < EW_RISK_LEVEL_MAX ? names[level] : "unknown";
}
