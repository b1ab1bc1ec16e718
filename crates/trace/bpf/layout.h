/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What the programs in the kernel and whywait share: the layout of maps and events. The same
 * structures stand in src/bpf/layout.rs, and a test compares the two.
 *
 * Left out on purpose: what is not read on the other side.
 */
#pragma once

enum {
	RING_BYTES = 1 << 20,
	MAX_THREADS = 4096, /* watched at once; those that ended make room */
	CALLS_PER_THREAD = 64, /* kinds of calls that are told apart */
	CALLS_PER_CHUNK = 8,
	WAITS_PER_THREAD = 64,
	WAITS_PER_CHUNK = 4,
	WAIT_SETS = 8,
	WAIT_WAYS = 6, /* places of a set; those behind all sets are for merged waits, by kind */
	MAX_CALL_CHUNKS = 5120,
	MAX_WAIT_CHUNKS = 4096,
	MAX_WAKES = 16384,
	MAX_PUNTED = 4096, /* requests of io_uring of which it is known that a worker has them */
	BUCKETS = 32,
	FRAMES = 16,
	STACK_WORDS = 64,
	NAME_PARTS = 8,
	NAME_BYTES = 40,
};

/* Numbers of "calls" that are none. Those of the kernel are below 512. */
enum {
	NO_CALL = 1023, /* a sleep outside calls */
	OTHER_CALL = 1022, /* merged kinds, the cheapest of a thread that has too many; 32-bit calls */
	USER_CODE = 1021, /* light: the sampling timer found no call */
};

enum state { RUNNING = 0, WAITING = 1, RUNNABLE = 2, DEAD = 3 };

/* What can be told of a descriptor from its inode alone. */
enum class {
	CLASS_NONE = 0,
	CLASS_FILE = 1,
	CLASS_DIRECTORY = 2,
	CLASS_PIPE = 3,
	CLASS_SOCKET = 4,
	CLASS_CHAR = 5,
	CLASS_BLOCK = 6,
	CLASS_OTHER = 7, /* eventfd, epoll and their kin */
};

enum breadth { NOT_APPLICABLE = 0, ZERO = 1, ONE = 2, MANY = 3 };

/*
 * A kind of call in one number, never 0:
 * bits 0 to 9 its number, 10 to 12 its class, 13 whether it returns at once, 14 to 15 its breadth,
 * 16 always set.
 */
#define KEY_CLASS 10
#define KEY_AT_ONCE 13
#define KEY_BREADTH 14
#define KEY_USED 16

struct call_cell {
	u32 key;
	s32 example_fd;
	u64 example_file;
	u64 count;
	u64 would_block;
	u64 failed;
	u64 empty;
	u64 slept;
	u64 returned;
	u64 tiny;
	u64 total_ns;
	u64 inherited_ns; /* what the kind whose place it took had cost */
	u32 latency[BUCKETS];
};

/* Long sleeps of a loop. */
struct stalls {
	u64 count;
	u64 waiting_ns;
	u64 longest_ns;
};

struct wait_cell {
	u32 key;
	s32 fd;
	u64 file;
	u64 count;
	u64 total_ns;
	u64 waiting_ns;
	u64 runnable_ns;
	u64 disk_ns;
	u64 handed_over_ns;
	u64 by_program_ns;
	u64 longest_ns;
	struct stalls stalls; /* between two questions for events */
	struct stalls tail; /* after the last question so far; stalls if another follows */
	u64 tail_asked_ns; /* when that last question ended */
	u64 inherited_ns; /* what the waits whose place these took had cost */
	u32 latency[BUCKETS];
};

struct call_chunk {
	struct call_cell cells[CALLS_PER_CHUNK];
};

struct wait_chunk {
	struct wait_cell cells[WAITS_PER_CHUNK];
};

/* What adds up during one call, or one sleep outside calls. */
struct sleeps {
	u64 waiting_ns;
	u64 runnable_ns;
	u64 disk_ns;
	u64 handed_over_ns;
	u64 by_program_ns;
	u32 waker; /* of the last sleep; 0: not a watched thread */
	u32 happened;
};

/* The call that a thread is in, or was in last. In light detail it is known from when the thread
 * leaves the CPU in it; in full detail the kind is known at the end of the call, or at its beginning
 * where the kernel overwrites the arguments. */
struct call_state {
	u64 entered_ns; /* full: when it began; 0: the thread is in no call */
	u64 file_at; /* address of the open file that it works on; 0: none */
	u64 file; /* identity of that open file, where it was asked for */
	u32 nr;
	u32 key; /* kind of the call; 0: not known yet */
	s32 fd;
	u32 unused;
};

