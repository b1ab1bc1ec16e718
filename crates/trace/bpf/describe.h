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
#include "registers.h"
#include "traits.h"

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

/* Where each bit is found by place_of. */
static const u8 places[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

/* The place of the only bit that is set, without a branch: the upper six bits of a de Bruijn sequence
 * differ for each place to which it is shifted (Leiserson, Prokop, Randall 1998). */
INLINE u32 place_of(u64 bit)
{
	return places[(bit * 0x022fdd63cc95386dULL) >> 58];
}

/* 1 if any bit is set, without a branch, for each of which the verifier would go both ways. */
INLINE u64 any(u64 bits)
{
	u64 negative = -bits;

	/* So that the compiler does not make it a comparison, which is a branch here. */
	asm volatile("" : "+r"(negative));
	return (bits | negative) >> 63;
}

/* How many descriptors the sets of a select(2) name, in the upper half, counted at most twice in
 * each 64; and in the lower half which one it is if it is one. */
VERIFIED_ONCE u64 select_count(unsigned long read, unsigned long write, unsigned long except, u32 words)
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

INLINE void describe_select(struct call_state *call, struct task_struct *task, struct registers registers, u32 nr)
{
	u64 found = select_count(REGISTER(registers, si), REGISTER(registers, dx), REGISTER(registers, r10),
				 ((u32)REGISTER(registers, di) + 63) / 64);
	u32 breadth = breadth_of_count(found >> 32);

	call->key = make_key(nr, CLASS_NONE, is_zero_time(REGISTER(registers, r8)), breadth);
	if (breadth == ONE) {
		call->fd = (s32)(u32)found;
		call->file_at = file_of(task, call->fd);
	}
}

INLINE void describe_poll(struct call_state *call, struct task_struct *task, struct registers registers, u32 nr,
			  bool at_once)
{
	u32 breadth = breadth_of_count(REGISTER(registers, si));
	s32 fd;

	call->key = make_key(nr, CLASS_NONE, at_once, breadth);
	if (breadth == ONE && !bpf_probe_read_user(&fd, sizeof(fd), (void *)REGISTER(registers, di))) {
		call->fd = fd;
		call->file_at = file_of(task, fd);
	}
}

INLINE void describe_futex(struct call_state *call, struct registers registers, u32 nr)
{
	u32 operation = REGISTER(registers, si) & 0x7f;
	/* FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2; the others never sleep. */
	bool waits = operation == 0 || operation == 6 || operation == 9 || operation == 11 ||
		     operation == 13;
	bool limited = REGISTER(registers, r10) != 0 && waits;

	call->key = make_key(nr, CLASS_NONE, !waits, limited ? MANY : ONE);
}

/* futex_wait has its time limit in the fifth argument, futex_waitv in the fourth. */
INLINE void describe_futex_wait(struct call_state *call, struct registers registers, u32 nr)
{
	bool limited = nr == 455 ? REGISTER(registers, r8) != 0 : REGISTER(registers, r10) != 0;

	call->key = make_key(nr, CLASS_NONE, 0, limited ? MANY : ONE);
}

/* An aio context is no descriptor. */
INLINE void describe_aio(struct call_state *call, struct registers registers, u32 nr, bool is_current)
{
	bool at_once = (long)REGISTER(registers, si) <= 0 ||
		       (is_current && is_zero_time(REGISTER(registers, r8)));

	call->key = make_key(nr, CLASS_NONE, at_once, MANY);
}

INLINE void describe_on_fd(struct call_state *call, struct task_struct *task, struct registers registers, u32 nr,
			   u32 traits, bool is_current)
{
	u32 class = CLASS_NONE, breadth = NOT_APPLICABLE, asks = traits & ASKS;
	s32 fd = (s32)REGISTER(registers, di);
	u64 file_at = file_of(task, fd);
	bool at_once = 0;
	u32 flags = 0;

	if (file_at)
		class = class_of(file_at);
	if ((traits & STREAM) && file_at && class != CLASS_FILE && class != CLASS_DIRECTORY) {
		READ(flags, (struct file *)file_at, f_flags);
		at_once = (flags & O_NONBLOCK) != 0;
	}
	call->fd = fd;
	call->file_at = file_at;
	if (asks == FLAGS_3RD)
		at_once |= (REGISTER(registers, dx) & MSG_DONTWAIT) != 0;
	else if (asks == FLAGS_4TH)
		at_once |= (REGISTER(registers, r10) & MSG_DONTWAIT) != 0;
	else if (asks == FLAGS_6TH)
		at_once |= (REGISTER(registers, r9) & RWF_NOWAIT) != 0;
	else if (asks == EPOLL)
		at_once = (s32)REGISTER(registers, r10) == 0;
	else if (asks == EPOLL2)
		at_once = is_current && is_zero_time(REGISTER(registers, r10));
	else if (asks == RING)
		at_once = (u32)REGISTER(registers, dx) == 0;
	if (asks == EPOLL || asks == EPOLL2 || asks == RING)
		breadth = MANY;
	call->key = make_key(nr, class, at_once, breadth);
}

/* Says what kind of call the registers hold. The memory of a task that is not the current one cannot
 * be read: its time limits count as not zero, and its select(2) as one for many descriptors. */
INLINE void describe(struct call_state *call, struct task_struct *task, struct registers registers, u32 nr,
		     bool is_current)
{
	u32 traits = traits_of(nr);
	u32 asks = traits & ASKS;

	call->fd = -1;
	call->file_at = 0;
	call->file = 0;
	if (traits & ON_FD)
		describe_on_fd(call, task, registers, nr, traits, is_current);
	else if (asks == FUTEX)
		describe_futex(call, registers, nr);
	else if (asks == FUTEX_WAIT)
		describe_futex_wait(call, registers, nr);
	else if (asks == AIO)
		describe_aio(call, registers, nr, is_current);
	else if (asks == OPTIONS_3RD)
		call->key = make_key(nr, CLASS_NONE, (REGISTER(registers, dx) & WNOHANG) != 0, NOT_APPLICABLE);
	else if (asks == OPTIONS_4TH)
		call->key = make_key(nr, CLASS_NONE, (REGISTER(registers, r10) & WNOHANG) != 0, NOT_APPLICABLE);
	else if (asks == SELECT && is_current)
		describe_select(call, task, registers, nr);
	else if (asks == SELECT)
		call->key = make_key(nr, CLASS_NONE, 0, MANY);
	else if ((asks == POLL || asks == PPOLL) && !is_current)
		call->key = make_key(nr, CLASS_NONE, 0, breadth_of_count(REGISTER(registers, si)));
	else if (asks == POLL)
		describe_poll(call, task, registers, nr, (s32)REGISTER(registers, dx) == 0);
	else if (asks == PPOLL)
		describe_poll(call, task, registers, nr, is_zero_time(REGISTER(registers, dx)));
	else
		call->key = make_key(nr, CLASS_NONE, asks == YIELD, NOT_APPLICABLE);
}

/* Describes the call that the current task, which is that thread, is in. */
VERIFIED_ONCE int describe_current(struct thread *thread, u32 nr)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (thread)
		describe(&thread->call, task, registers_of(task, thread->task), nr, 1);
	return 0;
}

/* The number of the call in which a task is, NO_CALL outside of calls. Interrupts and faults leave
 * a negative number. */
INLINE u32 current_nr(struct task_struct *task, struct registers registers)
{
	long nr = (long)REGISTER(registers, orig_ax);

	if (nr < 0)
		return NO_CALL;
	if (nr >= 512 || (task->thread_info.status & TS_COMPAT))
		return OTHER_CALL;
	return nr;
}
