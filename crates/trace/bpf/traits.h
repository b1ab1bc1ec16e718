/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What the programs need to know of each system call: where its arguments say on what it works
 * and whether it may sleep, and what its result means. x86-64.
 *
 * Left out on purpose: calls of which only number, length and failure matter; see
 * docs/adding-a-syscall.md.
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
};

static const u16 call_traits[512] = {
	[0] = ON_FD | BYTES | STREAM, /* read */
	[1] = ON_FD | BYTES | STREAM, /* write */
	[7] = POLL,
	[16] = ON_FD, /* ioctl */
	[17] = ON_FD | BYTES, /* pread64 */
	[18] = ON_FD | BYTES, /* pwrite64 */
	[19] = ON_FD | BYTES | STREAM, /* readv */
	[20] = ON_FD | BYTES | STREAM, /* writev */
	[23] = SELECT, /* select */
	[24] = YIELD, /* sched_yield */
	[26] = 0, /* msync */
	[40] = ON_FD | BYTES | STREAM, /* sendfile */
	[42] = ON_FD | STREAM, /* connect */
	[43] = ON_FD | STREAM | FRUITFUL, /* accept */
	[44] = ON_FD | BYTES | STREAM | FLAGS_4TH, /* sendto */
	[45] = ON_FD | BYTES | STREAM | FLAGS_4TH, /* recvfrom */
	[46] = ON_FD | BYTES | STREAM | FLAGS_3RD, /* sendmsg */
	[47] = ON_FD | BYTES | STREAM | FLAGS_3RD, /* recvmsg */
	[48] = ON_FD, /* shutdown */
	[61] = OPTIONS_3RD | FRUITFUL, /* wait4 */
	[72] = ON_FD, /* fcntl */
	[73] = ON_FD, /* flock */
	[74] = ON_FD, /* fsync */
	[75] = ON_FD, /* fdatasync */
	[76] = 0, /* truncate */
	[77] = ON_FD, /* ftruncate */
	[78] = ON_FD, /* getdents */
	[202] = FUTEX, /* futex */
	[217] = ON_FD, /* getdents64 */
	[232] = ON_FD | EPOLL, /* epoll_wait */
	[247] = OPTIONS_4TH, /* waitid */
	[270] = SELECT, /* pselect6 */
	[271] = PPOLL, /* ppoll */
	[275] = ON_FD | BYTES | STREAM, /* splice */
	[276] = ON_FD | BYTES | STREAM, /* tee */
	[277] = ON_FD, /* sync_file_range */
	[278] = ON_FD | BYTES | STREAM, /* vmsplice */
	[281] = ON_FD | EPOLL, /* epoll_pwait */
	[285] = ON_FD, /* fallocate */
	[288] = ON_FD | STREAM | FRUITFUL, /* accept4 */
	[295] = ON_FD | BYTES, /* preadv */
	[296] = ON_FD | BYTES, /* pwritev */
	[299] = ON_FD | STREAM | FRUITFUL | FLAGS_4TH, /* recvmmsg */
	[306] = ON_FD, /* syncfs */
	[307] = ON_FD | STREAM | FRUITFUL | FLAGS_4TH, /* sendmmsg */
	[326] = ON_FD | BYTES, /* copy_file_range */
	[327] = ON_FD | BYTES | FLAGS_6TH, /* preadv2 */
	[328] = ON_FD | BYTES | FLAGS_6TH, /* pwritev2 */
	[426] = ON_FD | RING, /* io_uring_enter */
	[441] = ON_FD | EPOLL2, /* epoll_pwait2 */
	[449] = FUTEX, /* futex_waitv */
};

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

	return (asks >= POLL && asks <= EPOLL2) || asks == RING;
}
