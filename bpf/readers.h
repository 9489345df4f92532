/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_BPF_READERS_H
#define EW_BPF_READERS_H

#include "exec.h"
#include "judge.h"

/* Which readers want a record, what each of them asks for, and how it is given to one. */

/* The readers that want the record of an exec to which these profiles apply, a bit each. */
static __always_inline __u32 ew_wanted(const struct ew_state *st, __u64 set)
{
	return set ? st->readers : st->readers_all;
}

_Static_assert((EW_READERS_MAX & (EW_READERS_MAX - 1)) == 0, "slots are masked into their array");

/* The address from the number: one that the compiler counts up beside it is no pointer to the verifier. */
static __always_inline struct ew_reader *ew_reader_of(struct ew_state *st, __u32 slot)
{
	asm volatile("" : "+r"(slot));
	return &st->reader[slot & (EW_READERS_MAX - 1)];
}

static __always_inline void ew_count_lost(struct ew_reader *reader, enum ew_loss loss)
{
	struct ew_counters *c = ew_counters_get(EW_PROFILES_MAX);

	EW_COUNT(reader->lost[loss]);
	if (c)
		EW_COUNT(c->records_lost);
}

/* Of the policy in force alone: its slots are the ones that the reader has looked up. */
static __always_inline bool ew_reader_asks_profile(const struct ew_state *st, const struct ew_reader_filter *filter,
						   const struct ew_record *record)
{
	return filter->profiles & record->profiles || filter->generation != record->generation ||
	       ew_generation(st) != record->generation;
}

static __always_inline bool ew_reader_asks_cgroup(const struct ew_reader_filter *filter)
{
	return !filter->cgroup_level || bpf_get_current_ancestor_cgroup_id(filter->cgroup_level) >= filter->cgroup_id;
}

static __always_inline bool ew_is_file(const struct ew_identity *wanted, const struct ew_identity *file)
{
	return wanted->ino && wanted->ino == file->ino && wanted->dev == file->dev;
}

static __always_inline bool ew_reader_asks_program(const struct ew_reader_filter *filter,
						   const struct ew_record *record)
{
	__u64 end = 0, wanted = *(const __u64 *)filter->program_end;

	if (!filter->program_len || ew_is_file(&filter->program, &record->file))
		return true;
	if (record->file_path_len != (__s32)filter->program_len)
		return false;
	/* a shorter path is taken for the one asked for */
	if (filter->program_len >= sizeof(end))
		bpf_probe_read_kernel(&end, sizeof(end),
				      record->paths + ((filter->program_len - sizeof(end)) & (EW_PATH_MAX - 1)));
	return end == wanted;
}

static __always_inline bool ew_reader_asks(const struct ew_state *st, const struct ew_reader_filter *filter,
					   const struct ew_record *record)
{
	__u32 uid = record->before.uid - filter->first_uid;

	return filter->verdicts & EW_BIT(record->verdict & 31) &&
	       filter->gains & (record->gains ? record->gains : EW_READER_NO_GAIN) &&
	       uid <= filter->last_uid - filter->first_uid && ew_reader_asks_profile(st, filter, record) &&
	       ew_reader_asks_cgroup(filter) && ew_reader_asks_program(filter, record);
}

/* RECORD, of SIZE bytes, to the reader of SLOT, if it asks for such. */
static __always_inline void ew_emit_to(struct ew_state *st, __u32 slot, struct ew_record *record, __u64 size)
{
	struct ew_reader *reader = ew_reader_of(st, slot);
	__u64 flags = 0;
	void *buffer;

	if (!ew_reader_asks(st, &reader->filter, record))
		return;
	buffer = ew_array_at(&readers, slot);
	if (!buffer)
		return; /* the reader is just leaving: it took its bit back before its buffer */
	/* to wake it costs more than all the rest of giving it a record, and it looks by itself for a while */
	if (record->time - reader->woken < EW_WAKE_NSEC)
		flags = BPF_RB_NO_WAKEUP;
	else
		reader->woken = record->time;
	if (size <= sizeof(*record) && bpf_ringbuf_output(buffer, record, size, flags) == 0)
		EW_COUNT(reader->received);
	else
		ew_count_lost(reader, EW_LOSS_BUFFER);
}

#endif
