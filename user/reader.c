/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "reader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

struct ew_stream {
	int readers_fd;
	int buffer_fd;
	struct ew_state *state;
	struct ring_buffer *ring;
	unsigned int slot;
	bool claimed; /* the slot is ours */
	bool live;    /* the programs write to it */
	ew_reader_fn fn;
	void *ctx;
	int stopped;	   /* what fn stopped with */
	unsigned int left; /* records until the round ends; 0: no end */
	int epoll_fd;	   /* of the buffer and the timer */
	int timer_fd;
	bool looks; /* the timer runs, or is over and nobody has looked since */
};

bool ew_reader_size_parse(const char *text, size_t *out)
{
	unsigned int shift = 0;
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*end == 'K' || *end == 'M')
		shift = *end++ == 'K' ? 10 : 20;
	if (errno || end == text || *end || text[0] == '-' || !value || value > EW_READER_BUFFER_SIZE_MAX >> shift)
		return false;
	*out = value << shift;
	return true;
}

static size_t round_to_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static int check_map(int fd, __u32 type, __u32 value_size, __u32 entries)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	return info.type == type && info.value_size == value_size && info.max_entries >= entries ? 0 : -EPROTO;
}

static void unmap_statep(struct ew_state **state)
{
	if (*state)
		munmap(*state, round_to_pages(sizeof(**state)));
	*state = NULL;
}

static int map_state(int state_fd, struct ew_state **out)
{
	int err = check_map(state_fd, BPF_MAP_TYPE_ARRAY, sizeof(struct ew_state), 1);
	void *memory;

	if (err)
		return err;
	memory = mmap(NULL, round_to_pages(sizeof(struct ew_state)), PROT_READ | PROT_WRITE, MAP_SHARED, state_fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	*out = memory;
	return 0;
}

/* The start time of PID (proc(5), /proc/PID/stat, field 22), or 0 for one that is gone, dead or not to be found out. */
static __u64 start_time(__u32 pid)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[1024], state;
	unsigned long long time;
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return 0;
	rest = strrchr(line, ')'); /* the command, field 2, can have blanks and parentheses of its own */
	if (!rest || sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			    &state, &time) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : time;
}

/* Dead for certain: where /proc cannot tell, a pid that exists counts as the reader's. */
static bool reader_is_dead(const struct ew_reader *reader)
{
	__u64 time = start_time(reader->pid);

	if (time)
		return time != reader->start_time;
	return start_time((__u32)getpid()) != 0 || (kill((pid_t)reader->pid, 0) && errno == ESRCH);
}

/* The programs look at the bits of the words that these are in without a lock, hence the atomic instructions. */
static void clear_bits(struct ew_state *state, unsigned int slot)
{
	__atomic_fetch_and(&state->readers_all, ~EW_BIT(slot), __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&state->readers, ~EW_BIT(slot), __ATOMIC_SEQ_CST);
}

static void set_bits(struct ew_state *state, unsigned int slot, unsigned int flags)
{
	__atomic_fetch_or(&state->readers, EW_BIT(slot), __ATOMIC_SEQ_CST);
	if (flags & EW_READER_ALL)
		__atomic_fetch_or(&state->readers_all, EW_BIT(slot), __ATOMIC_SEQ_CST);
}

static void take_out(int readers_fd, struct ew_state *state, unsigned int slot)
{
	clear_bits(state, slot);
	/* Cannot fail but for a slot that is empty already. Waits until no program that is not sleepable uses it. */
	bpf_map_delete_elem(readers_fd, &slot);
}

static void free_slot(struct ew_reader *reader)
{
	__atomic_store_n(&reader->pid, 0, __ATOMIC_SEQ_CST);
}

static int reap(int readers_fd, struct ew_state *state)
{
	int reaped = 0;

	for (unsigned int slot = 0; slot < EW_READERS_MAX; slot++) {
		struct ew_reader *reader = &state->reader[slot];

		if (!reader->pid || !reader_is_dead(reader))
			continue;
		take_out(readers_fd, state, slot);
		free_slot(reader);
		reaped++;
	}
	return reaped;
}

