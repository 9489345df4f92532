/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "label.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include "label.skel.h"

#include "light.h"
#include "log.h"
#include "words.h"

#define VERIFIER_LOG_SIZE (1U << 20) /* bytes */
#define LSM_LIST "/sys/kernel/security/lsm"

static void label_destroyp(struct label **skel)
{
	label__destroy(*skel);
	*skel = NULL;
}

static int read_file(int dir, const char *path, char *out, size_t size)
{
	_cleanup_close_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (n < 0)
		return -errno;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

int ew_label_modules(char *out, size_t size)
{
	_cleanup_close_ int fs = -1, mount = -1;
	int err = read_file(AT_FDCWD, LSM_LIST, out, size);

	if (err == 0)
		return 0;
	/* a mount of our own, which nobody else sees: securityfs need not be mounted */
	fs = fsopen("securityfs", FSOPEN_CLOEXEC);
	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return mount < 0 ? err : read_file(mount, "lsm", out, size);
}

static bool list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

bool ew_label_agrees(__u32 module, const char *text, const struct ew_label_text *read)
{
	char plain[2 * EW_LABEL_MAX + 64];
	size_t n = 0;

	/* of a stack each name can have its mode */
	for (const char *p = text; *p && n < sizeof(plain) - 1; p++) {
		const char *end = module == EW_LABEL_APPARMOR && p[0] == ' ' && p[1] == '(' ? strchr(p, ')') : NULL;

		if (end)
			p = end;
		else
			plain[n++] = *p;
	}
	plain[n] = '\0';
	/* of SELinux the level is not read */
	return read->length && n >= read->length && memcmp(plain, read->text, read->length) == 0 &&
	       (n == read->length || read->cut || (module == EW_LABEL_SELINUX && plain[read->length] == ':'));
}

/* What of a module's part of the credentials comes before the label. */
static const __s32 word_offset[EW_LABEL_MODULE_MAX] = {
	[EW_LABEL_SELINUX] = 4, /* osid: struct task_security_struct, cred_security_struct since Linux 6.18 */
};

/* Where a module itself tells the label of the task that reads it. */
static const char *const own_files[EW_LABEL_MODULE_MAX][2] = {
	[EW_LABEL_APPARMOR] = {"/proc/thread-self/attr/apparmor/current", "/proc/thread-self/attr/current"},
	[EW_LABEL_SELINUX] = {"/proc/thread-self/attr/selinux/current", "/proc/thread-self/attr/current"},
};

/* Words of the modules' part of credentials in which a label is looked for: some 10 are in use on Linux 7.3. */
#define PLACES 16
#define PLACE_SIZE 8 /* lsm_set_blob_size(), security/security.c */

/*
 * Tries one place after the other for the label OWN: no file tells where it is, and the variable of the kernel that
 * does is only told by its symbols, which many machines hide. Behind the modules' part others can follow, of other
 * tasks, with the same label: the first place is the one. Returns 0 and what is there in *FOUND, -ENOENT, or what
 * bpf(2) failed with.
 */
static int search(struct label *skel, __u32 module, const char *own, struct ew_label_probe *found)
{
	int program = skel->progs.ew_label_try.prog_fd, map = skel->maps.probes.map_fd;
	__u32 zero = 0;

	for (__s32 place = 0; place < PLACES; place++) {
		LIBBPF_OPTS(bpf_test_run_opts, options);
		struct ew_label_probe probe = {.offset = place * PLACE_SIZE + word_offset[module]};

		if (bpf_map_update_elem(map, &zero, &probe, BPF_ANY) < 0 ||
		    bpf_prog_test_run_opts(program, &options) < 0 || bpf_map_lookup_elem(map, &zero, &probe) < 0)
			return -errno;
		*found = probe;
		if (ew_label_agrees(module, own, &probe.own))
			return 0;
	}
	return -ENOENT;
}

static int try_places(__u32 module, const char *own, struct ew_label_probe *found)
{
	_cleanup_free_ char *log = getenv("EXECWARD_DEBUG") ? calloc(1, VERIFIER_LOG_SIZE) : NULL;
	EW_CLEANUP(label_destroyp) struct label *skel = label__open();
	int err = -EAGAIN;

	if (!skel)
		return -ENOMEM;
	skel->rodata->ew_label_asked = module;
	if (log) {
		skel->ctx.log_level = 1;
		skel->ctx.log_size = VERIFIER_LOG_SIZE;
		skel->ctx.log_buf = (__u64)(uintptr_t)log;
	}
	for (int i = 0; i < EW_LIGHT_ATTEMPTS && err == -EAGAIN; i++)
		err = label__load(skel);
	if (err < 0 && log)
		fputs(log, stderr);
	return err < 0 ? err : search(skel, module, own, found);
}

static void try_module(struct ew_label_source *out, __u32 module)
{
	const char *name = ew_words_name(&ew_label_module_words, module);
	struct ew_label_probe probe = {};
	char own[4096] = "";
	int err;

	if (read_file(AT_FDCWD, own_files[module][0], own, sizeof(own)) < 0)
		read_file(AT_FDCWD, own_files[module][1], own, sizeof(own));
	err = try_places(module, own, &probe);
	if (err == 0) {
		out->module = module;
		out->offset = probe.offset;
		out->state = probe.state;
		out->supported = true;
		snprintf(out->found, sizeof(out->found), "%s, here \"%.*s\"", name, (int)probe.own.length,
			 probe.own.text);
		return;
	}
	if (err == -ENOENT && module == EW_LABEL_SELINUX && !probe.state)
		snprintf(out->found, sizeof(out->found),
			 "%s, but the kernel does not tell the address of selinux_state: kernel.kptr_restrict is 2, or "
			 "CAP_SYSLOG is missing",
			 name);
	else if (err == -ENOENT)
		snprintf(out->found, sizeof(out->found), "%s, but its label \"%.60s\" is found nowhere", name, own);
	else
		snprintf(out->found, sizeof(out->found), "%s, whose labels the kernel does not let be read: %s", name,
			 strerror(-err));
	snprintf(out->fix, sizeof(out->fix), "leave \"label\" out of the gains of profiles; all else is enforced");
}

void ew_label_find(struct ew_label_source *out)
{
	char list[512];
	int err = ew_label_modules(list, sizeof(list));

	*out = (struct ew_label_source){.module = EW_LABEL_NONE};
	if (err < 0) {
		snprintf(out->found, sizeof(out->found), "%s cannot be read: %s", LSM_LIST, strerror(-err));
		snprintf(out->fix, sizeof(out->fix), "mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	for (__u32 module = EW_LABEL_NONE + 1; module < EW_LABEL_MODULE_MAX; module++) {
		if (list_has(list, ew_words_name(&ew_label_module_words, module))) {
			try_module(out, module);
			return;
		}
	}
	if (list_has(list, "smack")) {
		snprintf(out->found, sizeof(out->found), "smack, whose labels are not read");
		snprintf(out->fix, sizeof(out->fix),
			 "leave \"label\" out of the gains of profiles; all else is enforced");
		return;
	}
	out->supported = true;
	snprintf(out->found, sizeof(out->found), "none that labels tasks: no exec changes a label");
}

int ew_label_refuse(const struct ew_image *image, const struct ew_label_source *source)
{
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		const struct ew_profile *profile = &image->profiles[slot];

		if (!(profile->gains & EW_BIT(EW_GAIN_LABEL)))
			continue;
		return ew_error_ret(-EOPNOTSUPP,
				    "%s:%u: gain \"label\" of profile \"%s\" cannot be controlled here%s%s; expected "
				    "gains without \"label\" (see `execward doctor`)",
				    profile->file, profile->line, profile->name, source ? ": " : "",
				    source ? source->found : "");
	}
	return -EOPNOTSUPP;
}

int ew_label_need(struct ew_state *state, const struct ew_image *image)
{
	if (!ew_image_labels(image))
		return 0;
	if (!(state->labels & EW_LABELS_SUPPORTED))
		return ew_label_refuse(image, NULL);
	__atomic_or_fetch(&state->labels, EW_LABELS_USED, __ATOMIC_SEQ_CST);
	return 0;
}
