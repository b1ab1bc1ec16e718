/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What becomes of a sleep: it is added to the waits of its thread, to who wakes whom, and where it
 * was long sent along by itself.
 *
 * Left out on purpose: judging whether it was a good one.
 */
#pragma once

#include "cells.h"
#include "describe.h"

enum {
	/* How many slow calls are sent along in a window: so many of each thread in any case, and more
	 * while there is room for all. */
	SLOW_CALLS_OF_EACH = 4,
	SLOW_CALLS_OF_ONE = 32,
	SLOW_CALLS_OF_ALL = 1024,
	WINDOW_SHIFT = 30, /* a window lasts 2^30 ns, about a second */
};

INLINE void forget_sleeps(struct thread *thread)
{
	__builtin_memset(&thread->sleeps, 0, sizeof(thread->sleeps));
}

/* Whether a call waits for events of several descriptors, for which waiting is the job. */
INLINE bool is_multiplexer(u32 key)
{
	return asks_for_events(traits_of(nr_of(key))) && breadth_of(key) == MANY;
}

/* From which length on a sleep keeps a loop from its events. A lock that is held for a moment does not:
 * see crates/record/src/stalls.rs. */
INLINE u64 least_stall(u32 key)
{
	u32 asks = traits_of(nr_of(key)) & ASKS;

	return asks == FUTEX || asks == FUTEX_WAIT ? LOCK_STALL_NS : STALL_NS;
}

/* Counts a sleep that may have kept the events of a loop waiting: it did if the thread asked for some
 * before it and asks again. That is only known once it does, so it is put aside until then. */
VERIFIED_ONCE int add_stall(struct thread *thread, struct wait_cell *cell, u64 began_ns)
{
	struct stalls stall = { .count = 1 };

	if (!thread || !cell || is_multiplexer(thread->call.key))
		return 0;
	if (!thread->asked_first_ns || began_ns < thread->asked_first_ns)
		return 0;
	stall.waiting_ns = thread->sleeps.waiting_ns;
	stall.longest_ns = stall.waiting_ns;
	settle_tail(cell, thread->asked_last_ns);
	if (began_ns < thread->asked_last_ns)
		merge_stalls(&cell->stalls, &stall);
	else
		merge_stalls(&cell->tail, &stall);
	return 0;
}

/* Adds the thread's call, or its sleep outside calls, to its waits. */
VERIFIED_ONCE int add_wait(struct thread *thread, u64 began_ns, u64 total_ns)
{
	struct wait_cell *cell;

	if (!thread)
		return 0;
	cell = wait_cell(thread);
	if (!cell)
		return 0;
	cell->count++;
	cell->total_ns += total_ns;
	cell->waiting_ns += thread->sleeps.waiting_ns;
	cell->runnable_ns += thread->sleeps.runnable_ns;
	cell->disk_ns += thread->sleeps.disk_ns;
	cell->handed_over_ns += thread->sleeps.handed_over_ns;
	cell->by_program_ns += thread->sleeps.by_program_ns;
	if (total_ns > cell->longest_ns)
		cell->longest_ns = total_ns;
	count_length(cell->latency, total_ns);
	if (thread->sleeps.waiting_ns >= least_stall(thread->call.key))
		add_stall(thread, cell, began_ns);
	return 0;
}

INLINE void count_wake(u32 waker, u32 sleeper, u32 nr, u64 waited_ns)
{
	struct wake_key key = { .waker = waker, .sleeper = sleeper, .nr = nr };
	struct wake_value first = { .count = 1, .waited_ns = waited_ns };
	struct wake_value *value = bpf_map_lookup_elem(&wakes, &key);

	if (value) {
		value->count++;
		value->waited_ns += waited_ns;
	} else if (bpf_map_update_elem(&wakes, &key, &first, BPF_NOEXIST)) {
		LOST(lost_wakes);
	}
}

/* Whether one more slow call of this thread may be sent along by itself. The counts of all threads
 * are kept without locks: a few more or less do not matter. */
