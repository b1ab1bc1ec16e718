/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The state of a thread: on a CPU outside or inside a call, runnable, or waiting. Each event adds the
 * time since the last one to what that state was, so the parts add up to the thread's life by
 * construction.
 */
#pragma once

#include "lives.h"
#include "sleeps.h"

INLINE u32 bit_of(u32 tid)
{
	return 1U << (tid & 31);
}

/* Notes when the thread asked for events, from the beginning of a call to its end. */
INLINE void note_asking(struct thread *thread, u64 began_ns, u64 now)
{
	if (!thread->asked_first_ns)
		thread->asked_first_ns = began_ns;
	thread->asked_last_ns = now;
}

/* The end of a sleep in light detail, and of one outside calls: nothing more will be known of it. */
INLINE void settle_sleep(struct thread *thread, u64 now)
{
	if (!light) {
		thread->call.key = make_key(NO_CALL, CLASS_NONE, 0, NOT_APPLICABLE);
		thread->call.fd = -1;
		thread->call.file = 0;
	}
	if (asks_for_events(traits_of(nr_of(thread->call.key))))
		note_asking(thread, thread->last_ns, now);
	after_sleep(thread, thread->last_ns, now - thread->last_ns, 0);
}

INLINE void end_sleep(struct thread *thread, u64 now)
{
	bool in_call = light || thread->call.entered_ns;
	u32 nr = in_call ? thread->call.nr : NO_CALL;
	u64 woken_ns = thread->woken_ns;
	u64 waiting_ns, runnable_ns;

	if (!woken_ns || woken_ns > now)
		woken_ns = now;
	if (woken_ns < thread->last_ns)
		woken_ns = thread->last_ns;
	waiting_ns = woken_ns - thread->last_ns;
	runnable_ns = now - woken_ns;
	thread->waiting_ns += waiting_ns;
	thread->runnable_ns += runnable_ns;
	thread->sleeps.waiting_ns += waiting_ns;
	thread->sleeps.runnable_ns += runnable_ns;
	thread->sleeps.happened++;
	thread->sleeps.waker = thread->waker;
	if (thread->in_iowait)
		thread->sleeps.disk_ns += waiting_ns;
	if (thread->waker) {
		if (thread->has_woken & bit_of(thread->waker))
			thread->sleeps.handed_over_ns += waiting_ns;
		else
			thread->sleeps.by_program_ns += waiting_ns;
		count_wake(thread->waker, thread->tid, nr, waiting_ns);
	}
	thread->has_woken = 0;
	if (timeline)
		record_sleep(thread, make_key(nr, 0, 0, 0), woken_ns, now);
	if (light || !in_call)
		settle_sleep(thread, now);
}

/* The thread takes a CPU. It need not be the current task. */
INLINE void take_cpu(struct thread *thread, u64 now)
{
	u64 length_ns = now - thread->last_ns;

	if (thread->state == RUNNABLE) {
		thread->runnable_ns += length_ns;
		if (thread->call.entered_ns)
			thread->sleeps.runnable_ns += length_ns;
		if (timeline)
			record_sleep(thread, make_key(NO_CALL, 0, 0, 0), thread->last_ns, now);
	} else {
		end_sleep(thread, now);
	}
	thread->state = RUNNING;
	thread->last_ns = now;
	thread->on_cpu_since_ns = now;
	thread->woken_ns = 0;
	thread->waker = 0;
}

/* When a thread took the CPU that was not seen to take it: as long ago as the scheduler says that it
 * ran since it left one. */
INLINE u64 took_cpu_at(struct thread *thread, u64 ran_ns, u64 now)
{
	u64 took_ns = now - (ran_ns - thread->exec_then_ns);

	return took_ns < thread->last_ns || took_ns > now ? thread->last_ns : took_ns;
}

/* The current task is seen to run though it was not seen to take the CPU: the programs are hooked in
 * and out one after the other, and the kernel does not report every switch (docs/watching.md). */
VERIFIED_ONCE int catch_up(struct thread *thread, u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (thread)
		take_cpu(thread, took_cpu_at(thread, task->se.sum_exec_runtime, now));
	return 0;
}

/* Adds the time on the CPU up to now. The thread is the current task. */
INLINE void account_cpu(struct thread *thread, u64 now)
{
	if (thread->state != RUNNING)
		catch_up(thread, now);
	if (thread->call.entered_ns)
		thread->kernel_ns += now - thread->last_ns;
	else
		thread->user_ns += now - thread->last_ns;
	thread->last_ns = now;
}

/* A task that has a CPU does not run while the host runs something else, or interrupts are handled.
 * The scheduler does not count that as its time where it knows of it, and neither does this: such
 * a task waited for a CPU. The other way round, a task that ran longer than it was seen to had the
 * CPU while it was taken to wait for one. In its first time on a CPU that is not known: until then
 * the scheduler's account, `account_ns`, may be up to a tick old. */
INLINE void settle_with_scheduler(struct thread *thread, u64 account_ns, u64 now)
{
	enum { LEAST_NS = 20000 }; /* less than that the two clocks may differ */
	u64 span_ns = now - thread->on_cpu_since_ns;
	u64 ran_ns = account_ns - thread->exec_then_ns;
	u64 stolen_ns, unseen_ns;

	thread->exec_then_ns = account_ns;
	if (span_ns >= ran_ns + LEAST_NS) {
		stolen_ns = span_ns - ran_ns;
		if (thread->call.entered_ns && thread->kernel_ns >= stolen_ns) {
			thread->kernel_ns -= stolen_ns;
			thread->sleeps.runnable_ns += stolen_ns;
		} else if (thread->user_ns >= stolen_ns) {
			thread->user_ns -= stolen_ns;
		} else {
			return;
		}
		thread->runnable_ns += stolen_ns;
	} else if (ran_ns >= span_ns + LEAST_NS && thread->on_cpu_since_ns != thread->began_ns) {
		unseen_ns = ran_ns - span_ns;
		if (unseen_ns > thread->runnable_ns)
			unseen_ns = thread->runnable_ns;
		thread->runnable_ns -= unseen_ns;
		if (thread->call.entered_ns)
			thread->kernel_ns += unseen_ns;
		else
			thread->user_ns += unseen_ns;
	}
}

/* The thread, which is the current task, leaves its CPU; `state` is the task's. */
INLINE void leave_cpu(struct thread *thread, struct task_struct *task, bool preempted, u32 state, u64 now)
{
	u32 nr;

	account_cpu(thread, now);
	settle_with_scheduler(thread, task->se.sum_exec_runtime, now);
	if (state & TASK_DEAD) {
		end(thread, now);
		return;
	}
	if (preempted || !state) {
		thread->state = RUNNABLE;
		thread->involuntary++;
		return;
	}
	/* Another CPU may be waking it already, between its decision to sleep and this. */
	if (task->__state && task->__state != TASK_WAKING) {
		thread->woken_ns = 0;
		thread->waker = 0;
	}
	thread->state = WAITING;
	thread->voluntary++;
	thread->in_iowait = BITFIELD(task, in_iowait);
	if (!light)
		return;
	nr = current_nr(task, registers_of(task, thread->task));
	describe_current(thread, nr);
	thread->call.nr = nr;
	thread->call.file = identity_of(thread->call.file_at);
}
