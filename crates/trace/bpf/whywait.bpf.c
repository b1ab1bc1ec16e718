/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The programs that whywait loads into the kernel to watch other programs: what each tracepoint
 * does to the state of a thread.
 *
 * The verifier of Linux 6.1 walks through far more states than later ones, and gives up after a million
 * instructions. So a program here is short, and what it does stands in functions that are VERIFIED_ONCE
 * (kernel.h). New evidence belongs into such functions too, which get the thread's row:
 *  - of a call that has ended: beside count_call (calls.h), from on_exit; the call is in thread->call;
 *  - of a call that slept or took long: after_sleep (sleeps.h);
 *  - of a thread that takes or leaves a CPU: take_cpu and leave_cpu (states.h);
 *  - of a wakeup: on_waking.
 * What it keeps goes into the row, its chunks, or a map of its own (layout.h, maps.h). `cargo xtask
 * bpf` prints what the verifier spends; docs/watching.md has the table and the budget.
 *
 * Left out on purpose: anything that changes what a watched program does, and any judgement.
 */
#include "kernel.h"
#include "layout.h"
#include "maps.h"
#include "registers.h"
#include "descriptor.h"
#include "cells.h"
#include "describe.h"
#include "sleeps.h"
#include "lives.h"
#include "states.h"
#include "calls.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* ---- full: every call ---- */

SEC("tp_btf/sys_enter")
int on_enter(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = watched(task);
	u64 now;
	u32 nr;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	account_cpu(thread, now);
	nr = ctx[1];
	if (nr >= 512 || (task->thread_info.status & TS_COMPAT))
		nr = OTHER_CALL;
	thread->call.entered_ns = now;
	thread->call.nr = nr;
	thread->call.key = 0;
	if (overwrites_arguments(nr))
		describe_current(thread, nr);
	return 0;
}

SEC("tp_btf/sys_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = watched(task);
	u64 now, began_ns, total_ns;
	s64 returned;
	u32 traits;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	began_ns = thread->call.entered_ns;
	account_cpu(thread, now);
	thread->call.entered_ns = 0;
	if (!began_ns)
		return 0;
	total_ns = now - began_ns;
	returned = ctx[1];
	/* Of a call whose beginning was not seen, the arguments that it overwrote were not either. */
	if (!thread->call.key || !overwrites_arguments(thread->call.nr))
		describe(&thread->call, task, registers_of(task, thread->task), thread->call.nr, 1);
	traits = traits_of(thread->call.nr);
	if (asks_for_events(traits)) {
		note_asking(thread, began_ns, now);
		if (thread->stalled_at_ns && breadth_of(thread->call.key) == MANY)
			after_stall(thread, total_ns, returned);
	}
	count_spinning(thread, returned);
	count_call(thread, returned, total_ns);
	if (thread->sleeps.happened || total_ns >= slow_ns) {
		thread->call.file = identity_of(thread->call.file_at);
		after_sleep(thread, began_ns, total_ns, returned);
	} else {
		thread->sleeps.runnable_ns = 0;
	}
	return 0;
}

/* ---- both: the scheduler ---- */

