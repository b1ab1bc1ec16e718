/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Written by `cargo xtask bpf` from crates/record/src/syscall/table.rs. */
#pragma once

enum {
	TINY_BYTES = 16,
	FRUITLESS_NS = 50000,
	STALL_NS = 10000000,
	LOCK_STALL_NS = 50000000,
};

static const u16 call_traits[512] = {
	[0] = ON_FD | BYTES | STREAM, /* read */
	[1] = ON_FD | BYTES | STREAM, /* write */
	[3] = ON_FD, /* close */
	[5] = ON_FD, /* fstat */
	[7] = POLL, /* poll */
	[8] = ON_FD, /* lseek */
	[16] = ON_FD, /* ioctl */
	[17] = ON_FD | BYTES, /* pread64 */
	[18] = ON_FD | BYTES, /* pwrite64 */
	[19] = ON_FD | BYTES | STREAM, /* readv */
	[20] = ON_FD | BYTES | STREAM, /* writev */
	[23] = SELECT, /* select */
	[24] = YIELD, /* sched_yield */
	[40] = ON_FD | BYTES | STREAM, /* sendfile */
	[42] = ON_FD | STREAM, /* connect */
	[43] = ON_FD | FRUITFUL | STREAM, /* accept */
	[44] = ON_FD | BYTES | STREAM | FLAGS_4TH, /* sendto */
	[45] = ON_FD | BYTES | STREAM | FLAGS_4TH, /* recvfrom */
	[46] = ON_FD | BYTES | STREAM | FLAGS_3RD, /* sendmsg */
	[47] = ON_FD | BYTES | STREAM | FLAGS_3RD, /* recvmsg */
	[48] = ON_FD, /* shutdown */
	[61] = FRUITFUL | OPTIONS_3RD, /* wait4 */
	[72] = ON_FD, /* fcntl */
	[73] = ON_FD, /* flock */
	[74] = ON_FD, /* fsync */
	[75] = ON_FD, /* fdatasync */
	[77] = ON_FD, /* ftruncate */
	[78] = ON_FD, /* getdents */
	[91] = ON_FD, /* fchmod */
	[93] = ON_FD, /* fchown */
	[138] = ON_FD, /* fstatfs */
	[187] = ON_FD, /* readahead */
	[190] = ON_FD, /* fsetxattr */
	[193] = ON_FD, /* fgetxattr */
	[202] = FUTEX, /* futex */
	[208] = AIO, /* io_getevents */
	[217] = ON_FD, /* getdents64 */
	[221] = ON_FD, /* fadvise64 */
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
	[288] = ON_FD | FRUITFUL | STREAM, /* accept4 */
	[295] = ON_FD | BYTES, /* preadv */
	[296] = ON_FD | BYTES, /* pwritev */
	[299] = ON_FD | FRUITFUL | STREAM | FLAGS_4TH, /* recvmmsg */
	[304] = ON_FD, /* open_by_handle_at */
	[306] = ON_FD, /* syncfs */
	[307] = ON_FD | FRUITFUL | STREAM | FLAGS_4TH, /* sendmmsg */
	[326] = ON_FD | BYTES, /* copy_file_range */
	[327] = ON_FD | BYTES | FLAGS_6TH, /* preadv2 */
	[328] = ON_FD | BYTES | FLAGS_6TH, /* pwritev2 */
	[333] = AIO, /* io_pgetevents */
	[426] = ON_FD | RING, /* io_uring_enter */
	[441] = ON_FD | EPOLL2, /* epoll_pwait2 */
	[449] = FUTEX_WAIT, /* futex_waitv */
	[455] = FUTEX_WAIT, /* futex_wait */
};