int ew_readers_reap(int readers_fd, int state_fd)
{
	EW_CLEANUP(unmap_statep) struct ew_state *state = NULL;
	int err = map_state(state_fd, &state);

	return err ? err : reap(readers_fd, state);
}

static int take_record(void *ctx, void *data, size_t len)
{
	struct ew_stream *stream = ctx;

	stream->stopped = stream->fn(stream->ctx, data, len);
	/* A negative value makes libbpf stop; the record is consumed all the same (ringbuf_process_ring()). */
	return stream->stopped || (stream->left && !--stream->left) ? -ECANCELED : 0;
}

/* What to return for what libbpf returned: above 0 is a number of records. */
static int delivered(const struct ew_stream *stream, int n)
{
	if (stream->stopped)
		return stream->stopped;
	return n < 0 && n != -ECANCELED ? n : 0;
}

/* When to look without being woken: in NSEC nanoseconds; 0: never. */
static void look_again(struct ew_stream *stream, __u64 nsec)
{
	const struct itimerspec when = {.it_value.tv_nsec = (long)nsec};

	stream->looks = nsec != 0;
	timerfd_settime(stream->timer_fd, 0, &when, NULL); /* fails for no value that is given here */
}

static bool timer_is_over(const struct ew_stream *stream)
{
	struct itimerspec left = {0};

	timerfd_gettime(stream->timer_fd, &left);
	return !left.it_value.tv_sec && !left.it_value.tv_nsec;
}

int ew_reader_poll(struct ew_stream *stream, int timeout_ms, ew_reader_fn fn, void *ctx)
{
	struct pollfd fd = {.fd = stream->epoll_fd, .events = POLLIN};
	bool over;
	int n;

	if (timeout_ms && poll(&fd, 1, timeout_ms) < 0)
		return -errno;
	over = timer_is_over(stream);
	stream->fn = fn;
	stream->ctx = ctx;
	stream->stopped = 0;
	stream->left = EW_READER_ROUND;
	n = ring_buffer__consume(stream->ring);
	/* the end of a round may have left some; twice, as a program can be held up between a record's time and the
	 * buffer */
	if (n)
		look_again(stream, n < 0 ? 1 : 2 * EW_WAKE_NSEC);
	else if (stream->looks && over)
		look_again(stream, 0);
	return delivered(stream, n);
}

int ew_reader_drain(struct ew_stream *stream, ew_reader_fn fn, void *ctx)
{
	stream->fn = fn;
	stream->ctx = ctx;
	stream->stopped = 0;
	stream->left = 0;
	return delivered(stream, ring_buffer__consume(stream->ring));
}

int ew_reader_fd(const struct ew_stream *stream)
{
	return stream->epoll_fd;
}

__u64 ew_reader_lost(const struct ew_stream *stream, __u64 lost[EW_LOSS_MAX])
{
	const struct ew_reader *reader = &stream->state->reader[stream->slot];
	__u64 total = 0;

	for (unsigned int i = 0; i < EW_LOSS_MAX; i++) {
		__u64 n = __atomic_load_n(&reader->lost[i], __ATOMIC_RELAXED);

		total += n;
		if (lost)
			lost[i] = n;
	}
	return total;
}

bool ew_reader_in_force(const struct ew_stream *stream)
{
	return __atomic_load_n(&stream->state->in_force, __ATOMIC_RELAXED);
}

/* What a reader waits with. */
static int make_wait(struct ew_stream *stream)
{
	struct epoll_event event = {.events = EPOLLIN};

	stream->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	stream->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (stream->timer_fd < 0 || stream->epoll_fd < 0 ||
	    epoll_ctl(stream->epoll_fd, EPOLL_CTL_ADD, stream->buffer_fd, &event) ||
	    epoll_ctl(stream->epoll_fd, EPOLL_CTL_ADD, stream->timer_fd, &event))
		return -errno;
	return 0;
}

