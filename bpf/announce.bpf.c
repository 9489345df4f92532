// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An object of its own, as the other one has as many functions as 6.1 takes. It shares the maps of maps_readers.h.
 *
 * ew_announce - gives a change of policy or tags to every reader; run by the tool that made it (user/announce.c)
 *
 * Of a type whose programs do not sleep when they are run: a reader that leaves waits for those before its buffer goes.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include <execward/change.h>
#include <execward/record.h>

#include "maps_readers.h"

/* The change. Written under the tools' lock, so one at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_change_record);
} changes SEC(".maps");

static __always_inline void ew_fill(const struct ew_state *st, struct ew_change_record *change)
{
	change->generation = st->generation;
	change->time = bpf_ktime_get_boot_ns();
	change->pid = bpf_get_current_pid_tgid() >> 32;
	change->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(change->comm, sizeof(change->comm));
}

SEC("raw_tp")
int ew_announce(void *ctx)
{
	__u32 zero = 0;
	struct ew_state *st = bpf_map_lookup_elem(&state, &zero);
	struct ew_change_record *change = bpf_map_lookup_elem(&changes, &zero);
	__u64 size;

	if (!st || !change)
		return 0;
	ew_fill(st, change);
	size = EW_CHANGE_FIXED + (change->object_len & (EW_PATH_MAX - 1));
	for (__u32 slot = 0; slot < EW_READERS_MAX; slot++) {
		__u32 key = slot;
		void *buffer = st->readers >> slot & 1 ? bpf_map_lookup_elem(&readers, &key) : NULL;

		if (!buffer)
			continue;
		if (bpf_ringbuf_output(buffer, change, size, 0) == 0)
			__sync_fetch_and_add(&st->reader[slot].received, 1);
		else
			__sync_fetch_and_add(&st->reader[slot].lost[EW_LOSS_BUFFER], 1);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
