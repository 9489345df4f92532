/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_RECORD_H
#define EXECWARD_RECORD_H

#include <linux/types.h>

#include <execward/creds.h>
#include <execward/limits.h>
#include <execward/policy.h>
#include <execward/words.h>

/* What no_new_privs kept a transition from gaining. */
struct ew_withheld {
	__u32 kinds;	/* EW_BIT(EW_GAIN_*) */
	__u32 uid, gid; /* the effective ids that would have been gained */
	__u32 pad;
	__u64 caps; /* bit N for capability N */
};

enum ew_fd_access {
	EW_FD_READ = 1 << 0,
	EW_FD_WRITE = 1 << 1,
	EW_FD_O_PATH = 1 << 2, /* names the file and no more: open(2) */
};

enum ew_fd_mark {
	EW_FD_PATH = 1 << 0,	  /* there is a path; else the text is a name, or nothing */
	EW_FD_DELETED = 1 << 1,	  /* the file has no name any more, or not the one it was opened by */
	EW_FD_TRUNCATED = 1 << 2, /* the text is the end of the path */
	EW_FD_OTHER_NS = 1 << 3,  /* the path is that of another mount namespace */
	EW_FD_MARKS = (1 << 4) - 1,
};

/*
 * One descriptor that crosses the exec, followed by its text and by the address of its peer. A path is there as the
 * names of its levels, the last first and each with a "/" behind it: "hosts/etc/" is /etc/hosts.
 */
struct ew_fd {
	__u32 fd;
	__u32 kind;	    /* enum ew_fd_kind */
	__u32 access;	    /* EW_FD_READ, ... */
	__u32 marks;	    /* EW_FD_PATH, ... */
	__u32 dangers;	    /* EW_BIT(EW_FD_DANGER_*) */
	__u32 family, type; /* of a socket: AF_*, SOCK_*; else 0 */
	__u32 peer_pid;	    /* of a unix socket: who connected, or made the pair; 0: not known */
	struct ew_identity file;
	__u16 text_len;
	__u16 peer_len; /* of sun_path of a unix socket's peer, which begins with a NUL in the abstract namespace */
	__u32 pad;
};

/* In a record where a profile that applies minds descriptors: this, then the described ones. */
struct ew_fds {
	__u32 count;	 /* descriptors that cross, from the smallest `min` on */
	__u32 described; /* of these, the first ones, at most EW_FDS_DESCRIBED_MAX */
};

#define EW_FDS_ROOM \
	(sizeof(struct ew_fds) + EW_FDS_DESCRIBED_MAX * (sizeof(struct ew_fd) + EW_FD_PATH_MAX + EW_FD_PEER_MAX))

/*
 * One of the processes above the task, its parent first, followed by the path of its image as a struct ew_fd has one.
 * No path: a thread of the kernel, or a process that is just ending or executing.
 */
struct ew_parent {
	__u32 pid;
	__u16 marks; /* EW_FD_PATH, EW_FD_DELETED, EW_FD_TRUNCATED */
	__u16 text_len;
};

#define EW_PARENTS_ROOM (EW_PARENTS_MAX * (sizeof(struct ew_parent) + EW_FD_PATH_MAX))

enum ew_args {
	EW_ARGS_IMAGE = 1 << 0,	    /* as the kernel has copied them for the new program */
	EW_ARGS_CALLER = 1 << 1,    /* of an exec that was refused: as they were in the caller's memory afterwards */
	EW_ARGS_TRUNCATED = 1 << 2, /* there are more, or the last one is longer */
	EW_ARGS_FLAGS = (1 << 3) - 1,
};

#define EW_LABELS_ROOM (2 * EW_LABEL_MAX)
#define EW_LABEL_CUT 0x8000 /* beside the length of a label: it is longer, or could not be read to its end */

