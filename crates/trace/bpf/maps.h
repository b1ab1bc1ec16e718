/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The maps: what outlives one run of a program in the kernel.
 *
 * A watched thread has a number in its task storage, and under that number a row of `threads`.
 * Looking a row up costs two inlined array accesses. Its calls and waits are in chunks that are
 * handed out one after the other; rows and chunks of threads that ended come back through the
 * queues, once whywait has read them. So memory follows the number of threads that are alive, and
 * never the number of calls.
 *
 * Left out on purpose: per-CPU maps. A row is written by its own thread only, but for the moment
 * of its waking.
 */
#pragma once

#include "kernel.h"
#include "layout.h"

/* How many pid namespaces lie between whywait and the one whose numbers its /proc has. */
const volatile u32 levels_above = 0;

/* Set before loading and constant from then on, so that the verifier removes what is not used. */
const volatile u32 light = 0;
const volatile u32 timeline = 0;
const volatile u64 slow_ns = 1000000;
/* Set to test what is done without the helper that finds registers. */
const volatile u32 forgo_registers = 0;

struct {
	UINT(type, BPF_MAP_TYPE_TASK_STORAGE);
	UINT(map_flags, BPF_F_NO_PREALLOC);
	TYPE(key, s32);
	TYPE(value, u32);
} slots SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, MAX_THREADS);
	TYPE(key, u32);
	TYPE(value, struct thread);
} threads SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, MAX_CALL_CHUNKS);
	TYPE(key, u32);
	TYPE(value, struct call_chunk);
} call_chunks SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, MAX_WAIT_CHUNKS);
	TYPE(key, u32);
	TYPE(value, struct wait_chunk);
} wait_chunks SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_QUEUE);
	UINT(max_entries, MAX_THREADS);
	TYPE(value, u32);
} free_threads SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_QUEUE);
	UINT(max_entries, MAX_CALL_CHUNKS);
	TYPE(value, u32);
} free_call_chunks SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_QUEUE);
	UINT(max_entries, MAX_WAIT_CHUNKS);
	TYPE(value, u32);
} free_wait_chunks SEC(".maps");

/* Processes to begin with, where whywait is attached to some that run, by the kernel's numbers. */
struct {
	UINT(type, BPF_MAP_TYPE_HASH);
	UINT(max_entries, 65536);
	UINT(map_flags, BPF_F_NO_PREALLOC);
	TYPE(key, u32);
	TYPE(value, u32);
} targets SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_HASH);
	UINT(max_entries, MAX_WAKES);
	TYPE(key, struct wake_key);
	TYPE(value, struct wake_value);
} wakes SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_HASH);
	UINT(max_entries, 4096);
	TYPE(key, struct ring_key);
	TYPE(value, struct ring_value);
} ring_operations SEC(".maps");

/* Requests of io_uring that a worker was given, by their addresses, which are used again for later
 * requests. The kernel drops those that were not looked at for longest. */
struct {
	UINT(type, BPF_MAP_TYPE_LRU_HASH);
	UINT(max_entries, MAX_PUNTED);
	TYPE(key, u64);
	TYPE(value, u32);
} punted_requests SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, u32);
	TYPE(value, struct counters);
} counters SEC(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_RINGBUF);
	UINT(max_entries, RING_BYTES);
} events SEC(".maps");

/* The recording of every sleep has a ring of its own, so that it cannot crowd out the rest. The
 * loader makes it small where nothing is recorded. */
struct {
	UINT(type, BPF_MAP_TYPE_RINGBUF);
	UINT(max_entries, 1 << 22);
} sleeps_recorded SEC(".maps");

INLINE struct counters *counted(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* The row of a thread; NULL of one that is not watched, which costs a load and a test. */
INLINE struct thread *watched(struct task_struct *task)
{
	u32 *slot;

	if (!task->bpf_storage)
		return NULL;
	slot = bpf_task_storage_get(&slots, task, NULL, 0);
	if (!slot)
		return NULL;
	return bpf_map_lookup_elem(&threads, slot);
}

/* Counts one thing that was lost. */
#define LOST(what)                                                   \
	do {                                                         \
		struct counters *counters_ = counted();              \
		if (counters_)                                       \
			__sync_fetch_and_add(&counters_->what, 1);   \
	} while (0)

/* How full the ring may be for an event. Half of it is left for beginnings and ends of threads, of
 * which all rows' together fit in, so that nobody's life goes unheard, however long whywait is kept
 * from looking; and slow calls, which are large and many, leave some to the rest. */
enum {
	ROOM_FOR_SLOW_CALLS = RING_BYTES * 3 / 8,
	ROOM_FOR_DESCRIPTORS = RING_BYTES / 2,
};

/* Room for an event, or NULL. */
#define RESERVE(type, room)                                                \
	(bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < (room) ?          \
		 (type *)bpf_ringbuf_reserve(&events, sizeof(type), 0) :   \
		 NULL)

/* Whywait looks into the ring some times a second; it is woken before that only when the ring fills
 * up, since waking somebody costs more than all else here. */
INLINE void submit(void *event)
{
	u64 filled = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(event, filled > (1 << 18) ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}
