//! Records for tests.

use syscalls::Sysno;

use crate::{
    Asking, Backend, Breadth, Call, Capture, Command, Control, Cost, Descriptor, DescriptorId,
    DescriptorKind, Detail, Edge, Ending, Feature, Frame, Histogram, Host, InFlight, Interval,
    IntervalState, Losses, OpenDescriptor, Place, Process, Record, RingOperations, Sample,
    SampledMode, SlowCall, Stalls, Switches, Syscall, Thread, ThreadTime, Timeline, Wait, Wake,
    Waker,
};

/// A record with nothing in it.
pub(crate) fn record() -> Record {
    Record {
        capture: Capture::default(),
        detail: Detail::Full,
        backend: Backend::Bpf,
        wall_ns: 1_000_000,
        root_pid: 10,
        ending: None,
        processes: Vec::new(),
        descriptors: Vec::new(),
        wakes: Vec::new(),
        slow_calls: Vec::new(),
        slow_call_ns: 1_000_000,
        timeline: None,
        cost: Cost::default(),
        losses: Losses::default(),
        not_watched: Vec::new(),
    }
}

/// A record with at least one of everything that a record can have.
pub(crate) fn everything() -> Record {
    Record {
        capture: Capture {
            whywait: "0.1.0".into(),
            command: vec!["whywait".into(), "explain".into()],
            began_unix_s: 1_790_000_000,
            host: Some(Host {
                kernel: "Linux 6.18".into(),
                cpus: 2,
                cpu_model: Some("a CPU".into()),
                memory_bytes: 1 << 34,
            }),
            redacted: false,
            further_records: 0,
        },
        ending: Some(Ending::Signalled(9)),
        processes: vec![Process {
            pid: 10,
            parent_pid: Some(1),
            merged_count: 1,
            command: Command {
                arguments: vec!["python3".into(), "app.py".into()],
                executable: Some("/usr/bin/python3".into()),
            },
            execs: 1,
            began_at_ns: 0,
            ended_at_ns: Some(900),
            ending: Some(Ending::Exited(1)),
            session_pid: Some(9),
            age_ns: 70_000_000,
            descriptors: vec![OpenDescriptor {
                fd: 3,
                descriptor: DescriptorId(0),
                listening: true,
                watches: vec![4, 5],
            }],
            descriptors_left_out: 2,
            threads: vec![thread(10), thread(11)],
        }],
        descriptors: vec![descriptor()],
        wakes: vec![Wake {
            waker: Waker::Thread(11),
            sleeper: 10,
            syscall: Some(Syscall::of(Sysno::futex)),
            count: 3,
            waited_ns: 70,
        }],
        slow_calls: vec![slow_call()],
        timeline: Some(timeline()),
        cost: Cost { per_foreign_call_ns: Some(0.1), ..Cost::default() },
        losses: Losses { calls: 2, merged_waits: 3, ..Losses::default() },
        not_watched: vec![Feature::Sampling],
        ..record()
    }
}

fn descriptor() -> Descriptor {
    Descriptor {
        pid: 10,
        fd: Some(3),
        kind: DescriptorKind::Tcp,
        path: Some("/srv/data".into()),
        peer: Some("127.0.0.1:80".into()),
        local: Some("127.0.0.1:4000".into()),
    }
}

fn thread(tid: u32) -> Thread {
    let mut latency = Histogram::default();
    latency.add(1000);
    Thread {
        created_by: Some(10),
        began_at_ns: 5,
        lived_ns: 995,
        time: ThreadTime { user_ns: 5, waiting_ns: 990, ..ThreadTime::default() },
        sched_cpu_ns: 5,
        switches: Switches { voluntary: 1, involuntary: 2 },
        threads_created: 1,
        calls: vec![call(&latency)],
        waits: vec![wait(latency)],
        ring_operations: vec![RingOperations { opcode: 22, submitted: 4, punted: 1 }],
        in_flight: Some(InFlight {
            syscall: Syscall::of(Sysno::read),
            descriptor: Some(DescriptorId(0)),
            since_at_ns: 800,
        }),
        asking: Some(Asking { first_at_ns: 6, last_at_ns: 700 }),
        samples: vec![
            Sample { mode: SampledMode::User, count: 2 },
            Sample {
                mode: SampledMode::Call {
                    syscall: Syscall::of(Sysno::read),
                    returns_at_once: true,
                },
                count: 1,
            },
        ],
        ..Thread::begun(tid, "worker".into(), 0)
    }
}

fn call(latency: &Histogram) -> Call {
    Call {
        syscall: Syscall::of(Sysno::read),
        kind: DescriptorKind::Tcp,
        control: Control::Blocking,
        breadth: Breadth::NotApplicable,
        count: 1,
        would_block: 0,
        failed: 0,
        empty: 0,
        slept: 1,
        returned: 16,
        tiny: 1,
        total_ns: 1000,
        latency: latency.clone(),
        example: Some(DescriptorId(0)),
    }
}

fn wait(latency: Histogram) -> Wait {
    Wait {
        syscall: Some(Syscall::of(Sysno::read)),
        descriptor: Some(DescriptorId(0)),
        kind: DescriptorKind::Tcp,
        control: Control::Blocking,
        breadth: Breadth::NotApplicable,
        count: 1,
        total_ns: 1000,
        waiting_ns: 990,
        runnable_ns: 4,
        kernel_ns: 6,
        disk_ns: 0,
        handed_over_ns: 0,
        by_program_ns: 0,
        longest_ns: 1000,
        stalls: Stalls { count: 1, waiting_ns: 990, longest_ns: 990 },
        latency,
    }
}

fn slow_call() -> SlowCall {
    SlowCall {
        pid: 10,
        tid: 10,
        syscall: Some(Syscall::of(Sysno::read)),
        descriptor: Some(DescriptorId(0)),
        control: Control::Blocking,
        began_at_ns: 5,
        total_ns: 1000,
        waiting_ns: 990,
        runnable_ns: 4,
        returned: 16,
        waker: Some(Waker::Outside),
        events_pending_after: Some(2),
        stack: vec![Frame {
            address: 4096,
            object: Some("/srv/app".into()),
            function: Some("main".into()),
            place: Some(Place { file: "main.c".into(), line: 7 }),
        }],
    }
}

fn timeline() -> Timeline {
    Timeline {
        intervals: vec![Interval {
            tid: 10,
            state: IntervalState::Waiting,
            syscall: Some(Syscall::of(Sysno::read)),
            descriptor: Some(DescriptorId(0)),
            from_at_ns: 5,
            to_at_ns: 900,
        }],
        edges: vec![Edge { at_ns: 900, waker: 11, sleeper: 10 }],
        cut_off: 1,
        cut_off_at_ns: Some(950),
    }
}
