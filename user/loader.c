/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "announce.skel.h"
#include "execward.skel.h"

#include "apply.h"
#include "label.h"
#include "log.h"
#include "manager.h"
#include "pins.h"
#include "verity.h"

/*
 * Where things are pinned before they get their name and after they lost it; a killed tool can leave either behind. The
 * bpf file system allows no dot in a name (bpf_lookup(), kernel/bpf/inode.c).
 */
#define STAGE_DIR EW_BPFFS "/execward-new"
#define GONE_DIR EW_BPFFS "/execward-gone"

#define FIRST_GENERATION 1

#define VERIFIER_LOG_SIZE (16U << 20) /* bytes */

static void skel_destroyp(struct execward **skel)
{
	execward__destroy(*skel);
	*skel = NULL;
}

static void announce_destroyp(struct announce **skel)
{
	announce__destroy(*skel);
	*skel = NULL;
}

static int remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		char sub[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			err = remove_dir(sub) ?: err;
		else if (unlink(sub) < 0)
			err = -errno;
	}
	closedir(dir);
	return rmdir(path) < 0 ? -errno : err;
}

/* Links first: nothing may be enforced by programs whose maps are half gone. */
static int remove_pins(const char *path)
{
	char links[PATH_MAX];
	int err;

	snprintf(links, sizeof(links), "%s/links", path);
	err = remove_dir(links);
	return err < 0 ? err : remove_dir(path);
}

static int pin_at(const char *dir, const char *name, int fd)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (bpf_obj_pin(fd, path) < 0)
		return ew_error_ret(-errno, "%s cannot be pinned: %s", path, strerror(errno));
	return 0;
}

static int make_stage(void)
{
	static const char *const dirs[] = {STAGE_DIR, STAGE_DIR "/maps", STAGE_DIR "/progs", STAGE_DIR "/links"};
	int err = remove_pins(STAGE_DIR) ?: remove_pins(GONE_DIR);

	if (err < 0)
		return ew_error_ret(err, "what an interrupted run left in %s cannot be removed: %s", EW_BPFFS,
				    strerror(-err));
	for (size_t i = 0; i < EW_ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0700) < 0)
			return ew_error_ret(-errno, "%s cannot be made: %s", dirs[i], strerror(errno));
	return 0;
}

static int pin_objects(const struct ew_pins *pins)
{
	struct {
		const char *name;
		int fd;
	} maps[] =
		{
#define X(name) {#name, pins->name##_fd},
			EW_PINNED_MAPS(X)
#undef X
		},
	  progs[] = {
#define X(name) {#name, pins->name##_prog_fd},
		  EW_PINNED_PROGS(X)
#undef X
	  };
	int err = 0;

	for (size_t i = 0; i < EW_ARRAY_SIZE(maps) && err == 0; i++)
		err = pin_at(STAGE_DIR "/maps", maps[i].name, maps[i].fd);
	for (size_t i = 0; i < EW_ARRAY_SIZE(progs) && err == 0; i++)
		err = pin_at(STAGE_DIR "/progs", progs[i].name, progs[i].fd);
	return err;
}

/* The descriptors of the skeletons as the other modules want them; they stay the skeletons'. */
static struct ew_pins pins_of(struct execward *skel, struct announce *announce)
{
	return (struct ew_pins){
#define X(name) .name##_fd = skel->maps.name.map_fd,
		EW_MAIN_MAPS(X)
#undef X
#define X(name) .name##_prog_fd = skel->progs.name.prog_fd,
			EW_MAIN_PROGS(X)
#undef X
#define X(name) .name##_fd = bpf_map__fd(announce->maps.name),
				EW_ANNOUNCE_MAPS(X)
#undef X
#define X(name) .name##_prog_fd = bpf_program__fd(announce->progs.name),
					EW_ANNOUNCE_PROGS(X)
#undef X
	};
}

/* A hook: a program that is attached by the BTF type it was loaded for. */
struct hook {
	const char *name;
	int prog_fd;
};
#define HOOK(skel, program) ((struct hook){#program, (skel)->progs.program.prog_fd})

static int attach(struct hook hook)
{
	/* closing the descriptor at the end: pinned, the link stays; not pinned, it goes */
	_cleanup_close_ int link = bpf_raw_tracepoint_open(NULL, hook.prog_fd);

	if (link < 0)
		return ew_error_ret(-errno, "program %s cannot be attached: %s", hook.name, strerror(errno));
	return pin_at(STAGE_DIR "/links", hook.name, link);
}

static bool needs_process_tags(const struct ew_image *image)
{
	return image->n_programs || ew_image_sticky(image);
}

/*
 * Cgroups first, so that none is missed between the walk and the tracepoint; the hook that starts the accounting of an
 * exec last. ew_task_alloc waits for the first process tag, unless the policy itself makes some.
 */
