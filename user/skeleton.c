/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "skeleton.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/skel_internal.h> /* which lacks what the above include */

#include "kernel_btf.h"
#include "light.h"
#include "log.h"
#include "shared_maps.h"
#include "stage.h"

/* so that the loader that bpftool has generated can be looked at, and changed, before it runs */
static int run_loader(struct bpf_load_and_run_opts *opts);
#define bpf_load_and_run run_loader
#include "execward.skel.h"
#undef bpf_load_and_run

#include "announce.skel.h"
#include "build.h"

#define VERIFIER_LOG_SIZE (16U << 20) /* bytes */
#define N_MAPS (sizeof(((struct execward *)NULL)->maps) / sizeof(struct bpf_map_desc))

struct ew_skeleton {
	struct execward *main;
	struct announce *announce;
	struct ew_label_source labels;
	__u32 number;
};

static __u32 layout;	       /* of the maps that this tool's programs want, once it is known */
static struct ew_light loader; /* the instructions are not to be changed */
static bool only_look;

static bool is_fault(const char *name)
{
	const char *fault = getenv("EXECWARD_FAULT");

	return fault && strcmp(fault, name) == 0;
}

__u32 ew_skeleton_build(void)
{
	return is_fault("build") ? ~EW_BUILD : EW_BUILD;
}

/* Maps in whose place a skeleton has been given another one, by its descriptor, are not made. */
static int share_maps(struct bpf_insn *insns, const struct bpf_load_and_run_opts *opts)
{
	const struct bpf_map_desc *maps = (const void *)(opts->ctx + 1);
	struct ew_light light = loader;
	struct ew_light_search search = {};
	struct ew_light_map map;

	light.insns = insns;
	while (ew_light_next(&light, &search, &map))
		if (map.index >= 0 && (size_t)map.index < N_MAPS && maps[map.index].map_fd)
			ew_light_use(&light, &map,
				     sizeof(*opts->ctx) + (size_t)map.index * sizeof(*maps) +
					     offsetof(struct bpf_map_desc, map_fd));
	return (size_t)search.index == N_MAPS ? 0 : -ENOTSUP;
}

/*
 * One try. The loader closes what it was given when it fails (libbpf: gen_loader.c), so the descriptors of shared maps
 * are lent to it as duplicates until it has succeeded.
 */
static int try_loader(struct bpf_load_and_run_opts *opts)
{
	struct bpf_map_desc *maps = (void *)(opts->ctx + 1);
	int kept[N_MAPS] = {0}, err = 0;

	for (size_t i = 0; i < N_MAPS && err == 0; i++)
		if (maps[i].map_fd) {
			kept[i] = fcntl(maps[i].map_fd, F_DUPFD_CLOEXEC, EW_STANDARD_FDS);
			err = kept[i] < 0 ? -errno : 0;
		}
	err = err ?: bpf_load_and_run(opts);
	for (size_t i = 0; i < N_MAPS; i++) {
		if (kept[i] <= 0)
			continue;
		if (err == -EAGAIN) {
			close(maps[i].map_fd); /* unless the loader came far enough to do so */
			maps[i].map_fd = kept[i];
		} else {
			close(kept[i]);
		}
	}
	return err;
}

static int run_loader(struct bpf_load_and_run_opts *opts)
{
	_cleanup_free_ struct bpf_insn *insns = malloc(opts->insns_sz);
	int err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, opts->insns, opts->insns_sz);
	loader = (struct ew_light){
		.insns = (void *)(uintptr_t)opts->insns,
		.n_insns = opts->insns_sz / sizeof(*insns),
		.data = opts->data,
		.size = opts->data_sz,
	};
	if (only_look)
		return -ECANCELED;
	err = share_maps(insns, opts);
	if (err < 0)
		return err;
	opts->insns = insns;
	err = -EAGAIN;
	for (int i = 0; i < EW_LIGHT_ATTEMPTS && err == -EAGAIN; i++)
		err = try_loader(opts);
	return err;
}

/* Maps of which each set of programs has its own. */
static bool is_private(const char *name)
{
	return EW_STREQ(name, "meta") || EW_STREQ(name, "scratches") || EW_STREQ(name, "path_works") ||
	       strstr(name, ".rodata");
}

static void look_at_loader(struct execward *skel)
{
	struct ew_light_search search = {};
	struct ew_light_map map;

	only_look = true;
	execward__load(skel);
	only_look = false;
	layout = 0;
	while (ew_light_next(&loader, &search, &map))
		if (!is_private(map.name))
			layout += ew_light_hash(&map);
}