INLINE int switched(u64 *ctx, u32 state)
{
	struct task_struct *prev = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	struct thread *leaves = watched(prev);
	struct thread *takes = watched(next);
	u64 now = 0;

	if (leaves) {
		now = bpf_ktime_get_ns();
		leave_cpu(leaves, prev, ctx[0] & 1, state, now);
	}
	if (takes)
		take_cpu(takes, now ? now : bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx)
{
	return switched(ctx, ctx[3]);
}

/* Before Linux 5.18 the tracepoint does not pass the state. */
SEC("tp_btf/sched_switch")
int on_switch_without_state(u64 *ctx)
{
	return switched(ctx, ((struct task_struct *)ctx[1])->__state);
}

/* Whether the current task is what wakes another. It wakes others from within a call, as a worker of
 * io_uring, or as it ends; a wakeup while it runs its own code comes from an interrupt. An interrupt
 * within a call cannot be told from the call, except for a sleep that only a timer ends. */
INLINE bool wakes_itself(struct thread *waker, struct thread *sleeper, struct task_struct *task)
{
	enum { NANOSLEEP = 35, CLOCK_NANOSLEEP = 230 };

	if (waker == sleeper)
		return 0;
	if (sleeper->call.nr == NANOSLEEP || sleeper->call.nr == CLOCK_NANOSLEEP)
		return 0;
	if (waker->io_worker || (task->flags & PF_EXITING))
		return 1;
	return light ? current_nr(task, registers_of(task, waker->task)) != NO_CALL : waker->call.entered_ns != 0;
}

SEC("tp_btf/sched_waking")
int on_waking(u64 *ctx)
{
	struct task_struct *sleeper_task = (struct task_struct *)ctx[0];
	struct thread *sleeper = watched(sleeper_task);
	struct thread *waker;
	struct task_struct *task;
	u32 waker_tid = 0;

	if (!sleeper || sleeper->woken_ns || (sleeper->state != WAITING && sleeper->state != RUNNING))
		return 0;
	task = bpf_get_current_task_btf();
	waker = watched(task);
	if (waker && wakes_itself(waker, sleeper, task)) {
		waker_tid = waker->tid;
		waker->has_woken |= bit_of(sleeper->tid);
	}
	sleeper->waker = waker_tid;
	sleeper->woken_ns = bpf_ktime_get_ns();
	return 0;
}

/* ---- both: lives ---- */

/* Fires for every new task, io_uring's workers included, which sched_process_fork leaves out. */
SEC("tp_btf/task_newtask")
int on_new_task(u64 *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx[0];
	struct thread *parent = watched(bpf_get_current_task_btf());
	struct thread *thread;

	if (!parent)
		return 0;
	if (ctx[1] & CLONE_THREAD)
		parent->threads_created++;
	else
		parent->processes_created++;
	thread = begin(child, parent->tid, parent->tgid);
	if (thread)
		thread->state = RUNNABLE;
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(u64 *ctx)
{
	enum { EXECVE = 59 };
	struct task_struct *task = (struct task_struct *)ctx[0];
	u32 *slot = bpf_task_storage_get(&slots, task, NULL, 0);
	struct thread *thread;

	if (!slot)
		return 0;
	thread = bpf_map_lookup_elem(&threads, slot);
	if (!thread) {
		if (*slot != MARK_EXEC)
			return 0;
		thread = begin(task, 0, 0);
		if (!thread)
			return 0;
		/* It is in execve, whose beginning was not seen. */
		if (!light)
			thread->call.entered_ns = thread->began_ns;
		thread->call.nr = EXECVE;
	}
	thread->execs++;
	/* A thread that executes a program takes the number of its process. */
	name_thread(thread);
	announce_life(thread, EVENT_EXECUTED, bpf_ktime_get_ns());
	return 0;
}

/* Whether a task is of a process that is to be watched. The mark is on the process's first thread,
 * and is gone as soon as that is watched. */
INLINE bool is_target(struct task_struct *task)
{
	u32 *mark = bpf_task_storage_get(&slots, task->group_leader, NULL, 0);
	u32 tgid = task->tgid, yes = 1;

	if (mark && *mark == MARK_SEED)
		bpf_map_update_elem(&targets, &tgid, &yes, BPF_ANY);
	return bpf_map_lookup_elem(&targets, &tgid) != NULL;
}

/* Begins with all tasks of marked processes that are not watched yet, in the state in which it
 * finds them. It runs in whywait's own context, and finds out in which namespace that is. */
SEC("iter/task")
int on_seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *thread;
	struct counters *counters = counted();
	struct registers registers;
	u32 nr;

	if (!task || !counters)
		return 0;
	counters->level = bpf_get_current_task_btf()->thread_pid->level - levels_above;
	if ((task->__state & TASK_DEAD) || !is_target(task) || watched(task))
		return 0;
	thread = begin(task, 0, 0);
	if (!thread)
		return 0;
	registers = registers_of(task, thread->task);
	nr = current_nr(task, registers);
	describe(&thread->call, task, registers, nr, 0);
	thread->call.nr = nr;
	thread->call.file = identity_of(thread->call.file_at);
	if (!light && nr != NO_CALL)
		thread->call.entered_ns = thread->began_ns;
	thread->state = task->on_cpu ? RUNNING : task->__state ? WAITING : RUNNABLE;
	return 0;
}

/* Run once at the end: finds out in what threads are then, and closes the kernel's account. */
SEC("iter/task")
int on_settle(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct registers registers;
	struct thread *thread;
	u64 took_ns;
	u32 nr;

	if (!task)
		return 0;
	thread = watched(task);
	if (!thread || thread->state == DEAD)
		return 0;
	if (thread->state == RUNNABLE && task->on_cpu && task->se.sum_exec_runtime != thread->exec_then_ns) {
		took_ns = took_cpu_at(thread, task->se.sum_exec_runtime, bpf_ktime_get_ns());
		thread->runnable_ns += took_ns - thread->last_ns;
		thread->last_ns = took_ns;
		thread->state = RUNNING;
	}
	read_accounts(thread);
	thread->call.file = identity_of(thread->call.file_at);
	if (light || !thread->call.entered_ns || overwrites_arguments(thread->call.nr))
		return 0;
	registers = registers_of(task, thread->task);
	nr = current_nr(task, registers);
	describe(&thread->call, task, registers, nr, 0);
	thread->call.file = identity_of(thread->call.file_at);
	return 0;
}

/* ---- light: what runs on a CPU ---- */

SEC("perf_event")
int on_sample(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = watched(task);
	struct call_cell *cell;
	u32 nr;

	if (!thread)
		return 0;
	nr = current_nr(task, registers_of(task, thread->task));
	if (nr == NO_CALL)
		thread->call.key = make_key(USER_CODE, CLASS_NONE, 0, NOT_APPLICABLE);
	else
		describe_current(thread, nr);
	cell = call_cell(thread, thread->call.key, 0);
	if (cell)
		cell->count++;
	return 0;
}

/* ---- both: io_uring ---- */

/* A request begins: what was known of its address is of an earlier one. */
INLINE void forget_punt(u64 request)
{
	struct counters *counters = counted();

	if (counters && counters->punts && bpf_map_lookup_elem(&punted_requests, &request))
		bpf_map_delete_elem(&punted_requests, &request);
}

/* Whether a worker is given that request for the first time. One that cannot go on there, such as a
 * receive of which nothing has come, waits by a poll and is then queued for a worker again. */
INLINE bool is_first_punt(u64 request)
{
	struct counters *counters = counted();
	u32 yes = 1;

	if (!counters)
		return 1;
	counters->punts++;
	return bpf_map_update_elem(&punted_requests, &request, &yes, BPF_NOEXIST) != -EEXIST;
}

INLINE void count_request(struct io_kiocb *request, u64 address, bool punted)
{
	struct thread *thread = watched(bpf_get_current_task_btf());
	struct ring_value first = {};
	struct ring_value *value;
	struct ring_key key = {};

	if (!thread)
		return;
	key.tid = thread->tid;
	key.opcode = request->opcode;
	value = bpf_map_lookup_elem(&ring_operations, &key);
	if (!value) {
		bpf_map_update_elem(&ring_operations, &key, &first, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&ring_operations, &key);
		if (!value) {
			LOST(lost_chunks);
			return;
		}
	}
	if (!punted) {
		value->submitted++;
		forget_punt(address);
	} else if (!value->submitted || is_first_punt(address)) {
		/* Where beginnings are not watched, all that workers are given counts. */
		value->punted++;
	}
}

SEC("tp_btf/io_uring_submit_req")
int on_request(u64 *ctx)
{
	count_request((struct io_kiocb *)ctx[0], ctx[0], 0);
	return 0;
}

/* The same, as Linux 6.0 to 6.3 call it. */
SEC("tp_btf/io_uring_submit_sqe")
int on_sqe(u64 *ctx)
{
	count_request((struct io_kiocb *)ctx[0], ctx[0], 0);
	return 0;
}

SEC("tp_btf/io_uring_queue_async_work")
int on_punt(u64 *ctx)
{
	count_request((struct io_kiocb *)ctx[0], ctx[0], 1);
	return 0;
}
