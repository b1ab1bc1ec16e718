/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What the programs need to know of each system call: where its arguments say on what it works
 * and whether it may sleep, and what its result means. x86-64.
 *
 * The table itself is written from the one in crates/record; see docs/adding-a-syscall.md.
 */
#pragma once

enum trait {
	ON_FD = 1 << 0, /* the first argument is a descriptor */
	BYTES = 1 << 1, /* returns bytes that it moved */
	STREAM = 1 << 2, /* O_NONBLOCK means something, unless it is on a file */
	FRUITFUL = 1 << 3, /* a result of 0 or more is one, though no bytes */

	/* Where else it says whether it may sleep: one of these. */
	ASKS = 0xf0,
	FLAGS_3RD = 1 << 4, /* MSG_DONTWAIT in the third argument */
	FLAGS_4TH = 2 << 4,
	FLAGS_6TH = 3 << 4, /* RWF_NOWAIT */
	POLL = 4 << 4, /* milliseconds in the third argument */
	PPOLL = 5 << 4, /* a timespec there */
	SELECT = 6 << 4, /* a timeval or timespec in the fifth; sets of descriptors */
	EPOLL = 7 << 4, /* milliseconds in the fourth */
	EPOLL2 = 8 << 4, /* a timespec there */
	FUTEX = 9 << 4,
	OPTIONS_3RD = 10 << 4, /* WNOHANG */
	OPTIONS_4TH = 11 << 4,
	RING = 12 << 4, /* completions to wait for, in the third */
	YIELD = 13 << 4, /* never has a result */
	FUTEX_WAIT = 14 << 4, /* futex_wait and futex_waitv, which can only wait */
	AIO = 15 << 4, /* completions to wait for, in the second; a timespec in the fifth */
};

#include "call_traits.h"

INLINE u32 traits_of(u32 nr)
{
	return nr < 512 ? call_traits[nr & 511] : 0;
}

/* Whether the kernel writes over what a call was asked for, so that it must be looked at on the way
 * in: select and ppoll leave the time that remained. */
INLINE bool overwrites_arguments(u32 nr)
{
	u32 asks = traits_of(nr) & ASKS;

	return asks == SELECT || asks == PPOLL;
}

/* Whether a call waits for events of descriptors. */
INLINE bool asks_for_events(u32 traits)
{
	u32 asks = traits & ASKS;

	return (asks >= POLL && asks <= EPOLL2) || asks == RING || asks == AIO;
}
