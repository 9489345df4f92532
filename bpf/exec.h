/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_EXEC_H
#define EW_BPF_EXEC_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include <execward/cgroup.h>
#include <execward/change.h>
#include <execward/pattern.h>
#include <execward/record.h>
#include <execward/scan.h>
#include <execward/subject.h>
#include <execward/verity.h>

#include "decide.h"

/* Types that only the programs share. */

/*
 * What was stored is read again behind this. To the verifier it is any number then, so that it goes on once, not once
 * for each of the ways on which it came here with other numbers.
 */
#define EW_READ_AGAIN() asm volatile("" ::: "memory")

/* errno.h values that the programs return; the same on every architecture. */
#define EW_EPERM 1
#define EW_ENOENT 2
#define EW_EAGAIN 11
#define EW_ENOMEM 12
#define EW_EFAULT 14
#define EW_EBUSY 16
#define EW_EOPNOTSUPP 95
#define EW_EALREADY 114

#define EW_SIGKILL 9
#define EW_SB_KERNMOUNT (1UL << 22) /* linux/fs.h */

#define EW_FDS_BLOCK 8 /* words that are read at once */
#define EW_FDS_BATCH 8 /* files that are; a table has a multiple of 64 (alloc_fdtable(), fs/file.c) */

/* The task's table of descriptors, and what a scan of it found. Addresses are the kernel's. */
struct ew_fd_table {
	__u64 open, cloexec; /* bitmaps */
	__u64 files;	     /* struct file ** */
	__u64 kinds;	     /* of what crosses, bit N for enum ew_fd_kind; only if asked for, and see `allowed` */
	__u64 allowed;	     /* what was asked for: with the first kind that is not one of these the looking ends */
	__u32 words;	     /* of each bitmap */
	__u32 count;	     /* of what crosses, from `min` on */
	__u32 min;
	__u32 failed;			 /* the table could not be read */
	__u32 looked_from, looked_count; /* `min` and `count` that `kinds` are of */
	/* while it is gone through: what crosses of the block at hand, the word of it, its first number and what is
	 * left */
	__u32 base;
	__u32 word;
	__u64 left;
	__u64 block[EW_FDS_BLOCK], closed[EW_FDS_BLOCK];
	/* the files of EW_FDS_BATCH numbers, which are read at once, and the first of these plus 1; 0: none are */
	__u64 batch[EW_FDS_BATCH];
	__u32 batch_at;
	__u32 pad2;
	__u64 sb, magic, flags;	  /* the super block of the file before, often that of the next, too */
	__u64 anon_op, anon_kind; /* the operations of the file before without an inode of its own, and its kind */
	__u64 blob[6];		  /* the beginning of an inode */
};

/* Files that one exec goes through: six at most (exec_binprm(), fs/exec.c), in a power of two by which an index is
 * masked. */
#define EW_LEVELS 8

/* What bpf_get_fsverity_digest() fills: a struct fsverity_digest (linux/fsverity.h) up to the digest, which begins a
 * key. */
struct ew_measured {
	struct {
		__u16 algorithm, size;
	} head;
	struct ew_verity_key key;
};

/* An exec that is followed from hook to hook (follow.h). */
struct ew_exec {
	__u64 set;		     /* profiles that apply; 0: untagged */
	__u64 starting;		     /* those of them whose `exec: none` does not hold yet */
	__u64 enters;		     /* profiles that its programs put the process under when it has succeeded */
	struct ew_decision decision; /* so far */
	struct ew_gain gain;
	__u32 shapes;	  /* EW_BIT(EW_SHAPE_*), of every level of interpretation */
	__u32 generation; /* of the policy that set and decision are of */
	__u16 script;	  /* the level before asks for its interpreter by "#!" */
	__u16 manager;	  /* descriptors are the service manager's: ew_fds_of_manager() */
	__u32 active;	  /* followed, and not over */
	__u32 file_caps;  /* the file carries capabilities, with or without effect */
	__u32 fds;	  /* descriptors from this less 1 on go into the record; 0: none */
	__u32 scripted;	  /* a script was asked for, and its path is saved, or cannot be: struct ew_script */
	__u32 own;	  /* the table of descriptors was the task's alone: ew_fds_own() */
	__u32 renewed;	  /* ew_creds_from_file judges by another policy than the hooks before */
	struct ew_gain_hints hints;
	struct ew_identity program, from;
	struct ew_creds before, after;
	struct ew_withheld withheld;
	__u64 file_permitted, file_inheritable; /* the capabilities that the file carries */
	struct ew_identity verity;		/* stands for the file's digest, if an exception names it */
	struct ew_measured measured;
	__u64 file; /* address of the one that ew_check_security looked at last */
	__u32 n_levels;
	struct ew_identity levels[EW_LEVELS]; /* files so far that may put the process under profiles */
	struct ew_fd_table table;	      /* from here on only valid in between (fds.h), and not cleared */
};
#define EW_EXEC_CLEARED __builtin_offsetof(struct ew_exec, table)

/*
 * Of a storage for a task the kernel clears all that it takes for it, which with a whole path is more than all the rest
 * of a record costs. So a path that is not longer than others are is kept by itself, and a long one in another storage.
 */
#define EW_BRIEF_MAX 224

/*
 * Who execs and which profile decided, saved for the record while it is still known: past the point of no return the
 * task has its new image and name, and the policy can be another. Only kept while somebody reads records.
 */
struct ew_caller {
	char comm[EW_COMM_MAX];
	char profile[EW_PROFILE_NAME_MAX];
	char rule_file[EW_POLICY_FILE_MAX];
	__s32 path_len; /* as ew_record.exe_path_len, but with the NUL */
	__u32 pad;
	char path[EW_BRIEF_MAX];
};

/* The script that was asked for, as long as its exec is followed. */
struct ew_script {
	__s32 path_len;
	__u32 pad;
	char path[EW_BRIEF_MAX];
};

/* A path that does not fit into these. Linux 7.3 makes no storage of more than 8 KiB (kmalloc_nolock(), mm/slub.c). */
struct ew_long_path {
	char path[EW_PATH_MAX];
};

/* The descriptor that is being described, and the walk to its path (fd.h). Addresses are the kernel's. */
struct ew_fd_work {
	__u64 root_mnt, root;	     /* of the task: struct mount, struct dentry */
	__u64 ns;		     /* its mount namespace */
	__u64 mnt, mnt_root, dentry; /* where the walk is */
	__u32 pid, tid;
	__u32 used; /* of record.paths */
	__u32 end;  /* where the room for this path ends */
	__u32 described;
	__u32 at_root; /* the walk got to the task's root */
	__u32 truncated;
	__u32 deleted;		/* the file's name is not there any more */
	__u64 home_root;	/* the root dentry of root_mnt, which most files are on */
	__u64 sb, magic, flags; /* the super block of the descriptor before, often that of the next, too */
	__u32 dev;
	__u32 pad;
	__u64 blob[16]; /* the beginning of a structure: one read of it costs less than some of its members */
};

/* Where the arguments are, in the memory of the current process, and what is left of them (args.h). */
struct ew_args_work {
	__u64 at;     /* of the caller: the next pointer; of the new image: the next string */
	__u32 left;   /* strings of the image */
	__u32 width;  /* bytes of a pointer of the caller; 0: they are the image's */
	__u32 length; /* bytes so far */
	__u32 flags;  /* EW_ARGS_*; 0: they are not known */
};

struct ew_scratch {
	__u32 busy;
	__u32 pad;
	struct ew_fd_work fd;
	struct ew_args_work args;
	struct ew_record record;
};

#endif
