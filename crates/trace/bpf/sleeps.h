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

/* Adds a call that slept, or a sleep outside calls, to the waits of its thread. */
static __attribute__((noinline)) int add_wait(struct thread *thread, struct task_struct *task, u32 key, s32 fd,
					      u64 total_ns)
{
	struct wait_cell *cell;
	struct file *file;

	if (!thread || !task)
		return 0;
	file = file_of(task, fd);
	cell = wait_cell(thread, task, key, fd, identity_of(file));
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

struct slow_call {
	u32 key;
	s32 fd;
	u64 began_ns;
	u64 total_ns;
	s64 returned;
};

/* Sends a call that took long, with where in the program it was made. The stack can be had only
 * of the task that runs, so there is none where a sleep ends as another task is still on the CPU: in
 * light detail, and outside of calls. */
static __attribute__((noinline)) int send_slow(void *ctx, struct thread *thread, struct task_struct *task,
					       struct slow_call *call)
{
	struct slow_event *event;
	struct pt_regs *regs;
	long bytes;

	if (!thread || !task || !call)
		return 0;
	event = RESERVE(struct slow_event, ROOM_FOR_SLOW_CALLS);
	if (!event) {
		LOST(skipped_slow_calls);
		return 0;
	}
	event->kind = EVENT_SLOW_CALL;
	event->tid = thread->tid;
	event->tgid = thread->tgid;
	event->key = call->key;
	event->fd = call->fd;
	event->waker = thread->sleeps.waker;
	event->file = identity_of(file_of(task, call->fd));
	event->began_ns = call->began_ns;
	event->total_ns = call->total_ns;
	event->waiting_ns = thread->sleeps.waiting_ns;
	event->runnable_ns = thread->sleeps.runnable_ns;
	event->returned = call->returned;
	event->frames_bytes = 0;
	event->words = 0;
	regs = bpf_task_pt_regs(task);
	event->instruction = regs->ip;
	event->stack_pointer = regs->sp;
	event->frame_pointer = regs->bp;
	if (task->pid == bpf_get_current_task_btf()->pid) {
		bytes = bpf_get_stack(ctx, event->frames, sizeof(event->frames), BPF_F_USER_STACK);
		if (bytes > 0)
			event->frames_bytes = bytes;
		if (!bpf_probe_read_user(event->stack, sizeof(event->stack), (void *)regs->sp))
			event->words = STACK_WORDS;
	}
	submit(event);
	return 0;
}

/* Records one sleep, or time put aside, for the timeline. */
INLINE void record_sleep(struct thread *thread, struct task_struct *task, u32 key, s32 fd, u64 woken_ns, u64 now)
{
	struct slept_event *event = bpf_ringbuf_reserve(&sleeps_recorded, sizeof(*event), 0);

	if (!event) {
		LOST(lost_timeline);
		return;
	}
	event->kind = EVENT_SLEPT;
	event->tid = thread->tid;
	event->tgid = thread->tgid;
	event->key = key;
	event->fd = fd;
	event->file = identity_of(file_of(task, fd));
	event->out_ns = thread->last_ns;
	event->woken_ns = woken_ns;
	event->in_ns = now;
	event->waker = thread->waker;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}
