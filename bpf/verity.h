/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_VERITY_H
#define EW_BPF_VERITY_H

#include <execward/verity.h>

#include "maps.h"

/* Files by their fs-verity digest. */

#define EW_VERITY_SHA256 1 /* FS_VERITY_HASH_ALG_SHA256, linux/fsverity.h */

/*
 * From Linux 6.8 on (commit 67814c00de31). Weak: where it is not, ew_has_verity is 0, which the verifier knows, and it
 * never gets to the call.
 */
extern int bpf_get_fsverity_digest(struct file *file, struct bpf_dynptr *digest) __ksym __weak;

/* Set before loading: 1 where the kernel has bpf_get_fsverity_digest(). */
const volatile __u32 ew_has_verity = 0;

/*
 * Does an exception of the policy GENERATION name the digest of FILE? Then x->verity is what stands for it in keys of
 * exceptions. A digest is the kernel's own as long as the file is open, as it is here: the kernel checks what it reads
 * against it, and the file cannot be written to. A function of its own, for a stack of its own: the verifier lets
 * nothing else be where a dynptr has been.
 */
static __noinline bool ew_verity_find(struct file *file, struct ew_exec *x)
{
	struct ew_verity_key *key = &x->measured.key;
	struct bpf_dynptr digest;

	if (!ew_has_verity)
		return false;
	if (bpf_dynptr_from_mem(&x->measured.head, sizeof(x->measured.head) + EW_VERITY_SIZE, 0, &digest) ||
	    bpf_get_fsverity_digest(file, &digest))
		return false;
	if (x->measured.head.algorithm != EW_VERITY_SHA256 || x->measured.head.size != EW_VERITY_SIZE)
		return false;
	key->generation = x->generation;
	key->pad = 0;
	if (!bpf_map_lookup_elem(&verities, key))
		return false;
	__builtin_memcpy(&x->verity.ino, key->digest, sizeof(x->verity.ino));
	x->verity.dev = EW_VERITY_DEV;
	return true;
}

#endif
