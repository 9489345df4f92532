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

#endif