static int attach_all(struct execward *skel, struct ew_apply *apply, const struct ew_image *image)
{
	__u32 shapes = ew_image_shapes(image);
	const struct hook hooks[] = {
		HOOK(skel, ew_committing_creds),
		HOOK(skel, ew_creds_from_file),
		/* only where the policy needs it: process tags come of programs and of what sticks */
		needs_process_tags(image) ? HOOK(skel, ew_task_alloc) : (struct hook){},
		/* these two only where the policy refuses shapes or has programs; readers attach both */
		shapes || image->n_programs ? HOOK(skel, ew_check_security) : (struct hook){},
		shapes & EW_BIT(EW_SHAPE_SETID) ? HOOK(skel, ew_vfs_caps) : (struct hook){},
		HOOK(skel, ew_creds_for_exec),
	};
	int err;

	err = attach(HOOK(skel, ew_cgroup_rmdir));
	if (err == 0)
		err = attach(HOOK(skel, ew_cgroup_mkdir));
	if (err == 0)
		err = ew_apply_cgroups(apply, EW_HALVES_ALL);
	for (size_t i = 0; i < EW_ARRAY_SIZE(hooks) && err == 0; i++)
		if (hooks[i].name)
			err = attach(hooks[i]);
	return err;
}

static int write_state(const struct ew_pins *pins, const struct ew_image *image, __u32 verity, bool labels)
{
	struct ew_state state = {
		.shapes = ew_image_shapes(image),
		.generation = FIRST_GENERATION,
		.users = image->n_users > 0,
		.patterns = image->n_pattern_states > 0,
		.programs = image->n_programs ? EW_PROGRAMS_POLICY : 0,
		.sticky = ew_image_sticky(image) != 0,
		.process_tags = needs_process_tags(image),
		.verity = verity | (image->n_verities ? EW_VERITY_USED : 0),
		.labels = (labels ? EW_LABELS_SUPPORTED : 0) | (ew_image_labels(image) ? EW_LABELS_USED : 0),
		.fds = ew_image_fds(image, false) != 0,
		.executor = ew_manager_executor(),
	};
	__u32 zero = 0;

	state.policy_hash[EW_HALF(FIRST_GENERATION)] = image->hash;
	if (bpf_map_update_elem(pins->state_fd, &zero, &state, BPF_ANY) < 0)
		return ew_error_ret(-errno, "the map \"state\" cannot be written: %s", strerror(errno));
	return 0;
}

static int write_meta(const struct ew_pins *pins)
{
	struct ew_meta meta = {.magic = EW_META_MAGIC, .abi = EW_ABI, .version = EW_VERSION};
	struct timespec now;
	__u32 zero = 0;

	clock_gettime(CLOCK_BOOTTIME, &now);
	meta.load_time = (__u64)now.tv_sec * 1000000000U + (__u64)now.tv_nsec;
	if (bpf_map_update_elem(pins->meta_fd, &zero, &meta, BPF_ANY) < 0)
		return ew_error_ret(-errno, "the map \"meta\" cannot be written: %s", strerror(errno));
	return 0;
}

/*
 * A light skeleton: one program, run once in the kernel, makes the maps and loads the others, and the kernel itself
 * does the CO-RE relocations and finds what to attach to. So nothing here reads the kernel's BTF, which alone took half
 * of a load.
 */
static int open_skeleton(struct execward **skel)
{
	const char *fault = getenv("EXECWARD_FAULT");
	int n_cpus = libbpf_num_possible_cpus();

	if (n_cpus < 0)
		return ew_error_ret(n_cpus, "the number of processors cannot be told: %s; is /sys mounted?",
				    strerror(-n_cpus));
	*skel = execward__open();
	if (!*skel)
		return ew_error_ret(-ENOMEM, "the programs cannot be opened: %s", strerror(ENOMEM));
	(*skel)->maps.counters.max_entries = (__u32)n_cpus * EW_COUNTERS;
	(*skel)->maps.scratches.max_entries = (__u32)n_cpus * EW_SCRATCHES;
	if (fault && strcmp(fault, "fork") == 0)
		(*skel)->rodata->ew_fault |= EW_FAULT_FORK;
	if (fault && strcmp(fault, "exec") == 0)
		(*skel)->rodata->ew_fault |= EW_FAULT_EXEC;
	if (fault && strcmp(fault, "fds") == 0)
		(*skel)->rodata->ew_fault |= EW_FAULT_FDS;
	return 0;
}

/* The verifier's words are for developers: kept back unless EXECWARD_DEBUG asks for them. */
static int load_skeleton(struct execward *skel)
{
	_cleanup_free_ char *log = getenv("EXECWARD_DEBUG") ? calloc(1, VERIFIER_LOG_SIZE) : NULL;
	int err;

	if (log) {
		skel->ctx.log_level = 1;
		skel->ctx.log_size = VERIFIER_LOG_SIZE;
		skel->ctx.log_buf = (__u64)(uintptr_t)log;
	}
	err = execward__load(skel);
	/* each program's words replace those of the one before: what is there is the last one's, that which was refused
	 */
	if (err < 0 && log)
		fputs(log, stderr);
	return err;
}

