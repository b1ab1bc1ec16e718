/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The programs that whywait loads into the kernel to watch other programs: what each tracepoint
 * does to the state of a thread.
 *
 * A watched thread is always in one state, and each event adds the time since the last event to
 * what that state was: on a CPU outside or inside a call, runnable, or waiting. So the parts add
 * up to the thread's life by construction.
 *
 * Left out on purpose: anything that changes what a watched program does, and any judgement.
 */
#include "kernel.h"
#include "layout.h"
#include "maps.h"
#include "descriptor.h"
#include "cells.h"
#include "describe.h"
#include "sleeps.h"
#include "lives.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

INLINE u64 cpu_of(struct thread *thread)
{
	return thread->user_ns + thread->kernel_ns;
}

/* ---- both: how a thread takes a CPU ---- */

/* What only calls that slept or took long need. */
static __attribute__((noinline)) int after_sleep(void *ctx, struct thread *thread, struct task_struct *task,
						 struct slow_call *call)
{
	bool waits_for_many;

	if (!thread || !task || !call)
		return 0;
	if (thread->sleeps.happened)
		add_wait(thread, task, call->key, call->fd, call->total_ns);
	waits_for_many = asks_for_events(traits_of(nr_of(call->key))) && breadth_of(call->key) == MANY;
	if (call->total_ns >= slow_ns && !waits_for_many && may_send(thread, call->began_ns)) {
		send_slow(ctx, thread, task, call);
		thread->stalled_at_ns = call->began_ns;
	}
	forget_sleeps(thread);
	return 0;
}

/* The end of a sleep in light detail, and of one outside calls: it is all that will be known. */
INLINE void settle_sleep(void *ctx, struct thread *thread, struct task_struct *task, u64 now)
{
	struct slow_call slow = {
		.key = light ? thread->key : make_key(NO_CALL, CLASS_NONE, 0, NOT_APPLICABLE),
		.fd = light ? thread->fd : -1,
		.began_ns = thread->last_ns,
		.total_ns = now - thread->last_ns,
	};

	if (asks_for_events(traits_of(nr_of(slow.key)))) {
		if (!thread->asked_first_ns)
			thread->asked_first_ns = thread->last_ns;
		thread->asked_last_ns = now;
	}
	after_sleep(ctx, thread, task, &slow);
}

INLINE u32 bit_of(u32 tid)
{
	return 1U << (tid & 31);
}

INLINE void end_sleep(void *ctx, struct thread *thread, struct task_struct *task, u64 now)
{
	u64 woken_ns = thread->woken_ns;
	u64 waiting_ns, runnable_ns;
	u32 nr = light || thread->entered_ns ? thread->nr : NO_CALL;

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
		record_sleep(thread, task, light || thread->entered_ns ? make_key(nr, 0, 0, 0) : NO_CALL | 1U << KEY_USED,
			     light ? thread->fd : -1, woken_ns, now);
	if (light || !thread->entered_ns)
		settle_sleep(ctx, thread, task, now);
}

INLINE void take_cpu(void *ctx, struct thread *thread, struct task_struct *task, u64 now)
{
	u64 length_ns = now - thread->last_ns;

	if (thread->state == RUNNABLE) {
		thread->runnable_ns += length_ns;
		if (thread->entered_ns)
			thread->sleeps.runnable_ns += length_ns;
		if (timeline)
			record_sleep(thread, task, NO_CALL | 1U << KEY_USED, -1, thread->last_ns, now);
	} else {
		end_sleep(ctx, thread, task, now);
	}
	thread->state = RUNNING;
	thread->last_ns = now;
	thread->on_cpu_since_ns = now;
	thread->woken_ns = 0;
	thread->waker = 0;
}

/* When a thread took the CPU that was not seen to take it: as long ago as the scheduler says that it
 * ran since it left one. */
INLINE u64 took_cpu_at(struct thread *thread, struct task_struct *task, u64 now)
{
	u64 took_ns = now - (task->se.sum_exec_runtime - thread->exec_then_ns);

	return took_ns < thread->last_ns || took_ns > now ? thread->last_ns : took_ns;
}

/* A thread is seen to run though it was not seen to take the CPU: the programs are hooked in and out
 * one after the other, and the kernel does not tell of every switch (`docs/watching.md`). */
static __attribute__((noinline)) int catch_up(void *ctx, struct thread *thread, struct task_struct *task, u64 now)
{
	if (thread && task)
		take_cpu(ctx, thread, task, took_cpu_at(thread, task, now));
	return 0;
}

