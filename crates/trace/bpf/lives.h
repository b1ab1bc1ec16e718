/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * How a thread begins and ends to be watched.
 *
 * Left out on purpose: reading its row out; whywait does that when it hears that the thread ended.
 */
#pragma once

#include "maps.h"

INLINE void announce_life(struct thread *thread, u32 slot, u32 kind, u64 now)
{
	struct life_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		LOST(lost_events);
		return;
	}
	event->kind = kind;
	event->slot = slot;
	event->tid = thread->tid;
	event->tgid = thread->tgid;
	event->parent_tid = thread->parent_tid;
	event->parent_tgid = thread->parent_tgid;
	event->exit_code = thread->exit_code;
	event->io_worker = thread->io_worker;
	event->at_ns = now;
	__builtin_memcpy(event->comm, thread->comm, sizeof(event->comm));
	submit(event);
}

/* A task's number in the pid namespace of whywait, where its files in /proc have it. */
INLINE u32 number_of(struct task_struct *task, u64 level)
{
	enum { UPID_BYTES = 16 }; /* struct upid: the number, which is first, and a pointer */
	struct pid *pid = NULL;
	u32 number = 0;

	READ(pid, task, thread_pid);
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)__builtin_preserve_access_index(&pid->numbers) + level * UPID_BYTES);
	return number;
}

/* A row for a thread that was not watched so far; below 0 if there is none left. */
static __attribute__((noinline)) int begin(struct task_struct *task, u32 parent_tid, u32 parent_tgid)
{
	struct counters *counters = counted();
	struct thread *thread;
	u32 slot, *stored;
	u64 fresh;

	if (!task || !counters)
		return -1;
	if (bpf_map_pop_elem(&free_threads, &slot)) {
		fresh = counters->next_thread < MAX_THREADS ? __sync_fetch_and_add(&counters->next_thread, 1) :
							      MAX_THREADS;
		slot = fresh < MAX_THREADS ? fresh : MAX_THREADS;
	}
	thread = bpf_map_lookup_elem(&threads, &slot);
	if (!thread) {
		LOST(lost_threads);
		return -1;
	}
	CLEAR(thread);
	thread->tid = number_of(task, counters->level);
	thread->tgid = number_of(task->group_leader, counters->level);
	thread->parent_tid = parent_tid;
	thread->parent_tgid = parent_tgid;
	thread->io_worker = (task->flags & PF_IO_WORKER) != 0;
	thread->began_ns = bpf_ktime_get_ns();
	thread->last_ns = thread->began_ns;
	thread->exec_first_ns = task->se.sum_exec_runtime;
	thread->on_cpu_since_ns = thread->began_ns;
	thread->exec_then_ns = thread->exec_first_ns;
	thread->utime_first_ns = task->utime;
	thread->stime_first_ns = task->stime;
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
	stored = bpf_task_storage_get(&slots, task, &slot, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!stored) {
		thread->tid = 0;
		LOST(lost_threads);
		return -1;
	}
	/* A task with a mark had storage already. */
	*stored = slot;
	announce_life(thread, slot, EVENT_BEGAN, thread->began_ns);
	return slot;
}

/* The last that is seen of a thread: it leaves the CPU for good. */
INLINE void end(struct thread *thread, struct task_struct *task, u64 now)
{
	u32 *slot = bpf_task_storage_get(&slots, task, NULL, 0);

	thread->state = DEAD;
	thread->ended_ns = now;
	thread->exit_code = task->exit_code;
	thread->exec_last_ns = task->se.sum_exec_runtime;
	thread->utime_last_ns = task->utime;
	thread->stime_last_ns = task->stime;
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
	if (slot)
		announce_life(thread, *slot, EVENT_ENDED, now);
}
