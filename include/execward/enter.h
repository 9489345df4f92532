/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_ENTER_H
#define EXECWARD_ENTER_H

/*
 * Self-service: a process puts itself under a profile, for good. Public, and complete in itself: copy or install this
 * file, and link with nothing. C99 and C++. See execward_enter(3).
 */

/*
 * prctl(EXECWARD_PRCTL_ENTER, const char *profile, unsigned long flags, 0, 0). A number far from the kernel's own, and
 * one whose letters say whose it is: "ewrd".
 */
#define EXECWARD_PRCTL_ENTER 0x65777264

/*
 * Flag, for programs that start another under the profile: if the profile has `exec: none`, the caller's next execve(2)
 * passes, and none after it. Only for a process with one thread; without effect where the profile applies already.
 */
#define EXECWARD_ENTER_STARTING 1UL

#define EXECWARD_PROFILE_NAME_MAX 64 /* bytes, with the NUL */

#ifndef __bpf__ /* the programs share the numbers above */

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

/* execward_enter_flags - execward_enter() with EXECWARD_ENTER_* */
static inline int execward_enter_flags(const char *profile, unsigned long flags)
{
	char name[EXECWARD_PROFILE_NAME_MAX]; /* for memory that is there when the kernel looks: it faults nothing in */
	int tries, err = EAGAIN;
	size_t length;

	if (!profile)
		return -EFAULT;
	length = strlen(profile);
	if (length >= sizeof(name))
		return -ENAMETOOLONG;
	for (tries = 0; tries < 10000 && (err == EAGAIN || err == EFAULT); tries++) {
		if (tries)
			sched_yield();
		memcpy(name, profile, length + 1); /* brings the page back, if it was swapped out just then */
		/* a prctl that is handled by nobody but an LSM cannot answer 0 (security_task_prctl(), Linux) */
		if (prctl(EXECWARD_PRCTL_ENTER, name, flags, 0UL, 0UL) != -1)
			return -ENOSYS;
		err = errno;
	}
	if (err == EALREADY)
		return 0;
	/* what the kernel says to an option that nobody knows */
	return err == EINVAL ? -ENOSYS : -err;
}

/*
 * execward_enter - puts the calling process under the profile called PROFILE: all its threads, and all its descendants
 *
 * Needs no privilege. There is no way back but by the administrator (execward untag --pid). A process can enter several
 * profiles; every one must allow then. To enter one again changes nothing. Async-signal-safe.
 *
 * Returns 0 when the process is under the profile, or a negative errno:
 *   -ENOSYS        nothing is loaded here, or the loaded policy has no profile with `self_service: yes`
 *   -ENOENT        the policy has no such profile
 *   -EPERM         the profile has no `self_service: yes`
 *   -ENAMETOOLONG  longer than the name of a profile can be
 *   -EFAULT        PROFILE is NULL
 *   -EAGAIN        for want of memory, or because another thread is amid an execve(2) all the while. The process may be
 *                  under the profile already; call again
 */
static inline int execward_enter(const char *profile)
{
	return execward_enter_flags(profile, 0);
}

#endif
#endif
