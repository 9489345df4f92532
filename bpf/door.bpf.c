// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ew_task_prctl - a process puts itself under a profile with `self_service: yes` (include/execward/enter.h)
 *
 * Attached where the policy has such a profile, together with ew_task_alloc and ew_task_fork, since the tag that is set
 * here is inherited like any other. A program cannot answer 0 for "handled": the hook's own default, -ENOSYS, would
 * follow and prctl(2) says EINVAL. So what is done is told by EALREADY.
 */
#include "exec.h"
#include "core.h"
#include "tags.h"
#include "task.h"

#include <execward/enter.h>

_Static_assert(EXECWARD_PROFILE_NAME_MAX == EW_PROFILE_NAME_MAX, "the public header says it, too");
#define EW_NAME_WORDS (EW_PROFILE_NAME_MAX / sizeof(__u64))

struct ew_door {
	void *profiles; /* of the policy in force at the beginning: one policy is searched, even if another comes */
	__u64 found;	/* slots of profiles with the name; only ever added to (see struct ew_judge) */
	__u64 allowed;	/* those of them with `self_service: yes` */
	__u64 name[EW_NAME_WORDS + 1]; /* filled up with zeroes, as in struct ew_profile; a longer one shows */
};

static long ew_door_slot(__u32 slot, struct ew_door *door)
{
	struct ew_profile *profile = ew_array_at(door->profiles, slot);
	__u64 differs = 0;

	if (!profile || !(profile->flags & EW_PROFILE_USED))
		return 0;
	for (__u32 i = 0; i < EW_NAME_WORDS; i++)
		differs |= ((__u64 *)profile->name)[i] ^ door->name[i];
	if (differs)
		return 0;
	door->found |= 1ULL << (slot & (EW_PROFILES_MAX - 1));
	if ((profile->flags & (EW_PROFILE_SELF_SERVICE | EW_PROFILE_GONE)) == EW_PROFILE_SELF_SERVICE)
		door->allowed |= 1ULL << (slot & (EW_PROFILES_MAX - 1));
	return 0;
}

/* The bit of the profile of policy GENERATION that is called NAME, a user's pointer, or a negative errno. */
static __always_inline long ew_door_search(__u32 generation, const char *name, __u64 *bit)
{
	struct ew_door door = {};
	long len = bpf_probe_read_user_str(door.name, sizeof(door.name), name);

	if (len < 0)
		return -EW_EFAULT;
	door.profiles = ew_array_at(&policies, EW_HALF(generation));
	if (!door.profiles || len > EW_PROFILE_NAME_MAX)
		return -EW_ENOENT;
	bpf_loop(EW_PROFILES_MAX, ew_door_slot, &door, 0);
	if (!door.found)
		return -EW_ENOENT;
	if (!door.allowed)
		return -EW_EPERM;
	*bit = door.allowed;
	return 0;
}

/*
 * STARTING lets one exec pass a profile with `exec: none`, so it is given only with the tag itself, to a process that
 * nothing else has put under the profile; with one thread, no other can enter or exec meanwhile.
 */
static __always_inline long ew_door_enter(struct ew_state *st, struct task_struct *current, __u64 bit, bool starting)
{
	struct ew_task_tag *tag;
	__u64 before;

	if (starting && ew_core_threads(current) != 1)
		return -EW_EBUSY;
	if (starting && ew_tags_of_task(st, current, st->generation, &before) & bit)
		return -EW_EALREADY;
	st->process_tags = 1;
	tag = EW_STORAGE_MAKE(&task_tags, current->group_leader);
	if (!tag)
		return -EW_EAGAIN;
	if (starting)
		__sync_fetch_and_or(&tag->starting, bit);
	else
		__sync_fetch_and_and(&tag->starting, ~bit);
	before = __sync_fetch_and_or(&tag->set, bit);
	/* the exchange above is a full barrier on every architecture, as its result is used */
	__sync_fetch_and_or(&tag->by[EW_BY_SELF], bit & ~before);
	/*
	 * A thread amid its exec may have copied the tag already (ew_tags_move()), and will be the leader. Either that
	 * thread sees what was written here, or it is seen here to exec. Then this process is told to ask again: nobody
	 * who was told to be under the profile gets out of it, and if the exec goes well there is nobody left to ask.
	 */
	return ew_core_execs(current) ? -EW_EAGAIN : -EW_EALREADY;
}

SEC("lsm/task_prctl")
int BPF_PROG(ew_task_prctl, int option, unsigned long name, unsigned long flags, unsigned long arg4, unsigned long arg5,
	     int ret)
{
	struct ew_state *st;
	__u64 bit = 0;
	long err;

	if (ret || option != EXECWARD_PRCTL_ENTER)
		return ret;
	st = ew_state_get();
	if (!st || !st->in_force)
		return 0;
	if (flags & ~EXECWARD_ENTER_STARTING || arg4 || arg5)
		return -EW_EOPNOTSUPP;
	err = ew_door_search(st->generation, (const char *)name, &bit);
	if (!err)
		err = ew_door_enter(st, bpf_get_current_task_btf(), bit, flags & EXECWARD_ENTER_STARTING);
	return err;
}