/* Adds the time on the CPU up to now. */
INLINE void account_cpu(void *ctx, struct thread *thread, struct task_struct *task, u64 now)
{
	if (thread->state != RUNNING)
		catch_up(ctx, thread, task, now);
	if (thread->entered_ns)
		thread->kernel_ns += now - thread->last_ns;
	else
		thread->user_ns += now - thread->last_ns;
	thread->last_ns = now;
}

/* ---- full: every call ---- */

SEC("tp_btf/sys_enter")
int on_enter(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = watched(task);
	struct described call;
	u64 now;
	u32 nr;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	account_cpu(ctx, thread, task, now);
	thread->entered_ns = now;
	nr = ctx[1];
	thread->nr = nr;
	if (overwrites_arguments(nr)) {
		describe_current(&call, nr);
		thread->key = call.key;
		thread->fd = call.fd;
	}
	return 0;
}

/* Counts the CPU time between two calls without a result as spinning, when they follow each other
 * so closely that nothing else can have been done between them. */
INLINE void account_fruit(struct thread *thread, bool fruitless, bool fruitful)
{
	enum { CLOSE_NS = 50000 };
	u64 cpu, gap;

	if (fruitful) {
		thread->fruitless_cpu_ns = 0;
	} else if (fruitless) {
		cpu = cpu_of(thread);
		gap = cpu - thread->fruitless_cpu_ns;
		if (thread->fruitless_cpu_ns && gap < CLOSE_NS)
			thread->spinning_ns += gap;
		thread->fruitless_cpu_ns = cpu;
	}
}

/* Not static, as `describe_current`. */
__attribute__((noinline)) int count_call(struct thread *thread, struct described *call, s64 returned, u64 total_ns)
{
	u32 traits;
	struct call_cell *cell;
	enum { OFTEN_TINY = 64 };
	bool again = returned == -EAGAIN || returned == -EINPROGRESS || returned == -EALREADY;
	bool events, moved;

	if (!thread || !call)
		return 0;
	traits = traits_of(nr_of(call->key));
	events = asks_for_events(traits);
	moved = returned > 0 && (traits & (BYTES | FRUITFUL));
	cell = call_cell(thread, call->key);

	account_fruit(thread,
		      (again && (traits & STREAM)) || (events && !returned && at_once_of(call->key)) ||
			      (traits & ASKS) == YIELD ||
			      ((traits & ASKS) == OPTIONS_3RD && !returned && at_once_of(call->key)),
		      moved || (events && returned > 0) || ((traits & FRUITFUL) && (traits & STREAM) && returned >= 0));
	if (!cell)
		return 0;
	cell->count++;
	cell->total_ns += total_ns;
	count_length(cell->latency, total_ns);
	if (thread->sleeps.happened)
		cell->slept++;
	if (returned < 0) {
		if (again && (traits & STREAM))
			cell->would_block++;
		else
			cell->failed++;
		return 0;
	}
	if (returned == 0) {
		if ((traits & BYTES) || events)
			cell->empty++;
		return 0;
	}
	if ((traits & (BYTES | FRUITFUL)) || events)
		cell->returned += (traits & STREAM) && (traits & FRUITFUL) ? 1 : returned;
	/* What calls that are tiny again and again work on says more than what the first one did. */
	if ((traits & BYTES) && returned <= 16 && ++cell->tiny == OFTEN_TINY)
		cell->example_fd = -1;
	if (cell->example_fd < 0 && call->file) {
		cell->example_fd = call->fd;
		cell->example_file = identity_of(call->file);
		announce_current(call->fd, cell->example_file);
	}
	return 0;
}

/* A slow call has made others wait if its thread, when it next asks for events, is given some at
 * once. */
static __attribute__((noinline)) int after_stall(struct thread *thread, u64 total_ns, s64 returned)
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

SEC("tp_btf/sys_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = watched(task);
	struct described call;
	struct slow_call slow;
	u64 now, total_ns, entered_ns;
	u32 nr, traits;
	s64 returned;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	entered_ns = thread->entered_ns;
	account_cpu(ctx, thread, task, now);
	thread->entered_ns = 0;
	if (!entered_ns)
		return 0;
	total_ns = now - entered_ns;
	returned = ctx[1];
	nr = thread->nr;
	if (nr >= 512 || (task->thread_info.status & TS_COMPAT))
		nr = OTHER_CALL;
	traits = traits_of(nr);
	if (overwrites_arguments(nr)) {
		call.key = thread->key;
		call.fd = thread->fd;
		call.file = NULL;
	} else {
		describe_current(&call, nr);
	}
	if (asks_for_events(traits)) {
		if (!thread->asked_first_ns)
			thread->asked_first_ns = entered_ns;
		thread->asked_last_ns = now;
		if (thread->stalled_at_ns && breadth_of(call.key) == MANY)
			after_stall(thread, total_ns, returned);
	}
	count_call(thread, &call, returned, total_ns);
	if (thread->sleeps.happened || total_ns >= slow_ns) {
		slow.key = call.key;
		slow.fd = call.fd;
		slow.began_ns = entered_ns;
		slow.total_ns = total_ns;
		slow.returned = returned;
		after_sleep(ctx, thread, task, &slow);
	} else {
		thread->sleeps.runnable_ns = 0;
	}
	return 0;
}

