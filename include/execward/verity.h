/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EXECWARD_VERITY_H
#define EXECWARD_VERITY_H

#include <execward/policy.h>

/*
 * Programs that exceptions name by their fs-verity digest, too (Documentation/filesystems/fsverity.rst): what
 * FS_IOC_MEASURE_VERITY tells for a file, SHA-256 only.
 */
#define EW_VERITY_SIZE 32

struct ew_verity_key {
	__u8 digest[EW_VERITY_SIZE];
	__u32 generation; /* of the policy */
	__u32 pad;
};

/*
 * The exceptions for a digest have an identity of this device, which no file system has, in place of that of a file,
 * and the beginning of the digest as its inode. The digest as a whole is looked up before.
 */
#define EW_VERITY_DEV ((__u32)-1)

enum ew_verity {
	EW_VERITY_SUPPORTED = 1 << 0, /* the kernel tells the programs digests */
	EW_VERITY_USED = 1 << 1,      /* a policy has such exceptions */
};

_Static_assert(sizeof(struct ew_verity_key) == 40, "a key with holes would never be found");

#endif