static int set_sizes(struct execward *skel)
{
	int n_cpus = libbpf_num_possible_cpus();

	if (n_cpus < 0)
		return ew_error_ret(n_cpus, "the number of processors cannot be told: %s; is /sys mounted?",
				    strerror(-n_cpus));
	skel->maps.counters.max_entries = (__u32)n_cpus * EW_COUNTERS;
	skel->maps.scratches.max_entries = (__u32)n_cpus * EW_SCRATCHES;
	if (is_fault("layout"))
		skel->maps.counters.max_entries++;
	return 0;
}

/* What the programs may call: they are told, as no program can ask. */
static void ask_kernel(struct execward *obj)
{
	static const char *const names[] = {"bpf_get_fsverity_digest", "bpf_rdonly_cast"};
	bool has[EW_ARRAY_SIZE(names)];

	ew_kernel_has(names, has, EW_ARRAY_SIZE(names));
	obj->rodata->ew_has_verity = has[0];
	obj->rodata->ew_has_cast = has[1];
}

/*
 * A light skeleton: one program, run once in the kernel, makes the maps and loads the others, and the kernel itself
 * does the CO-RE relocations and finds what to attach to. So nothing here reads the kernel's BTF.
 */
int ew_skeleton_open(struct ew_skeleton **out, __u32 number)
{
	EW_CLEANUP(ew_skeleton_free) struct ew_skeleton *s = calloc(1, sizeof(*s));
	int err;

	if (s)
		s->main = execward__open();
	if (!s || !s->main)
		return ew_error_ret(-ENOMEM, "the programs cannot be opened: %s", strerror(ENOMEM));
	err = set_sizes(s->main);
	if (err < 0)
		return err;
	look_at_loader(s->main);
	s->number = number;
	s->main->rodata->ew_number = number;
	ask_kernel(s->main);
	ew_label_find(&s->labels);
	s->main->rodata->ew_label_module = s->labels.module;
	s->main->rodata->ew_label_offset = s->labels.offset;
	s->main->rodata->ew_label_state = s->labels.state;
	if (is_fault("fork"))
		s->main->rodata->ew_fault |= EW_FAULT_FORK;
	if (is_fault("exec"))
		s->main->rodata->ew_fault |= EW_FAULT_EXEC;
	if (is_fault("fds"))
		s->main->rodata->ew_fault |= EW_FAULT_FDS;
	*out = TAKE_PTR(s);
	return 0;
}

bool ew_skeleton_verity(const struct ew_skeleton *s)
{
	return s->main->rodata->ew_has_verity;
}

const struct ew_label_source *ew_skeleton_labels(const struct ew_skeleton *s)
{
	return &s->labels;
}

void ew_skeleton_free(struct ew_skeleton **s)
{
	if (!*s)
		return;
	execward__destroy((*s)->main);
	announce__destroy((*s)->announce);
	free(*s);
	*s = NULL;
}

int ew_skeleton_share(struct ew_skeleton *s)
{
	struct bpf_map_desc *first = (struct bpf_map_desc *)&s->main->maps;
	struct {
		const char *name;
		struct bpf_map_desc *desc;
	} maps[] = {
#define X(name) {#name, &s->main->maps.name},
		EW_SHARED_MAPS(X)
#undef X
	};

	for (size_t i = 0; i < EW_ARRAY_SIZE(maps); i++) {
		int fd = ew_shared_map_open(&loader, (int)(maps[i].desc - first), maps[i].desc->max_entries,
					    maps[i].name);

		if (fd < 0)
			return fd;
		maps[i].desc->map_fd = fd;
	}
	return ew_shared_maps_check(layout);
}

/* The verifier's words are for developers: kept back unless EXECWARD_DEBUG asks for them. */
static int load_main(struct ew_skeleton *s)
{
	_cleanup_free_ char *log = getenv("EXECWARD_DEBUG") ? calloc(1, VERIFIER_LOG_SIZE) : NULL;
	int err;

	if (log) {
		s->main->ctx.log_level = 1;
		s->main->ctx.log_size = VERIFIER_LOG_SIZE;
		s->main->ctx.log_buf = (__u64)(uintptr_t)log;
	}
	err = execward__load(s->main);
	if (err >= 0)
		return 0;
	/* now, as the loader may have closed what it was given, and another file must not get its number before */
	execward__destroy(s->main);
	s->main = NULL;
	/* each program's words replace those of the one before: what is there is the last one's, that which was refused
	 */
	if (log)
		fputs(log, stderr);
	return ew_error_ret(err,
			    "the kernel refuses the programs: %s; see `execward doctor`, or what the verifier says "
			    "with EXECWARD_DEBUG=1",
			    strerror(-err));
}

