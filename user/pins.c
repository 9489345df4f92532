/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "lock.h"
#include "log.h"
#include "words.h"

/* Fills WHY and yields ERR. */
#define why_ret(err, ...)                         \
	({                                        \
		int why_ret_ = (err);             \
		snprintf(why, size, __VA_ARGS__); \
		why_ret_;                         \
	})

void ew_pins_init(struct ew_pins *pins)
{
#define X(name) pins->name##_fd = -1;
	EW_PINNED_MAPS(X)
#undef X
#define X(name) pins->name##_prog_fd = -1;
	EW_PINNED_PROGS(X)
#undef X
}

void ew_pins_close(struct ew_pins *pins)
{
#define X(name) ew_closep(&pins->name##_fd);
	EW_PINNED_MAPS(X)
#undef X
	ew_pins_close_programs(pins);
}

void ew_pins_close_programs(struct ew_pins *pins)
{
#define X(name) ew_closep(&pins->name##_prog_fd);
	EW_PINNED_PROGS(X)
#undef X
}

int ew_pins_check_bpffs(char *why, size_t size)
{
	struct statfs fs;

	if (statfs(EW_BPFFS, &fs) < 0) {
		if (errno == EACCES)
			return why_ret(-EPERM, "%s cannot be read: %s; run this as root", EW_BPFFS, strerror(errno));
		return why_ret(-EMEDIUMTYPE, "no bpf file system at %s: %s; mount one: mount -t bpf bpf %s", EW_BPFFS,
			       strerror(errno), EW_BPFFS);
	}
	if ((unsigned long)fs.f_type != BPF_FS_MAGIC)
		return why_ret(-EMEDIUMTYPE, "no bpf file system is mounted at %s; mount one: mount -t bpf bpf %s",
			       EW_BPFFS, EW_BPFFS);
	return 0;
}

static int open_pin(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", EW_PIN_DIR, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* A map of another shape would be read past the end of our buffer. */
static bool is_meta(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.key_size == sizeof(__u32) && info.value_size == sizeof(struct ew_meta) && info.max_entries == 1;
}

static int check_meta(struct ew_pins *pins, char *why, size_t size)
{
	struct ew_meta meta = {};
	__u32 zero = 0;

	pins->meta_fd = open_pin("maps/meta");
	if (pins->meta_fd == -EPERM || pins->meta_fd == -EACCES)
		return why_ret(-EPERM, "%s cannot be read: %s; run this as root", EW_PIN_DIR, strerror(-pins->meta_fd));
	if (pins->meta_fd < 0 || !is_meta(pins->meta_fd) || bpf_map_lookup_elem(pins->meta_fd, &zero, &meta) < 0 ||
	    meta.magic != EW_META_MAGIC)
		return why_ret(-ENOTUNIQ,
			       "%s is there, but execward did not make it: it has no execward map \"meta\"; "
			       "see what it is (ls -lR %s) and move it away",
			       EW_PIN_DIR, EW_PIN_DIR);
	if (meta.abi != EW_ABI) {
		meta.version[sizeof(meta.version) - 1] = '\0';
		return why_ret(-EPROTO,
			       "what is loaded at %s comes from execward %s (layout %u), and this is execward %s "
			       "(layout %u), which cannot take it over; it stays in force; to go on with this version: "
			       "execward unload, then execward load; between the two nothing is enforced",
			       EW_PIN_DIR, meta.version, meta.abi, EW_VERSION, EW_ABI);
	}
	return 0;
}

static int open_all(struct ew_pins *pins, char *why, size_t size)
{
	struct {
		const char *name;
		int *fd;
	} all[] = {
#define X(name) {"maps/" #name, &pins->name##_fd},
		EW_PINNED_MAPS(X)
#undef X
#define X(name) {"progs/" #name, &pins->name##_prog_fd},
			EW_PINNED_PROGS(X)
#undef X
	};

	for (size_t i = 0; i < EW_ARRAY_SIZE(all); i++) {
		int fd = open_pin(all[i].name);

		if (fd < 0)
			return why_ret(-EUCLEAN, "%s/%s cannot be opened: %s; unload and load again", EW_PIN_DIR,
				       all[i].name, strerror(-fd));
		ew_closep(all[i].fd);
		*all[i].fd = fd;
	}
	return 0;
}

static int check_in_force(const struct ew_pins *pins, char *why, size_t size)
{
	struct ew_state state = {};
	__u32 zero = 0;

	if (bpf_map_lookup_elem(pins->state_fd, &zero, &state) < 0 || !state.in_force)
		return why_ret(-EINPROGRESS,
			       "execward is not in force: a load or unload was interrupted; load it: execward load");
	return 0;
}

int ew_pins_try(struct ew_pins *pins, char *why, size_t size)
{
	struct stat st;
	int err;

	ew_pins_init(pins);
	err = ew_pins_check_bpffs(why, size);
	if (err < 0)
		return err;
	if (stat(EW_PIN_DIR, &st) < 0) {
		if (errno == ENOENT && geteuid() == 0)
			return why_ret(-ENOENT, "execward is not loaded; load it: execward load");
		if (errno == ENOENT)
			return why_ret(-ENOENT, "execward is not loaded");
		return why_ret(-EPERM, "%s cannot be read: %s; run this as root", EW_PIN_DIR, strerror(errno));
	}
	err = check_meta(pins, why, size);
	if (err == 0)
		err = open_all(pins, why, size);
	if (err == 0)
		err = check_in_force(pins, why, size);
	if (err < 0 && err != -EUCLEAN && err != -EINPROGRESS)
		ew_pins_close(pins);
	return err;
}

int ew_pins_open_locked(struct ew_pins *pins)
{
	_cleanup_close_ int lock = -1;
	int err;

	ew_pins_init(pins);
	lock = ew_lock_take();
	if (lock < 0)
		return lock;
	err = ew_pins_open(pins);
	return err < 0 ? err : TAKE_FD(lock);
}

int ew_pins_open(struct ew_pins *pins)
{
	char why[512];
	int err = ew_pins_try(pins, why, sizeof(why));

	if (err < 0)
		ew_error("%s", why);
	return err;
}

int ew_pins_meta(const struct ew_pins *pins, struct ew_meta *out)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(pins->meta_fd, &zero, out) < 0 ? -errno : 0;
}