/* An ordinary skeleton, as a light one cannot take the maps of another object; it needs nothing of the kernel's BTF. */
static int load_announce(const struct execward *skel, struct announce **out)
{
	EW_CLEANUP(announce_destroyp) struct announce *announce = announce__open();
	int err = announce ? 0 : -ENOMEM;

	if (err == 0)
		err = bpf_map__reuse_fd(announce->maps.state, skel->maps.state.map_fd);
	if (err == 0)
		err = bpf_map__reuse_fd(announce->maps.readers, skel->maps.readers.map_fd);
	if (err == 0)
		err = announce__load(announce);
	if (err < 0)
		return ew_error_ret(err, "the kernel refuses the program that tells of changes: %s", strerror(-err));
	*out = TAKE_PTR(announce);
	return 0;
}

static int load_staged(const struct ew_image *image)
{
	EW_CLEANUP(announce_destroyp) struct announce *announce = NULL;
	EW_CLEANUP(skel_destroyp) struct execward *skel = NULL;
	EW_CLEANUP(ew_apply_end) struct ew_apply apply = {};
	struct ew_label_source labels;
	struct ew_pins pins;
	int err = open_skeleton(&skel);

	if (err < 0)
		return err;
	skel->rodata->ew_has_verity = ew_verity_supported();
	if (image->n_verities && !skel->rodata->ew_has_verity)
		return ew_verity_refuse(image);
	ew_label_find(&labels);
	skel->rodata->ew_label_module = labels.module;
	skel->rodata->ew_label_offset = labels.offset;
	skel->rodata->ew_label_state = labels.state;
	if (ew_image_labels(image) && !labels.supported)
		return ew_label_refuse(image, &labels);
	err = load_skeleton(skel);
	if (err < 0)
		return ew_error_ret(err,
				    "the kernel refuses the programs: %s; see `execward doctor`, or what the verifier "
				    "says with EXECWARD_DEBUG=1",
				    strerror(-err));
	err = load_announce(skel, &announce);
	if (err < 0)
		return err;
	pins = pins_of(skel, announce);
	ew_apply_begin(&apply, &pins, NULL);
	err = write_meta(&pins);
	if (err == 0)
		err = write_state(&pins, image, skel->rodata->ew_has_verity ? EW_VERITY_SUPPORTED : 0,
				  labels.supported);
	if (err == 0)
		err = ew_apply_image(&apply, image, FIRST_GENERATION);
	if (err == 0)
		err = ew_apply_cgroup_paths(&pins, image, EW_HALVES_ALL);
	if (err == 0)
		err = ew_apply_patterns(&apply, image, EW_HALVES_ALL);
	if (err == 0)
		err = make_stage();
	if (err == 0)
		err = pin_objects(&pins);
	if (err == 0)
		err = attach_all(skel, &apply, image);
	if (err == 0 && rename(STAGE_DIR, EW_PIN_DIR) < 0)
		err = ew_error_ret(-errno, "%s cannot be renamed to %s: %s", STAGE_DIR, EW_PIN_DIR, strerror(errno));
	if (err < 0)
		return err;
	if (ew_image_has(image, EW_PROFILE_SELF_SERVICE))
		err = ew_pins_need_self_service(&pins);
	if (err == 0) {
		err = ew_pins_set_in_force(&pins, true);
		if (err < 0)
			ew_error("the policy cannot be put in force: %s", strerror(-err));
	}
	if (err < 0)
		remove_pins(EW_PIN_DIR);
	return err;
}

int ew_loader_load(const struct ew_image *image)
{
	int err = load_staged(image);

	if (err < 0)
		remove_pins(STAGE_DIR);
	return err;
}

bool ew_loader_sweep(void)
{
	bool any = access(STAGE_DIR, F_OK) == 0 || access(GONE_DIR, F_OK) == 0;

	remove_pins(STAGE_DIR);
	remove_pins(GONE_DIR);
	return any;
}

int ew_loader_unload(const struct ew_pins *pins)
{
	int err;

	if (pins->state_fd >= 0)
		ew_pins_set_in_force(pins, false);
	ew_loader_sweep();
	if (rename(EW_PIN_DIR, GONE_DIR) < 0) {
		if (errno == ENOENT)
			return -ENOENT;
		return ew_error_ret(-errno, "%s cannot be renamed: %s", EW_PIN_DIR, strerror(errno));
	}
	err = remove_pins(GONE_DIR);
	if (err < 0)
		return ew_error_ret(err, "%s cannot be removed whole: %s", GONE_DIR, strerror(-err));
	return 0;
}