static int make_buffer(struct ew_stream *stream, size_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	size_t rounded = (size_t)sysconf(_SC_PAGESIZE);

	if (size > EW_READER_BUFFER_SIZE_MAX)
		return -EINVAL;
	while (rounded < size)
		rounded *= 2;
	stream->buffer_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "execward_reader", 0, 0, (__u32)rounded, &options);
	if (stream->buffer_fd < 0)
		return -errno;
	stream->ring = ring_buffer__new(stream->buffer_fd, take_record, stream, NULL);
	return stream->ring ? make_wait(stream) : -errno;
}

/* Takes a free slot and makes it live: buffer, slot, bits, in this order (reader.h). */
static int claim(struct ew_stream *stream, unsigned int flags, const struct ew_reader_filter *filter)
{
	static const struct ew_reader_filter everything = {.verdicts = ~0U, .gains = ~0U, .last_uid = ~0U};
	struct ew_reader *reader;
	unsigned int slot = 0;

	while (slot < EW_READERS_MAX && stream->state->reader[slot].pid)
		slot++;
	if (slot == EW_READERS_MAX)
		return -EUSERS;
	if (bpf_map_update_elem(stream->readers_fd, &slot, &stream->buffer_fd, BPF_ANY))
		return -errno;
	reader = &stream->state->reader[slot];
	reader->flags = flags;
	reader->filter = filter ? *filter : everything;
	reader->start_time = start_time((__u32)getpid());
	reader->received = reader->woken = 0;
	memset(reader->lost, 0, sizeof(reader->lost));
	/* The pid makes the slot taken: whoever sees it has to see its start time. */
	__atomic_store_n(&reader->pid, (__u32)getpid(), __ATOMIC_SEQ_CST);
	stream->slot = slot;
	stream->claimed = true;
	set_bits(stream->state, slot, flags);
	stream->live = true;
	return 0;
}

int ew_reader_open(struct ew_stream **out, int readers_fd, int state_fd, unsigned int flags,
		   const struct ew_reader_filter *filter, size_t size)
{
	_cleanup_stream_ struct ew_stream *stream = calloc(1, sizeof(*stream));
	int err;

	if (!stream)
		return -ENOMEM;
	stream->readers_fd = stream->buffer_fd = stream->epoll_fd = stream->timer_fd = -1;
	err = check_map(readers_fd, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), EW_READERS_MAX);
	err = err ?: map_state(state_fd, &stream->state);
	if (err)
		return err;
	/* a descriptor of its own, so that a stream can outlive the caller's */
	stream->readers_fd = fcntl(readers_fd, F_DUPFD_CLOEXEC, 3);
	if (stream->readers_fd < 0)
		return -errno;
	err = make_buffer(stream, size);
	if (err)
		return err;
	reap(stream->readers_fd, stream->state);
	err = claim(stream, flags, filter);
	if (err)
		return err;
	*out = TAKE_PTR(stream);
	return 0;
}

void ew_reader_ask_profiles(struct ew_stream *stream, __u64 profiles, __u32 generation)
{
	struct ew_reader_filter *filter = &stream->state->reader[stream->slot].filter;

	/* whoever sees the generation has to see its slots */
	__atomic_store_n(&filter->generation, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&filter->profiles, profiles, __ATOMIC_SEQ_CST);
	__atomic_store_n(&filter->generation, generation, __ATOMIC_SEQ_CST);
}

void ew_reader_stop(struct ew_stream *stream)
{
	if (stream->live)
		take_out(stream->readers_fd, stream->state, stream->slot);
	stream->live = false;
}

void ew_reader_close(struct ew_stream **stream)
{
	struct ew_stream *s = TAKE_PTR(*stream);

	if (!s)
		return;
	ew_reader_stop(s);
	if (s->claimed)
		free_slot(&s->state->reader[s->slot]);
	ring_buffer__free(s->ring);
	ew_closep(&s->epoll_fd);
	ew_closep(&s->timer_fd);
	ew_closep(&s->buffer_fd);
	ew_closep(&s->readers_fd);
	unmap_statep(&s->state);
	free(s);
}