/* One transition, as the programs put it into a reader's ring buffer. Zeroed before it is filled. */
struct ew_record {
	__u32 type;	   /* EW_RECORD_EXEC; else it is a struct ew_change_record (change.h) */
	__u32 generation;  /* of the policy that `profiles` are of */
	__u64 time;	   /* CLOCK_BOOTTIME, nanoseconds */
	__u32 verdict;	   /* enum ew_verdict */
	__u32 reason;	   /* enum ew_reason */
	__u32 gains;	   /* EW_BIT(EW_GAIN_*): every gain, controlled or not */
	__u32 causes;	   /* EW_BIT(EW_CAUSE_*) */
	__u32 shapes;	   /* EW_BIT(EW_SHAPE_*) */
	__u32 rule_line;   /* of the profile, or of the exception that allowed; 0 when no profile applies */
	__u64 caps_gained; /* bit N for capability N */
	__u64 profiles;	   /* every profile slot that applied */
	__u32 pid, tid, ppid;
	__u32 file_mode;	  /* st_mode */
	__u32 file_uid, file_gid; /* kernel ids */
	struct ew_identity file, exe;
	__u64 cgroup_id; /* of the v2 hierarchy */
	struct ew_creds before, after;
	struct ew_withheld withheld;
	/*
	 * Of the gain `label`: whose label it is, and its length before and after without a NUL, with EW_LABEL_CUT. Of
	 * SELinux also the numbers of the contexts (sids).
	 */
	__u32 label_module; /* enum ew_label_module */
	__u32 sid_before, sid_after;
	__u16 label_before_len, label_after_len;
	char comm[EW_COMM_MAX];		    /* any bytes but NUL: prctl(PR_SET_NAME) */
	char profile[EW_PROFILE_NAME_MAX];  /* the one that decided; empty when none applies */
	char rule_file[EW_POLICY_FILE_MAX]; /* where it was read */
	/*
	 * bpf_d_path() of the two files, without a NUL: the program's, then the caller's image's, one after the other
	 * in paths[]. A negative length is the errno for which there is no path (-ENAMETOOLONG: over EW_PATH_MAX).
	 */
	__s32 file_path_len, exe_path_len;
	__s32 script_path_len; /* the same of the script that was asked for; 0: none was */
	__u32 parents_len;     /* bytes of the list of struct ew_parent */
	__u32 args_len;	       /* bytes of the arguments, each with a NUL behind it */
	__u32 args;	       /* EW_ARGS_*; 0: they could not be read */
	/*
	 * And the script's path, the labels before and after, a struct ew_fds or none, the parents, the arguments. Only
	 * the used part is sent. At the end there is room for as much again of the last one, as the verifier does not
	 * add up.
	 */
	char paths[3 * EW_PATH_MAX + EW_LABELS_ROOM + EW_FDS_ROOM + EW_PARENTS_ROOM + 2 * (EW_ARGS_SIZE + 1)];
};

#define EW_RECORD_FIXED ((unsigned int)__builtin_offsetof(struct ew_record, paths))

/* How a process came by a profile of its tag, if not from its parent. */
enum ew_task_by {
	EW_BY_COMMAND, /* `tag --pid`, or `run` by root */
	EW_BY_SELF,    /* it put itself under it */
	EW_BY_PROGRAM, /* it executed a program */
	EW_BY_STICKY,  /* it was in a cgroup whose tag sticks */
	EW_BY_MAX
};

/* Process tag, in the storage of the thread-group leader. */
struct ew_task_tag {
	__u64 set;
	__u64 starting; /* profiles whose `exec: none` lets the next exec pass: `execward run` execs its command */
	__u64 scan;	/* ew_scan.number of the last `tag --pid` or `untag --pid` that was here */
	/*
	 * Profiles of the set, by how they came; what is in none of these was inherited. Not copied to children, which
	 * start with zeroes, and read by no hook: for `list` alone.
	 */
	__u64 by[EW_BY_MAX];
};

enum ew_loss {
	EW_LOSS_BUFFER,	 /* the reader's ring buffer was full */
	EW_LOSS_SCRATCH, /* no scratch space to build the record in */
	EW_LOSS_MAX
};

#define EW_FILTER_END 8		     /* bytes of a path that the programs compare */
#define EW_READER_NO_GAIN (1U << 31) /* beside EW_BIT(EW_GAIN_*): what gains nothing, too */

/*
 * Which records a reader is given. Of profiles, cgroups and programs these are all that it asks for, and may be some
 * more: it looks at each one itself.
 */
struct ew_reader_filter {
	__u32 verdicts; /* EW_BIT(EW_VERDICT_*) */
	__u32 gains;	/* any of EW_BIT(EW_GAIN_*) and EW_READER_NO_GAIN */
	__u32 first_uid, last_uid;
	__u64 profiles;	  /* the slots asked for, in the policy `generation`; of another one everything is given */
	__u32 generation; /* 0: never the policy of a record, so every profile */
	/*
	 * The cgroup asked for, and those below. One that is made again at its path has a greater id, as the kernel
	 * counts them up (__kernfs_new_node(), fs/kernfs/dir.c, 6.1), so what was made after it is given, too.
	 */
	__u32 cgroup_level; /* 0: every cgroup */
	__u64 cgroup_id;
	/* The program asked for: its identity, or a path of this length with this end. */
	struct ew_identity program;
	__u32 program_len; /* bytes; 0: every program */
	char program_end[EW_FILTER_END];
};

/* One reader's slot. The slot's ring buffer is at the same index of the map `readers`. */
struct ew_reader {
	__u32 pid;	  /* 0: free */
	__u32 flags;	  /* EW_READER_* */
	__u64 start_time; /* of pid, clock ticks since boot, proc(5) stat field 22: tells a dead reader from a reused
			     pid */
	__u64 received;	  /* records put into its buffer */
	__u64 woken;	  /* time of the last record that was to wake it */
	struct ew_reader_filter filter;
	__u64 lost[EW_LOSS_MAX];
};

enum ew_reader_flag {
	EW_READER_ALL = 1 << 0, /* untagged transitions too */
};

