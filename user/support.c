/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "support.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup.h"
#include "label.h"
#include "log.h"
#include "pins.h"

#define LSM_LIST "/sys/kernel/security/lsm"
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1

#define found(c, ...) snprintf((c)->found, sizeof((c)->found), __VA_ARGS__)
#define fix(c, ...) snprintf((c)->fix, sizeof((c)->fix), __VA_ARGS__)

static void check_privilege(struct ew_check *c)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} needed[] = {{CAP_SYS_ADMIN, "cap_sys_admin"}, {CAP_BPF, "cap_bpf"}, {CAP_PERFMON, "cap_perfmon"}};
	cap_t caps = cap_get_proc();

	c->what = "privilege";
	c->result = EW_CHECK_OK;
	found(c, "all that is needed");
	for (size_t i = 0; i < EW_ARRAY_SIZE(needed); i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (caps && cap_get_flag(caps, needed[i].cap, CAP_EFFECTIVE, &has) == 0 && has == CAP_SET)
			continue;
		c->result = EW_CHECK_BAD;
		found(c, "%s is missing", needed[i].name);
		fix(c, "run this as root, outside of a container");
		break;
	}
	cap_free(caps);
}

static void check_kernel(struct ew_check *c)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	c->what = "kernel version";
	uname(&name);
	found(c, "%s", name.release);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2) {
		c->result = EW_CHECK_UNKNOWN;
	} else if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
		c->result = EW_CHECK_BAD;
		fix(c, "boot a kernel from %u.%u on: older ones have no cgroup iterator", OLDEST_MAJOR, OLDEST_MINOR);
	}
}

/* What the kernel says of its preemption: "none voluntary (full)"; without debugfs "". */
static void read_preemption(char *out, size_t size)
{
	_cleanup_close_ int fs = -1, mount = -1, fd = -1;
	ssize_t n;

	/* a mount of our own, which nobody else sees: debugfs need not be mounted */
	fs = fsopen("debugfs", FSOPEN_CLOEXEC);
	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0)
		fd = openat(mount, "sched/preempt", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, out, size - 1);
	out[n < 0 ? 0 : n] = '\0';
	while (*out && strchr(" \n", out[strlen(out) - 1]))
		out[strlen(out) - 1] = '\0';
}

static bool command_line_has(const char *word)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/cmdline", "re");
	char line[4096] = "", *save = NULL;

	if (!f || !fgets(line, sizeof(line), f))
		return false;
	for (char *at = strtok_r(line, " \n", &save); at; at = strtok_r(NULL, " \n", &save))
		if (strcmp(at, word) == 0)
			return true;
	return false;
}

/*
 * Linux 6.1 finds no task storage on a CPU where another task was preempted amid looking for some
 * (bpf_task_storage_trylock(), kernel/bpf/bpf_task_storage.c): there a process tag is overlooked, and a tagged process
 * gains. Seen in 18 of 600 execs. Later kernels look without that lock.
 */
static void check_preemption(struct ew_check *c)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;
	char mode[128];

	c->what = "preemption";
	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 || major > 6 || (major == 6 && minor > 1)) {
		found(c, "of any kind, from Linux 6.2 on");
		return;
	}
	read_preemption(mode, sizeof(mode));
	found(c, "%s", *mode ? mode : name.version);
	if (*mode ? !strstr(mode, "(full)")
		  : !strstr(name.version, "PREEMPT_RT") && !strstr(name.version, " PREEMPT ") &&
			    !command_line_has("preempt=full"))
		return;
	c->result = EW_CHECK_BAD;
	fix(c, "boot with preempt=voluntary on the kernel's command line, or Linux 6.2 or later: with full preemption "
	       "older ones overlook tags of processes");
}