/* An ordinary skeleton, as a light one cannot take the maps of another object; it needs nothing of the kernel's BTF. */
static int load_announce(struct ew_skeleton *s)
{
	int err;

	s->announce = announce__open();
	err = s->announce ? 0 : -ENOMEM;
	if (err == 0)
		err = bpf_map__reuse_fd(s->announce->maps.state, s->main->maps.state.map_fd);
	if (err == 0)
		err = bpf_map__reuse_fd(s->announce->maps.readers, s->main->maps.readers.map_fd);
	if (err == 0)
		err = announce__load(s->announce);
	if (err < 0)
		return ew_error_ret(err, "the kernel refuses the program that tells of changes: %s", strerror(-err));
	return 0;
}

int ew_skeleton_load(struct ew_skeleton *s)
{
	int err = load_main(s);

	return err ?: load_announce(s);
}

struct ew_pins ew_skeleton_pins(const struct ew_skeleton *s)
{
	return (struct ew_pins){
#define X(name) .name##_fd = s->main->maps.name.map_fd,
		EW_MAIN_MAPS(X)
#undef X
#define X(name) .name##_prog_fd = s->main->progs.name.prog_fd,
			EW_MAIN_PROGS(X)
#undef X
#define X(name) .name##_fd = bpf_map__fd(s->announce->maps.name),
				EW_ANNOUNCE_MAPS(X)
#undef X
#define X(name) .name##_prog_fd = bpf_program__fd(s->announce->progs.name),
					EW_ANNOUNCE_PROGS(X)
#undef X
	};
}

void ew_skeleton_hooks(const struct ew_skeleton *s, struct ew_hook out[EW_HOOKS])
{
#define HOOK(index, program, is_always)                    \
	out[EW_HOOK_##index] = (struct ew_hook){           \
		.name = #program,                          \
		.always = is_always,                       \
		.prog_fd = s->main->progs.program.prog_fd, \
	}
	HOOK(CGROUP_RMDIR, ew_cgroup_rmdir, true);
	HOOK(CGROUP_MKDIR, ew_cgroup_mkdir, true);
	HOOK(COMMITTING_CREDS, ew_committing_creds, true);
	HOOK(CREDS_FROM_FILE, ew_creds_from_file, true);
	HOOK(TASK_ALLOC, ew_task_alloc, false);
	HOOK(TASK_FORK, ew_task_fork, false);
	HOOK(TASK_PRCTL, ew_task_prctl, false);
	HOOK(CHECK_SECURITY, ew_check_security, false);
	HOOK(VFS_CAPS, ew_vfs_caps, false);
	HOOK(CREDS_FOR_EXEC, ew_creds_for_exec, true);
#undef HOOK
}

int ew_skeleton_pin(const struct ew_skeleton *s)
{
	const struct ew_pins pins = ew_skeleton_pins(s);
	const struct {
		const char *dir, *name;
		int fd;
	} all[] = {
#define X(name) {"maps", #name, pins.name##_fd},
		EW_PINNED_MAPS(X)
#undef X
#define X(name) {"maps", #name, s->main->maps.name.map_fd},
			EW_EXEC_MAPS(X)
#undef X
#define X(name) {"progs", #name, pins.name##_prog_fd},
				EW_PINNED_PROGS(X)
#undef X
	};
	int err = 0;

	for (size_t i = 0; i < EW_ARRAY_SIZE(all) && err == 0; i++)
		err = ew_stage_pin(all[i].dir, all[i].name, all[i].fd);
	return err;
}

int ew_skeleton_sign(const struct ew_skeleton *s)
{
	struct ew_meta meta = {
		.magic = EW_META_MAGIC,
		.abi = EW_ABI,
		.version = EW_VERSION,
		.build = ew_skeleton_build(),
		.layout = layout,
		.number = s->number,
	};
	struct timespec now;
	__u32 zero = 0;

	clock_gettime(CLOCK_BOOTTIME, &now);
	meta.load_time = (__u64)now.tv_sec * 1000000000U + (__u64)now.tv_nsec;
	if (bpf_map_update_elem(s->main->maps.meta.map_fd, &zero, &meta, BPF_ANY) < 0)
		return ew_error_ret(-errno, "the map \"meta\" cannot be written: %s", strerror(errno));
	return 0;
}
