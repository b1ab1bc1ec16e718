/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What kind of call a thread makes, from its registers: on what, and whether it may sleep.
 *
 * The registers of the way in are still there on the way out, so that this is done once, when the
 * result is known; select(2) and ppoll(2) overwrite their arguments, and are looked at on the way in.
 *
 * Left out on purpose: what the call's buffers hold. Of the program's memory only time limits,
 * sets of descriptors and a single pollfd are read.
 */
#pragma once

#include "descriptor.h"
#include "traits.h"

struct described {
	u32 key;
	s32 fd;
	struct file *file;
};

INLINE u32 make_key(u32 nr, u32 class, bool at_once, u32 breadth)
{
	return (nr & 1023) | class << KEY_CLASS | (u32)at_once << KEY_AT_ONCE | breadth << KEY_BREADTH |
	       1U << KEY_USED;
}

INLINE u32 nr_of(u32 key)
{
	return key & 1023;
}

INLINE u32 breadth_of(u32 key)
{
	return (key >> KEY_BREADTH) & 3;
}

INLINE bool at_once_of(u32 key)
{
	return (key >> KEY_AT_ONCE) & 1;
}

/* Whether the time limit in the program's memory is there and is 0. */
INLINE bool is_zero_time(unsigned long at)
{
	u64 time[2] = { 1, 1 };

	if (!at)
		return 0;
	bpf_probe_read_user(time, sizeof(time), (void *)at);
	return !time[0] && !time[1];
}

INLINE u32 breadth_of_count(u64 count)
{
	return count == 0 ? ZERO : count == 1 ? ONE : MANY;
}

/* A part of a set of descriptors; none of a set that is not there. */
INLINE u64 word_of_set(unsigned long set, u32 word)
{
	u64 bits = 0;

	bpf_probe_read_user(&bits, sizeof(bits), (void *)(set + word * sizeof(bits)));
	return bits;
}

/* The place of the only bit that is set. */
__attribute__((noinline)) u32 place_of(u64 bit)
{
	u32 place = 0;
	u32 step;

	for (step = 32; step; step >>= 1) {
		if (bit >> step) {
			bit >>= step;
			place += step;
		}
	}
	return place;
}

/* 1 if any bit is set, without a branch, for each of which the verifier would go both ways. */
INLINE u64 any(u64 bits)
{
	return (bits | -bits) >> 63;
}

/* How many descriptors the sets of a select(2) name, in the upper half, counted at most twice in
 * each 64; and in the lower half which one it is if it is one. */
__attribute__((noinline)) u64 select_count(unsigned long read, unsigned long write, unsigned long except, u32 words)
{
	u64 count = 0, last = 0;
	u32 word;

	for (word = 0; word < 16; word++) {
		u64 bits;

		if (word >= words)
			break;
		bits = word_of_set(read, word) | word_of_set(write, word) | word_of_set(except, word);
		count += any(bits) + any(bits & (bits - 1));
		last += any(bits) * (word * 64 + place_of(bits));
	}
	return count << 32 | (u32)last;
}

INLINE void describe_select(struct described *call, struct pt_regs *regs, u32 nr)
{
	u64 found = select_count(regs->si, regs->dx, regs->r10, ((u32)regs->di + 63) / 64);
	u32 breadth = breadth_of_count(found >> 32);

	call->key = make_key(nr, CLASS_NONE, is_zero_time(regs->r8), breadth);
	call->fd = breadth == ONE ? (s32)(u32)found : -1;
	call->file = NULL;
}

INLINE void describe_poll(struct described *call, struct pt_regs *regs, u32 nr, bool at_once)
{
	u32 breadth = breadth_of_count(regs->si);

	call->key = make_key(nr, CLASS_NONE, at_once, breadth);
	if (breadth == ONE)
		bpf_probe_read_user(&call->fd, sizeof(call->fd), (void *)regs->di);
}