/* The memory-mapped state that programs and tools share. */
struct ew_state {
	/*
	 * 1: in force. The last thing that `load` does and the first that `unload` undoes, in one store: whoever dies
	 * before or after leaves programs that are attached and let everything pass.
	 */
	__u32 in_force;
	__u32 readers;		  /* bit N: slot N has a live buffer */
	__u32 readers_all;	  /* bit N: slot N wants untagged transitions too */
	__u32 cgroups_incomplete; /* an entry of `cgroups` could not be stored: look up every ancestor instead */
	__u32 process_tags;	  /* 1 from before the first process tag is set: until then nobody looks for one */
	/*
	 * Execs that are followed from hook to hook, so that nobody looks for one while there is none. One that fails
	 * outside of our hooks stays counted until its task execs again, or for good: that costs time, nothing else.
	 */
	__u32 execs;
	__u32 shapes; /* EW_BIT(EW_SHAPE_*) that some profile refuses; 0: without a reader nobody looks at shapes */
	__u32 cgroup_paths_cut; /* times that a cgroup's path was too long to be matched with the patterns */
	/*
	 * Number of the policy in force, from 1. What execs look at is kept in halves (EW_HALF()), so that the one
	 * store of a reload changes all of it: profiles, exceptions, and which cgroups have which.
	 */
	__u32 generation;
	__u32 users;	/* 1 from before the first user is tagged */
	__u32 programs; /* EW_PROGRAMS_*: whose tags on programs there are */
	__u32 sticky;	/* 1 from before the first sticky profile is in force; process_tags is 1, too */
	/* The generation since whose beginning the halves were made alike: no program sees the other half any more. */
	__u32 settled;
	__u32 verity;	      /* EW_VERITY_* (verity.h) */
	__u32 fds;	      /* 1 from before the first profile that minds descriptors is in force */
	__u32 patterns;	      /* 1 from before the first pattern of cgroups is stored; for tools */
	__u32 changes_untold; /* changes of tags and policy that no reader was told of, as ew_announce could not be run
			       */
	__u32 labels;	      /* EW_LABELS_* */
	__u32 loaded; /* ew_meta.number of the programs that count; beside them there can be those before or next */
	struct ew_identity executor;  /* of the service manager, by which it starts services; all zero: it has none */
	__u64 policy_hash[EW_HALVES]; /* ew_policy_hash() of its files; for tools, to know a policy again */
	struct ew_reader reader[EW_READERS_MAX];
};

enum ew_labels {
	EW_LABELS_SUPPORTED = 1 << 0, /* changes of labels are seen, or no module makes any */
	EW_LABELS_USED = 1 << 1,      /* from before the first profile that controls labels is in force */
};

enum ew_programs {
	EW_PROGRAMS_POLICY = 1 << 0,
	EW_PROGRAMS_COMMAND = 1 << 1,
};

#define EW_REASONS_ROOM 16 /* EW_REASON_MAX, up to a power of two, by which an index is masked */
_Static_assert(EW_REASON_MAX <= EW_REASONS_ROOM, "room for every reason");

/*
 * Counters of one profile, or, at entry EW_PROFILES_MAX, of everything. There is a set of them for each possible CPU:
 * entry N of CPU C is at C * EW_COUNTERS + N.
 */
#define EW_COUNTERS (EW_PROFILES_MAX + 1)
struct ew_counters {
	__u64 execs; /* governed execs begun; those in no other verdict were allowed, those with no other reason no-gain
		      */
	__u64 verdicts[EW_VERDICT_MAX]; /* but EW_VERDICT_ALLOW */
	__u64 reasons[EW_REASONS_ROOM]; /* but EW_REASON_NO_GAIN and EW_REASON_UNTAGGED */
	__u64 forks_failed;		/* a fork refused because its tag could not be stored */
	__u64 tags_lost;		/* the same under profiles in audit mode, or found too late: the fork went on */
	__u64 checks_refused;		/* AT_EXECVE_CHECK refused; no exec, hence no record */
	__u64 records_lost;		/* records that at least one reader did not get */
	__u64 gains[EW_VERDICT_MAX][EW_GAIN_MAX]; /* of everything only: execs that gained each, refused ones too */
};

/* Faults that the tests ask for when they load (EXECWARD_FAULT, docs/testing.md). */
enum ew_fault {
	EW_FAULT_FORK = 1 << 0, /* no process tag can be stored for a child */
	EW_FAULT_EXEC = 1 << 1, /* nor for a task that execs */
	EW_FAULT_FDS = 1 << 2,	/* every descriptor comes after the decision to refuse */
};

/* How many records can be under construction on one CPU: by tasks that preempted one another. */
#define EW_SCRATCHES 4

struct ew_meta {
	__u32 magic;	  /* EW_META_MAGIC */
	__u32 abi;	  /* EW_ABI of the tool that loaded */
	__u64 load_time;  /* CLOCK_BOOTTIME, nanoseconds */
	char version[16]; /* of the tool that loaded */
	__u32 build;	  /* of its programs: ew_skeleton_build() */
	__u32 layout;	  /* of their maps */
	__u32 number;	  /* of this set of programs, from 1; each upgrade counts on */
	__u32 pad;
};
_Static_assert(sizeof(struct ew_meta) == 48, "no other size is taken for ours, whatever its layout");
#define EW_META_MAGIC 0x64777865U /* "exwd" */

#endif
