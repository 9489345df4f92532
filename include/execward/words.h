/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_WORDS_H
#define EXECWARD_WORDS_H

/*
 * The closed lists of words of policy and records. Each list is written once, as X(identifier, "word"), and makes both
 * the enum that the kernel side uses and the table of names that user space prints, so that the two cannot drift apart.
 */

#define EW_VERDICTS(X) X(ALLOW, "allow") X(AUDIT, "audit") X(DENY, "deny") X(KILL, "kill")

#define EW_GAINS(X) X(UID, "uid") X(GID, "gid") X(CAPS, "caps") X(LABEL, "label")

#define EW_CAUSES(X) X(SETUID, "setuid") X(SETGID, "setgid") X(FILECAPS, "filecaps") X(ROOT, "root") X(LABEL, "label")

/* Security modules whose labels are read. */
#define EW_LABEL_MODULES(X) X(NONE, "none") X(APPARMOR, "apparmor") X(SELINUX, "selinux")

#define EW_SHAPES(X)                    \
	X(SETID, "setid")               \
	X(MEMFD, "memfd")               \
	X(UNLINKED, "unlinked")         \
	X(SCRIPT, "script")             \
	X(NOSUID_MOUNT, "nosuid-mount") \
	X(PTRACED, "ptraced")           \
	X(INTERPRETED, "interpreted")

/* Why a verdict is what it is. The first five allow, the others refuse (or, in audit mode, would have). */
#define EW_REASONS(X)                                                                                           \
	X(UNTAGGED, "untagged")		    /* no profile applies to the task */                                \
	X(NO_GAIN, "no-gain")		    /* nothing gained */                                                \
	X(NOT_CONTROLLED, "not-controlled") /* gained only what the profile lets pass */                        \
	X(USERNS, "userns")		    /* gained inside a child user namespace, under `userns: initial` */ \
	X(EXCEPTION, "exception")	    /* an exception lists every controlled gain */                      \
	X(GAIN, "gain")			    /* a controlled gain that no exception lists */                     \
	X(EXEC_NONE, "exec-none")	    /* the profile allows no exec at all */                             \
	X(SHAPE, "shape")		    /* the file has a shape that the profile refuses */                 \
	X(FDS, "fds")			    /* descriptors cross the exec that the profile refuses */           \
	X(UNEVALUABLE, "unevaluable")	    /* the kernel could not give what the decision needs */

/* What a descriptor is open on. */
#define EW_FD_KINDS(X)                \
	X(REGULAR, "regular")         \
	X(DIRECTORY, "directory")     \
	X(CHAR, "char")               \
	X(BLOCK, "block")             \
	X(FIFO, "fifo")               \
	X(SOCKET, "socket")           \
	X(MEMFD, "memfd")             \
	X(EVENTFD, "eventfd")         \
	X(EPOLL, "epoll")             \
	X(TIMERFD, "timerfd")         \
	X(SIGNALFD, "signalfd")       \
	X(INOTIFY, "inotify")         \
	X(FANOTIFY, "fanotify")       \
	X(PIDFD, "pidfd")             \
	X(BPF_MAP, "bpf-map")         \
	X(BPF_PROG, "bpf-prog")       \
	X(BPF_LINK, "bpf-link")       \
	X(PERF, "perf")               \
	X(IO_URING, "io_uring")       \
	X(USERFAULTFD, "userfaultfd") \
	X(NAMESPACE, "namespace")     \
	X(CGROUP, "cgroup")           \
	X(FS_CONTEXT, "fs-context")   \
	X(ANON, "anon")               \
	X(OTHER, "other")

/* Why a descriptor is dangerous to whoever gets it, or to the host. */
#define EW_FD_DANGERS(X) X(OUTSIDE_ROOT, "outside-root") X(CGROUP, "cgroup") X(PROC, "proc") X(BLOCK, "block")

/* What a change did: to a tag the first two, to the policy the others. */
#define EW_ACTIONS(X) X(TAG, "tag") X(UNTAG, "untag") X(LOAD, "load") X(RELOAD, "reload") X(UNLOAD, "unload")

/* Who a tag is on. */
#define EW_SUBJECTS(X) X(CGROUP, "cgroup") X(PROCESS, "process") X(USERS, "users") X(PROGRAM, "program")

/* Types of the records that come out of the kernel. */
#define EW_RECORDS(X) X(EXEC, "exec") X(TAG, "tag") X(POLICY, "policy")

enum ew_verdict {
#define X(id, word) EW_VERDICT_##id,
	EW_VERDICTS(X)
#undef X
		EW_VERDICT_MAX
};

enum ew_gain_kind {
#define X(id, word) EW_GAIN_##id,
	EW_GAINS(X)
#undef X
		EW_GAIN_MAX
};

enum ew_cause {
#define X(id, word) EW_CAUSE_##id,
	EW_CAUSES(X)
#undef X
		EW_CAUSE_MAX
};

enum ew_label_module {
#define X(id, word) EW_LABEL_##id,
	EW_LABEL_MODULES(X)
#undef X
		EW_LABEL_MODULE_MAX
};

enum ew_shape {
#define X(id, word) EW_SHAPE_##id,
	EW_SHAPES(X)
#undef X
		EW_SHAPE_MAX
};

enum ew_reason {
#define X(id, word) EW_REASON_##id,
	EW_REASONS(X)
#undef X
		EW_REASON_MAX
};

enum ew_fd_kind {
#define X(id, word) EW_FD_##id,
	EW_FD_KINDS(X)
#undef X
		EW_FD_KIND_MAX
};

enum ew_fd_danger {
#define X(id, word) EW_FD_DANGER_##id,
	EW_FD_DANGERS(X)
#undef X
		EW_FD_DANGER_MAX
};

enum ew_action {
#define X(id, word) EW_ACTION_##id,
	EW_ACTIONS(X)
#undef X
		EW_ACTION_MAX
};

enum ew_subject {
#define X(id, word) EW_SUBJECT_##id,
	EW_SUBJECTS(X)
#undef X
		EW_SUBJECT_MAX
};

enum ew_record_type {
#define X(id, word) EW_RECORD_##id,
	EW_RECORDS(X)
#undef X
		EW_RECORD_TYPE_MAX
};

#define EW_BIT(n) (1U << (n))

#endif