struct thread {
	u64 last_ns; /* until when its time is accounted for */
	u64 task; /* address of the kernel's task_struct */
	u32 state;
	u32 slot; /* number of this row */
	struct call_state call;
	u64 user_ns;
	u64 kernel_ns;
	u64 runnable_ns;
	u64 waiting_ns;
	u64 spinning_ns;
	u64 fruitless_cpu_ns; /* its CPU time when a call last had no result; 0: it had since */
	u64 voluntary;
	u64 involuntary;
	struct sleeps sleeps;
	u64 woken_ns;
	u32 waker;
	u32 has_woken; /* whom it woke since its last sleep: a bit for each remainder of tids by 32 */
	u32 in_iowait;
	u32 io_worker;
	u64 on_cpu_since_ns;
	u64 exec_then_ns; /* the scheduler's account of its CPU time when it last left one */
	u64 asked_first_ns; /* when it first asked for events; 0: it never did */
	u64 asked_last_ns; /* when it last was given some */
	u64 stalled_at_ns; /* its last slow call, until it asks for events */
	u64 slow_window;
	u32 slow_sent;
	u32 tid;
	u32 tgid;
	u32 parent_tid;
	u32 parent_tgid;
	s32 exit_code;
	u64 began_ns;
	u64 ended_ns;
	u64 exec_first_ns; /* the scheduler's own account of its CPU time, at the beginning */
	u64 exec_last_ns; /* and at the end */
	u64 utime_first_ns;
	u64 stime_first_ns;
	u64 utime_last_ns;
	u64 stime_last_ns;
	u64 threads_created;
	u64 processes_created;
	u64 execs;
	u64 lost_calls;
	u64 lost_waits;
	u64 merged_waits;
	char comm[16];
	u32 calls;
	u32 waits;
	u32 call_chunks[CALLS_PER_THREAD / CALLS_PER_CHUNK];
	u32 wait_chunks[WAITS_PER_THREAD / WAITS_PER_CHUNK];
	u32 call_keys[CALLS_PER_THREAD];
	u32 wait_tags[WAITS_PER_THREAD];
	u8 call_places[CALLS_PER_THREAD];
	u8 wait_places[WAITS_PER_THREAD];
};

struct wake_key {
	u32 waker;
	u32 sleeper;
	u32 nr;
	u32 unused;
};

struct wake_value {
	u64 count;
	u64 waited_ns;
};

struct ring_key {
	u32 tid;
	u32 opcode;
};

struct ring_value {
	u64 submitted;
	u64 punted;
};

/* What whywait writes into a task's storage instead of a row, before the task is watched. Not a
 * row's number, so that looking it up finds nothing. */
enum {
	MARK_EXEC = 0xfffffffe, /* watched from its next exec on */
	MARK_SEED = 0xfffffffd, /* watched from the next look at all tasks on, with its process */
};

/* What the programs count for all threads. */
struct counters {
	u64 lost_events;
	u64 lost_threads;
	u64 lost_chunks;
	u64 lost_wakes;
	u64 skipped_slow_calls;
	u64 lost_timeline;
	u64 next_thread;
	u64 next_call_chunk;
	u64 next_wait_chunk;
	u64 slow_window;
	u64 slow_sent; /* in that window, by all threads */
	u64 punts; /* requests of io_uring that workers were given */
	u64 level; /* how deep the pid namespace is in which whywait runs */
};

enum event_kind {
	EVENT_BEGAN = 1,
	EVENT_EXECUTED = 2,
	EVENT_ENDED = 3,
	EVENT_DESCRIPTOR = 4,
	EVENT_SLOW_CALL = 5,
	EVENT_THEN_READY = 6,
	EVENT_SLEPT = 7,
};

struct life_event {
	u32 kind;
	u32 slot;
	u32 tid;
	u32 tgid;
	u32 parent_tid;
	u32 parent_tgid;
	s32 exit_code;
	u32 io_worker;
	u32 session; /* the process that leads it; 0 where that is not known */
	u32 unused;
	u64 at_ns;
	char comm[16];
};

struct descriptor_event {
	u32 kind;
	u32 tgid;
	s32 fd;
	u32 class;
	u64 file;
	u16 family;
	u16 socket_type;
	u16 remote_port; /* host order; of a Unix socket, the bytes of its peer's name */
	u16 local_port; /* likewise, of its own name */
	u8 remote[16];
	u8 local[16];
	/* The file's name, its folder's, and so on; the name of a Unix socket's peer in the first half, and
	 * its own in the second. */
	char names[NAME_PARTS][NAME_BYTES];
};

struct slow_event {
	u32 kind;
	u32 tid;
	u32 tgid;
	u32 key;
	s32 fd;
	u32 waker;
	u64 file;
	u64 began_ns;
	u64 total_ns;
	u64 waiting_ns;
	u64 runnable_ns;
	s64 returned;
	u64 instruction;
	u64 stack_pointer;
	u64 frame_pointer;
	u32 frames_bytes;
	u32 words;
	u64 frames[FRAMES];
	u64 stack[STACK_WORDS];
};

struct ready_event {
	u32 kind;
	u32 tid;
	u64 began_ns; /* of the slow call after which this came */
	u64 ready;
};

struct slept_event {
	u32 kind;
	u32 tid;
	u32 key;
	s32 fd;
	u64 file;
	u64 out_ns;
	u64 woken_ns; /* 0: it was put aside, and never slept */
	u64 in_ns;
	u32 waker;
	u32 tgid;
};
