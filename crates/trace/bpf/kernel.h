/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What whywait needs to know of the kernel: the few structures that its programs look into, with
 * only the members that they read, and the helper functions that they call.
 *
 * The offsets that a compiler would compute from these definitions are wrong on every kernel;
 * each access is recorded (`preserve_access_index`) and set right by the loader from the running
 * kernel's own BTF ("CO-RE").
 *
 * Left out on purpose: everything else of vmlinux.h, which has 130,000 lines and differs between
 * kernels.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;
typedef _Bool bool;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
/*
 * A function that the verifier walks through once, for any arguments, and not again at each call: all
 * that it knows of the result is its type. Without this, each path through the function multiplies
 * those through its caller; Linux 6.1 gives up at a million instructions. Arguments can be numbers and
 * pointers to structures of ours, not the kernel's; of these the address is passed, as a number, and
 * READ reads.
 */
#define VERIFIED_ONCE __attribute__((noinline))
#define NULL ((void *)0)

/* A map is described to the loader by the types of a structure's members. */
#define UINT(name, value) int(*name)[value]
#define TYPE(name, type) type *name

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_F_USER_STACK = 1 << 8,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
};

/* What the loader is asked of a type (tools/lib/bpf/relo_core.h). */
enum { FIELD_EXISTS = 2, TYPE_EXISTS = 0, ENUMERATOR_EXISTS = 0 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct inode {
	u16 i_mode;
	unsigned long i_ino;
};

struct path {
	struct dentry *dentry;
};

struct file {
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct in6_addr {
	u8 bytes[16];
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_type;
	u16 sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr_un {
	u16 sun_family;
};

struct unix_address {
	s32 len; /* of the name, its family included */
	struct sockaddr_un name[];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct sched_entity {
	u64 sum_exec_runtime;
};

struct thread_info {
	u32 status;
};

struct bpf_local_storage;

struct upid {
	s32 nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* As many as there are levels. */
};

struct signal_struct {
	struct pid *pids[4]; /* By enum pid_type, of which PIDTYPE_SID is the last. */
};

struct task_struct {
	struct pid *thread_pid;
	struct signal_struct *signal;
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	s32 on_cpu;
	struct sched_entity se;
	s32 exit_code;
	s32 pid;
	s32 tgid;
	struct task_struct *group_leader;
	void *stack;
	unsigned int kasan_depth; /* in a kernel that is built with KASAN */
	unsigned in_iowait : 1;
	u64 utime;
	u64 stime;
	char comm[16];
	struct files_struct *files;
	struct bpf_local_storage *bpf_storage;
};

struct pt_regs {
	unsigned long bp;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
};

/* In a kernel that is built with CONFIG_X86_FRED. */
struct fred_frame {
	struct pt_regs regs;
};

enum bpf_func_id {
	BPF_FUNC_task_pt_regs = 175,
};

struct io_kiocb {
	u8 opcode;
};

struct bpf_iter_meta;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_perf_event_data;

#pragma clang attribute pop

/* Flags of a task and of its state, include/linux/sched.h. */
enum {
	PF_EXITING = 0x00000004,
	PF_IO_WORKER = 0x00000010,
	PF_KTHREAD = 0x00200000,
	TASK_DEAD = 0x00000080,
	TASK_WAKING = 0x00000200,
	TS_COMPAT = 0x0002, /* In a system call of 32-bit code, whose numbers are others. */
};

/* Kinds of files, include/uapi/linux/stat.h. */
enum {
	S_IFMT = 0170000,
	S_IFSOCK = 0140000,
	S_IFREG = 0100000,
	S_IFBLK = 0060000,
	S_IFDIR = 0040000,
	S_IFCHR = 0020000,
	S_IFIFO = 0010000,
};

enum {
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	O_NONBLOCK = 04000,
	MSG_DONTWAIT = 0x40,
	RWF_NOWAIT = 0x8,
	WNOHANG = 1,
	CLONE_THREAD = 0x00010000,
	EAGAIN = 11,
	EEXIST = 17,
	EALREADY = 114,
	EINPROGRESS = 115,
};

/* Helper functions, by the numbers of include/uapi/linux/bpf.h. */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static u64 (*bpf_get_current_task)(void) = (void *)35;
static long (*bpf_map_pop_elem)(void *map, void *value) = (void *)88;
static long (*bpf_probe_read_user)(void *dst, u32 size, const void *from) = (void *)112;
static long (*bpf_probe_read_kernel)(void *dst, u32 size, const void *from) = (void *)113;
static long (*bpf_probe_read_kernel_str)(void *dst, u32 size, const void *from) = (void *)115;
static void *(*bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;
static u64 (*bpf_ringbuf_query)(void *ring, u64 what) = (void *)134;
static void *(*bpf_task_storage_get)(void *map, struct task_struct *task, void *value, u64 flags) = (void *)156;
static long (*bpf_get_task_stack)(struct task_struct *task, void *buf, u32 size, u64 flags) = (void *)141;
static struct task_struct *(*bpf_get_current_task_btf)(void) = (void *)158;
static struct pt_regs *(*bpf_task_pt_regs)(struct task_struct *task) = (void *)175;

/* Keeps the compiler from computing with a pointer before it was compared with NULL, which the
 * verifier refuses. */
#define AFTER_CHECK(value) asm volatile("" : "+r"(value))

/* Sets to zero what is too large for the compiler to do so without a function. */
#define CLEAR(pointer)                                                                                   \
	do {                                                                                             \
		volatile u64 *words_ = (volatile u64 *)(pointer);                                        \
		u32 word_;                                                                               \
		_Static_assert(sizeof(*(pointer)) % sizeof(u64) == 0, "whole words");                    \
		for (word_ = 0; word_ < sizeof(*(pointer)) / sizeof(u64); word_++)                       \
			words_[word_] = 0;                                                               \
	} while (0)

/* Reads a member that is a bitfield, through a pointer that the verifier follows. */
#define BITFIELD(pointer, member)                                                                        \
	({                                                                                               \
		const u8 *at_ = (const u8 *)(pointer) +                                                  \
				__builtin_preserve_field_info((pointer)->member, 0 /* offset */);        \
		u64 all_ = 0;                                                                            \
		switch (__builtin_preserve_field_info((pointer)->member, 1 /* size */)) {                \
		case 1:                                                                                  \
			all_ = *at_;                                                                     \
			break;                                                                           \
		case 2:                                                                                  \
			all_ = *(const u16 *)at_;                                                        \
			break;                                                                           \
		case 4:                                                                                  \
			all_ = *(const u32 *)at_;                                                        \
			break;                                                                           \
		case 8:                                                                                  \
			all_ = *(const u64 *)at_;                                                        \
			break;                                                                           \
		}                                                                                        \
		all_ <<= __builtin_preserve_field_info((pointer)->member, 4 /* left shift */);           \
		all_ >>= __builtin_preserve_field_info((pointer)->member, 5 /* right shift */);          \
		(u32)all_;                                                                               \
	})

/* Reads a member through a pointer that the verifier does not follow by itself. */
#define READ(into, pointer, member) \
	bpf_probe_read_kernel(&(into), sizeof(into), __builtin_preserve_access_index(&(pointer)->member))
