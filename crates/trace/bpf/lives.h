/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * How a thread begins and ends to be watched.
 *
 * Left out on purpose: reading its row out; whywait does that when it hears that the thread ended.
 */
#pragma once

#include "maps.h"

/* A number that a task or a session has in the pid namespace of whywait, where its files in /proc have it;
 * 0 if it is outside of it. */
INLINE u32 number_in(struct pid *pid, u64 level)
{
	enum { UPID_BYTES = 16 }; /* struct upid: the number, which is first, and a pointer */
	u32 number = 0, deepest = 0;

	/* It has a number in each namespace down to its own, and nothing behind that. */
	READ(deepest, pid, level);
	if (level > deepest)
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)__builtin_preserve_access_index(&pid->numbers) + level * UPID_BYTES);
	return number;
}

/* A task's number. */
INLINE u32 number_of(u64 task, u64 level)
{
	struct pid *pid = NULL;

	READ(pid, (struct task_struct *)task, thread_pid);
	return number_in(pid, level);
}

/* The process that leads the session of a task. */
INLINE u32 session_of(u64 task, u64 level)
{
	enum { SESSION = 3 }; /* PIDTYPE_SID */
	struct signal_struct *signal = NULL;
	struct pid *pid = NULL;

	READ(signal, (struct task_struct *)task, signal);
	READ(pid, signal, pids[SESSION]);
	return number_in(pid, level);
}

VERIFIED_ONCE int announce_life(struct thread *thread, u32 kind, u64 now)
{
	struct counters *counters = counted();
	struct life_event *event;

	if (!thread || !counters)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		LOST(lost_events);
		return 0;
	}
	event->kind = kind;
	event->slot = thread->slot;
	event->tid = thread->tid;
	event->tgid = thread->tgid;
	event->parent_tid = thread->parent_tid;
	event->parent_tgid = thread->parent_tgid;
	event->exit_code = thread->exit_code;
	event->io_worker = thread->io_worker;
	event->session = session_of(thread->task, counters->level);
	event->unused = 0;
	event->at_ns = now;
	__builtin_memcpy(event->comm, thread->comm, sizeof(event->comm));
	submit(event);
	return 0;
}

/* The numbers and the name of a thread, which change when it executes a program. */
VERIFIED_ONCE int name_thread(struct thread *thread)
{
	struct counters *counters = counted();
	struct task_struct *task, *leader = NULL;

	if (!thread || !counters)
		return 0;
	task = (struct task_struct *)thread->task;
	READ(leader, task, group_leader);
	thread->tid = number_of(thread->task, counters->level);
	thread->tgid = number_of((u64)leader, counters->level);
	READ(thread->comm, task, comm);
	return 0;
}

/* An empty row; below 0 if there is none left. */
VERIFIED_ONCE int new_row(void)
{
	struct counters *counters = counted();
	struct thread *thread;
	u64 fresh;
	u32 slot;

	if (!counters)
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
	thread->slot = slot;
	return slot;
}

/* Begins to watch a task: its row; NULL if there is none left. */
INLINE struct thread *begin(struct task_struct *task, u32 parent_tid, u32 parent_tgid)
{
	u32 slot = new_row();
	struct thread *thread = bpf_map_lookup_elem(&threads, &slot);
	u32 *stored;

	if (!thread)
		return NULL;
	thread->task = (u64)task;
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
	thread->call.fd = -1;
	stored = bpf_task_storage_get(&slots, task, &slot, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!stored) {
		LOST(lost_threads);
		return NULL;
	}
	/* A task with a mark had storage already. */
	*stored = slot;
	name_thread(thread);
	announce_life(thread, EVENT_BEGAN, thread->began_ns);
	return thread;
}

/* What the kernel accounts for a thread, as it is now. */
INLINE void read_accounts(struct thread *thread)
{
	struct task_struct *task = (struct task_struct *)thread->task;

	READ(thread->exec_last_ns, task, se.sum_exec_runtime);
	READ(thread->utime_last_ns, task, utime);
	READ(thread->stime_last_ns, task, stime);
}

/* The last that is seen of a thread: it leaves the CPU for good. */
VERIFIED_ONCE int end(struct thread *thread, u64 now)
{
	struct task_struct *task;

	if (!thread)
		return 0;
	task = (struct task_struct *)thread->task;
	thread->state = DEAD;
	thread->ended_ns = now;
	READ(thread->exit_code, task, exit_code);
	READ(thread->comm, task, comm);
	read_accounts(thread);
	announce_life(thread, EVENT_ENDED, now);
	return 0;
}