INLINE bool may_send(struct thread *thread, u64 now)
{
	struct counters *counters = counted();
	u64 window = now >> WINDOW_SHIFT;

	if (!counters)
		return 0;
	if (counters->slow_window != window) {
		counters->slow_window = window;
		counters->slow_sent = 0;
	}
	if (thread->slow_window != window) {
		thread->slow_window = window;
		thread->slow_sent = 0;
	}
	if (thread->slow_sent >= SLOW_CALLS_OF_ONE ||
	    (thread->slow_sent >= SLOW_CALLS_OF_EACH && counters->slow_sent >= SLOW_CALLS_OF_ALL)) {
		LOST(skipped_slow_calls);
		return 0;
	}
	thread->slow_sent++;
	counters->slow_sent++;
	return 1;
}

/* The registers of the thread's call. */
INLINE void read_registers(struct slow_event *event, struct registers registers)
{
	event->instruction = REGISTER(registers, ip);
	event->stack_pointer = REGISTER(registers, sp);
	event->frame_pointer = REGISTER(registers, bp);
}

/* Where in the program the thread makes its call. The stack can be read only of the task that runs,
 * so there is none where a sleep ends while another task is still on the CPU: in light detail, and
 * outside of calls. */
INLINE void read_place(struct slow_event *event, struct thread *thread)
{
	struct registers elsewhere = {};
	struct task_struct *task;
	long bytes;

	event->frames_bytes = 0;
	event->words = 0;
	if (thread->task != bpf_get_current_task()) {
		elsewhere.at = address_of_registers(thread->task);
		read_registers(event, elsewhere);
		return;
	}
	task = bpf_get_current_task_btf();
	read_registers(event, registers_of(task, thread->task));
	bytes = bpf_get_task_stack(task, event->frames, sizeof(event->frames), BPF_F_USER_STACK);
	if (bytes > 0)
		event->frames_bytes = bytes;
	if (!bpf_probe_read_user(event->stack, sizeof(event->stack), (void *)event->stack_pointer))
		event->words = STACK_WORDS;
}

/* Sends a call that took long. */
VERIFIED_ONCE int send_slow(struct thread *thread, u64 began_ns, u64 total_ns, s64 returned)
{
	struct slow_event *event;

	if (!thread)
		return 0;
	event = RESERVE(struct slow_event, ROOM_FOR_SLOW_CALLS);
	if (!event) {
		LOST(skipped_slow_calls);
		return 0;
	}
	event->kind = EVENT_SLOW_CALL;
	event->tid = thread->tid;
	event->tgid = thread->tgid;
	event->key = thread->call.key;
	event->fd = thread->call.fd;
	event->waker = thread->sleeps.waker;
	event->file = thread->call.file;
	event->began_ns = began_ns;
	event->total_ns = total_ns;
	event->waiting_ns = thread->sleeps.waiting_ns;
	event->runnable_ns = thread->sleeps.runnable_ns;
	event->returned = returned;
	read_place(event, thread);
	submit(event);
	return 0;
}

/* What only calls that slept or took long need. */
VERIFIED_ONCE int after_sleep(struct thread *thread, u64 began_ns, u64 total_ns, s64 returned)
{
	if (!thread)
		return 0;
	if (thread->sleeps.happened)
		add_wait(thread, began_ns, total_ns);
	if (total_ns >= slow_ns && !is_multiplexer(thread->call.key) && may_send(thread, began_ns)) {
		send_slow(thread, began_ns, total_ns, returned);
		thread->stalled_at_ns = began_ns;
	}
	forget_sleeps(thread);
	return 0;
}

/* Records one sleep, or time put aside, for the timeline. */
VERIFIED_ONCE int record_sleep(struct thread *thread, u32 key, u64 woken_ns, u64 now)
{
	struct slept_event *event;

	if (!thread)
		return 0;
	event = bpf_ringbuf_reserve(&sleeps_recorded, sizeof(*event), 0);
	if (!event) {
		LOST(lost_timeline);
		return 0;
	}
	event->kind = EVENT_SLEPT;
	event->tid = thread->tid;
	event->tgid = thread->tgid;
	event->key = key;
	/* In full detail the call is described when it ends. */
	event->fd = light && nr_of(key) != NO_CALL ? thread->call.fd : -1;
	event->file = light && nr_of(key) != NO_CALL ? thread->call.file : 0;
	event->out_ns = thread->last_ns;
	event->woken_ns = woken_ns;
	event->in_ns = now;
	event->waker = thread->waker;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}