static void check_btf(struct ew_check *c)
{
	c->what = "kernel type information (BTF)";
	found(c, "%s", KERNEL_BTF);
	if (access(KERNEL_BTF, R_OK) == 0)
		return;
	c->result = EW_CHECK_BAD;
	found(c, "%s cannot be read: %s", KERNEL_BTF, strerror(errno));
	fix(c, "mount sysfs at /sys, or boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

static void check_lsm_list(struct ew_check *c)
{
	_cleanup_fclose_ FILE *f = fopen(LSM_LIST, "re");
	char list[512] = "", copy[512], *save = NULL;

	c->what = "\"bpf\" in the list of security modules";
	if (!f || !fgets(list, sizeof(list), f)) {
		c->result = EW_CHECK_UNKNOWN;
		found(c, "%s cannot be read: %s", LSM_LIST, strerror(errno));
		fix(c, "to see the list: mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	list[strcspn(list, "\n")] = '\0';
	found(c, "%s", list);
	memcpy(copy, list, sizeof(copy));
	for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (strcmp(word, "bpf") == 0)
			return;
	c->result = EW_CHECK_BAD;
	fix(c, "boot with lsm=%.200s,bpf on the kernel's command line", list);
}

static void check_bpffs(struct ew_check *c)
{
	int err = ew_pins_check_bpffs(c->fix, sizeof(c->fix));

	c->what = "bpf file system";
	found(c, "%s", err ? "not usable" : EW_BPFFS);
	if (err)
		c->result = EW_CHECK_BAD;
}

static void check_cgroup2(struct ew_check *c)
{
	_cleanup_close_ int root = ew_cgroup_open("/");

	c->what = "cgroup v2 hierarchy";
	found(c, "mounted");
	if (root >= 0)
		return;
	c->result = EW_CHECK_BAD;
	found(c, "not usable: %s", strerror(-root));
	fix(c, "mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
}

/*
 * Loads and attaches a program that refuses getpgid(2) to this process alone, and sees whether the kernel obeys. A
 * kernel without "bpf" in its list loads and attaches it just as well, and never calls it.
 */
static void check_trial(struct ew_check *c)
{
	const struct bpf_insn program[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_pid_tgid},
		{.code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = BPF_REG_0, .imm = 32},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_1, .off = 1, .imm = getpid()},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -EXDEV},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int type = libbpf_find_vmlinux_btf_id("task_getpgid", BPF_LSM_MAC);
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_LSM_MAC,
		    .attach_btf_id = (__u32)(type > 0 ? type : 0));
	_cleanup_close_ int prog = -1, link = -1;

	c->what = "trial of a BPF-LSM program";
	if (type <= 0) {
		c->result = EW_CHECK_BAD;
		found(c, "this kernel has no BPF-LSM hooks");
		fix(c, "boot a kernel built with CONFIG_BPF_LSM=y and CONFIG_DEBUG_INFO_BTF=y");
		return;
	}
	prog = bpf_prog_load(BPF_PROG_TYPE_LSM, "ew_trial", "Dual BSD/GPL", program, EW_ARRAY_SIZE(program), &opts);
	if (prog < 0) {
		int err = errno;

		c->result = EW_CHECK_BAD;
		found(c, "the kernel refuses to load it: %s", strerror(err));
		if (err == EPERM)
			fix(c, "this kernel refuses BPF_PROG_TYPE_LSM to everybody, root included (a sandbox or a "
			       "hardened "
			       "build); run execward on a stock kernel, in a virtual machine for example");
		else
			fix(c, "boot a kernel built with CONFIG_BPF_LSM=y");
		return;
	}
	link = bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0) {
		c->result = EW_CHECK_BAD;
		found(c, "the kernel refuses to attach it: %s", strerror(errno));
		fix(c, "boot a kernel built with CONFIG_BPF_LSM=y, on an architecture with BPF trampolines");
		return;
	}
	if (getpgid(getpid()) < 0 && errno == EXDEV) {
		found(c, "loaded, attached, and obeyed");
		return;
	}
	c->result = EW_CHECK_BAD;
	found(c, "loaded and attached, but the kernel never calls it");
	fix(c, "add \"bpf\" to lsm= on the kernel's command line");
}

/* Without it all but the gain `label` is enforced. */
static void check_labels(struct ew_check *c)
{
	struct ew_label_source source;

	ew_label_find(&source);
	c->what = "labels of security modules";
	c->result = source.supported ? EW_CHECK_OK : EW_CHECK_UNKNOWN;
	found(c, "%s", source.found);
	fix(c, "%s", source.fix);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

size_t ew_support_check(struct ew_check *checks, enum ew_trial trial)
{
	static void (*const cheap[])(struct ew_check *) = {
		check_privilege, check_kernel, check_preemption, check_btf, check_lsm_list, check_bpffs, check_cgroup2,
	};
	size_t n = EW_ARRAY_SIZE(cheap);
	bool unknown = false;

	_Static_assert(EW_ARRAY_SIZE(cheap) + 2 <= EW_CHECKS_MAX, "room for every check, the trial and labels");
	memset(checks, 0, EW_CHECKS_MAX * sizeof(*checks));
	for (size_t i = 0; i < n; i++) {
		cheap[i](&checks[i]);
		unknown |= checks[i].result == EW_CHECK_UNKNOWN;
	}
	if (trial == EW_TRIAL_ALWAYS || unknown) {
		libbpf_print_fn_t before = libbpf_set_print(quiet);

		check_trial(&checks[n++]);
		if (trial == EW_TRIAL_ALWAYS)
			check_labels(&checks[n++]);
		libbpf_set_print(before);
	}
	return n;
}

int ew_support_require(enum ew_trial trial)
{
	struct ew_check checks[EW_CHECKS_MAX];
	size_t n = ew_support_check(checks, trial);

	for (size_t i = 0; i < n; i++) {
		if (checks[i].result != EW_CHECK_BAD)
			continue;
		ew_error("this machine cannot enforce: %s: %s; %s", checks[i].what, checks[i].found, checks[i].fix);
		if (strcmp(checks[i].what, "privilege") == 0)
			return -EPERM;
		return strstr(checks[i].fix, "mount ") ? -EMEDIUMTYPE : -EOPNOTSUPP;
	}
	return 0;
}