static size_t state_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct ew_state) + page - 1) / page * page;
}

void ew_pins_unmap_state(struct ew_state *state)
{
	munmap(state, state_size());
}

int ew_pins_set_in_force(const struct ew_pins *pins, bool in_force)
{
	struct ew_state *state = ew_pins_map_state(pins);

	if (!state)
		return -errno;
	__atomic_store_n(&state->in_force, in_force, __ATOMIC_SEQ_CST);
	ew_pins_unmap_state(state);
	return 0;
}

struct ew_state *ew_pins_map_state(const struct ew_pins *pins)
{
	void *state = mmap(NULL, state_size(), PROT_READ | PROT_WRITE, MAP_SHARED, pins->state_fd, 0);

	return state == MAP_FAILED ? NULL : state;
}

__u32 ew_pins_generation(const struct ew_pins *pins)
{
	struct ew_state state = {};
	__u32 zero = 0;

	return bpf_map_lookup_elem(pins->state_fd, &zero, &state) < 0 ? 0 : state.generation;
}

bool ew_pins_users(const struct ew_pins *pins)
{
	struct ew_state state = {};
	__u32 zero = 0;

	return bpf_map_lookup_elem(pins->state_fd, &zero, &state) == 0 && state.users;
}

bool ew_pins_settled(const struct ew_pins *pins, __u32 generation)
{
	struct ew_state state = {};
	__u32 zero = 0;

	return bpf_map_lookup_elem(pins->state_fd, &zero, &state) == 0 && state.generation == generation &&
	       state.settled == generation;
}

__u64 ew_pins_policy_hash(const struct ew_pins *pins)
{
	struct ew_state state = {};
	__u32 zero = 0;

	return bpf_map_lookup_elem(pins->state_fd, &zero, &state) < 0 ? 0
								      : state.policy_hash[EW_HALF(state.generation)];
}

int ew_pins_profiles_of(const struct ew_pins *pins, __u32 generation, struct ew_profile out[EW_PROFILES_MAX])
{
	__u32 half = EW_HALF(generation), id;
	_cleanup_close_ int inner = -1;

	if (bpf_map_lookup_elem(pins->policies_fd, &half, &id) < 0)
		return -errno;
	inner = bpf_map_get_fd_by_id(id);
	if (inner < 0)
		return -errno;
	for (__u32 slot = 0; slot < EW_PROFILES_MAX; slot++)
		if (bpf_map_lookup_elem(inner, &slot, &out[slot]) < 0)
			return -errno;
	return 0;
}

/* The half that was in force is written again by a second reload only, so all was read of one policy, if none came. */
int ew_pins_profiles(const struct ew_pins *pins, struct ew_profile out[EW_PROFILES_MAX])
{
	__u32 generation;
	int err;

	do {
		generation = ew_pins_generation(pins);
		err = ew_pins_profiles_of(pins, generation, out);
	} while (err == 0 && ew_pins_generation(pins) != generation);
	return err;
}

int ew_pins_profile_slot(const struct ew_pins *pins, const char *name)
{
	struct ew_profile all[EW_PROFILES_MAX];
	const char *known[EW_PROFILES_MAX];
	const char *nearest;
	size_t n = 0;
	int err = ew_pins_profiles(pins, all);

	if (err < 0)
		return ew_error_ret(err, "the loaded profiles cannot be read: %s", strerror(-err));
	for (unsigned int slot = 0; slot < EW_PROFILES_MAX; slot++) {
		if (!(all[slot].flags & EW_PROFILE_USED))
			continue;
		if (strcmp(all[slot].name, name) == 0)
			return (int)slot;
		known[n++] = all[slot].name;
	}
	if (n == 0)
		return ew_error_ret(-ENOENT, "no profile \"%s\": the loaded policy has no profiles", name);
	nearest = ew_words_nearest(name, known, n);
	return ew_error_ret(-ENOENT, "no profile \"%s\" in the loaded policy%s%s%s; see: execward status", name,
			    nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}