/* ---- both: the scheduler ---- */

/* A task that has a CPU does not run while the host runs something else, or interrupts are handled.
 * The scheduler does not count that as its time where it knows of it, and neither does this: such
 * a task waited for a CPU. The other way round, a task that ran longer than it was seen to had the
 * CPU while it was taken to wait for one. In its first time on a CPU that is not known: until then
 * the scheduler's account may be up to a tick old. */
INLINE void settle_with_scheduler(struct thread *thread, struct task_struct *task, u64 now)
{
	enum { LEAST_NS = 20000 }; /* less than that the two clocks may differ */
	u64 span_ns = now - thread->on_cpu_since_ns;
	u64 ran_ns = task->se.sum_exec_runtime - thread->exec_then_ns;
	u64 stolen_ns, unseen_ns;

	if (span_ns >= ran_ns + LEAST_NS) {
		stolen_ns = span_ns - ran_ns;
		if (thread->entered_ns && thread->kernel_ns >= stolen_ns) {
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
		if (thread->entered_ns)
			thread->kernel_ns += unseen_ns;
		else
			thread->user_ns += unseen_ns;
	}
}

INLINE void leave_cpu(void *ctx, struct thread *thread, struct task_struct *task, bool preempted, u32 state, u64 now)
{
	struct described call;
	u32 nr;

	account_cpu(ctx, thread, task, now);
	settle_with_scheduler(thread, task, now);
	thread->exec_then_ns = task->se.sum_exec_runtime;
	if (state & TASK_DEAD) {
		end(thread, task, now);
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
	nr = current_nr(task, bpf_task_pt_regs(task));
	describe_current(&call, nr);
	thread->nr = nr;
	thread->key = call.key;
	thread->fd = call.fd;
}

SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	struct thread *leaves = watched(prev);
	struct thread *takes = watched(next);
	u64 now = 0;

	if (leaves) {
		now = bpf_ktime_get_ns();
		leave_cpu(ctx, leaves, prev, ctx[0] & 1, ctx[3], now);
	}
	if (takes)
		take_cpu(ctx, takes, next, now ? now : bpf_ktime_get_ns());
	return 0;
}

/* Whether a task that wakes another does so by itself. It wakes others from within a call, as a
 * worker of io_uring, or as it ends; whoever is woken while it runs its own code was woken by an
 * interrupt, which is nobody's doing. An interrupt that comes within a call cannot be told from
 * it, but for what only a timer ends. */
INLINE bool wakes_itself(struct thread *waker, struct thread *sleeper, struct task_struct *task)
{
	enum { NANOSLEEP = 35, CLOCK_NANOSLEEP = 230 };

	if (waker == sleeper)
		return 0;
	if (sleeper->nr == NANOSLEEP || sleeper->nr == CLOCK_NANOSLEEP)
		return 0;
	if (waker->io_worker || (task->flags & PF_EXITING))
		return 1;
	return light ? current_nr(task, bpf_task_pt_regs(task)) != NO_CALL : waker->entered_ns != 0;
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
	int slot;
	u32 row;

	if (!parent)
		return 0;
	if (ctx[1] & CLONE_THREAD)
		parent->threads_created++;
	else
		parent->processes_created++;
	slot = begin(child, parent->tid, parent->tgid);
	if (slot < 0)
		return 0;
	row = slot;
	thread = bpf_map_lookup_elem(&threads, &row);
	if (thread)
		thread->state = RUNNABLE;
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct counters *counters = counted();
	u32 *slot = bpf_task_storage_get(&slots, task, NULL, 0);
	struct thread *thread;
	int begun;
	u32 row;

	if (!slot || !counters)
		return 0;
	thread = bpf_map_lookup_elem(&threads, slot);
	if (!thread) {
		if (*slot != MARK_EXEC)
			return 0;
		begun = begin(task, 0, 0);
		if (begun < 0)
			return 0;
		row = begun;
		thread = bpf_map_lookup_elem(&threads, &row);
		if (!thread)
			return 0;
		/* It is in execve, whose beginning was not seen. */
		if (!light)
			thread->entered_ns = thread->began_ns;
		thread->nr = 59;
	}
	thread->execs++;
	/* A thread that executes a program takes the number of its process. */
	thread->tid = number_of(task, counters->level);
	thread->tgid = number_of(task->group_leader, counters->level);
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
	announce_life(thread, *slot, EVENT_EXECUTED, bpf_ktime_get_ns());
	return 0;
}

/* What a task is found in that is not the current one, whose memory cannot be looked into. */
INLINE void describe_found(struct described *call, struct task_struct *task, struct pt_regs *regs, u32 nr)
{
	u32 asks = traits_of(nr) & ASKS;

	call->fd = -1;
	call->file = NULL;
	if (asks == POLL || asks == PPOLL)
		call->key = make_key(nr, CLASS_NONE, 0, breadth_of_count(regs->si));
	else if (asks == SELECT || asks == EPOLL2)
		call->key = make_key(nr, CLASS_NONE, 0, MANY);
	else
		describe(call, task, regs, nr);
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
	struct described call;
	struct pt_regs *regs;
	u32 row, nr;
	int slot;

	if (!task || !counters)
		return 0;
	counters->level = bpf_get_current_task_btf()->thread_pid->level - levels_above;
	if ((task->__state & TASK_DEAD) || !is_target(task) || watched(task))
		return 0;
	slot = begin(task, 0, 0);
	if (slot < 0)
		return 0;
	row = slot;
	thread = bpf_map_lookup_elem(&threads, &row);
	if (!thread)
		return 0;
	regs = bpf_task_pt_regs(task);
	nr = current_nr(task, regs);
	describe_found(&call, task, regs, nr);
	thread->nr = nr;
	thread->key = call.key;
	thread->fd = call.fd;
	if (!light && nr != NO_CALL)
		thread->entered_ns = thread->began_ns;
	thread->state = task->on_cpu ? RUNNING : task->__state ? WAITING : RUNNABLE;
	return 0;
}

/* Run once at the end: finds out in what threads are then, and closes the kernel's account. */
SEC("iter/task")
int on_settle(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *thread;
	struct described call;
	u64 took_ns;
	u32 nr;

	if (!task)
		return 0;
	thread = watched(task);
	if (!thread || thread->state == DEAD)
		return 0;
	if (thread->state == RUNNABLE && task->on_cpu && task->se.sum_exec_runtime != thread->exec_then_ns) {
		took_ns = took_cpu_at(thread, task, bpf_ktime_get_ns());
		thread->runnable_ns += took_ns - thread->last_ns;
		thread->last_ns = took_ns;
		thread->state = RUNNING;
	}
	thread->exec_last_ns = task->se.sum_exec_runtime;
	thread->utime_last_ns = task->utime;
	thread->stime_last_ns = task->stime;
	thread->in_flight_file = identity_of(file_of(task, thread->fd));
	if (light || !thread->entered_ns || overwrites_arguments(thread->nr))
		return 0;
	nr = current_nr(task, bpf_task_pt_regs(task));
	describe_found(&call, task, bpf_task_pt_regs(task), nr);
	thread->key = call.key;
	thread->fd = call.fd;
	thread->in_flight_file = identity_of(call.file);
	return 0;
}

/* ---- light: what runs on a CPU ---- */

SEC("perf_event")
int on_sample(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = watched(task);
	struct described call;
	struct call_cell *cell;
	u32 nr;

	if (!thread)
		return 0;
	nr = current_nr(task, bpf_task_pt_regs(task));
	if (nr == NO_CALL)
		call.key = make_key(USER_CODE, CLASS_NONE, 0, NOT_APPLICABLE);
	else
		describe_current(&call, nr);
	cell = call_cell(thread, call.key);
	if (cell)
		cell->count++;
	return 0;
}

/* ---- both: io_uring ---- */

INLINE void count_request(struct io_kiocb *request, bool punted)
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
	if (punted)
		value->punted++;
	else
		value->submitted++;
}

SEC("tp_btf/io_uring_submit_req")
int on_request(u64 *ctx)
{
	count_request((struct io_kiocb *)ctx[0], 0);
	return 0;
}

SEC("tp_btf/io_uring_queue_async_work")
int on_punt(u64 *ctx)
{
	count_request((struct io_kiocb *)ctx[0], 1);
	return 0;
}
