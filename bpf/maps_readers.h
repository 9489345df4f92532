/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_MAPS_READERS_H
#define EW_BPF_MAPS_READERS_H

/* What readers are reached by: the maps that both objects have. */

/* What the tools and the programs share, memory-mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ew_state);
} state SEC(".maps");

/* One ring buffer a reader. Full: that reader's record is lost and counted in its slot of ew_state. */
struct ew_reader_buffer {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, EW_READERS_MAX);
	__type(key, __u32);
	__array(values, struct ew_reader_buffer);
} readers SEC(".maps");

/*
 * Entry INDEX of an array, or NULL. The key is the first four of eight bytes, as all our machines have the low ones
 * first: of a store of less than eight the verifier does not know that it overwrites what was on the stack before, and
 * goes on from one place many times for what nobody reads any more.
 */
static __always_inline void *ew_array_at(void *array, __u64 index)
{
	return bpf_map_lookup_elem(array, &index);
}

#endif
