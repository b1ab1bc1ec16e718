/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What becomes of a call that has ended, in full detail: it is counted by its kind, with its outcome.
 */
#pragma once

#include "cells.h"
#include "describe.h"

INLINE bool would_block(s64 returned)
{
	return returned == -EAGAIN || returned == -EINPROGRESS || returned == -EALREADY;
}

/* Whether a call asked something and was told that there is nothing, without waiting for it. */
INLINE bool is_without_result(u32 key, u32 traits, s64 returned)
{
	u32 asks = traits & ASKS;

	if (asks == YIELD)
		return 1;
	if (traits & STREAM)
		return would_block(returned);
	return !returned && at_once_of(key) && (asks_for_events(traits) || asks == OPTIONS_3RD);
}

/* Whether a call brought something. */
INLINE bool is_with_result(u32 traits, s64 returned)
{
	if ((traits & FRUITFUL) && (traits & STREAM))
		return returned >= 0;
	return returned > 0 && ((traits & (BYTES | FRUITFUL)) || asks_for_events(traits));
}

/* Counts the CPU time between two calls without a result as spinning, when they follow each other
 * so closely that nothing else can have been done between them. */
INLINE void count_spinning(struct thread *thread, s64 returned)
{
	u32 key = thread->call.key;
	u32 traits = traits_of(nr_of(key));
	u64 cpu, gap;

	if (is_with_result(traits, returned)) {
		thread->fruitless_cpu_ns = 0;
	} else if (is_without_result(key, traits, returned)) {
		cpu = thread->user_ns + thread->kernel_ns;
		gap = cpu - thread->fruitless_cpu_ns;
		if (thread->fruitless_cpu_ns && gap < FRUITLESS_NS)
			thread->spinning_ns += gap;
		thread->fruitless_cpu_ns = cpu;
	}
}

/* What the calls of a kind work on, if they were not seen before to work on anything. */
VERIFIED_ONCE int set_example(struct thread *thread, struct call_cell *cell)
{
	if (!thread || !cell)
		return 0;
	thread->call.file = identity_of(thread->call.file_at);
	cell->example_fd = thread->call.fd;
	cell->example_file = thread->call.file;
	announce(thread);
	return 0;
}

/* Counts the thread's call. */
INLINE void count_call(struct thread *thread, s64 returned, u64 total_ns)
{
	enum { OFTEN_TINY = 64 };
	u32 traits = traits_of(nr_of(thread->call.key));
	struct call_cell *cell = call_cell(thread, thread->call.key, total_ns);

	if (!cell)
		return;
	cell->count++;
	cell->total_ns += total_ns;
	count_length(cell->latency, total_ns);
	cell->slept += thread->sleeps.happened != 0;
	if (returned < 0) {
		if ((traits & STREAM) && would_block(returned))
			cell->would_block++;
		else
			cell->failed++;
		return;
	}
	if (returned == 0) {
		cell->empty += (traits & BYTES) || asks_for_events(traits);
		return;
	}
	if ((traits & (BYTES | FRUITFUL)) || asks_for_events(traits))
		cell->returned += (traits & STREAM) && (traits & FRUITFUL) ? 1 : returned;
	/* What calls that are tiny again and again work on says more than what the first one did. */
	if ((traits & BYTES) && returned <= TINY_BYTES && ++cell->tiny == OFTEN_TINY)
		cell->example_fd = -1;
	if (cell->example_fd < 0 && (traits & ON_FD) && thread->call.file_at)
		set_example(thread, cell);
}

/* A slow call has made others wait if its thread, when it next asks for events, is given some at
 * once. */
VERIFIED_ONCE int after_stall(struct thread *thread, u64 total_ns, s64 returned)
{
	enum { AT_ONCE_NS = 100000 };
	struct ready_event *event;
	u64 stalled_at_ns;

	if (!thread)
		return 0;
	stalled_at_ns = thread->stalled_at_ns;
	thread->stalled_at_ns = 0;
	if (returned <= 0 || total_ns > AT_ONCE_NS || thread->sleeps.happened)
		return 0;
	event = RESERVE(struct ready_event, ROOM_FOR_DESCRIPTORS);
	if (!event) {
		LOST(lost_events);
		return 0;
	}
	event->kind = EVENT_THEN_READY;
	event->tid = thread->tid;
	event->began_ns = stalled_at_ns;
	event->ready = returned;
	submit(event);
	return 0;
}