INLINE void describe_futex(struct described *call, struct pt_regs *regs, u32 nr)
{
	u32 operation = regs->si & 0x7f;
	/* FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2; the others never sleep. */
	bool waits = nr == 449 || operation == 0 || operation == 6 || operation == 9 || operation == 11 ||
		     operation == 13;
	bool limited = nr == 449 ? regs->r10 != 0 : regs->r10 != 0 && waits;

	call->key = make_key(nr, CLASS_NONE, !waits, limited ? MANY : ONE);
}

INLINE void describe_on_fd(struct described *call, struct task_struct *task, struct pt_regs *regs, u32 nr,
			   u32 traits)
{
	u32 class = CLASS_NONE, breadth = NOT_APPLICABLE, asks = traits & ASKS;
	s32 fd = (s32)regs->di;
	bool at_once = 0;
	struct file *file;
	u32 flags = 0;

	file = file_of(task, fd);
	if (file)
		class = class_of(file);
	if ((traits & STREAM) && file && class != CLASS_FILE && class != CLASS_DIRECTORY) {
		READ(flags, file, f_flags);
		at_once = (flags & O_NONBLOCK) != 0;
	}
	call->fd = fd;
	call->file = file;
	if (asks == FLAGS_3RD)
		at_once |= (regs->dx & MSG_DONTWAIT) != 0;
	else if (asks == FLAGS_4TH)
		at_once |= (regs->r10 & MSG_DONTWAIT) != 0;
	else if (asks == FLAGS_6TH)
		at_once |= (regs->r9 & RWF_NOWAIT) != 0;
	else if (asks == EPOLL)
		at_once = (s32)regs->r10 == 0;
	else if (asks == EPOLL2)
		at_once = is_zero_time(regs->r10);
	else if (asks == RING)
		at_once = (u32)regs->dx == 0;
	if (asks == EPOLL || asks == EPOLL2 || asks == RING)
		breadth = MANY;
	call->key = make_key(nr, class, at_once, breadth);
}

/* Says what kind of call the registers hold. `task` is the current one. */
INLINE void describe(struct described *call, struct task_struct *task, struct pt_regs *regs, u32 nr)
{
	u32 traits = traits_of(nr);
	u32 asks = traits & ASKS;

	call->fd = -1;
	call->file = NULL;
	if (traits & ON_FD)
		describe_on_fd(call, task, regs, nr, traits);
	else if (asks == POLL)
		describe_poll(call, regs, nr, (s32)regs->dx == 0);
	else if (asks == PPOLL)
		describe_poll(call, regs, nr, is_zero_time(regs->dx));
	else if (asks == FUTEX)
		describe_futex(call, regs, nr);
	else if (asks == OPTIONS_3RD)
		call->key = make_key(nr, CLASS_NONE, (regs->dx & WNOHANG) != 0, NOT_APPLICABLE);
	else if (asks == OPTIONS_4TH)
		call->key = make_key(nr, CLASS_NONE, (regs->r10 & WNOHANG) != 0, NOT_APPLICABLE);
	else
		call->key = make_key(nr, CLASS_NONE, asks == YIELD, NOT_APPLICABLE);
}

/* The same for the current task. Not static, so that the verifier looks at it by itself and not at
 * every way through it again for all that follows. */
__attribute__((noinline)) int describe_current(struct described *call, u32 nr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = bpf_task_pt_regs(task);

	if (!call)
		return 0;
	if ((traits_of(nr) & ASKS) == SELECT)
		describe_select(call, regs, nr);
	else
		describe(call, task, regs, nr);
	return 0;
}

/* The number of the call in which a task is, NO_CALL outside of calls. Interrupts and faults leave
 * a negative number. */
INLINE u32 current_nr(struct task_struct *task, struct pt_regs *regs)
{
	long nr = (long)regs->orig_ax;

	if (nr < 0)
		return NO_CALL;
	if (nr >= 512 || (task->thread_info.status & TS_COMPAT))
		return OTHER_CALL;
	return nr;
}
